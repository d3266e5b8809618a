//! Notes the Athena executions of an open run in its state, so that a process that resumes the run finds them.

use std::collections::BTreeMap;

use crate::{
    domain::state::State,
    engine::ledger::{Ledger, LedgerError},
    store::Claim,
};

/// The ledger of a run whose state is claimed.
pub(super) struct RunLedger<'a> {
    pub(super) claim: &'a mut Claim,
    pub(super) state: &'a mut State,
    /// Executions that an earlier process noted: client request token to execution id.
    pub(super) known: BTreeMap<String, String>,
}

impl Ledger for RunLedger<'_> {
    fn keeps(&self) -> bool {
        true
    }

    fn known(&self, token: &str) -> Option<String> {
        self.known.get(token).cloned()
    }

    async fn note(&mut self, started: &[(String, String)]) -> Result<(), LedgerError> {
        let open = self.state.open.as_mut().expect("a run that starts statements is open");
        open.executions.extend(started.iter().cloned());
        self.claim.save(self.state).await.map_err(LedgerError::of)
    }
}
