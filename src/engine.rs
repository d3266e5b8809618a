//! Engines that answer SQL over CloudTrail events.

#[cfg(feature = "aws")]
pub mod athena;
pub mod embedded;
pub mod ledger;

use crate::domain::rows::Rows;

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The rows.
    Rows {
        /// The rows, in no order.
        rows: Rows,
        /// Whether there were more rows than may be kept.
        truncated: bool,
    },
    /// No answer.
    Unanswered(NoAnswer),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// In words a person can act on.
    pub reason: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}
