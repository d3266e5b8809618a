//! The events that a pass has seen, so that an event delivered twice counts once.
//!
//! An event was seen if its id, its recipient account and its content were: the same id with other content is another event.
//! Only a UUID is an id. What stands in its place otherwise (nothing, "-", "REDACTED") identifies nothing: the content does.
//! Memory is bounded: when too many are known, those of the oldest day are forgotten, and [`SeenEvents::forgot`] reports it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use hashbrown::HashTable;
use sha2::{Digest, Sha256};

use crate::domain::{normal::uuid, time::Day};

const SHARDS: usize = 64;
/// In all shards together about 7 million events, 140 MB.
const SHARD_LIMIT: usize = 7_000_000 / SHARDS;
/// How many events of one id are compared with each other. Further ones are looked up by id and content together, so that a
/// flood of events with one id costs no more than other events.
const COMPARED: usize = 8;
/// The bits of an event's key that come from its content; the others come from its id.
const CONTENT_BITS: u128 = 0xffff_ffff;
/// An odd number: to multiply by it is a bijection, so that what differs stays apart.
const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// Whether an event was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It is new.
    First,
    /// It is new, but an event with the same id and other content was seen.
    SharesId,
    /// It was seen.
    Repeated,
}

/// The events that a pass has seen.
#[derive(Debug)]
pub struct SeenEvents {
    shards: Vec<Mutex<Shard>>,
    forgot: AtomicBool,
}

#[derive(Debug, Default)]
struct Shard {
    days: BTreeMap<Day, HashTable<u128>>,
    len: usize,
}

impl Default for SeenEvents {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), forgot: AtomicBool::new(false) }
    }
}

impl SeenEvents {
    /// Remembers an event, of which `content` is a hash, and returns whether it was seen before.
    pub fn note(&self, event_id: Option<&str>, recipient: &str, content: u64, day: Day) -> Sighting {
        let account = account(recipient);
        let id = event_id.and_then(uuid).map(|id| mixed(id ^ account));
        let whole = mixed(id.unwrap_or_else(|| mixed(account)) ^ u128::from(content).wrapping_mul(ODD));
        let Some(id) = id else {
            return if self.insert(whole, day) { Sighting::First } else { Sighting::Repeated };
        };
        let key = id & !CONTENT_BITS | u128::from(content) & CONTENT_BITS;
        let sharing = {
            let mut shard = self.shard(key);
            let known = shard.days.entry(day).or_default();
            let sharing =
                known.iter_hash(hash_of(key)).filter(|other| **other & !CONTENT_BITS == key & !CONTENT_BITS);
            let sharing: Vec<u128> = sharing.copied().collect();
            if sharing.contains(&key) {
                return Sighting::Repeated;
            }
            if sharing.len() < COMPARED {
                self.add(&mut shard, key, day);
            }
            sharing.len()
        };
        match sharing {
            0 => Sighting::First,
            COMPARED.. if !self.insert(whole, day) => Sighting::Repeated,
            _ => Sighting::SharesId,
        }
    }

    /// Remembers a key; false if it is there already.
    fn insert(&self, key: u128, day: Day) -> bool {
        let mut shard = self.shard(key);
        let known = shard.days.entry(day).or_default();
        if known.find(hash_of(key), |other| *other == key).is_some() {
            return false;
        }
        self.add(&mut shard, key, day);
        true
    }

    fn add(&self, shard: &mut Shard, key: u128, day: Day) {
        let known = shard.days.entry(day).or_default();
        known.insert_unique(hash_of(key), key, |key| hash_of(*key));
        shard.len += 1;
        if shard.len > SHARD_LIMIT
            && let Some((_, forgotten)) = shard.days.pop_first()
        {
            shard.len -= forgotten.len();
            self.forgot.store(true, Ordering::Relaxed);
        }
    }

    fn shard(&self, key: u128) -> MutexGuard<'_, Shard> {
        self.shards[shard_of(key)].lock().expect("no thread panics in here")
    }

    /// Whether events were forgotten to keep memory bounded.
    pub fn forgot(&self) -> bool {
        self.forgot.load(Ordering::Relaxed)
    }
}

/// Equal for events of one id, whatever their content.
fn shard_of(key: u128) -> usize {
    (key >> 32) as usize % SHARDS
}

/// Equal for events of one id, whatever their content.
fn hash_of(key: u128) -> u64 {
    (key >> 64) as u64
}

/// A bijection after which every bit depends on every bit.
fn mixed(bits: u128) -> u128 {
    let bits = (bits ^ bits >> 67).wrapping_mul(ODD);
    let bits = (bits ^ bits >> 59).wrapping_mul(ODD);
    bits ^ bits >> 71
}

/// Bits that identify an account: its number spread over all bits, or the hash of its text if that is not a number.
fn account(recipient: &str) -> u128 {
    if let Ok(number) = recipient.parse::<u64>() {
        return u128::from(number).wrapping_mul(ODD);
    }
    let digest = Sha256::digest(recipient);
    u128::from_be_bytes(std::array::from_fn(|index| digest[index]))
}

#[cfg(test)]
mod tests {
    use super::{Sighting::*, *};

    const ID: &str = "0a1b2c3d-0000-4000-8000-000000000001";

