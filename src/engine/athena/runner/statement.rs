//! What is known of a statement while it is on its way, and when it has ended.

use std::time::{Duration, Instant};

use crate::engine::NoAnswer;

/// What one execution took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Executed {
    /// Bytes that it scanned.
    pub scanned_bytes: u64,
    /// How long it waited.
    pub queued: Duration,
    /// How long it ran.
    pub ran: Duration,
    /// What it costs; a failed one costs nothing.
    pub cost_usd: f64,
}

/// A statement that has ended.
#[derive(Debug)]
pub(in super::super) struct Ended {
    /// Its execution.
    pub(in super::super) id: String,
    /// The object that holds its result, if there is one, or why there is none.
    pub(in super::super) outcome: Result<Option<String>, NoAnswer>,
    pub(super) tried: Try,
}

impl Ended {
    /// Which of the statements.
    pub(in super::super) fn number(&self) -> usize {
        self.tried.number
    }
}

/// How often a statement was tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    pub(super) number: usize,
    /// A part of its token: the same attempt gives the same execution.
    pub(super) attempt: u32,
    /// How often it failed in this invocation.
    pub(super) failures: u32,
}

impl Try {
    pub(super) fn next(self) -> Self {
        Self { attempt: self.attempt + 1, ..self }
    }

    pub(super) fn failed(self) -> Self {
        Self { failures: self.failures + 1, ..self.next() }
    }
}

/// An execution that is watched.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) tried: Try,
    pub(super) id: String,
    /// Since when it is watched; `None` if an earlier invocation started it and its state was not asked after yet.
    pub(super) since: Option<Instant>,
    /// Whether an earlier invocation started it.
    pub(super) earlier: bool,
}
