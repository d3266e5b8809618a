//! Reads through Athena: the shared statement selects the candidates, and the embedded engine answers over them; Athena answers
//! detections with a statement of their own.

mod again;
mod every_call;
mod failing;
mod widened;

use std::{collections::BTreeMap, sync::Arc};

use tempfile::TempDir;

use super::{
    Job, Read, ReadCost, RunContext, RunError,
    concerned::Concerned,
    delivered::Found,
    late::{self, Again},
};
use again::Counting;
pub use every_call::planned as daily_statement;
use widened::Widened;

use crate::{
    domain::{brief::Coverage, detection::DetectionId, list::first_few, price::Price},
    engine::{
        Answer, NoAnswer,
        athena::{
            Athena, Brought, ExecuteError, FellBack, Invocation, Ledger, PackResult,
            allowance::Allowance,
            estimate::{EstimateError, Sample},
            own_statement::OwnStatementInputs,
            route::Routes,
        },
        embedded::{
            pack::Pack,
            scan::{Progress, Stats},
            source::{LogFile, Source, walk::walk},
        },
    },
    plan::{Occasion, Question, RunPlan},
};

/// What statements of their own read besides events.
#[must_use]
pub fn own_statement_inputs<'a>(context: &'a RunContext, job: &'a Job<'_>) -> OwnStatementInputs<'a> {
    OwnStatementInputs {
        accounts: &context.accounts,
        watchlist: &context.watchlist,
        habits: &job.habits,
        views: context.sessions.views(),
        rows: context.limits.answer_rows(),
    }
}

/// The run's id for request tokens.
fn token_id(job: &Job<'_>, recorded: bool) -> String {
    match &job.occasion {
        // A run that follows another of the same time must not get that one's executions.
        Occasion::Scheduled { state, .. } if recorded => format!("{} {}", job.id, state.generation),
        // A run that is not recorded must not get those of the recorded one: it would stop them with its own.
        Occasion::Scheduled { .. } => format!("{} unrecorded {}", job.id, job.now),
        Occasion::OnDemand { .. } => job.id.clone(),
    }
}

