//! The sample's dice: splitmix64, the same numbers for the same seed.

use std::ops::Range;

/// A source of numbers that look random and repeat for a seed.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit that is not zero.
    pub(super) const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A number of a range that is not empty.
    pub(super) const fn within(&mut self, range: Range<i64>) -> i64 {
        range.start + self.below(range.start.abs_diff(range.end)) as i64
    }

    /// True that many times in a hundred.
    pub(super) const fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of some things; there is at least one.
    pub(super) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len() as u64) as usize]
    }

    /// Puts things into another order.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// A UUID of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// Letters and digits.
    pub(super) fn word(&mut self, alphabet: &str, length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(alphabet.as_bytes()))).collect()
    }

    /// Lower-case hexadecimal digits.
    pub(super) fn hex(&mut self, length: usize) -> String {
        self.word("0123456789abcdef", length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers() {
        let take = |seed| (0..9).scan(Random::new(seed), |r, _| Some(r.uuid())).collect::<Vec<_>>();
        assert_eq!(take(7), take(7));
        assert_ne!(take(7), take(8));
        assert!(take(7).iter().all(|id| id.len() == 36 && &id[14..15] == "4"));
    }

    #[test]
    fn ranges_hold_their_numbers() {
        let mut random = Random::new(1);
        assert!((0..999).all(|_| (-3..5).contains(&random.within(-3..5))));
    }
}
