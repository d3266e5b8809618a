//! Many questions, one pass: plans every query, reads the files once for all of them, then answers each.
//!
//! The optimized plan of a query shows what it needs (columns, filters); the same plan runs afterwards over the candidates.
//! A query that fails stops no other. Nothing here decides windows or what a finding is.

use std::sync::{Arc, OnceLock};

use datafusion::{
    catalog::TableProvider, common::tree_node::TreeNodeRecursion, datasource::source_as_provider,
    error::DataFusionError, execution::SessionState, logical_expr::LogicalPlan,
    physical_plan::execute_stream,
};
use datafusion_trino::SqlError;
use futures::{StreamExt as _, stream};
use tokio::task::JoinError;

use super::{
    empty_answer::is_empty_without_events,
    error::EngineError,
    outline::Outline,
    reader::{self, ColumnSet, Limits},
    relations::{self, CandidateTable, Slot},
    rows,
    scan::{
        self, Progress, ScanRequest, Stats,
        condition::Condition,
        gate::{self, Gate},
        store::CandidateStore,
    },
    session::Sessions,
    source::{LogFile, Source},
};
use crate::{
    domain::{
        account::Accounts,
        cloudtrail::COLUMNS,
        rows::Rows,
        time::{Timestamp, Window},
    },
    engine::{Answer, NoAnswer},
    plan::{Question, Sql},
};

/// What every query of a pack may read beside events.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The relation `accounts`.
    pub accounts: &'a Accounts,
    /// The relation `watchlist`, as pairs of list and value.
    pub watchlist: &'a [(String, String)],
    /// What `now()` answers.
    pub now: Timestamp,
}

/// The limits of a pass and of the queries after it.
#[derive(Clone, Copy, Debug)]
pub struct PackLimits {
    /// Threads that read files, and queries that run at once.
    pub threads: usize,
    /// Candidates kept in memory, in bytes; more go to a temporary file.
    pub candidate_bytes: usize,
    /// Rows that one query may answer.
    pub rows: usize,
    /// How large a record and a file may be.
    pub reader: Limits,
}

/// A planned pack.
#[derive(Debug)]
pub struct Pack {
    queries: Vec<Result<Query, NoAnswer>>,
    slot: Slot,
}

#[derive(Debug)]
struct Query {
    state: SessionState,
    plan: LogicalPlan,
    needs: Needs,
    reach: Window,
}

/// What a query needs of each record.
#[derive(Clone, Debug)]
pub struct Needs {
    /// The columns, by name.
    pub columns: Vec<String>,
    /// What a record must meet.
    pub conditions: Vec<Condition>,
}

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
        let slot: Slot = Arc::new(OnceLock::new());
        let accounts: Arc<dyn TableProvider> = Arc::new(relations::accounts(surroundings.accounts)?);
        let entries = surroundings.watchlist.iter().map(|(list, value)| (list.as_str(), value.as_str()));
        let watchlist: Arc<dyn TableProvider> = Arc::new(relations::watchlist(entries)?);
        let mut planned = Vec::with_capacity(questions.len());
        for (number, question) in questions.iter().enumerate() {
            let history = question.history();
            let state = sessions.with_relations([
                (
                    "events",
                    Arc::new(CandidateTable::new(number, question.window, slot.clone()))
                        as Arc<dyn TableProvider>,
                ),
                ("history", Arc::new(CandidateTable::new(number, history, slot.clone()))),
                ("accounts", accounts.clone()),
                ("watchlist", watchlist.clone()),
            ])?;
            let reach = question.reach();
            planned.push(tokio::spawn(plan_one(state, question.sql.clone(), reach, surroundings.now)));
        }
        let mut queries = Vec::with_capacity(questions.len());
        for query in planned {
            queries.push(query.await.unwrap_or_else(|panic| Err(crashed(&panic))));
        }
        Ok(Self { queries, slot })
    }

    /// What each question needs of a record, in the order of the questions; `None` if it could not be planned.
    pub fn needs(&self) -> impl Iterator<Item = Option<&Needs>> {
        self.queries.iter().map(|query| query.as_ref().ok().map(|query| &query.needs))
    }

    /// The span of event time that a pass must cover; `None` if no question could be planned.
    #[must_use]
    pub fn reach(&self) -> Option<Window> {
        self.queries.iter().flatten().map(|query| query.reach).reduce(Window::union)
    }

    /// What a question's answer looks like; `None` if it could not be planned.
    #[must_use]
    pub fn outline(&self, number: usize) -> Option<Outline> {
        self.queries.get(number)?.as_ref().ok().map(|query| Outline::of(&query.plan))
    }

    /// Leaves questions unanswered: those for whose number `reason` returns one.
    pub fn give_up(&mut self, reason: impl Fn(usize) -> Option<NoAnswer>) {
        for (number, query) in self.queries.iter_mut().enumerate() {
            if let Some(no_answer) = query.as_ref().ok().and_then(|_| reason(number)) {
                *query = Err(no_answer);
            }
        }
    }

    fn request(&self, limits: &PackLimits, window: Window) -> ScanRequest {
        let needs = || self.queries.iter().flatten().map(|query| &query.needs);
        ScanRequest {
            window: Some(window),
            gate: Gate::new(
                self.queries
                    .iter()
                    .enumerate()
                    .filter_map(|(number, query)| Some((number, &query.as_ref().ok()?.needs)))
                    .flat_map(|(number, needs)| needs.conditions.iter().map(move |one| (number, one.clone())))
                    .collect(),
            ),
            columns: ColumnSet::named(
                needs().flat_map(|needs| &needs.columns).map(String::as_str).chain(["eventid"]),
            ),
            distinct: true,
            normalized: true,
            threads: limits.threads,
            limits: limits.reader,
        }
    }

    /// Reads the files once and answers every question, in order.
    ///
    /// # Errors
    ///
    /// If the candidates cannot be kept.
    pub async fn answer(
        self,
        source: &Source,
        files: Vec<LogFile>,
        limits: &PackLimits,
        progress: &Arc<Progress>,
    ) -> Result<(Vec<Answer>, Stats), PackError> {
        let mut stats = Stats::default();
        if let Some(window) = self.reach() {
            let store = Arc::new(CandidateStore::new(limits.candidate_bytes));
            let request = self.request(limits, window);
            let (source, progress, sink) = (source.clone(), progress.clone(), store.clone());
            stats = tokio::task::spawn_blocking(move || {
                let mut stats = scan::scan(&source, &files, &request, &*sink, &progress)?;
                sink.finish(std::mem::take(&mut stats.updated))?;
                Ok::<_, scan::SinkError>(stats)
            })
            .await
            .map_err(PackError::Panicked)??;
            self.slot.set(store).expect("a pack is answered once");
        }
        let rows = limits.rows;
        let answers = stream::iter(self.queries.into_iter().enumerate())
            .map(|(number, query)| (query, gate::is_set(&stats.wanted, number)))
            .map(|(query, candidates)| async move {
                match query {
                    Ok(query) => match tokio::spawn(run(query, candidates, rows)).await {
                        Ok(answer) => answer,
                        Err(panic) => Answer::Unanswered(crashed(&panic)),
                    },
                    Err(no_answer) => Answer::Unanswered(no_answer),
                }
            })
            .buffered(limits.threads.max(1))
            .collect()
            .await;
        Ok((answers, stats))
    }
}