pub(super) async fn read<L: Ledger>(
    context: &RunContext,
    athena: &Athena,
    job: &Job<'_>,
    ledger: &mut L,
    plan: &RunPlan,
    pack: Pack,
    progress: &Arc<Progress>,
) -> Result<Read, RunError> {
    let run = token_id(job, ledger.keeps());
    let mut invocation = Invocation { run: &run, deadline: job.deadline, ledger };
    let mut found = Found::of(athena, job, plan).await;
    let sample = sample(athena, &pack).await?;
    let known = sample.as_ref().ok().copied();
    let widened = Widened::of((context, athena, job), plan, &pack, known, &mut found.regions);
    let (plan, mut routes) = (&widened.plan, widened.routes);
    if let Ok(sample) = &sample
        && athena.is_limited()
    {
        // What was started is paid already; what it may fall back to is not.
        if !athena.has_begun(&mut invocation, &routes) {
            athena.estimate(routes.statements(), *sample).within(athena, job.spent_bytes)?;
        }
    }
    let first = by_severity(job, &plan.questions, &routes);
    routes.limit_fall_back(athena, sample.as_ref().copied(), (&first, job.spent_bytes));
    routes.allowance = Allowance::of(athena, routes.statements(), known, job.spent_bytes);
    let before_table = pack.deliveries().and_then(|deliveries| athena.note_of(deliveries.window()));
    let slow = athena.note_of_listing(&routes);
    slow.iter().for_each(|slow| progress.listener.notify(slow));
    let concerned = Concerned::of(plan, &pack);
    let mut executed = athena.execute(&mut invocation, &routes, context.limits.answer_rows()).await?;
    let counting = Counting { context, athena, job, sample: sample.as_ref().ok().copied(), progress };
    let mut left_out = counting.without_failing(&routes, &pack, &mut invocation, &mut executed).await?;
    let (late, not_looked) =
        counting.late_events(plan, &pack, &routes.allowance, &mut invocation, &mut executed).await?;
    let (mut answers, mut stats) = answers(context, job, &mut executed, pack, progress).await?;
    stats.late.extend(late);
    let again = Again::of(plan, &stats);
    let mut counted_again = counting.again(again, &mut invocation, (&mut answers, &mut executed)).await?;
    left_out.extend(not_looked);
    counted_again.append(&mut left_out);
    let known = sample.as_ref().ok().copied();
    let everybody = (context, athena, job);
    let not_learned =
        every_call::learn(everybody, known, &mut invocation, &mut executed, &mut stats.habits).await?;
    let mut cost = ReadCost { engine: "athena", bytes_read: 0, price: Price::default(), notes: Vec::new() };
    if executed.statements > 0 {
        cost.bytes_read = executed.scanned_bytes();
        cost.price.athena_usd = executed.executed.iter().map(|stats| stats.cost_usd).sum();
        match sample {
            Ok(sample) => cost.price.requests = sample.requests(executed.partitions) + sample.0.requests,
            Err(error) => {
                cost.notes.push(format!("what S3 charges for reading the files is not known: {error}"))
            }
        }
        cost.notes.extend(notes(athena, &plan.questions, &routes, &executed));
        cost.notes.extend(before_table.into_iter().chain(slow).chain(widened.note).chain(counted_again));
        cost.notes.extend(not_learned);
    }
    // The file of candidates is not one of the log files.
    stats.files = 0;
    let mut problems = std::mem::take(&mut stats.problems);
    let folders_unlisted = executed.unread.count() + found.regions.held.len() as u64;
    problems.extend(std::mem::take(&mut executed.unread).into_problems());
    let coverage = Coverage {
        events_without_time: stats.without_time,
        events_too_late: std::mem::take(&mut stats.too_late).into_iter().collect(),
        events_sharing_id: stats.sharing_id,
        // The table has documented columns only, so fields that are not documented do not show.
        drift: std::mem::take(&mut stats.drift).into_report(|concern| concerned.by(concern)),
        folders_unlisted,
        ..Coverage::default()
    };
    let regions = std::mem::take(&mut found.regions);
    let mut read = Read { answers, stats, coverage, problems, cost, regions };
    found.add(&mut read, athena, &context.accounts);
    Ok(read)
}

/// A sample of the partitions that a pack reads, or why there is none.
///
/// # Errors
///
/// If there is none, and the limits of bytes need one.
async fn sample(athena: &Athena, pack: &Pack) -> Result<Result<Sample, EstimateError>, RunError> {
    let Some(deliveries) = pack.deliveries() else { return Ok(Ok(Sample::default())) };
    match athena.sample(deliveries.days()).await {
        Err(error) if athena.is_limited() => Err(error.into()),
        sample => Ok(sample),
    }
}

/// The questions with the shared route, those of the worst severity first.
fn by_severity(job: &Job<'_>, questions: &[Question], routes: &Routes) -> Vec<usize> {
    let severity = |number: &usize| {
        let id = &questions[*number].detection;
        job.detections.iter().find(|detection| detection.id == *id).map(|detection| detection.severity)
    };
    let mut numbers: Vec<usize> = routes.shared_questions().collect();
    numbers.sort_by_key(|number| std::cmp::Reverse(severity(number)));
    numbers
}

