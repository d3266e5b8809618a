//! Makes the stories of a run from its findings and the events that it collected for them.

use std::collections::HashSet;

use super::{Job, Outcome, RunContext, addresses};
use crate::{
    domain::{
        brief::Brief,
        finding::Finding,
        subject::Subject,
        time::Window,
        trace::{MOST_EVENTS, Trace, TraceEvent, TraceQuery},
        waiting,
    },
    engine::embedded::trace::{Part, Traces},
    plan::Occasion,
    story::{self, Before, Surroundings},
};

/// The watch-list of the networks that an organization knows.
const TRUSTED: &str = "trusted-cidrs";

/// The events that a pass collects: those that every story needs, and those of whom somebody investigates.
pub(super) fn query(subject: Option<&Subject>) -> TraceQuery {
    TraceQuery { wanted: subject.map(Subject::wanted).unwrap_or_default(), ..story::query().clone() }
}

/// The events that stories about these findings need. Without them, stories rest on what the findings say themselves.
pub(super) fn trace(
    traces: Traces,
    findings: &[Finding],
    subject: Option<&Subject>,
    window: Window,
) -> Trace {
    let ids = findings.iter().flat_map(|finding| finding.event_id.iter().chain(&finding.event_ids));
    let ids: HashSet<&str> = ids.map(|id| id.raw()).collect();
    let read = match subject {
        None => traces.read(&ids),
        Some(subject) => traces.read_asked(&ids, story::query(), |event| {
            let is_asked = subject.concerns(event) && event.time.is_some_and(|time| window.contains(time));
            if is_asked { Part::Asked } else { Part::None }
        }),
    };
    read.unwrap_or(Trace { is_cut: true, ..Trace::default() })
}

/// The networks that the organization knows.
pub(super) fn trusted(context: &RunContext) -> Vec<&str> {
    let entries = context.watchlist.iter().filter(|(list, _)| list == TRUSTED);
    entries.map(|(_, network)| network.as_str()).collect()
}

/// The outcome with its stories, and the events of findings and steps. The stories of a scheduled job continue those that its
/// schedule remembers.
pub(super) fn with_stories(
    context: &RunContext,
    mut outcome: Outcome,
    trace: Trace,
    job: Option<&Job<'_>>,
) -> Outcome {
    let trusted = trusted(context);
    let scheduled = job.and_then(|job| match &job.occasion {
        Occasion::Scheduled { at, state, .. } => Some((job, *at, *state)),
        Occasion::OnDemand { .. } => None,
    });
    let trace = match scheduled {
        Some((_, _, state)) => story::with_events(trace, &state.stories),
        None => trace,
    };
    let brief = &mut outcome.brief;
    let end = brief.run.window.end();
    let around = Surroundings { accounts: &context.accounts, trusted: &trusted, end };
    brief.stories = story::tell(&brief.findings, &trace, around);
    if let Some((job, at, state)) = scheduled {
        let (open, last) = (&state.stories, state.last_sent);
        let before = Before { open, last, at, decisions: &job.decisions, end };
        let (mut changes, open) = story::continued(before, &mut brief.stories, &trace);
        let unseen = job.decisions.iter().filter(|it| !state.shown.contains(&it.id()));
        changes.decisions = unseen.cloned().collect();
        brief.decisions = job.decisions.iter().filter(|it| it.holds(at)).cloned().collect();
        changes.waiting = waiting::news_from(brief, state);
        brief.changes = Some(changes);
        if let Some(next) = &mut outcome.state {
            next.stories = open;
        }
    }
    if trace.is_cut && !brief.stories.is_empty() {
        brief.run.notes.push(format!(
            "there were more than {MOST_EVENTS} calls that stories could need, so the stories hold the events of the findings \
             only: what is left behind and who stands behind a session may be missing"
        ));
    }
    addresses::note(context, brief);
    outcome.events = shown(brief, trace);
    outcome
}

/// The events that a reader may ask for: of findings and of steps.
fn shown(brief: &Brief, trace: Trace) -> Vec<TraceEvent> {
    let of_findings =
        brief.findings.iter().flat_map(|finding| finding.event_id.iter().chain(&finding.event_ids));
    let steps = brief.stories.iter().flat_map(|story| &story.steps);
    let ids: HashSet<&str> =
        of_findings.chain(steps.flat_map(|step| &step.event_ids)).map(|id| id.raw()).collect();
    trace.events.into_iter().filter(|event| ids.contains(event.id.as_str())).collect()
}
