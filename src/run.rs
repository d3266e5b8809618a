//! The pipeline: plan, read once, answer, triage, brief. Nothing here renders, delivers or remembers.

mod addresses;
#[cfg(feature = "aws")]
mod athena;
mod baseline;
mod catch_up;
mod collect;
mod concerned;
mod coverage;
#[cfg(feature = "aws")]
mod delivered;
mod error;
mod followed_by;
mod investigate;
mod job;
mod late;
mod nothing_to_read;
mod returned;
mod stories;
pub mod suppress;

#[cfg(feature = "aws")]
pub use athena::{daily_statement, own_statement_inputs};
pub use baseline::learn;
pub use catch_up::{job_of_step, run, steps};
#[cfg(feature = "aws")]
pub use delivered::lists_of_delivered;
pub use error::RunError;
pub use investigate::{Investigation, investigate};
pub use job::{Job, scheduled_id, scheduled_time};

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[cfg(feature = "aws")]
use crate::engine::athena::Athena;
use crate::{
    domain::{
        account::Accounts,
        brief::{Brief, Coverage, Problem, RunFacts},
        delivery::Deliveries,
        detection::{DetectionId, ParamValue},
        expected::ExpectedLogs,
        habits::Habits,
        price::Price,
        shared::SharedEvents,
        state::State,
        suppression::Suppression,
        time::{Span, Window},
        trace::{Trace, TraceEvent},
        zone::Zone,
    },
    engine::{
        Answer,
        embedded::{
            pack::{Pack, PackError, PackLimits},
            scan::{Progress, Stats},
            session::Sessions,
            source::{
                Source,
                walk::{Listing, walk, walk_regions},
            },
        },
        ledger::Ledger,
    },
    mmdb::Databases,
    plan::{self, Occasion, RunPlan},
    story, triage,
};

use collect::{Answers, advanced};
use concerned::Concerned;
use nothing_to_read::Wants;

/// What every run of a process shares: the configuration as types of the domain, and the engine.
#[derive(Debug)]
pub struct RunContext {
    /// The known accounts.
    pub accounts: Accounts,
    /// What must deliver logs: a run without any log of it is incomplete.
    pub expected: ExpectedLogs,
    /// The relation `watchlist`.
    pub watchlist: Vec<(String, String)>,
    /// For how long a baseline of habits learns before anything counts as new.
    pub learning: Span,
    /// Whether one statement a day on Athena learns from every call.
    pub daily_statement: bool,
    /// The zone in which people read times.
    pub zone: Zone,
    /// What is known of addresses.
    pub databases: Databases,
    /// The configuration's parameter values.
    pub params: BTreeMap<DetectionId, BTreeMap<String, ParamValue>>,
    /// The configuration's suppressions.
    pub suppressions: Vec<Suppression>,
    /// The engine.
    pub sessions: Sessions,
    /// The engine's limits.
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
    /// Their name for people.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Files(source) => source.name(),
            #[cfg(feature = "aws")]
            Self::Athena(athena) => athena.name(),
        }
    }
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Its brief.
    pub brief: Brief,
    /// What the schedule remembers once the brief is delivered; `None` for a run on demand.
    pub state: Option<State>,
    /// What it learned about habits.
    pub learned: Habits,
    /// The events of its findings and of the steps of its stories, as their records say.
    pub events: Vec<TraceEvent>,
}

/// Plans a run and its pass, without reading a log file.
///
/// # Errors
///
/// If the engine cannot be set up, or there is nothing to run.
pub async fn prepare(context: &RunContext, job: &Job<'_>) -> Result<(RunPlan, Pack), RunError> {
    if job.detections.is_empty() {
        return Err(RunError::NoDetections);
    }
    let mut lists: Vec<&str> = context.watchlist.iter().map(|(list, _)| list.as_str()).collect();
    lists.dedup();
    let mut plan = plan::plan(job.detections.iter().copied(), &job.occasion, &context.params, &lists);
    let nothing_planned = plan.questions.is_empty() && plan.failures.is_empty();
    if let Occasion::Scheduled { at, .. } = &job.occasion
        && nothing_planned
        && plan.idle.len() < job.detections.len()
    {
        return Err(RunError::NothingDue(*at));
    }
    let mut pack = Pack::plan(&context.sessions, &plan.questions, &job.surroundings(context)).await?;
    plan.judge_deliveries(&job.occasion, |number| {
        pack.outline(number).is_some_and(|outline| outline.by_event)
    });
    pack.ask(&plan.questions);
    pack.collect(&stories::query(job.subject));
    if matches!(job.occasion, Occasion::Scheduled { .. }) {
        pack.learn(story::query());
    }
    if nothing_to_read::are_noted(job) {
        pack.note_sources();
    }
    Ok((plan, pack))
}

