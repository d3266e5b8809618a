//! Windows, watermarks and state: whatever the pieces, the findings are those of the whole.

// Some minutes: with the tests of the service, so that those of a first build stay short.
mod catching_up;
pub mod habits;
mod kills;
pub mod late;
#[cfg(feature = "aws")]
pub mod month;
mod nothing_to_read;
mod scheduled_runs;
mod scheduled_state;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::{
        brief::Brief,
        finding::FindingState,
        state::State,
        time::{Span, Timestamp, Window},
    },
    engine::embedded::{
        scan::Progress,
        source::{Memory, Source},
    },
    plan::{Occasion, window::Cadence},
    run::{self, Job, Logs},
};

use crate::common::{app, base, log_file};

/// Single events, a count without a threshold, a burst within minutes, a count a day.
const ASKED: [&str; 5] = [
    "iam.root-console-login",
    "iam.access-key-created",
    "console.login-failed",
    "activity.denied-burst",
    "activity.denied-calls",
];

/// Two days, crossing midnight; everything is delivered within the lateness.
const START: &str = "2026-03-10T00:00:00Z";
const DAYS: i64 = 2;
const LATENESS_S: i64 = 6 * 3_600;

/// A run over everything reads files that are delivered later than any of these.
pub const DELAY: Span = Span::from_s(31 * 86_400);

/// One event: which, when, how long it takes to be delivered, whether a second trail delivers it again later.
#[derive(Clone, Debug)]
pub struct Happening {
    kind: usize,
    at_s: i64,
    delay_s: i64,
    again_s: Option<i64>,
}

fn happening() -> impl Strategy<Value = Happening> {
    // Near midnight more often than elsewhere: that is where windows go wrong.
    let near_midnight = 86_400 - 900..86_400 + 900i64;
    let at = prop_oneof![2 => 0..DAYS * 86_400, 1 => near_midnight];
    let delay = prop_oneof![4 => 60..900i64, 1 => 900..LATENESS_S - 1_800];
    (0..5usize, at, delay, prop::option::of(60..LATENESS_S - 1_800))
        .prop_map(|(kind, at_s, delay_s, again_s)| Happening { kind, at_s, delay_s, again_s })
}

pub fn start() -> Timestamp {
    START.parse().unwrap()
}

/// The log files, each with the time of its delivery. A burst of denied calls is twenty events; six of them
/// are too few for a burst, and for a day.
pub fn delivered(happenings: &[Happening]) -> Vec<(Timestamp, String, Vec<u8>)> {
    let mut files = Vec::new();
    for (index, happening) in happenings.iter().enumerate() {
        let kinds =
            ["console-login-root", "create-access-key", "console-login-failed", "denied-call", "denied-call"];
        let copies = [1, 1, 1, 20, 6][happening.kind];
        let records: Vec<Value> = (0..copies)
            .map(|copy| {
                let mut record = base(kinds[happening.kind]);
                record["eventTime"] =
                    json!(start().plus(Span::from_s(happening.at_s + copy * 7)).to_string());
                record["eventID"] = json!(format!("{index:08x}-0000-4000-8000-{copy:012x}"));
                if happening.kind >= 3 {
                    record["eventName"] = json!(format!("Describe{}", copy % 8));
                }
                record
            })
            .collect();
        let delays = [Some(happening.delay_s), happening.again_s];
        for (trail, delay) in
            delays.into_iter().enumerate().filter_map(|(trail, delay)| Some((trail, delay?)))
        {
            let at = start().plus(Span::from_s(happening.at_s + copies * 7 + delay));
            let folder = "AWSLogs/123456789012/CloudTrail/us-east-1";
            let minute: String = at.to_string().replace(['-', ':'], "").chars().take(13).collect();
            let name = format!("123456789012_CloudTrail_us-east-1_{minute}Z_{index}-{trail}.json.gz");
            let path = format!("{folder}/{}/{name}", at.day().path());
            files.push((at, path, log_file(&records)));
        }
    }
    files
}

