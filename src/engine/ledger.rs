//! Where a run records the executions that it started, so that whoever resumes it neither pays twice nor loses one.

use std::error::Error;

/// Where a run records its executions before it waits for them.
pub trait Ledger {
    /// Whether the run can be resumed: then its executions may be left running.
    fn keeps(&self) -> bool;

    /// The execution that an earlier invocation of this run started with this token.
    fn known(&self, token: &str) -> Option<String>;

    /// Records new executions: token and id.
    ///
    /// # Errors
    ///
    /// If they cannot be recorded; the run ends then.
    fn note(&mut self, started: &[(String, String)]) -> impl Future<Output = Result<(), LedgerError>>;
}

/// Executions that could not be recorded.
#[derive(Debug, thiserror::Error)]
#[error("the statements that were started on Athena cannot be recorded")]
pub struct LedgerError(#[source] Box<dyn Error + Send + Sync>);

impl LedgerError {
    /// Wraps the cause.
    pub fn of(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

/// The ledger of a run that cannot be resumed.
#[derive(Clone, Copy, Debug)]
pub struct NoLedger;

impl Ledger for NoLedger {
    fn keeps(&self) -> bool {
        false
    }

    fn known(&self, _: &str) -> Option<String> {
        None
    }

    async fn note(&mut self, _: &[(String, String)]) -> Result<(), LedgerError> {
        Ok(())
    }
}

/// Remembers the executions of a run that cannot be resumed, so that they can be stopped.
#[derive(Clone, Debug, Default)]
pub struct Started {
    /// Its executions.
    pub ids: Vec<String>,
}

impl Ledger for Started {
    fn keeps(&self) -> bool {
        false
    }

    fn known(&self, _: &str) -> Option<String> {
        None
    }

    async fn note(&mut self, started: &[(String, String)]) -> Result<(), LedgerError> {
        self.ids.extend(started.iter().map(|(_, id)| id.clone()));
        Ok(())
    }
}