/// The answers of a pack: those that Athena gave, and the others over the candidates that it returned.
async fn answers(
    context: &RunContext,
    job: &Job<'_>,
    executed: &mut PackResult,
    mut pack: Pack,
    progress: &Arc<Progress>,
) -> Result<(Vec<Answer>, Stats), RunError> {
    let alone: Vec<_> =
        executed.second_looks.keys().map(|number| (*number, pack.with(|one| one == *number))).collect();
    // The embedded engine does not answer what Athena has answered, or could not.
    let answered = &executed.answers;
    pack.give_up(|number| {
        answered.contains_key(&number).then(|| NoAnswer { reason: String::new(), hint: None })
    });
    let (source, files) = candidates(executed.candidates.as_ref())?;
    let (mut answers, mut stats) = pack.answer(&source, files, &job.limits(context), progress).await?;
    for (number, answer) in std::mem::take(&mut executed.answers) {
        answers[number] = answer;
    }
    for (number, mut pack) in alone {
        let look = executed.second_looks.get(&number);
        let (source, files) = candidates(look.map(|look| &look.folder))?;
        let (mut judged, more) = pack.answer(&source, files, &job.limits(context), progress).await?;
        let mut judged = judged.swap_remove(number);
        if let Answer::Rows { rows, .. } = &mut judged
            && look.is_some_and(|look| look.brought != Brought::All)
        {
            rows.rows.clear();
        }
        late::add(&mut answers[number], judged);
        stats.problems.extend(more.problems);
        stats.candidates += more.candidates;
        executed.judged += more.candidates;
    }
    Ok((answers, stats))
}

/// The file of candidates in a folder as a source; an empty one if nothing is answered over candidates.
fn candidates(folder: Option<&TempDir>) -> Result<(Source, Vec<LogFile>), RunError> {
    let Some(folder) = folder else {
        return Ok((Source::Memory(std::iter::empty::<(String, Vec<u8>)>().collect()), Vec::new()));
    };
    let source = Source::open(&folder.path().to_string_lossy())?;
    let mut files = walk(&source, None)?.files;
    files.iter_mut().for_each(|file| file.holds_candidates = true);
    Ok((source, files))
}

/// What a reader of the brief must know of how Athena was used.
fn notes(athena: &Athena, questions: &[Question], routes: &Routes, executed: &PackResult) -> Vec<String> {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut notes = vec![format!(
        "Athena ran {} statement{} over {} partitions",
        executed.statements,
        plural(usize::try_from(executed.statements).unwrap_or(0)),
        executed.partitions
    )];
    let mut own: BTreeMap<&str, Vec<&DetectionId>> = BTreeMap::new();
    for (number, why) in routes.own_questions() {
        own.entry(why.as_str()).or_default().push(&questions[number].detection);
    }
    for (why, detections) in own {
        notes.push(match detections[..] {
            [one] => format!("{one} had a statement of its own: {why}"),
            _ => format!("{} detections each had a statement of their own: {why}", detections.len()),
        });
    }
    if !executed.second_looks.is_empty() {
        let ids: Vec<String> =
            executed.second_looks.keys().map(|number| questions[*number].detection.to_string()).collect();
        notes.push(format!(
            "statements of their own of {} failed because of what an event holds, so {} candidate event{} judged one by one, \
             which scans and costs more",
            first_few(&ids),
            executed.judged,
            if executed.judged == 1 { " was" } else { "s were" }
        ));
    }
    let why = executed.fell_back.unwrap_or(FellBack::TooMany);
    let (clause, advice) = (why.clause(athena.settings.candidates), why.advice());
    if executed.fell_back.is_some() {
        let refused = routes.fall_back.refused.len();
        let detections = routes.shared_questions().count() - refused;
        let mut note = format!(
            "{clause}, so {detections} detection{} had statements of their own, which scan and cost more",
            plural(detections)
        );
        if refused > 0 {
            note = format!("{note}, and {refused} gave no answer");
        }
        notes.push(format!("{note}; {advice}"));
    } else if executed.halved > 0 {
        notes.push(format!(
            "{clause}, so {} statement{} ran again over each half of its time, which scans and costs more; stories may lack calls that no detection selects; {advice}",
            executed.halved,
            plural(executed.halved)
        ));
    }
    notes
}

impl From<ExecuteError> for RunError {
    fn from(halt: ExecuteError) -> Self {
        match halt {
            ExecuteError::Refused(error) => error.into(),
            ExecuteError::Ledger(error) => error.into(),
            ExecuteError::Unfinished(statements) => Self::Unfinished { statements },
        }
    }
}
