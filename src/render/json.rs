//! The brief for programs: one JSON object, `schema_version` 1. Keys are added, never renamed or removed.
//!
//! Nothing is left out, and texts are as they are in the records: a JSON string escapes them.

mod addresses;
mod changes;
mod cost;
mod coverage;
mod finding;
mod read;
mod story;

use serde::Serialize;

use super::view;
use crate::domain::{
    brief::Brief,
    detection::Detection,
    finding::{FindingState, Fingerprint},
    severity::Severity,
    suppression::SuppressionUse,
    time::Window,
    truncation::Truncation,
    undecidable::Undecidable,
    untrusted::Untrusted,
};

pub(super) use addresses::{WhereaboutsV1, addresses};
pub(super) use changes::UndoneV1;
use changes::{ChangesV1, DecisionV1, RollUpV1};
pub(crate) use cost::CostV1;
use coverage::{CoverageV1, coverage};
pub(super) use finding::{FindingV1, fields};
pub use read::BadBrief;
pub(super) use read::read;
pub(super) use story::{LinkV1, StoryV1, link};

/// The version of the object's shape.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct BriefV1<'a> {
    schema_version: u32,
    headline: String,
    run: RunV1<'a>,
    stories: Vec<StoryV1<'a>>,
    changes: Option<ChangesV1<'a>>,
    roll_up: Option<RollUpV1<'a>>,
    addresses: Vec<WhereaboutsV1<'a>>,
    decisions: Vec<DecisionV1<'a>>,
    findings: Vec<FindingV1<'a>>,
    suppressed: Vec<SuppressedV1<'a>>,
    suppressions: Vec<UseV1<'a>>,
    failures: Vec<FailureV1<'a>>,
    undecidable: Vec<UndecidableV1<'a>>,
    truncated: Vec<TruncationV1<'a>>,
    problems: Vec<ProblemV1<'a>>,
    coverage: CoverageV1<'a>,
    detections: Vec<DetectionV1<'a>>,
}

#[derive(Serialize)]
struct RunV1<'a> {
    id: &'a str,
    schedule: Option<&'a str>,
    engine: &'a str,
    window: WindowV1,
    started: String,
    timezone: String,
    source: &'a str,
    files_read: u64,
    events_read: u64,
    events_in_window: u64,
    candidates: u64,
    duplicates_dropped: u64,
    bytes_scanned: u64,
    cost_usd: f64,
    cost: CostV1,
    notes: &'a [String],
}

/// A window in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(super) struct WindowV1 {
    start: String,
    end: String,
}

impl WindowV1 {
    pub(super) fn of(window: Window) -> Self {
        Self { start: window.start().to_string(), end: window.end().to_string() }
    }
}

#[derive(Serialize)]
struct SuppressedV1<'a> {
    #[serde(flatten)]
    finding: FindingV1<'a>,
    suppression: Option<SuppressionV1<'a>>,
}

#[derive(Serialize)]
struct SuppressionV1<'a> {
    detection: &'a str,
    fingerprint: Option<&'a str>,
    condition: &'a str,
    reason: &'a str,
    owner: &'a str,
    expires: String,
    line: usize,
}

#[derive(Serialize)]
struct UseV1<'a> {
    #[serde(flatten)]
    suppression: SuppressionV1<'a>,
    matched: u64,
    ran: bool,
    expired: bool,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct FailureV1<'a> {
    detection: &'a str,
    reason: &'a str,
    hint: Option<&'a str>,
}

/// An event that a detection could not judge.
#[derive(Serialize)]
struct UndecidableV1<'a> {
    detection: &'a str,
    severity: Option<&'a str>,
    state: &'a str,
    event_id: Option<&'a str>,
    event_time: Option<String>,
    account_id: Option<&'a str>,
    file: Option<&'a str>,
    reason: &'a str,
}

/// What is left out of a detection.
#[derive(Serialize)]
struct TruncationV1<'a> {
    detection: &'a str,
    kept: u64,
    left_out: u64,
    by_actor: Vec<ActorV1<'a>>,
    is_cut: bool,
}

#[derive(Serialize)]
struct ActorV1<'a> {
    actor: Option<&'a str>,
    findings: u64,
}

#[derive(Serialize)]
struct ProblemV1<'a> {
    file: &'a str,
    reason: &'a str,
    records: u64,
    uncounted: bool,
}

#[derive(Serialize)]
struct DetectionV1<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'a str,
    status: &'a str,
    attack: Vec<String>,
    cis: &'a [String],
    description: &'a str,
    benign: &'a [String],
    steps: &'a [String],
    references: &'a [String],
    hash: &'a str,
}

