//! What executing the statements of a pack brought.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::{ExecutionStats, estimate::Estimate, unreadable::Unread};
use crate::engine::Answer;

/// Why shared statements were given up for statements of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FellBack {
    /// There were too many candidates, in parts of the time as well.
    TooMany,
    /// Athena could not compile the filter of all detections.
    TooLong,
}

impl FellBack {
    /// The reason as a clause; `limit` is how many candidates are kept.
    #[must_use]
    pub fn clause(self, limit: u64) -> String {
        match self {
            Self::TooMany => format!("there were more than {limit} candidate events"),
            Self::TooLong => "Athena could not compile the filter of all detections together".to_owned(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::TooMany => "narrow the detections that select so many, or raise `candidates` in `[athena]`",
            Self::TooLong => {
                "give detections that select events by other fields than `eventname` the header `scan = \"own\"`"
            }
        }
    }
}

/// The candidates of a question whose own statement failed because of what an event holds.
#[derive(Debug)]
pub struct SecondLookResult {
    /// The folder that holds them.
    pub folder: TempDir,
    /// What they are.
    pub brought: Brought,
}

/// Which candidates of a question were brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// All of what a statement read: their rows are the answer.
    All,
    /// Only those that lack a field: they are undecidable, and Athena answered over the others.
    LeftOut,
    /// Those of the parts in which the question's statement fails: it is to be asked again without the events that it fails on.
    Failing,
}

/// What Athena returned for a pack, and what that took.
#[derive(Debug)]
pub struct PackResult {
    /// A folder with one file, one candidate a line; `None` if no detection is answered over candidates.
    pub candidates: Option<TempDir>,
    /// Candidates of questions whose own statements failed because of what an event holds.
    pub second_looks: BTreeMap<usize, SecondLookResult>,
    /// How many of these candidates were judged.
    pub judged: u64,
    /// Answers by question: of detections with statements of their own, and of all that cannot be answered over candidates.
    pub answers: BTreeMap<usize, Answer>,
    /// Whether there were more candidates than are kept.
    pub overflowed: bool,
    /// How many shared statements ran again over both halves of their time, because they returned too many candidates.
    pub halved: usize,
    /// Why detections had statements of their own in place of the shared ones, if they had.
    pub fell_back: Option<FellBack>,
    /// What was asked in addition to what was planned.
    pub addition: Estimate,
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

    /// Counts what another execution of the run took as this one's.
    pub fn took(&mut self, other: &mut Self) {
        self.statements += other.statements;
        self.partitions += other.partitions;
        self.executed.append(&mut other.executed);
        self.unread.merge(std::mem::take(&mut other.unread));
    }
}
