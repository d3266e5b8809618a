//! A statement while it runs, and after it has ended.

use std::time::{Duration, Instant};

use crate::engine::NoAnswer;

/// The statistics of one execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionStats {
    /// Bytes scanned.
    pub scanned_bytes: u64,
    /// Time in Athena's queue.
    pub queued: Duration,
    /// Time it ran.
    pub ran: Duration,
    /// What it costs in dollars; a failed one costs nothing.
    pub cost_usd: f64,
}

/// A statement that has ended.
#[derive(Debug)]
pub(in super::super) struct EndedStatement {
    /// Its execution.
    pub(in super::super) id: String,
    /// The object that holds its result, if there is one, or why there is none.
    pub(in super::super) outcome: Result<Option<String>, NoAnswer>,
    pub(super) attempt: Attempt,
}

impl EndedStatement {
    /// The number of the statement.
    pub(in super::super) fn statement(&self) -> usize {
        self.attempt.statement
    }
}

/// One attempt at a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// The number of the statement.
    pub(super) statement: usize,
    /// Part of its request token: the same attempt gives the same execution.
    pub(super) number: u32,
    /// How often it failed in this invocation.
    pub(super) failures: u32,
}

impl Attempt {
    pub(super) fn next(self) -> Self {
        Self { number: self.number + 1, ..self }
    }

    pub(super) fn failed(self) -> Self {
        Self { failures: self.failures + 1, ..self.next() }
    }
}

/// An execution that is watched.
#[derive(Debug)]
pub(super) struct RunningStatement {
    pub(super) attempt: Attempt,
    pub(super) id: String,
    /// Since when it is watched; `None` if an earlier invocation started it and it was not polled yet.
    pub(super) since: Option<Instant>,
    /// Whether an earlier invocation started it.
    pub(super) earlier: bool,
}
