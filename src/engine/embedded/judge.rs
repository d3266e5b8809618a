//! Answers one question over its candidates. Events that its SQL cannot digest are found and set aside: the answer is that
//! over all others.
//!
//! They are found by executing the same plan over parts of the candidates, so that any detection can be answered this way,
//! also one that counts or joins. Reads no file and knows no finding.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    sync::Arc,
    time::{Duration, Instant},
};

use datafusion::{
    arrow::error::ArrowError,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, SessionState},
    logical_expr::LogicalPlan,
    physical_plan::{ExecutionPlan, execute_stream, execution_plan::reset_plan_states},
};
use datafusion_trino::SqlError;
use futures::StreamExt as _;
use tokio::{
    sync::OnceCell,
    task::{JoinError, JoinSet},
};

use super::{
    chosen::{Candidate, Choice, Subset},
    rows,
};
use crate::{domain::rows::Rows, engine::NoAnswer};

/// How long a reason may be, in characters: an error may quote a whole document.
const MAX_REASON: usize = 400;

/// How much the search for undecidable events may take for one question.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often the plan may be executed.
    pub executions: usize,
    /// How long all executions may take together.
    pub time: Duration,
}

impl Default for Effort {
    fn default() -> Self {
        Self { executions: 20_000, time: Duration::from_secs(60) }
    }
}

/// A plan over the candidates that its tables show.
#[derive(Debug)]
pub struct Executable {
    /// The session that it was planned in.
    pub state: SessionState,
    /// The optimized plan.
    pub plan: LogicalPlan,
    /// What its tables show.
    pub choice: Choice,
    /// Made from the plan by the first execution: that takes longer than an execution over a few events.
    physical: OnceCell<Arc<dyn ExecutionPlan>>,
}

impl Executable {
    /// An optimized plan of a session, over tables that show `choice`.
    #[must_use]
    pub fn new(state: SessionState, plan: LogicalPlan, choice: Choice) -> Self {
        Self { state, plan, choice, physical: OnceCell::new() }
    }
}

/// The answer over all candidates but those that were set aside.
#[derive(Debug)]
pub struct Judged {
    /// The rows.
    pub rows: Rows,
    /// Whether there are more rows.
    pub truncated: bool,
    /// The candidates that were set aside, by number, with the reason.
    pub undecidable: BTreeMap<u64, String>,
}

/// Why an execution failed.
struct Failed {
    no_answer: NoAnswer,
    /// Whether what an event holds may be the cause.
    may_be_data: bool,
}

/// Executes a plan over its candidates, which `candidates` lists if that is needed.
///
/// # Errors
///
/// If it fails for another reason than what single events hold.
pub async fn judge(
    query: &Arc<Executable>,
    candidates: impl FnOnce() -> Result<Vec<Candidate>, DataFusionError>,
    limit: usize,
    effort: Effort,
) -> Result<Judged, NoAnswer> {
    let failed = match execute(query, Subset::default(), limit).await {
        Ok((rows, truncated)) => return Ok(Judged { rows, truncated, undecidable: BTreeMap::new() }),
        Err(failed) => failed,
    };
    if !failed.may_be_data {
        return Err(failed.no_answer);
    }
    let mut search = Search {
        query,
        until: Instant::now() + effort.time,
        executions: effort.executions,
        effort,
        undecidable: BTreeMap::new(),
    };
    if search.fails(Subset::default(), &[]).await?.is_some() {
        return Err(failed.no_answer);
    }
    let candidates = candidates().map_err(self::failed)?;
    search.each(&candidates, failed.no_answer.reason).await?;
    loop {
        match execute(query, search.rest(), limit).await {
            Ok((rows, truncated)) => {
                return Ok(Judged { rows, truncated, undecidable: search.undecidable });
            }
            Err(failed) => search.together(&candidates, failed).await?,
        }
    }
}

/// A search for the candidates over which a plan fails.
struct Search<'a> {
    query: &'a Arc<Executable>,
    until: Instant,
    /// How many executions are left.
    executions: usize,
    effort: Effort,
    undecidable: BTreeMap<u64, String>,
}