    fn day() -> Day {
        Day::from_ymd(2026, 3, 10).unwrap()
    }

    /// Ids that fall into one shard, for an account whose bits are all zero.
    fn ids_of_a_shard() -> impl Iterator<Item = String> {
        let of_shard = |number: &u128| shard_of(mixed(*number)) == 7;
        (1..1u128 << 48).filter(of_shard).map(|number| format!("00000000-0000-0000-0000-{number:012x}"))
    }

    #[test]
    fn the_same_id_of_another_account_is_another_event() {
        let seen = SeenEvents::default();
        for account in ["111122223333", "444455556666", "", "a-service"] {
            assert_eq!(seen.note(Some(ID), account, 1, day()), First, "{account}");
            assert_eq!(seen.note(Some(ID), account, 1, day()), Repeated, "{account}");
        }
        assert_eq!(seen.note(Some(&ID.to_uppercase()), "", 1, day()), Repeated, "letters in either case");
        assert!(!seen.forgot());
    }

    #[test]
    fn the_same_id_with_other_content_is_another_event() {
        let seen = SeenEvents::default();
        assert_eq!(seen.note(Some(ID), "1", 0, day()), First);
        let contents = || 1..=3 * COMPARED as u64;
        for content in contents() {
            assert_eq!(seen.note(Some(ID), "1", content, day()), SharesId, "{content}");
        }
        for content in contents().chain([0]) {
            assert_eq!(seen.note(Some(ID), "1", content, day()), Repeated, "{content}");
        }
        let other = "0a1b2c3d-0000-4000-8000-000000000002";
        assert_eq!(seen.note(Some(other), "1", 0xffff_ffff << 32 | 7, day()), First);
        assert_eq!(seen.note(Some(other), "1", 8, day()), SharesId, "every bit of a hash may differ");
    }

    #[test]
    fn every_bit_of_what_is_mixed_moves_half_of_all_bits() {
        for base in [0, 1, u128::MAX / 3, ODD, u128::MAX] {
            let moved: Vec<u32> =
                (0..128).map(|bit| (mixed(base) ^ mixed(base ^ 1 << bit)).count_ones()).collect();
            let sum: u32 = moved.iter().sum();
            assert!((60 * 128..68 * 128).contains(&sum), "{base:x}: {sum}");
            assert!(moved.iter().all(|moved| *moved >= 40), "{base:x}: {moved:?}");
        }
    }

    #[test]
    fn what_is_no_uuid_is_no_id() {
        let seen = SeenEvents::default();
        let (cut, plus) = (&ID[..35], ID.replace('-', "+"));
        let texts =
            [None, Some(""), Some("-"), Some("REDACTED"), Some("null"), Some("1"), Some(cut), Some(&plus)];
        for (content, text) in (0u64..).zip(texts) {
            assert_eq!(seen.note(text, "1", content, day()), First, "{text:?}");
            assert_eq!(seen.note(text, "1", content, day()), Repeated, "{text:?}: its content was seen");
            assert_eq!(seen.note(text, "2", content, day()), First, "{text:?}: of another account");
            assert_eq!(
                seen.note(text, "1", content << 32 | 1 << 20, day()),
                First,
                "{text:?}: other content"
            );
        }
    }

    #[test]
    fn every_digit_of_an_id_counts() {
        let seen = SeenEvents::default();
        let zero = "00000000-0000-0000-0000-000000000000";
        assert_eq!(seen.note(Some(zero), "1", 0, day()), First);
        for at in (0..zero.len()).filter(|at| !matches!(at, 8 | 13 | 18 | 23)) {
            for digit in ["1", "9", "a", "f"] {
                let id = format!("{}{digit}{}", &zero[..at], &zero[at + 1..]);
                assert_eq!(seen.note(Some(&id), "1", 0, day()), First, "{id}");
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
        let (seen, old) = (SeenEvents::default(), day());
        let ids: Vec<String> = ids_of_a_shard().take(SHARD_LIMIT + 1).collect();
        let is_first = |at: usize, day| seen.note(Some(&ids[at]), "0", 0, day) == First;
        assert!(is_first(0, old) && is_first(1, old));
        for number in 2..SHARD_LIMIT {
            assert!(is_first(number, old.next()));
        }
        assert!(!seen.forgot() && !is_first(0, old), "as many as it may hold");
        assert!(is_first(SHARD_LIMIT, old.next()));
        assert!(seen.forgot() && !is_first(2, old.next()), "the younger day is there");
        assert!(is_first(0, old), "the older one is gone");
        assert!(!is_first(0, old), "two went, so there is room for one");
        assert!(is_first(1, old) && is_first(0, old), "and none for two");
        assert!(!is_first(SHARD_LIMIT, old.next()));
    }

    #[test]
    fn events_are_spread_over_all_shards() {
        let seen = SeenEvents::default();
        for number in 0..=(SHARD_LIMIT as u64).min(200_000) {
            let id = format!("{number:08x}-0000-4000-8000-000000000000");
            assert_eq!(seen.note(Some(&id), "0", 0, day()), First);
            assert_eq!(seen.note(None, "0", number, day()), First);
        }
        assert!(!seen.forgot(), "more than one shard holds");
    }
}
