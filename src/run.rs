//! The pipeline: plan, read once, answer, triage, brief. Nothing here renders, delivers or remembers.

#[cfg(feature = "aws")]
mod athena;
mod coverage;
#[cfg(feature = "aws")]
mod delivered;
pub mod suppress;
mod told;

#[cfg(feature = "aws")]
pub use athena::own_statement_inputs;

use std::{collections::BTreeMap, sync::Arc, time::Instant};

#[cfg(feature = "aws")]
use crate::engine::athena::{Athena, Invocation};
use crate::{
    domain::{
        account::Accounts,
        brief::{Brief, Coverage, Failure, Problem, RunFacts},
        delivery::DeliveryDays,
        detection::{Detection, DetectionId, ParamValue},
        state::State,
        suppression::Suppression,
        time::{Span, Timestamp, Window},
    },
    engine::{
        Answer,
        embedded::{
            EngineError,
            pack::{Pack, PackError, PackLimits, Surroundings},
            scan::{Progress, Stats},
            session::Sessions,
            source::{
                Source, SourceError,
                walk::{Listing, walk},
            },
        },
        ledger::{Ledger, LedgerError},
    },
    plan::{self, Occasion, RunPlan},
    triage,
};

use told::{Told, advanced};

/// What every run of a process shares: the configuration in the words of the domain, and the engine.
#[derive(Debug)]
pub struct RunContext {
    /// The known accounts.
    pub accounts: Accounts,
    /// The relation `watchlist`.
    pub watchlist: Vec<(String, String)>,
    /// The configuration's parameter values.
    pub params: BTreeMap<DetectionId, BTreeMap<String, ParamValue>>,
    /// The configuration's suppressions.
    pub suppressions: Vec<Suppression>,
    /// The engine.
    pub sessions: Sessions,
    /// Its limits.
    pub limits: PackLimits,
}

/// Where the events are.
#[derive(Clone, Copy, Debug)]
pub enum Logs<'a> {
    /// In log files.
    Files(&'a Source),
    /// In a table on Athena.
    #[cfg(feature = "aws")]
    Athena(&'a Athena),
}

impl Logs<'_> {
    /// How a person would name the place.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Files(source) => source.name(),
            #[cfg(feature = "aws")]
            Self::Athena(athena) => athena.name(),
        }
    }
}

/// One run.
#[derive(Debug)]
pub struct Job<'a> {
    /// Unique id.
    pub id: String,
    /// The detections to ask.
    pub detections: Vec<&'a Detection>,
    /// What the run is for.
    pub occasion: Occasion<'a>,
    /// The schedule's name, for a scheduled run.
    pub schedule: Option<String>,
    /// Where the events are.
    pub logs: Logs<'a>,
    /// When the run begins.
    pub now: Timestamp,
    /// What a reader of the brief must know that was found out before the run.
    pub notes: Vec<String>,
    /// Detections that are known to give no answer before the run: their files are broken.
    pub failures: Vec<Failure>,
    /// When the run must have ended; `None` if it may take its time.
    pub deadline: Option<Instant>,
    /// What this schedule scanned this month, in bytes.
    pub spent_bytes: u64,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Its brief.
    pub brief: Brief,
    /// What the schedule remembers once the brief is delivered; `None` for a run on demand.
    pub state: Option<State>,
}

