//! Why a run as a whole fails. A detection that fails is no such error: it is part of the brief.

use crate::{
    domain::time::Timestamp,
    engine::{
        embedded::{EngineError, pack::PackError, source::SourceError},
        ledger::LedgerError,
    },
};

/// Why a run as a whole failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine could not be set up.
    #[error("cannot set up the embedded engine")]
    Engine(#[from] EngineError),
    /// The pass over the log files failed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Every detection has answered up to the scheduled time already.
    #[error("nothing is due: every detection of the schedule has answered up to {0} already")]
    NothingDue(Timestamp),
    /// The logs cannot be listed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No detection was selected.
    #[error("no detection is selected")]
    NoDetections,
    /// The deadline came before Athena's statements were done. The invocation that resumes the run finds them in its ledger.
    #[error("{statements} of the run's statements on Athena are not done yet")]
    Unfinished {
        /// How many are not done.
        statements: usize,
    },
    /// Executions could not be recorded.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It would scan more than its limit.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    OverLimit(#[from] crate::engine::athena::estimate::OverLimit),
    /// It has a limit, and what it will scan cannot be estimated.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Estimate(#[from] crate::engine::athena::estimate::EstimateError),
    /// Athena refuses.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] crate::aws::AwsError),
}

impl RunError {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NothingDue(_) => "give a later `--at`, or run on demand with `--last`",
            Self::NoDetections => "`trailbrief list` shows detections and packs",
            Self::Source(error) => return error.hint().map(str::to_owned),
            #[cfg(feature = "aws")]
            Self::Aws(error) => return error.hint.clone(),
            #[cfg(feature = "aws")]
            Self::OverLimit(_) => {
                "ask for a shorter window or fewer detections, or raise the limit; `trailbrief plan` shows the estimate"
            }
            #[cfg(feature = "aws")]
            Self::Estimate(_) => {
                "allow `s3:ListBucket` on the log bucket, or leave out `run_bytes` and `month_bytes` in `[athena]`"
            }
            Self::Engine(_) | Self::Pack(_) | Self::Unfinished { .. } | Self::Ledger(_) => return None,
        };
        Some(hint.to_owned())
    }
}
