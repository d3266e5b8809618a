//! Notes the executions of an open run in its state.

use std::collections::BTreeMap;

use crate::{
    domain::state::State,
    engine::ledger::{Ledger, LedgerError},
    store::Claim,
};

/// The ledger of a run whose state is claimed.
pub(super) struct Noting<'a> {
    pub(super) claim: &'a mut Claim,
    pub(super) state: &'a mut State,
    /// What an earlier invocation noted.
    pub(super) known: BTreeMap<String, String>,
}

impl Ledger for Noting<'_> {
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