impl Search<'_> {
    /// Sets aside each candidate over which alone the plan fails, by halving the parts that fail, the largest first.
    async fn each(&mut self, candidates: &[Candidate], reason: String) -> Result<(), NoAnswer> {
        let mut failing = BinaryHeap::new();
        if !candidates.is_empty() {
            failing.push((candidates.len(), Reverse(0), reason));
        }
        while let Some((len, Reverse(start), reason)) = failing.pop() {
            let part = &candidates[start..start + len];
            if len == 1 {
                self.undecidable.insert(part[0].number, reason);
            } else if self.is_spent() {
                let reason = format!(
                    "not judged on its own, because the search among {len} events ended after {} executions or {} s; \
                     together they fail with: {reason}",
                    self.effort.executions,
                    self.effort.time.as_secs()
                );
                self.undecidable.extend(part.iter().map(|candidate| (candidate.number, reason.clone())));
            } else {
                let half = len.div_ceil(2);
                for (start, len) in [(start, half), (start + half, len - half)] {
                    let part = &candidates[start..start + len];
                    if let Some(reason) = self.fails(Subset::default(), part).await? {
                        failing.push((len, Reverse(start), reason));
                    }
                }
            }
        }
        Ok(())
    }

    /// Sets aside one more candidate of those over which the plan fails although it fails over none of them alone: the one
    /// without which more of the others can be judged.
    async fn together(&mut self, candidates: &[Candidate], failed: Failed) -> Result<(), NoAnswer> {
        if !failed.may_be_data || self.is_spent() {
            return Err(failed.no_answer);
        }
        let kept = |candidate: &&Candidate| !self.undecidable.contains_key(&candidate.number);
        let rest: Vec<Candidate> = candidates.iter().filter(kept).copied().collect();
        let subset = self.rest();
        if rest.is_empty() {
            return Err(failed.no_answer);
        }
        let Some(last) = self.first_failure(&subset, &rest).await? else { return Err(failed.no_answer) };
        // The others up to this one; the last of them with which it still fails is its partner.
        let (mut fails, mut passes) = (0, last);
        while passes - fails > 1 {
            let middle = fails.midpoint(passes);
            match self.fails(subset.clone(), &rest[middle..=last]).await? {
                Some(_) => fails = middle,
                None => passes = middle,
            }
        }
        let mut reach = [usize::MAX; 2];
        for (reach, at) in reach.iter_mut().zip([last, fails]) {
            let without = self.undecidable.keys().copied().chain([rest[at].number]).collect();
            let subset = Subset::without(Arc::new(without));
            *reach = self.first_failure(&subset, &rest).await?.unwrap_or(usize::MAX);
        }
        // Of two that do no better, the older: it may be one that the other is only compared with.
        let is_last = reach[0].cmp(&reach[1]).then_with(|| rest[fails].time.cmp(&rest[last].time)).is_gt();
        let culprit = if is_last { last } else { fails };
        self.undecidable.insert(rest[culprit].number, failed.no_answer.reason);
        Ok(())
    }

    /// The position of the first candidate up to which the plan fails; `None` if it does not fail.
    async fn first_failure(
        &mut self,
        subset: &Subset,
        rest: &[Candidate],
    ) -> Result<Option<usize>, NoAnswer> {
        if self.fails(subset.clone(), rest).await?.is_none() {
            return Ok(None);
        }
        let (mut passes, mut fails) = (0, rest.len());
        while fails - passes > 1 {
            let middle = passes.midpoint(fails);
            match self.fails(subset.clone(), &rest[..middle]).await? {
                Some(_) => fails = middle,
                None => passes = middle,
            }
        }
        Ok(Some(fails - 1))
    }

    /// Why the plan fails over these candidates of a subset; `None` if it does not.
    async fn fails(&mut self, subset: Subset, part: &[Candidate]) -> Result<Option<String>, NoAnswer> {
        self.executions = self.executions.saturating_sub(1);
        let rows = match part {
            [] => 0..0,
            [first, ..] => first.number..part[part.len() - 1].number + 1,
        };
        self.query.choice.set(subset.within(rows));
        match in_task(drain(self.query.clone())).await {
            Ok(()) => Ok(None),
            Err(failed) if failed.may_be_data => Ok(Some(failed.no_answer.reason)),
            Err(failed) => Err(failed.no_answer),
        }
    }

    /// All candidates but those that were set aside.
    fn rest(&self) -> Subset {
        Subset::without(Arc::new(self.undecidable.keys().copied().collect::<BTreeSet<u64>>()))
    }

    fn is_spent(&self) -> bool {
        self.executions == 0 || Instant::now() >= self.until
    }
}

/// Executes a plan over a subset of its candidates. Returns at most `limit` rows, and whether there are more.
async fn execute(query: &Arc<Executable>, subset: Subset, limit: usize) -> Result<(Rows, bool), Failed> {
    query.choice.set(subset);
    let query = query.clone();
    in_task(async move {
        let plan = physical(&query).await?;
        rows_of(execute_stream(plan, query.state.task_ctx())?, limit).await
    })
    .await
}

/// Runs in a task of its own, because the engine may panic.
async fn in_task<T: Send + 'static>(
    work: impl Future<Output = Result<T, DataFusionError>> + Send + 'static,
) -> Result<T, Failed> {
    // Whoever waits no longer ends the task.
    let mut task = JoinSet::new();
    task.spawn(work);
    match task.join_next().await.expect("it has one task") {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Failed { may_be_data: may_be_data(&error), no_answer: failed(error) }),
        Err(panic) => Err(Failed { may_be_data: panic.is_panic(), no_answer: crashed(&panic) }),
    }
}

/// The physical plan, as if it had not been executed before.
async fn physical(query: &Executable) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let plan = || query.state.query_planner().create_physical_plan(&query.plan, &query.state);
    reset_plan_states(query.physical.get_or_try_init(plan).await?.clone())
}

/// Executes a plan and drops its rows.
async fn drain(query: Arc<Executable>) -> Result<(), DataFusionError> {
    let mut stream = execute_stream(physical(&query).await?, query.state.task_ctx())?;
    while let Some(batch) = stream.next().await {
        batch?;
    }
    Ok(())
}

async fn rows_of(
    mut stream: SendableRecordBatchStream,
    limit: usize,
) -> Result<(Rows, bool), DataFusionError> {
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

/// Whether what an event holds may be the cause of an error, and not the statement, the limits or the machine.
fn may_be_data(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::ArrowError(error, _) => {
            !matches!(**error, ArrowError::IoError(..) | ArrowError::MemoryError(_))
        }
        DataFusionError::Execution(_) | DataFusionError::External(_) | DataFusionError::Internal(_) => true,
        _ => false,
    }
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
    let mut reason = error.to_string();
    if let Some((cut, _)) = reason.char_indices().nth(MAX_REASON) {
        reason.truncate(cut);
        reason.push('…');
    }
    NoAnswer { reason, hint: error.hint }
}

/// Why a query gave no answer whose task ended early.
pub(super) fn crashed(panic: &JoinError) -> NoAnswer {
    NoAnswer {
        reason: format!("the engine failed: {panic}"),
        hint: Some("this is a bug in trailbrief; please report it".to_owned()),
    }
}

#[cfg(test)]
mod tests;
