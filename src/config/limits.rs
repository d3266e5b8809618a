//! `[limits]`: how much memory a run may use.

use std::{fmt, str::FromStr};

use super::{Sourced, sourced};
use crate::text::{Lint, TomlTable};

/// A number of bytes, written `16MB` or `512MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

/// A text that is not a number of bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size such as `16MB` or `512MiB` (B, KB, MB, GB, KiB, MiB, GiB)")]
pub struct BadBytes(pub String);

/// Units, largest first within each family.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

impl Bytes {
    const fn megabytes(count: u64) -> Self {
        Self(count * 1_000_000)
    }

    /// How many.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = BadBytes;

    fn from_str(text: &str) -> Result<Self, BadBytes> {
        let bad = || BadBytes(text.to_owned());
        let (digits, factor) = UNITS
            .iter()
            .find_map(|(unit, factor)| Some((text.trim().strip_suffix(unit)?.trim_end(), *factor)))
            .ok_or_else(bad)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        digits.parse::<u64>().ok().and_then(|count| count.checked_mul(factor)).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().filter(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor));
        match exact.min_by_key(|(_, factor)| self.0 / factor) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// How much memory a run may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// `limits.memory`: what the embedded engine may use.
    pub memory: Sourced<Bytes>,
    /// `limits.candidates_memory`: what the candidates of a scan group may use before it falls back to single
    /// statements.
    pub candidates_memory: Sourced<Bytes>,
    /// `limits.record`: the largest log record that is read; larger ones are counted as problems.
    pub record: Sourced<Bytes>,
}

/// Reads the table; `None` gives the defaults.
pub(super) fn read(table: Option<TomlTable<'_>>) -> Limits {
    let bytes = |key: &'static str, default: Bytes| {
        let Some(item) = table.as_ref().and_then(|table| table.take(key)) else {
            return Sourced::default(default);
        };
        match (item.parsed::<Bytes>(), table.as_ref()) {
            (Some(at), Some(table)) if at.value.get() == 0 => {
                let message = format!("`limits.{key}` must be more than zero");
                table.report().error(Lint::BadValue, at.place, message);
                Sourced::default(default)
            }
            (Some(at), _) => sourced(at),
            (None, _) => Sourced::default(default),
        }
    };
    let limits = Limits {
        memory: bytes("memory", Bytes::megabytes(512)),
        candidates_memory: bytes("candidates_memory", Bytes::megabytes(256)),
        record: bytes("record", Bytes::megabytes(16)),
    };
    if let Some(table) = table {
        table.finish();
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("16MB", 16_000_000), ("512MiB", 536_870_912), ("1 GB", 1_000_000_000), ("7B", 7)]
        {
            assert_eq!(text.parse::<Bytes>().unwrap().get(), bytes, "{text}");
        }
        for bad in ["", "16", "MB", "1.5GB", "-1MB", "16mb", "99999999999999GB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_size_survives_its_text(bytes in any::<u64>()) {
            prop_assert_eq!(Bytes(bytes).to_string().parse::<Bytes>(), Ok(Bytes(bytes)));
        }
    }
}