/// Why a pack as a whole could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The candidates could not be kept.
    #[error(transparent)]
    Sink(#[from] scan::SinkError),
    /// The thread of the pass panicked.
    #[error("the pass over the log files failed")]
    Panicked(#[source] JoinError),
}

async fn plan_one(state: SessionState, sql: Sql, reach: Window, now: Timestamp) -> Result<Query, NoAnswer> {
    let plan =
        datafusion_trino::plan(&state, sql.text(), now.to_utc()).await.map_err(|error| refused(&error))?;
    let plan = state.optimize(&plan).map_err(|error| refused(&SqlError::of_execution(&error)))?;
    let needs = needs_of(&plan);
    Ok(Query { state, plan, needs, reach })
}

fn crashed(panic: &JoinError) -> NoAnswer {
    NoAnswer {
        reason: format!("the engine failed: {panic}"),
        hint: Some("this is a bug in trailbrief; please report it".to_owned()),
    }
}

fn refused(error: &SqlError) -> NoAnswer {
    NoAnswer { reason: format!("the engine refuses its SQL: {error}"), hint: error.hint.clone() }
}

/// What a plan needs of records: the columns and filters that reached its scans of `events` and `history`.
pub(super) fn needs_of(plan: &LogicalPlan) -> Needs {
    let mut needs = Needs { columns: Vec::new(), conditions: Vec::new() };
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && source_as_provider(&scan.source).is_ok_and(|table| table.schema() == reader::schema())
        {
            needs.columns.extend(scan.projected_schema.fields().iter().map(|field| field.name().clone()));
            let filtered = scan.filters.iter().flat_map(|filter| filter.column_refs());
            needs.columns.extend(filtered.map(|column| column.name.clone()));
            needs.conditions.push(Condition::of(&scan.filters));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    needs.columns.sort();
    needs.columns.dedup();
    needs.columns.retain(|name| is_event_column(name));
    needs
}

fn is_event_column(name: &str) -> bool {
    COLUMNS.iter().any(|column| column.name == name)
        || crate::domain::cloudtrail::PARTITION_COLUMNS.contains(&name)
}

/// Runs a query; without candidates, only if it can return a row without them.
async fn run(query: Query, candidates: bool, limit: usize) -> Answer {
    if !candidates && is_empty_without_events(&query.plan).unwrap_or(false) {
        let columns = query.plan.schema().fields().iter().map(|field| field.name().clone()).collect();
        return Answer::Rows { rows: Rows { columns, rows: Vec::new() }, truncated: false };
    }
    match rows_of(&query, limit).await {
        Ok((rows, truncated)) => Answer::Rows { rows, truncated },
        Err(error) => Answer::Unanswered(failed(error)),
    }
}

async fn rows_of(query: &Query, limit: usize) -> Result<(Rows, bool), DataFusionError> {
    let plan = query.state.query_planner().create_physical_plan(&query.plan, &query.state).await?;
    let mut stream = execute_stream(plan, query.state.task_ctx())?;
    let mut rows = Rows {
        columns: stream.schema().fields().iter().map(|field| field.name().clone()).collect(),
        rows: Vec::new(),
    };
    while let Some(batch) = stream.next().await {
        rows::append(&mut rows, &batch?);
        if rows.rows.len() > limit {
            rows.rows.truncate(limit);
            return Ok((rows, true));
        }
    }
    Ok((rows, false))
}

/// Why a query gave no answer, as a sentence for a person.
pub(super) fn failed(error: DataFusionError) -> NoAnswer {
    if let DataFusionError::ResourcesExhausted(_) = error.find_root() {
        return NoAnswer {
            reason: "it needs more memory than it may use".to_owned(),
            hint: Some("choose a shorter window, or raise `memory` in `[limits]`".to_owned()),
        };
    }
    let error = SqlError::of_execution(&error);
    NoAnswer { reason: error.to_string(), hint: error.hint }
}
