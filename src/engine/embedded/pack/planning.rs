//! Plans the questions of a pack: each over tables of its own, which read the candidates once they are there.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion_trino::SqlError;

use super::{
    super::{
        chosen::Choice,
        error::EngineError,
        judge::{Executable, crashed},
        needs::needs_of,
        reach::Reach,
        relations::{self, CandidateTable, EventRelation, Slot},
        scan::learner::Lessons,
        session::Sessions,
        trace::Kept,
    },
    Pack, Query, Surroundings,
};
use crate::{
    domain::time::Timestamp,
    engine::NoAnswer,
    plan::{Question, Sql},
};

impl Pack {
    /// Plans these questions; one that cannot be planned becomes an answer with the reason.
    ///
    /// # Errors
    ///
    /// If the relations that all questions share cannot be set up.
    pub async fn plan(
        sessions: &Sessions,
        questions: &[Question],
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, EngineError> {
        let slot = Slot::default();
        let accounts: Arc<dyn TableProvider> = Arc::new(relations::accounts(surroundings.accounts)?);
        let entries = surroundings.watchlist.iter().map(|(list, value)| (list.as_str(), value.as_str()));
        let watchlist: Arc<dyn TableProvider> = Arc::new(relations::watchlist(entries)?);
        let habits: Arc<dyn TableProvider> = Arc::new(relations::habits(surroundings.habits)?);
        let mut planned = Vec::with_capacity(questions.len());
        for (number, question) in questions.iter().enumerate() {
            let choice = Choice::default();
            let relation = |relation| -> Arc<dyn TableProvider> {
                Arc::new(CandidateTable::new(number, relation, slot.clone(), choice.clone()))
            };
            let relations = [
                ("events", relation(EventRelation::Events)),
                ("history", relation(EventRelation::History)),
                ("accounts", accounts.clone()),
                ("watchlist", watchlist.clone()),
                ("habits", habits.clone()),
            ];
            let reach = Reach::of(question);
            planned.push(tokio::spawn(plan_one(
                sessions.clone(),
                relations,
                question.sql.clone(),
                choice,
                reach,
                surroundings.now,
            )));
        }
        let mut queries = Vec::with_capacity(questions.len());
        for query in planned {
            queries.push(query.await.unwrap_or_else(|panic| Err(crashed(&panic))));
        }
        Ok(Self { queries, slot, trace: None, kept: Kept::default(), learn: Lessons::default(), alone: None })
    }
}

async fn plan_one(
    sessions: Sessions,
    relations: [(&'static str, Arc<dyn TableProvider>); 5],
    sql: Sql,
    choice: Choice,
    reach: Reach,
    now: Timestamp,
) -> Result<Query, NoAnswer> {
    let (mut state, plan) = sessions.plan(relations, &sql, now).await.map_err(|error| refused(&error))?;
    // A second pass takes as long as the first and finds nothing that a scan could use. Candidates are few.
    state.config_mut().options_mut().optimizer.max_passes = 1;
    let plan = state.optimize(&plan).map_err(|error| refused(&SqlError::of_execution(&error)))?;
    let needs = needs_of(&plan);
    Ok(Query { executable: Arc::new(Executable::new(state, plan, choice)), needs, reach })
}

fn refused(error: &SqlError) -> NoAnswer {
    NoAnswer { reason: format!("the engine refuses its SQL: {error}"), hint: error.hint.clone() }
}
