//! What changed since the last brief, as JSON; keys as in `schema_version` 1.

use serde::Serialize;

use crate::domain::{
    changes::{Changes, StillThere, StoryChange, Undone},
    decision::Decision,
    roll_up::{ReportedStory, RollUp, ScheduleReport},
    story::Standing,
    untrusted::Untrusted,
    waiting::Waiting,
};

/// How JSON says that what was undone is gone.
pub(super) const GONE: &str = "gone";

/// What changed, in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(super) struct ChangesV1<'a> {
    since: Option<String>,
    new: Vec<ChangeV1<'a>>,
    grown: Vec<ChangeV1<'a>>,
    quiet: Vec<ChangeV1<'a>>,
    undone: Vec<UndoneV1<'a>>,
    still_there: Vec<StillThereV1<'a>>,
    waiting: Vec<WaitingV1<'a>>,
    decisions: Vec<DecisionV1<'a>>,
}

#[derive(Serialize)]
struct ChangeV1<'a> {
    story: &'a str,
    person: &'a str,
    severity: &'a str,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

/// Something that was undone, in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(crate) struct UndoneV1<'a> {
    story: &'a str,
    person: &'a str,
    severity: &'a str,
    what: &'a str,
    standing: &'a str,
    by: &'a str,
    time: Option<String>,
    event_id: &'a str,
}

#[derive(Serialize)]
struct StillThereV1<'a> {
    story: &'a str,
    person: &'a str,
    severity: &'a str,
    what: &'a str,
    standing: &'a str,
    account_id: &'a str,
    since: Option<String>,
    acknowledged_by: Option<&'a str>,
}

#[derive(Serialize)]
struct WaitingV1<'a> {
    fingerprint: &'a str,
    severity: &'a str,
    says: &'a str,
    last_seen: Option<String>,
}

/// A decision in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(super) struct DecisionV1<'a> {
    verdict: &'a str,
    kind: &'a str,
    subject: &'a str,
    reason: &'a str,
    by: &'a str,
    made: String,
    expires: String,
}

impl<'a> ChangesV1<'a> {
    pub(super) fn of(changes: &'a Changes) -> Self {
        Self {
            since: changes.since.map(|at| at.to_string()),
            new: changes.new.iter().map(change).collect(),
            grown: changes.grown.iter().map(change).collect(),
            quiet: changes.quiet.iter().map(change).collect(),
            undone: changes.undone.iter().map(UndoneV1::of).collect(),
            still_there: changes.still_there.iter().map(still_there).collect(),
            waiting: changes.waiting.iter().map(waiting).collect(),
            decisions: changes.decisions.iter().map(DecisionV1::of).collect(),
        }
    }
}

fn change(change: &StoryChange) -> ChangeV1<'_> {
    ChangeV1 {
        story: change.story.as_str(),
        person: change.person.raw(),
        severity: change.severity.as_str(),
        first_seen: change.first.map(|at| at.to_string()),
        last_seen: change.last.map(|at| at.to_string()),
    }
}

impl<'a> UndoneV1<'a> {
    pub(crate) fn of(undone: &'a Undone) -> Self {
        Self {
            story: undone.story.as_str(),
            person: undone.person.raw(),
            severity: undone.severity.as_str(),
            what: undone.what.raw(),
            standing: undone.standing.map_or(GONE, Standing::as_str),
            by: undone.by.raw(),
            time: undone.at.map(|at| at.to_string()),
            event_id: undone.event_id.raw(),
        }
    }
}

fn still_there(thing: &StillThere) -> StillThereV1<'_> {
    StillThereV1 {
        story: thing.story.as_str(),
        person: thing.person.raw(),
        severity: thing.severity.as_str(),
        what: thing.what.raw(),
        standing: thing.standing.as_str(),
        account_id: thing.account.raw(),
        since: thing.since.map(|at| at.to_string()),
        acknowledged_by: thing.acknowledged_by.as_deref(),
    }
}

fn waiting(waiting: &Waiting) -> WaitingV1<'_> {
    WaitingV1 {
        fingerprint: waiting.fingerprint.as_str(),
        severity: waiting.severity.as_str(),
        says: &waiting.says,
        last_seen: waiting.at.map(|at| at.to_string()),
    }
}

impl<'a> DecisionV1<'a> {
    pub(super) fn of(decision: &'a Decision) -> Self {
        Self {
            verdict: decision.verdict.as_str(),
            kind: decision.subject.kind(),
            subject: decision.subject.as_str(),
            reason: &decision.reason,
            by: &decision.by,
            made: decision.made.to_string(),
            expires: decision.expires.to_string(),
        }
    }
}

/// What the other schedules reported, in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(super) struct RollUpV1<'a> {
    since: String,
    findings: BySeverityV1<u64>,
    schedules: Vec<ScheduleV1<'a>>,
    average_7_days: BySeverityV1<f64>,
    average_30_days: BySeverityV1<f64>,
}

#[derive(Serialize)]
struct BySeverityV1<T> {
    critical: T,
    high: T,
    medium: T,
    low: T,
    info: T,
}

#[derive(Serialize)]
struct ScheduleV1<'a> {
    schedule: &'a str,
    briefs: u64,
    findings: BySeverityV1<u64>,
    suppressed: u64,
    unanswered: Vec<&'a str>,
    cost_usd: f64,
    stories: Vec<ReportedV1<'a>>,
    trouble: Option<String>,
}

#[derive(Serialize)]
struct ReportedV1<'a> {
    story: &'a str,
    title: &'a str,
    severity: &'a str,
    first_seen: Option<String>,
    last_seen: Option<String>,
    left_behind: Vec<&'a str>,
    acknowledged_by: Option<&'a str>,
}

impl<T: Copy> From<[T; 5]> for BySeverityV1<T> {
    fn from([info, low, medium, high, critical]: [T; 5]) -> Self {
        Self { critical, high, medium, low, info }
    }
}

impl<'a> RollUpV1<'a> {
    pub(super) fn of(of: &'a RollUp) -> Self {
        Self {
            since: of.since.to_string(),
            findings: of.findings().into(),
            schedules: of.schedules.iter().map(schedule).collect(),
            average_7_days: of.trend[0].into(),
            average_30_days: of.trend[1].into(),
        }
    }
}

fn schedule(report: &ScheduleReport) -> ScheduleV1<'_> {
    ScheduleV1 {
        schedule: &report.schedule,
        briefs: report.briefs,
        findings: report.findings.into(),
        suppressed: report.suppressed,
        unanswered: report.unanswered.iter().map(String::as_str).collect(),
        cost_usd: report.cost_usd,
        stories: report.stories.iter().map(reported).collect(),
        trouble: (!report.trouble.is_empty()).then(|| report.trouble.join("; ")),
    }
}

fn reported(story: &ReportedStory) -> ReportedV1<'_> {
    ReportedV1 {
        story: &story.story,
        title: story.title.raw(),
        severity: story.severity.as_str(),
        first_seen: story.first.map(|at| at.to_string()),
        last_seen: story.last.map(|at| at.to_string()),
        left_behind: story.left.iter().map(Untrusted::raw).collect(),
        acknowledged_by: story.acknowledged_by.as_deref(),
    }
}
