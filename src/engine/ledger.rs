//! Where a run notes what it started elsewhere before it waits for it.

use std::error::Error;

/// Where a run notes its executions before it waits for them, so that whoever goes on with it neither pays twice nor forgets.
#[expect(async_fn_in_trait, reason = "a run is awaited where it is started")]
pub trait Ledger {
    /// The execution that an earlier invocation of this run started with this token.
    fn known(&self, token: &str) -> Option<String>;

    /// Keeps new executions: token and id. An error ends the run.
    ///
    /// # Errors
    ///
    /// If they cannot be kept.
    async fn note(&mut self, started: &[(String, String)]) -> Result<(), Unnoted>;

    /// Whether somebody goes on with what is noted. If so, a run that must end leaves its statements running.
    fn keeps(&self) -> bool;
}

/// Executions that could not be noted.
#[derive(Debug, thiserror::Error)]
#[error("the statements that were started cannot be noted")]
pub struct Unnoted(#[source] pub Box<dyn Error + Send + Sync>);

/// A run that nobody goes on with.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLedger;

impl Ledger for NoLedger {
    fn known(&self, _: &str) -> Option<String> {
        None
    }

    async fn note(&mut self, _: &[(String, String)]) -> Result<(), Unnoted> {
        Ok(())
    }

    fn keeps(&self) -> bool {
        false
    }
}
