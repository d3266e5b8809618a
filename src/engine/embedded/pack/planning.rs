//! Plans the questions of a pack: each over tables of its own, which read the candidates once they are there.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion_trino::SqlError;
use tokio::sync::OnceCell;

use super::{
    super::{
        chosen::Choice,
        error::EngineError,
        judge::{Executable, crashed},
        profile::{
            Profile,
            shipped::{self, Keys},
        },
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
    /// Plans these questions; one that cannot be planned becomes an answer with the reason. Statements of the shipped library
    /// are planned when they are executed.
    ///
    /// # Errors
    ///
    /// If the relations that all questions share cannot be set up.
    pub async fn plan(
        sessions: &Sessions,
        questions: &[Question],
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, EngineError> {
        let (slot, shared) = (Slot::default(), Shared::new(sessions, surroundings)?);
        let keys = Keys::over(sessions.views());
        let begun = questions.iter().enumerate().map(|(number, question)| {
            let statement = Arc::new(shared.statement(number, question, &slot));
            let profile = shipped::find(&keys.of(&question.sql));
            (
                Reach::of(question),
                profile.ok_or_else(|| tokio::spawn(profile_of(statement.clone()))),
                statement,
            )
        });
        let begun: Vec<_> = begun.collect();
        let mut queries = Vec::with_capacity(questions.len());
        for (reach, profile, statement) in begun {
            let profile = match profile {
                Ok(known) => Ok(known),
                Err(planning) => planning.await.unwrap_or_else(|panic| Err(crashed(&panic))),
            };
            queries.push(profile.map(|profile| Query { statement, profile, reach }));
        }
        Ok(Self { queries, slot, trace: None, kept: Kept::default(), learn: Lessons::default(), alone: None })
    }

    /// The profiles of questions, each from its plan.
    ///
    /// # Errors
    ///
    /// If the relations that all questions share cannot be set up.
    pub async fn profiles(
        sessions: &Sessions,
        questions: &[Question],
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Result<Arc<Profile>, NoAnswer>>, EngineError> {
        let shared = Shared::new(sessions, surroundings)?;
        let mut profiles = Vec::with_capacity(questions.len());
        for (number, question) in questions.iter().enumerate() {
            let statement = Arc::new(shared.statement(number, question, &Slot::default()));
            profiles.push(profile_of(statement).await);
        }
        Ok(profiles)
    }
}

/// What all questions of a pack read.
struct Shared {
    sessions: Sessions,
    accounts: Arc<dyn TableProvider>,
    watchlist: Arc<dyn TableProvider>,
    habits: Arc<dyn TableProvider>,
    now: Timestamp,
}

impl Shared {
    fn new(sessions: &Sessions, surroundings: &Surroundings<'_>) -> Result<Self, EngineError> {
        let entries = surroundings.watchlist.iter().map(|(list, value)| (list.as_str(), value.as_str()));
        Ok(Self {
            sessions: sessions.clone(),
            accounts: Arc::new(relations::accounts(surroundings.accounts)?),
            watchlist: Arc::new(relations::watchlist(entries)?),
            habits: Arc::new(relations::habits(surroundings.habits)?),
            now: surroundings.now,
        })
    }

    /// The statement of the question with this number, over candidates in this slot.
    fn statement(&self, number: usize, question: &Question, slot: &Slot) -> Statement {
        let choice = Choice::default();
        let relation = |relation| -> Arc<dyn TableProvider> {
            Arc::new(CandidateTable::new(number, relation, slot.clone(), choice.clone()))
        };
        let relations = [
            ("events", relation(EventRelation::Events)),
            ("history", relation(EventRelation::History)),
            ("accounts", self.accounts.clone()),
            ("watchlist", self.watchlist.clone()),
            ("habits", self.habits.clone()),
        ];
        let (sessions, sql) = (self.sessions.clone(), question.sql.clone());
        Statement { sessions, relations, sql, choice, now: self.now, executable: OnceCell::new() }
    }
}

/// A question's statement over its tables, planned once, when that is needed.
#[derive(Debug)]
pub(super) struct Statement {
    sessions: Sessions,
    relations: [(&'static str, Arc<dyn TableProvider>); 5],
    sql: Sql,
    choice: Choice,
    now: Timestamp,
    executable: OnceCell<Result<Arc<Executable>, NoAnswer>>,
}

impl Statement {
    /// Its plan.
    ///
    /// # Errors
    ///
    /// If it cannot be planned.
    pub(super) async fn executable(self: &Arc<Self>) -> Result<Arc<Executable>, NoAnswer> {
        let planned = self.executable.get_or_init(async || {
            let this = self.clone();
            // In a task of its own, because the engine may panic.
            let planning = tokio::spawn(async move { this.plan().await });
            planning.await.unwrap_or_else(|panic| Err(crashed(&panic)))
        });
        planned.await.clone()
    }

    async fn plan(&self) -> Result<Arc<Executable>, NoAnswer> {
        let planned = self.sessions.plan(self.relations.clone(), &self.sql, self.now).await;
        let (mut state, plan) = planned.map_err(|error| refused(&error))?;
        // A second pass takes as long as the first and finds nothing that a scan could use. Candidates are few.
        state.config_mut().options_mut().optimizer.max_passes = 1;
        let plan = state.optimize(&plan).map_err(|error| refused(&SqlError::of_execution(&error)))?;
        Ok(Arc::new(Executable::new(state, plan, self.choice.clone())))
    }
}

async fn profile_of(statement: Arc<Statement>) -> Result<Arc<Profile>, NoAnswer> {
    Ok(Arc::new(Profile::of(&statement.executable().await?.plan)))
}

fn refused(error: &SqlError) -> NoAnswer {
    NoAnswer { reason: format!("the engine refuses its SQL: {error}"), hint: error.hint.clone() }
}
