//! What executing the statements of a pack brought.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::{ExecutionStats, unreadable::Unread};
use crate::engine::Answer;

/// What Athena returned for a pack, and what that took.
#[derive(Debug)]
pub struct PackResult {
    /// A folder with one file, one candidate a line; `None` if no detection is answered over candidates.
    pub candidates: Option<TempDir>,
    /// Answers by question: of detections with statements of their own, and of all that cannot be answered over candidates.
    pub answers: BTreeMap<usize, Answer>,
    /// Whether there were more candidates than are kept.
    pub overflowed: bool,
    /// How many shared statements ran again over both halves of their time, because they returned too many candidates.
    pub halved: usize,
    /// Whether there were too many candidates even so, so that detections had statements of their own.
    pub fell_back: bool,
    /// What was not read because of objects that Athena cannot read.
    pub unread: Unread,
    /// Statements that were executed.
    pub statements: u64,
    /// Partitions that they listed.
    pub partitions: u64,
    /// The statistics of every execution, also of those that were repeated.
    pub executed: Vec<ExecutionStats>,
}

impl PackResult {
    /// Bytes that all executions scanned.
    #[must_use]
    pub fn scanned_bytes(&self) -> u64 {
        self.executed.iter().map(|stats| stats.scanned_bytes).sum()
    }
}
