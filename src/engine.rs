//! Engines that answer SQL over CloudTrail events: DataFusion over log files, Athena over the table.

#[cfg(feature = "aws")]
pub mod athena;
pub mod embedded;
pub mod ledger;

use crate::domain::{rows::Rows, undecidable::UndecidableEvent};

/// The answer to a question, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The rows.
    Rows {
        /// The rows, in no order.
        rows: Rows,
        /// Whether there were more rows than may be kept.
        truncated: bool,
        /// The events that could not be judged; the rows are the answer over all others.
        undecidable: Vec<UndecidableEvent>,
    },
    /// No answer.
    Unanswered(NoAnswer),
}

impl NoAnswer {
    /// The time of the run was over; this many files were not read by then.
    #[must_use]
    pub fn of_time(unread: u64) -> Self {
        let what = match unread {
            0 => "before its events were judged".to_owned(),
            1 => "before all log files were read: 1 is left".to_owned(),
            many => format!("before all log files were read: {many} are left"),
        };
        Self {
            reason: format!("the time of the run was over {what}"),
            hint: Some("the next run searches the same time again, in shorter windows".to_owned()),
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// A sentence for a person.
    pub reason: String,
    /// What to do about it, if known.
    pub hint: Option<String>,
}
