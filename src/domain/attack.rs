//! ATT&CK references of a detection.

use std::fmt;

/// A tactic with one of its techniques, written `TA0001:T1078.004`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attack {
    /// The tactic, such as `TA0001`.
    pub tactic: String,
    /// The technique or sub-technique, such as `T1078.004`.
    pub technique: String,
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tactic, self.technique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_written_as_in_a_header() {
        let attack = Attack { tactic: "TA0001".to_owned(), technique: "T1078.004".to_owned() };
        assert_eq!(attack.to_string(), "TA0001:T1078.004");
    }
}
