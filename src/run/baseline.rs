//! What a run has to do with the baseline of habits: which detections are quiet while it learns, which findings are about
//! something that their actor never did before, and what the run has learned itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Job, Logs, RunContext, collect::Answers, nothing_to_read};
use crate::{
    domain::{
        brief::BaselineFacts,
        detection::{DetectionId, Need},
        finding::Finding,
        habits::{Call, Habits, day_of},
        normal::is_read,
        time::{Span, Window},
        trace::{Trace, TraceEvent, TraceQuery},
    },
    engine::embedded::{
        learn,
        pack::PackError,
        scan::{Progress, Stats},
        source::{LogFile, Source},
    },
    plan::Occasion,
    story,
};

/// How the baseline stands for a run that searches up to the end of a window.
pub(super) fn facts(habits: &Habits, learning: Span, window: Window) -> BaselineFacts {
    BaselineFacts {
        since: habits.since,
        learns_until: habits.learns_until(learning, window.end()),
        habits: habits.len() as u64,
        left_out: habits.left_out,
    }
}

/// Takes out what detections found that need a baseline, while it is too young. They are idle then, with the reason.
pub(super) fn quieten(
    job: &Job<'_>,
    facts: &BaselineFacts,
    answers: &mut Answers,
) -> Vec<(DetectionId, String)> {
    let Some(until) = facts.learns_until else { return Vec::new() };
    let needing = job.detections.iter().filter(|detection| detection.needs.contains(&Need::Habits));
    let quiet: BTreeSet<&DetectionId> = needing.map(|detection| &detection.id).collect();
    answers.findings.retain(|finding| !quiet.contains(&finding.detection));
    answers.undecidable.retain(|it| !quiet.contains(&it.detection));
    answers.cut.retain(|id| !quiet.contains(id));
    let answered = answers.answered.iter().map(|(id, _)| id).filter(|id| quiet.contains(id));
    let reason = match facts.since {
        Some(_) => format!("the baseline of habits is learning until {until}"),
        None if job.schedule.is_some() => format!(
            "the baseline of habits is missing: this run begins one, which is learning until {until}; `trailbrief baseline build` \
             builds it at once"
        ),
        None => "the baseline of habits is missing: schedules learn one, `trailbrief baseline build` builds it at once"
            .to_owned(),
    };
    answered.map(|id| (id.clone(), reason.clone())).collect()
}

/// What the events of a window in log files show of habits: how a baseline is built.
///
/// # Errors
///
/// If the pass as a whole fails. What cannot be read is among its problems.
pub async fn learn(
    context: &RunContext,
    source: &Source,
    files: Vec<LogFile>,
    window: Window,
    progress: &Arc<Progress>,
) -> Result<(Habits, Stats), PackError> {
    learn::learn(source, files, window, &context.limits, story::query(), progress).await
}

/// What a pass has learned over a window; only a scheduled run that read anything learns habits.
pub(super) fn learned(job: &Job<'_>, mut habits: Habits, window: Option<Window>) -> Habits {
    let Some(window) = window else { return Habits::default() };
    let time = (Some(window.start()), Some(window.end()));
    if nothing_to_read::are_noted(job) {
        (habits.sources.since, habits.sources.until) = time;
    }
    if matches!(job.occasion, Occasion::Scheduled { .. }) {
        (habits.since, habits.until) = time;
        if matches!(job.logs, Logs::Files(_)) {
            habits.read_until = habits.until;
        }
    }
    habits
}

/// Says of each finding whether its actors made its calls for the first time in 90 days, where the baseline can tell.
pub(super) fn mark_first(findings: &mut [Finding], trace: &Trace, habits: &Habits, query: &TraceQuery) {
    let events: BTreeMap<&str, &TraceEvent> =
        trace.events.iter().map(|event| (event.id.as_str(), event)).collect();
    for finding in findings {
        let ids = finding.event_id.iter().chain(&finding.event_ids);
        let firsts: Vec<Option<bool>> =
            ids.map(|id| is_first(events.get(id.raw())?, habits, query)).collect();
        finding.is_first = match firsts.as_slice() {
            firsts if firsts.contains(&Some(false)) => Some(false),
            firsts if firsts.is_empty() || firsts.contains(&None) => None,
            _ => Some(true),
        };
    }
}

/// Whether this is a call that its actor has not made on an earlier day; `None` if nobody can tell.
fn is_first(event: &TraceEvent, habits: &Habits, query: &TraceQuery) -> Option<bool> {
    let identity = &event.identity;
    let is_kept =
        query.calls.iter().any(|(source, names)| *source == event.source && names.contains(&event.name));
    let call = Call {
        kind: identity.kind.as_deref(),
        arn: identity.arn.as_deref(),
        user_name: identity.user_name.as_deref(),
        principal: identity.principal.as_deref(),
        account: identity.account.as_deref(),
        access_key: identity.access_key.as_deref(),
        invoked_by: identity.invoked_by.as_deref(),
        issuer_arn: identity.issuer_arn.as_deref(),
        recipient: Some(&event.account),
        source: Some(&event.source),
        name: Some(&event.name),
        region: Some(&event.region),
        address: event.address.as_deref(),
        agent: event.agent.as_deref(),
        is_named: is_kept || !is_read(&event.name),
    };
    let found = call.habits();
    let what = found.iter().find(|habit| habit.action.is_some())?;
    let is_it =
        |known: &crate::domain::habits::Habit| known.service == what.service && known.action == what.action;
    habits.is_first(&what.actor, is_it, day_of(event.time?))
}
