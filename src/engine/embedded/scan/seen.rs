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
}