pub fn source(files: &[(Timestamp, String, Vec<u8>)], until: Timestamp) -> Source {
    let there = files.iter().filter(|(at, ..)| *at <= until);
    Source::Memory(there.map(|(_, path, bytes)| (path.clone(), bytes.clone())).collect::<Memory>())
}

pub fn job<'a>(app: &'a App, source: &'a Source, occasion: Occasion<'a>) -> Job<'a> {
    let detections = app.library.detections().filter(|d| ASKED.contains(&d.id.as_str())).collect();
    let now = start().plus(Span::from_s(10 * 86_400));
    match occasion {
        Occasion::OnDemand { window, delay } => Job {
            occasion: Occasion::OnDemand { window, delay },
            ..Job::on_demand(window, detections, Logs::Files(source), now)
        },
        Occasion::Scheduled { at, cadence, state, .. } => {
            Job::scheduled("hourly", at, (detections, cadence), state, Logs::Files(source), now)
        }
    }
}

pub fn answer(app: &App, runtime: &tokio::runtime::Runtime, job: Job<'_>) -> run::Outcome {
    let outcome = runtime
        .block_on(run::run(
            &app.context,
            job,
            &Arc::new(Progress::default()),
            &mut trailbrief::testing::engine::ledger::NoLedger,
        ))
        .unwrap();
    assert_eq!(outcome.brief.failures, []);
    assert_eq!(outcome.brief.problems, []);
    assert_eq!(outcome.brief.coverage.detections_answered, ASKED.len() as u64);
    outcome
}

pub fn identities(brief: &Brief) -> BTreeSet<String> {
    brief.findings.iter().map(|finding| format!("{} {}", finding.detection, finding.fingerprint)).collect()
}

/// The findings of single events that were reported as new or late, each with how often.
fn reported(brief: &Brief, single: &mut BTreeMap<String, usize>, all: &mut BTreeSet<String>) {
    for finding in brief.findings.iter().filter(|finding| finding.state != FindingState::Repeated) {
        let identity = format!("{} {}", finding.detection, finding.fingerprint);
        if finding.event_id.is_some() {
            *single.entry(identity.clone()).or_default() += 1;
        }
        all.insert(identity);
    }
}

#[test]
fn runs_over_pieces_report_what_one_run_over_the_whole_reports() {
    let app = app();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let cadence = Cadence {
        every: Span::from_s(DAYS * 86_400),
        lateness: Span::from_s(LATENESS_S),
        max_window: Span::from_s(30 * 86_400),
        catch_up: Span::from_s(10 * 86_400),
        ..Cadence::default()
    };
    let cases =
        (prop::collection::vec(happening(), 1..25), prop::collection::btree_set(1..DAYS * 86_400, 0..7));
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&cases, |(happenings, cuts)| {
        let files = delivered(&happenings);
        let end = start().plus(Span::from_s(DAYS * 86_400));
        let everything = end.plus(Span::from_s(LATENESS_S));

        let all_files = source(&files, everything);
        let window = Window::new(start(), end).unwrap();
        let whole = identities(
            &answer(&app, &runtime, job(&app, &all_files, Occasion::OnDemand { window, delay: DELAY })).brief,
        );

        // The first run begins where its period began; the last ones wait for what is late.
        let first = cuts.iter().copied().next().unwrap_or(DAYS * 86_400);
        let mut ends: Vec<Timestamp> = cuts.iter().map(|cut| start().plus(Span::from_s(*cut))).collect();
        ends.push(end);
        ends.push(everything);
        let (mut state, mut single, mut pieces) = (State::default(), BTreeMap::new(), BTreeSet::new());
        for at in ends {
            let there = source(&files, at);
            let cadence = Cadence { every: Span::from_s(first), ..cadence };
            let outcome =
                answer(&app, &runtime, job(&app, &there, Occasion::Scheduled { at, cadence, state: &state }));
            reported(&outcome.brief, &mut single, &mut pieces);
            state = outcome.state.unwrap();
        }
        prop_assert_eq!(&pieces, &whole);
        for (identity, times) in single {
            prop_assert_eq!(times, 1, "told more than once: {}", identity);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