/// Why a run as a whole failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine could not be set up.
    #[error("cannot set up the embedded engine")]
    Engine(#[from] EngineError),
    /// The pass over the log files failed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Every detection has answered up to the scheduled time already.
    #[error("nothing is due: every detection of the schedule has answered up to {0} already")]
    NothingDue(Timestamp),
    /// The logs cannot be listed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No detection was chosen.
    #[error("no detection is chosen")]
    NoDetections,
    /// The deadline came before Athena's statements were done. Whoever goes on with the run finds them in its ledger.
    #[error("{statements} of the run's statements on Athena are not done yet")]
    Unfinished {
        /// How many are not done.
        statements: usize,
    },
    /// Executions could not be noted.
    #[error(transparent)]
    LedgerError(#[from] LedgerError),
    /// It would scan more than it may.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    TooMuch(#[from] crate::engine::athena::estimate::OverLimit),
    /// It is limited, and cannot be estimated.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Unestimated(#[from] crate::engine::athena::estimate::EstimateError),
    /// Athena cannot be asked.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] crate::aws::AwsError),
}

/// Plans a run and its pass, without reading a log file.
///
/// # Errors
///
/// If the engine cannot be set up, or there is nothing to ask.
pub async fn prepare(context: &RunContext, job: &Job<'_>) -> Result<(RunPlan, Pack), RunError> {
    if job.detections.is_empty() {
        return Err(RunError::NoDetections);
    }
    let mut lists: Vec<&str> = context.watchlist.iter().map(|(list, _)| list.as_str()).collect();
    lists.dedup();
    let plan = plan::plan(job.detections.iter().copied(), &job.occasion, &context.params, &lists);
    let nothing_asked = plan.questions.is_empty() && plan.failures.is_empty();
    if let Occasion::Scheduled { at, .. } = &job.occasion
        && nothing_asked
        && plan.idle.len() < job.detections.len()
    {
        return Err(RunError::NothingDue(*at));
    }
    let surroundings =
        Surroundings { accounts: &context.accounts, watchlist: &context.watchlist, now: job.now };
    let pack = Pack::plan(&context.sessions, &plan.questions, &surroundings).await?;
    Ok((plan, pack))
}

/// The log files of a pack's reach.
///
/// # Errors
///
/// If the place cannot be listed.
pub async fn list(source: &Source, reach: Option<Window>) -> Result<Listing, RunError> {
    let Some(reach) = reach else { return Ok(Listing::default()) };
    let source = source.clone();
    tokio::task::spawn_blocking(move || walk(&source, Some(DeliveryDays::of(reach))))
        .await
        .map_err(|error| RunError::Pack(PackError::Panicked(error)))?
        .map_err(RunError::Source)
}

/// Runs a job and reports it. What it starts elsewhere is noted in `ledger` before it is waited for.
///
/// # Errors
///
/// If the run as a whole fails, or its deadline comes and somebody goes on with it. A detection that fails is part of the
/// brief.
pub async fn run(
    context: &RunContext,
    job: Job<'_>,
    progress: &Arc<Progress>,
    #[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "log files start nothing elsewhere"))]
    ledger: &mut impl Ledger,
) -> Result<Outcome, RunError> {
    let (plan, pack) = prepare(context, &job).await?;
    let Read { answers, stats, coverage, problems, scan } = match job.logs {
        Logs::Files(source) => read_files(context, source, &plan, pack, progress).await?,
        #[cfg(feature = "aws")]
        Logs::Athena(athena) => {
            // A run that follows another of the same time must not be given that one's executions.
            let run = match &job.occasion {
                Occasion::Scheduled { state, .. } if ledger.keeps() => {
                    format!("{} {}", job.id, state.generation)
                }
                // Nor one that is not recorded those of the recorded run, which it would stop with its own.
                Occasion::Scheduled { .. } => format!("{} unrecorded {}", job.id, job.now),
                Occasion::OnDemand(_) => job.id.clone(),
            };
            let mut invocation = Invocation { run: &run, deadline: job.deadline, ledger };
            let asked = (plan.questions.as_slice(), job.spent_bytes);
            let mut read = athena::read(context, athena, &mut invocation, asked, pack, progress).await?;
            delivered::add(&mut read, athena, &context.accounts, plan.window).await;
            read
        }
    };

    let mut told = Told::default();
    told.failures.extend(job.failures.iter().chain(&plan.failures).cloned());
    for ((question, watermark), answer) in plan.questions.iter().zip(&plan.watermarks).zip(answers) {
        told.take(context, &job, question, *watermark, answer);
    }
    triage::sort(&mut told.findings);
    let (findings, suppressed, suppressions) = suppress::apply(context, told.findings, job.now).await;
    let coverage =
        Coverage { detections_answered: told.answered.len() as u64, idle: plan.idle.clone(), ..coverage };
    let state = advanced(&job, &told.answered, &told.failures, &findings);
    let window = plan.window.unwrap_or(match &job.occasion {
        Occasion::OnDemand(window) => *window,
        Occasion::Scheduled { at, cadence, .. } => {
            Window::new(at.minus(cadence.every.max(Span::from_s(1))), *at).expect("a period is not empty")
        }
    });
    let mut notes = job.notes;
    notes.extend(plan.notes);
    notes.extend(told.notes);
    notes.extend(scan.notes);
    if stats.forgot {
        notes.push("there were so many events that the oldest were forgotten: a repeated delivery may have been counted \
                    twice by detections that count"
            .to_owned());
    }
    let brief = Brief {
        run: RunFacts {
            id: job.id,
            schedule: job.schedule,
            engine: scan.engine,
            window,
            started: job.now,
            source: job.logs.name(),
            files_read: stats.files,
            events_read: stats.records,
            events_in_window: stats.in_window,
            candidates: stats.candidates,
            duplicates_dropped: stats.duplicates,
            bytes_scanned: scan.bytes,
            cost_usd: scan.cost_usd,
            notes,
        },
        findings,
        suppressed,
        suppressions,
        failures: told.failures,
        problems,
        coverage,
        detections: job.detections.into_iter().map(|d| (d.id.clone(), d.clone())).collect(),
    };
    Ok(Outcome { brief, state })
}

/// The id of a run that somebody asked for.
#[must_use]
pub fn on_demand_id(now: Timestamp, window: Window) -> String {
    let compact = |time: Timestamp| time.to_string().replace(['-', ':'], "");
    format!("on-demand-{}-{}-{}", compact(now), compact(window.start()), compact(window.end()))
}

/// What reading brought.
struct Read {
    answers: Vec<Answer>,
    stats: Stats,
    coverage: Coverage,
    problems: Vec<Problem>,
    scan: Scan,
}

/// How it was read, and for how much.
struct Scan {
    engine: &'static str,
    bytes: u64,
    cost_usd: f64,
    notes: Vec<String>,
}

async fn read_files(
    context: &RunContext,
    source: &Source,
    plan: &RunPlan,
    pack: Pack,
    progress: &Arc<Progress>,
) -> Result<Read, RunError> {
    let mut listing = list(source, pack.reach()).await?;
    let files = std::mem::take(&mut listing.files);
    let seen = coverage::seen(&files);
    let (answers, mut stats) = pack.answer(source, files, &context.limits, progress).await?;
    let coverage = Coverage {
        folders_skipped: listing.skipped.clone().into_iter().collect(),
        events_without_time: stats.without_time,
        ..coverage::of_places(&seen, &listing, &context.accounts, plan.window)
    };
    let mut problems = listing.problems;
    problems.append(&mut stats.problems);
    problems.sort();
    let scan = Scan { engine: "embedded", bytes: stats.bytes, cost_usd: 0.0, notes: Vec::new() };
    Ok(Read { answers, stats, coverage, problems, scan })
}