impl<'a> UseV1<'a> {
    fn of(used: &'a SuppressionUse) -> Self {
        Self {
            suppression: suppression(used),
            matched: used.matched,
            ran: used.ran,
            expired: used.expired,
            error: used.error.as_deref(),
        }
    }
}

fn suppression(used: &SuppressionUse) -> SuppressionV1<'_> {
    let rule = &used.suppression;
    SuppressionV1 {
        detection: &rule.detection,
        fingerprint: rule.fingerprint.as_ref().map(Fingerprint::as_str),
        condition: &rule.condition,
        reason: &rule.reason,
        owner: &rule.owner,
        expires: rule.expires.to_string(),
        line: rule.line,
    }
}

fn detection(known: &Detection) -> DetectionV1<'_> {
    DetectionV1 {
        id: known.id.as_str(),
        title: &known.title,
        severity: known.severity.as_str(),
        status: known.status.as_str(),
        attack: known.attack.iter().map(ToString::to_string).collect(),
        cis: &known.cis,
        description: &known.description,
        benign: &known.benign,
        steps: &known.steps,
        references: &known.references,
        hash: &known.hash,
    }
}

fn undecidable<'a>(brief: &Brief, it: &'a Undecidable) -> UndecidableV1<'a> {
    let event = &it.event;
    UndecidableV1 {
        detection: it.detection.as_str(),
        severity: brief.severity(&it.detection).map(Severity::as_str),
        state: if it.repeated { FindingState::Repeated } else { FindingState::New }.as_str(),
        event_id: event.event_id.as_ref().map(Untrusted::raw),
        event_time: event.event_time.map(|time| time.to_string()),
        account_id: event.account_id.as_ref().map(Untrusted::raw),
        file: event.file.as_deref(),
        reason: &event.reason,
    }
}

fn truncation(it: &Truncation) -> TruncationV1<'_> {
    let by_actor = it
        .left_out
        .iter()
        .map(|(actor, findings)| ActorV1 { actor: actor.as_ref().map(Untrusted::raw), findings: *findings });
    TruncationV1 {
        detection: it.detection.as_str(),
        kept: it.kept,
        left_out: it.findings(),
        by_actor: by_actor.collect(),
        is_cut: it.is_cut,
    }
}

/// The brief as one JSON object on one line.
pub(super) fn render(brief: &Brief) -> String {
    let run = &brief.run;
    let object = BriefV1 {
        schema_version: SCHEMA_VERSION,
        headline: view::headline(brief).to_string(),
        run: RunV1 {
            id: &run.id,
            schedule: run.schedule.as_deref(),
            engine: run.engine,
            window: WindowV1::of(run.window),
            started: run.started.to_string(),
            timezone: run.zone.to_string(),
            source: &run.source,
            files_read: run.files_read,
            events_read: run.events_read,
            events_in_window: run.events_in_window,
            candidates: run.candidates,
            duplicates_dropped: run.duplicates_dropped,
            bytes_scanned: run.bytes_scanned,
            cost_usd: run.price.total_usd(),
            cost: CostV1::of(&run.price),
            notes: &run.notes,
        },
        stories: brief.stories.iter().map(StoryV1::of).collect(),
        changes: brief.changes.as_ref().map(ChangesV1::of),
        roll_up: brief.roll_up.as_ref().map(RollUpV1::of),
        addresses: addresses(brief),
        decisions: brief.decisions.iter().map(DecisionV1::of).collect(),
        findings: brief.findings.iter().map(|finding| FindingV1::of(finding, brief)).collect(),
        suppressed: brief
            .suppressed
            .iter()
            .map(|(finding, at)| SuppressedV1 {
                finding: FindingV1::of(finding, brief),
                suppression: brief.suppressions.get(*at).map(suppression),
            })
            .collect(),
        suppressions: brief.suppressions.iter().map(UseV1::of).collect(),
        failures: brief
            .failures
            .iter()
            .map(|failure| FailureV1 {
                detection: failure.detection.as_str(),
                reason: &failure.reason,
                hint: failure.hint.as_deref(),
            })
            .collect(),
        undecidable: brief.undecidable.iter().map(|it| undecidable(brief, it)).collect(),
        truncated: brief.truncated.iter().map(truncation).collect(),
        problems: brief
            .problems
            .iter()
            .map(|problem| ProblemV1 {
                file: &problem.file,
                reason: &problem.reason,
                records: problem.records,
                uncounted: problem.uncounted,
            })
            .collect(),
        coverage: coverage(brief),
        detections: brief.detections.values().map(detection).collect(),
    };
    serde_json::to_string(&object).expect("the object holds only texts, numbers and lists with text keys")
}
