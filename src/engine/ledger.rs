//! Where a run notes what it started, so that whoever goes on with it neither pays twice nor forgets.

use std::error::Error;

/// Where a run notes its executions before it waits for them.
pub trait Ledger {
    /// Whether somebody goes on with the run: then what was started may be left running.
    fn keeps(&self) -> bool;

    /// The execution that an earlier invocation of this run started with this token.
    fn known(&self, token: &str) -> Option<String>;

    /// Keeps new executions: token and id.
    ///
    /// # Errors
    ///
    /// If they cannot be kept; the run ends then.
    fn note(&mut self, started: &[(String, String)]) -> impl Future<Output = Result<(), Unnoted>>;
}

/// Executions that could not be noted.
#[derive(Debug, thiserror::Error)]
#[error("what was started cannot be noted")]
pub struct Unnoted(#[source] Box<dyn Error + Send + Sync>);

impl Unnoted {
    /// For this reason.
    pub fn of(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

/// A run that nobody goes on with.
#[derive(Clone, Copy, Debug)]
pub struct NoLedger;

impl Ledger for NoLedger {
    fn keeps(&self) -> bool {
        false
    }

    fn known(&self, _: &str) -> Option<String> {
        None
    }

    async fn note(&mut self, _: &[(String, String)]) -> Result<(), Unnoted> {
        Ok(())
    }
}

/// Remembers what a run started that nobody goes on with, for whoever has to stop it.
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

    async fn note(&mut self, started: &[(String, String)]) -> Result<(), Unnoted> {
        self.ids.extend(started.iter().map(|(_, id)| id.clone()));
        Ok(())
    }
}
