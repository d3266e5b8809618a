//! The events that a pass has seen, so that an event delivered twice counts once.
//!
//! Memory is bounded: when too many are known, those of the oldest day are forgotten, and [`SeenEvents::forgot`] reports it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use hashbrown::HashSet;
use sha2::{Digest, Sha256};

use crate::domain::time::Day;

const SHARDS: usize = 64;
/// In all shards together about 7 million events, 140 MB.
const SHARD_LIMIT: usize = 7_000_000 / SHARDS;

/// The events that a pass has seen.
#[derive(Debug)]
pub struct SeenEvents {
    shards: Vec<Mutex<Shard>>,
    forgot: AtomicBool,
}

#[derive(Debug, Default)]
struct Shard {
    days: BTreeMap<Day, HashSet<u128>>,
    len: usize,
}

impl Default for SeenEvents {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), forgot: AtomicBool::new(false) }
    }
}

impl SeenEvents {
    /// Whether this event is seen for the first time. Its event id and recipient account identify it.
    pub fn is_first(&self, event_id: &str, recipient: &str, day: Day) -> bool {
        let key = key(event_id, recipient);
        let mut shard = self.shards[(key >> 64) as usize % SHARDS].lock().expect("no thread panics in here");
        if !shard.days.entry(day).or_default().insert(key) {
            return false;
        }
        shard.len += 1;
        if shard.len > SHARD_LIMIT
            && let Some((_, forgotten)) = shard.days.pop_first()
        {
            shard.len -= forgotten.len();
            self.forgot.store(true, Ordering::Relaxed);
        }
        true
    }

    /// Whether events were forgotten to keep memory bounded.
    pub fn forgot(&self) -> bool {
        self.forgot.load(Ordering::Relaxed)
    }
}

/// 128 bits that identify an event: its UUID mixed with the account, or a hash where the id is not a UUID.
fn key(event_id: &str, recipient: &str) -> u128 {
    if let (Some(uuid), Ok(account)) = (uuid(event_id), recipient.parse::<u64>()) {
        // An odd multiplier makes this a bijection of the account, so ids that differ only in account stay apart.
        return uuid ^ u128::from(account).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    }
    let mut hash = Sha256::new();
    hash.update((event_id.len() as u64).to_be_bytes());
    hash.update(event_id);
    hash.update(recipient);
    let digest = hash.finalize();
    u128::from_be_bytes(std::array::from_fn(|index| digest[index]))
}

fn uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut value = 0u128;
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_id_of_another_account_is_another_event() {
        let seen = SeenEvents::default();
        let day = Day::from_ymd(2026, 3, 10).unwrap();
        let id = "0a1b2c3d-0000-4000-8000-000000000001";
        assert!(seen.is_first(id, "111122223333", day));
        assert!(!seen.is_first(id, "111122223333", day));
        assert!(seen.is_first(id, "444455556666", day));
        assert!(seen.is_first("not-a-uuid", "111122223333", day));
        assert!(!seen.is_first("not-a-uuid", "111122223333", day));
        assert!(seen.is_first("NOT-A-UUID", "", day));
        assert!(!seen.forgot());
    }

    #[test]
    fn an_event_whose_id_is_no_uuid_is_its_text_with_its_account() {
        let seen = SeenEvents::default();
        let day = Day::from_ymd(2026, 3, 10).unwrap();
        let uuid = "0a1b2c3d-0000-4000-8000-000000000001";
        // The same digits in another form are another text, and so is the same text with another account.
        let upper = uuid.to_uppercase();
        let cut = &uuid[..35];
        let ids = [uuid, upper.as_str(), cut, "0a1b2c3d+0000-4000-8000-000000000001", "", "a"];
        for id in ids {
            for account in ["111122223333", "a-service", "", "1"] {
                assert!(seen.is_first(id, account, day), "{id} {account}");
                assert!(!seen.is_first(id, account, day), "{id} {account}");
            }
        }
        assert!(seen.is_first("ab", "c", day) && seen.is_first("a", "bc", day), "where one ends counts");
        assert!(!seen.forgot());
    }

    #[test]
    fn every_digit_of_an_id_counts() {
        let (seen, day) = (SeenEvents::default(), Day::from_ymd(2026, 3, 10).unwrap());
        let zero = "00000000-0000-0000-0000-000000000000";
        assert!(seen.is_first(zero, "1", day));
        for at in (0..zero.len()).filter(|at| !matches!(at, 8 | 13 | 18 | 23)) {
            for digit in ["1", "9", "a", "f"] {
                let id = format!("{}{digit}{}", &zero[..at], &zero[at + 1..]);
                assert!(seen.is_first(&id, "1", day), "{id}");
            }
        }
    }

    #[test]
    fn when_there_are_too_many_the_oldest_day_is_forgotten_and_known_to_be() {
        assert_eq!(
            (SHARDS * SHARD_LIMIT).div_ceil(1_000_000),
            7,
            "some million events in all shards together"
        );
        let seen = SeenEvents::default();
        let old = Day::from_ymd(2026, 3, 10).unwrap();
        // Ids that differ in their last digits only fall into one shard.
        let id = |number: usize| format!("00000000-0000-0000-0000-{number:012x}");
        assert!(seen.is_first(&id(0), "0", old) && seen.is_first(&id(1), "0", old));
        for number in 2..SHARD_LIMIT {
            assert!(seen.is_first(&id(number), "0", old.next()));
        }
        assert!(!seen.forgot() && !seen.is_first(&id(0), "0", old), "as many as it may hold");
        assert!(seen.is_first(&id(SHARD_LIMIT), "0", old.next()));
        assert!(seen.forgot() && !seen.is_first(&id(2), "0", old.next()), "the younger day is there");
        assert!(seen.is_first(&id(0), "0", old), "the older one is gone");
        assert!(!seen.is_first(&id(0), "0", old), "two went, so there is room for one");
        assert!(seen.is_first(&id(1), "0", old) && seen.is_first(&id(0), "0", old), "and none for two");
        assert!(!seen.is_first(&id(SHARD_LIMIT), "0", old.next()));
    }

    #[test]
    fn events_are_spread_over_all_shards() {
        let (seen, day) = (SeenEvents::default(), Day::from_ymd(2026, 3, 10).unwrap());
        for number in 0..=SHARD_LIMIT.min(200_000) {
            assert!(seen.is_first(
                &format!("00000000-0000-{:04x}-0000-{number:012x}", number % 4_096),
                "0",
                day
            ));
        }
        assert!(!seen.forgot(), "more than one shard holds");
    }
}
