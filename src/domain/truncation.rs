//! Findings that a brief leaves out because a detection has too many.

use super::{detection::DetectionId, untrusted::Untrusted};

/// What a brief leaves out of one detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// The detection.
    pub detection: DetectionId,
    /// How many findings the brief holds that no earlier one reported.
    pub kept: u64,
    /// How many more there are, by actor, the most first.
    pub left_out: Vec<(Option<Untrusted>, u64)>,
    /// Whether the detection returned more rows than were read, so that there may be any number of findings more.
    pub is_cut: bool,
}

impl Truncation {
    /// How many findings are left out at least.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.left_out.iter().map(|(_, findings)| findings).sum()
    }
}
