//! A case for programs: one JSON object, `schema_version` 1.

use serde::Serialize;

use crate::{
    domain::{
        brief::Brief,
        case_file::{CaseFile, OtherUse},
        time::Timestamp,
        trace::TraceEvent,
    },
    render::{
        json::{FindingV1, LinkV1, StoryV1, WhereaboutsV1, addresses, link},
        report,
    },
};

#[derive(Serialize)]
struct CaseV1<'a> {
    schema_version: u32,
    subject: &'a str,
    window: [String; 2],
    source: &'a str,
    calls: u64,
    calls_left_out: u64,
    behind: Vec<LinkV1<'a>>,
    story: StoryV1<'a>,
    tally: Vec<TallyV1<'a>>,
    touched: Vec<TouchedV1<'a>>,
    touched_left_out: u64,
    also_used: Vec<OtherV1<'a>>,
    findings: Vec<FindingV1<'a>>,
    addresses: Vec<WhereaboutsV1<'a>>,
    ask_on: &'a [String],
    not_read: Vec<String>,
    notes: &'a [String],
    records: serde_json::Value,
}

#[derive(Serialize)]
struct TallyV1<'a> {
    call: &'a str,
    outcome: &'a str,
    count: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

#[derive(Serialize)]
struct TouchedV1<'a> {
    resource: &'a str,
    changed: u64,
    calls: u64,
}

#[derive(Serialize)]
struct OtherV1<'a> {
    shared: &'a str,
    who: &'a str,
    calls: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

fn text(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

fn other(of: &OtherUse) -> OtherV1<'_> {
    OtherV1 {
        shared: of.shared.raw(),
        who: of.who.raw(),
        calls: of.calls,
        first_seen: text(of.first),
        last_seen: text(of.last),
    }
}

/// The case as one JSON object. `commands` are its pivots as commands to paste, `events` its calls.
pub(in crate::render) fn render(
    case: &CaseFile,
    brief: &Brief,
    events: &[TraceEvent],
    commands: &[String],
) -> String {
    let window = brief.run.window;
    let tally = case.tally.iter().map(|tally| TallyV1 {
        call: tally.call.raw(),
        outcome: tally.outcome.as_str(),
        count: tally.count,
        first_seen: text(tally.first),
        last_seen: text(tally.last),
    });
    let touched = case.touched.iter().map(|it| TouchedV1 {
        resource: it.resource.raw(),
        changed: it.changed,
        calls: it.calls,
    });
    let whole = CaseV1 {
        schema_version: 1,
        subject: &case.subject,
        window: [window.start().to_string(), window.end().to_string()],
        source: &brief.run.source,
        calls: case.calls,
        calls_left_out: case.left_out,
        behind: case.behind.iter().map(link).collect(),
        story: StoryV1::of(&case.story),
        tally: tally.collect(),
        touched: touched.collect(),
        touched_left_out: case.touched_more,
        also_used: case.others.iter().map(other).collect(),
        findings: brief.findings.iter().map(|finding| FindingV1::of(finding, brief)).collect(),
        addresses: addresses(brief),
        ask_on: commands,
        not_read: brief
            .problems
            .iter()
            .map(|problem| format!("{}: {}", problem.file, problem.reason))
            .collect(),
        notes: &brief.run.notes,
        records: report::records(events),
    };
    serde_json::to_string_pretty(&whole).expect("the object has text keys") + "\n"
}