/// The detections that each detection of a job replaces.
fn replaced(job: &Job<'_>) -> BTreeMap<DetectionId, Vec<DetectionId>> {
    job.detections.iter().map(|detection| (detection.id.clone(), detection.replaces.clone())).collect()
}

/// The log files of these deliveries that a run reads.
///
/// # Errors
///
/// If they cannot be listed.
pub async fn list(
    source: &Source,
    occasion: &Occasion<'_>,
    deliveries: Option<Deliveries>,
) -> Result<Listing, RunError> {
    let Some(deliveries) = deliveries.map(|deliveries| occasion.files_of(deliveries)) else {
        return Ok(Listing::default());
    };
    let source = source.clone();
    tokio::task::spawn_blocking(move || walk(&source, Some(deliveries)))
        .await
        .map_err(|error| RunError::Pack(PackError::Panicked(error)))?
        .map_err(RunError::Source)
}

/// The files of these accounts and regions that were delivered then.
async fn list_regions(
    source: &Source,
    deliveries: Deliveries,
    regions: BTreeSet<(String, String)>,
) -> Result<Listing, RunError> {
    let source = source.clone();
    tokio::task::spawn_blocking(move || walk_regions(&source, Some(deliveries), Some(regions)))
        .await
        .map_err(|error| RunError::Pack(PackError::Panicked(error)))?
        .map_err(RunError::Source)
}

/// Runs a job in one step. Its brief has no stories yet; the events that they need are beside it.
async fn once(
    context: &RunContext,
    job: Job<'_>,
    progress: &Arc<Progress>,
    #[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "log files start nothing elsewhere"))]
    ledger: &mut impl Ledger,
) -> Result<(Outcome, Trace), RunError> {
    let (plan, pack) = prepare(context, &job).await?;
    let (traces, wants) = (pack.traces(), Wants::of(&plan, &pack));
    let read = match job.logs {
        Logs::Files(source) => read_files(context, source, &job, &plan, pack, progress).await?,
        #[cfg(feature = "aws")]
        Logs::Athena(athena) => athena::read(context, athena, &job, ledger, &plan, pack, progress).await?,
    };
    let Read { answers, mut stats, coverage, problems, cost, regions } = read;

    let mut collected = Answers::default();
    collected.failures.extend(job.failures.iter().chain(&plan.failures).cloned());
    for ((question, watermark), answer) in plan.questions.iter().zip(&plan.watermarks).zip(answers) {
        collected.take(context, &job, question, *watermark, answer);
    }
    let window = plan.window.unwrap_or_else(|| window_of(&job.occasion));
    let facts = baseline::facts(&job.habits, context.learning, window);
    let quiet = baseline::quieten(&job, &facts, &mut collected);
    collected.findings = triage::unite(collected.findings, &SharedEvents::new(&stats.shared));
    triage::sort(&mut collected.findings);
    collected.sort_undecidable(&job);
    let reported = std::mem::take(&mut collected.findings);
    let (mut findings, suppressed, suppressions) =
        suppress::apply(context, &job, &collected.answered, reported).await;
    let truncated = triage::truncate(&mut findings, context.limits.rows, &collected.cut);
    collected.hold(&job, &truncated);
    let mut findings = triage::replace(findings, &replaced(&job));
    let run = facts_of(context, &job, &stats, cost, window);
    let trace = stories::trace(traces, &findings, job.subject, run.window);
    if facts.learns_until.is_none() {
        baseline::mark_first(&mut findings, &trace, &job.habits, story::query());
    }
    let is_blind = run.is_blind(&problems);
    let learned =
        baseline::learned(&job, std::mem::take(&mut stats.habits), plan.window.filter(|_| !is_blind));
    let is_loud = |id: &DetectionId| {
        collected.answered.iter().any(|(answered, _)| answered == id) && quiet.iter().all(|(it, _)| it != id)
    };
    let nothing_to_read = wants.unread(&job, &learned.sources, window, is_loud);
    let mut state = advanced(&job, &collected, &findings, !is_blind);
    let silent = coverage.accounts_silent.iter();
    let accounts_missing: Vec<String> =
        silent.filter(|account| context.expected.has_account(account)).cloned().collect();
    let regions_missing = regions.missing(context, &job, &accounts_missing);
    if let Some(state) = &mut state {
        regions.note(state, collected.failures.is_empty() && truncated.is_empty());
    }
    let brief = Brief {
        run,
        findings,
        stories: Vec::new(),
        changes: None,
        roll_up: None,
        decisions: Vec::new(),
        suppressed,
        suppressions,
        failures: collected.failures,
        undecidable: collected.undecidable,
        truncated,
        problems,
        coverage: Coverage {
            detections_answered: (collected.answered.len() - quiet.len()) as u64,
            idle: [plan.idle, quiet].concat(),
            nothing_to_read,
            baseline: facts,
            delivered_until: coverage::delivered_until(&job.occasion, job.now),
            skipped: job.set_aside.clone(),
            accounts_missing,
            regions_missing,
            ..coverage
        },
        addresses: BTreeMap::new(),
        detections: job.detections.into_iter().map(|d| (d.id.clone(), d.clone())).collect(),
    };
    Ok((Outcome { brief, state, learned, events: Vec::new() }, trace))
}

