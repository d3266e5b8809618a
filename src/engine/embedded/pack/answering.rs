//! Answers one question of a pack over the candidates, within the time that the run has.

use std::time::Instant;

use super::{
    super::{
        chosen,
        judge::{self, Effort, failed},
        scan::store::CandidateStore,
    },
    PackLimits, Query,
};
use crate::{
    domain::rows::Rows,
    engine::{Answer, NoAnswer},
};

/// The candidates of a pass, and the names of the files that held them.
#[derive(Clone, Copy)]
pub(super) struct Candidates<'a> {
    pub(super) store: &'a CandidateStore,
    pub(super) names: &'a [String],
}

impl Query {
    /// Answers the question with this number, unless the deadline comes before.
    pub(super) async fn answer_in_time(
        self,
        number: usize,
        any: bool,
        candidates: Candidates<'_>,
        limits: &PackLimits,
    ) -> Answer {
        let rows = limits.answer_rows();
        let Some(deadline) = limits.deadline else {
            return self.answer(number, any, candidates, rows, Effort::default()).await;
        };
        // Half of the time, so that the search for undecidable events leaves time for the answer over the others.
        let left = deadline.saturating_duration_since(Instant::now());
        let effort = Effort { time: Effort::default().time.min(left / 2), ..Effort::default() };
        let answering = self.answer(number, any, candidates, rows, effort);
        match tokio::time::timeout_at(deadline.into(), answering).await {
            Ok(answer) => answer,
            Err(_) => Answer::Unanswered(NoAnswer::of_time(0)),
        }
    }

    /// Answers the question with this number; without any candidate, only if it can return a row without them.
    async fn answer(
        self,
        number: usize,
        any: bool,
        candidates: Candidates<'_>,
        limit: usize,
        effort: Effort,
    ) -> Answer {
        if !any && self.profile.is_empty_without_events {
            let columns = self.profile.outline.columns.iter().map(|(name, _)| name.clone()).collect();
            let rows = Rows { columns, rows: Vec::new() };
            return Answer::Rows { rows, truncated: false, undecidable: Vec::new() };
        }
        let Candidates { store, names } = candidates;
        let candidates = || chosen::candidates(store, number, self.reach.events);
        let executable = match self.statement.executable().await {
            Ok(executable) => executable,
            Err(no_answer) => return Answer::Unanswered(no_answer),
        };
        let judged = match judge::judge(&executable, candidates, limit, effort).await {
            Ok(judged) => judged,
            Err(no_answer) => return Answer::Unanswered(no_answer),
        };
        match chosen::events(store, &judged.undecidable, names) {
            Ok(undecidable) => Answer::Rows { rows: judged.rows, truncated: judged.truncated, undecidable },
            Err(error) => Answer::Unanswered(failed(error)),
        }
    }
}
