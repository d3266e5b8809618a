//! A scheduled run, step by step: usually one; after missed runs or failures several, until the run has caught up or its time
//! is over. Its brief is one, whatever the number of steps.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Job, Outcome, RunContext, RunError, followed_by::followed_by, once, stories};
use crate::{
    domain::{detection::DetectionId, habits::Habits, state::State, trace::Trace},
    engine::{embedded::scan::Progress, ledger::Ledger},
    plan::{
        Occasion,
        steps::{MAX_STEPS, Step, Steps},
    },
};

/// The steps of a job; `None` for a run on demand, which has none.
#[must_use]
pub fn steps<'a>(context: &RunContext, job: &Job<'a>) -> Option<Steps<'a>> {
    let Occasion::Scheduled { at, cadence, state } = job.occasion else { return None };
    let lists: BTreeSet<&str> = context.watchlist.iter().map(|(list, _)| list.as_str()).collect();
    let lists: Vec<&str> = lists.into_iter().collect();
    Some(Steps::new(&job.detections, (at, cadence, state), &lists, job.is_cautious))
}

/// The job of one step, which continues from what the schedule remembers in `state`. What was known before the run is for the
/// first step only.
#[must_use]
pub fn job_of_step<'s>(job: &Job<'s>, step: &Step<'s>, state: &'s State, is_first: bool) -> Job<'s> {
    let occasion = match &job.occasion {
        Occasion::Scheduled { cadence, .. } => Occasion::Scheduled { at: step.end, cadence: *cadence, state },
        on_demand @ Occasion::OnDemand { .. } => on_demand.clone(),
    };
    Job {
        id: job.id.clone(),
        detections: step.detections.clone(),
        occasion,
        schedule: job.schedule.clone(),
        logs: job.logs,
        now: job.now,
        notes: if is_first { job.notes.clone() } else { Vec::new() },
        failures: if is_first { job.failures.clone() } else { Vec::new() },
        deadline: job.deadline,
        spent_bytes: job.spent_bytes,
        is_cautious: job.is_cautious,
        habits: job.habits.clone(),
        decisions: job.decisions.clone(),
        set_aside: if is_first { job.set_aside.clone() } else { Vec::new() },
        subject: job.subject,
    }
}

/// Runs a job and returns its brief. Executions on Athena are recorded in `ledger` before they are waited for.
///
/// # Errors
///
/// If the run as a whole fails, or its deadline comes and it can be resumed. A detection that fails is part of the brief.
pub async fn run(
    context: &RunContext,
    job: Job<'_>,
    progress: &Arc<Progress>,
    ledger: &mut impl Ledger,
) -> Result<Outcome, RunError> {
    let Some(mut steps) = steps(context, &job) else {
        let (outcome, trace) = once(context, job, progress, ledger).await?;
        return Ok(stories::with_stories(context, outcome, trace, None));
    };
    let mut whole: Option<Outcome> = None;
    let mut asked: BTreeSet<DetectionId> = BTreeSet::new();
    let mut longest = Duration::ZERO;
    let mut trace = Trace::default();
    let (mut habits, mut learned) = (job.habits.clone(), Habits::default());
    while let Some(step) = next(&mut steps, job.deadline, longest, whole.is_none()) {
        let began = Instant::now();
        let state = steps.state().clone();
        let mut part = job_of_step(&job, &step, &state, whole.is_none());
        part.habits = habits.clone();
        part.spent_bytes += whole.as_ref().map_or(0, |whole| whole.brief.run.bytes_scanned);
        let (outcome, part_of_trace) = match (once(context, part, progress, ledger).await, &mut whole) {
            (Ok(part), _) => part,
            // What was answered so far is worth a brief.
            (Err(error), Some(whole)) if !must_stop(&error) => {
                whole.brief.run.notes.push(format!("catching up stopped: {error}"));
                break;
            }
            (Err(error), _) => return Err(error),
        };
        longest = longest.max(began.elapsed());
        asked.extend(step.detections.iter().map(|detection| detection.id.clone()));
        steps.took(&step, outcome.state.unwrap_or(state), outcome.brief.is_blind());
        trace.events.extend(part_of_trace.events);
        trace.is_cut |= part_of_trace.is_cut;
        // What one step saw is not new in the next.
        Arc::make_mut(&mut habits).learn(outcome.learned.clone());
        learned.learn(outcome.learned);
        whole = Some(Outcome {
            brief: match whole {
                None => outcome.brief,
                Some(before) => followed_by(before.brief, outcome.brief, &asked),
            },
            state: None,
            learned: Habits::default(),
            events: Vec::new(),
        });
    }
    let mut whole = whole.expect("a run has a first step");
    whole.learned = learned;
    conclude(&mut whole, &steps);
    Ok(stories::with_stories(context, whole, trace, Some(&job)))
}

/// The next step, if there is one and time for it.
fn next<'a>(
    steps: &mut Steps<'a>,
    deadline: Option<Instant>,
    longest: Duration,
    is_first: bool,
) -> Option<Step<'a>> {
    let in_time = deadline.is_none_or(|deadline| Instant::now() + longest + longest < deadline);
    if is_first || in_time { steps.next_step() } else { None }
}

/// Whether the run must end with an error even if some of its steps were answered: another process resumes it.
fn must_stop(error: &RunError) -> bool {
    matches!(error, RunError::Unfinished { .. } | RunError::Ledger(_))
}

/// Adds to the brief what was not searched, and how far the schedule is behind.
fn conclude(whole: &mut Outcome, steps: &Steps<'_>) {
    let brief = &mut whole.brief;
    brief.run.notes.extend(steps.notes.iter().cloned());
    brief.coverage.skipped.extend(&steps.skipped);
    if let Some(behind) = steps.still_behind() {
        let (detections, until) = (behind.detections, behind.searched_until);
        brief.coverage.searched_until = Some(until);
        brief.run.notes.push(format!(
            "this schedule is behind: {detections} {} searched only up to {until}. Each run catches up {MAX_STEPS} windows, so \
             the run of {} will be up to date if no run is missed",
            if detections == 1 { "detection has" } else { "detections have" },
            behind.caught_up_at
        ));
    }
    whole.state = Some(steps.state().clone());
}