/// What ran and how much it read.
fn facts_of(context: &RunContext, job: &Job<'_>, stats: &Stats, cost: ReadCost, window: Window) -> RunFacts {
    RunFacts {
        id: job.id.clone(),
        schedule: job.schedule.clone(),
        engine: cost.engine,
        window,
        started: job.now,
        zone: context.zone,
        source: job.logs.name(),
        files_read: stats.files,
        events_read: stats.records,
        events_in_window: stats.in_window,
        candidates: stats.candidates,
        duplicates_dropped: stats.duplicates,
        bytes_scanned: cost.bytes_read,
        price: cost.price,
        notes: [job.notes.clone(), cost.notes, coverage::notes_of(stats)].concat(),
    }
}

/// The window of a run without questions.
fn window_of(occasion: &Occasion<'_>) -> Window {
    match occasion {
        Occasion::OnDemand { window, .. } => *window,
        Occasion::Scheduled { at, cadence, .. } => {
            Window::new(at.minus(cadence.every.max(Span::from_s(1))), *at).expect("a period is not empty")
        }
    }
}

/// What was read.
struct Read {
    answers: Vec<Answer>,
    stats: Stats,
    coverage: Coverage,
    problems: Vec<Problem>,
    cost: ReadCost,
    regions: returned::Regions,
}

/// By which engine it was read, and what that cost.
struct ReadCost {
    engine: &'static str,
    bytes_read: u64,
    price: Price,
    notes: Vec<String>,
}

async fn read_files(
    context: &RunContext,
    source: &Source,
    job: &Job<'_>,
    plan: &RunPlan,
    mut pack: Pack,
    progress: &Arc<Progress>,
) -> Result<Read, RunError> {
    let mut listing = list(source, &job.occasion, pack.deliveries()).await?;
    let regions = returned::add(source, job, plan, pack.deliveries(), &mut listing).await?;
    let files = std::mem::take(&mut listing.files);
    let seen = coverage::seen(&files);
    let concerned = Concerned::of(plan, &pack);
    let (mut answers, mut stats) = pack.answer(source, files, &job.limits(context), progress).await?;
    let again = late::Again::of(plan, &stats);
    let read = (&mut answers[..], &mut stats);
    let notes = again.answer(context, (source, job), read, progress).await?;
    for (called, count) in std::mem::take(&mut stats.skipped) {
        *listing.skipped.entry(called).or_default() += count;
    }
    let coverage = Coverage {
        folders_skipped: listing.skipped.clone().into_iter().collect(),
        events_without_time: stats.without_time,
        events_too_late: stats.too_late.clone().into_iter().collect(),
        files_passed_over: listing.passed_over,
        folders_unlisted: listing.unlisted,
        events_sharing_id: stats.sharing_id,
        drift: std::mem::take(&mut stats.drift).into_report(|concern| concerned.by(concern)),
        ..coverage::of_partitions(&seen, &listing, &context.accounts, plan.window)
    };
    let mut problems = listing.problems;
    problems.append(&mut stats.problems);
    problems.sort();
    let price = Price { requests: source.requests(), ..Price::default() };
    let cost = ReadCost { engine: "embedded", bytes_read: stats.bytes, price, notes };
    Ok(Read { answers, stats, coverage, problems, cost, regions })
}
