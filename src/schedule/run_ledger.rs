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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            state::OpenRun,
            time::{Span, Timestamp},
        },
        store::Store,
    };

    #[tokio::test]
    async fn what_was_started_is_in_the_state_for_whoever_resumes_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::directory(folder.path().to_owned());
        let now = Timestamp::from_unix_s(1_773_100_800);
        let open = OpenRun::new("hourly-1", now);
        let mut claim = store.claim("hourly", open.clone(), now, Span::HOUR).await.unwrap();
        let mut state = State { open: Some(open), ..claim.state().clone() };
        let pair = |token: &str, execution: &str| (token.to_owned(), execution.to_owned());
        let known = BTreeMap::from([pair("token", "execution")]);
        let mut ledger = RunLedger { claim: &mut claim, state: &mut state, known };
        assert!(ledger.keeps());
        assert_eq!(ledger.known("token").as_deref(), Some("execution"));
        assert_eq!(ledger.known("other"), None);
        ledger.note(&[pair("new", "one")]).await.unwrap();
        let open = store.peek("hourly").await.unwrap().open.unwrap();
        assert_eq!(open.executions, BTreeMap::from([pair("new", "one")]));
    }
}
