//! A detection that finds more than a brief holds: what was reported or is suppressed does not count, and nothing is lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::{
        brief::Brief,
        finding::FindingState,
        state::State,
        time::{Span, Timestamp, Window},
    },
    engine::embedded::source::Source,
    plan::window::Cadence,
    render::{self, TextStyle},
    run::{Job, Logs, Outcome},
};

use crate::undecidable::{COLUMNS, PORT, at, detection, library_with, opening, run_job, source};

const ID: &str = "own.opened";

/// Held back if the port is 22.
const SUPPRESSED: &str = "[[suppress]]\ndetection = \"own.opened\"\nwhere = \"resource = '22'\"\nreason = \"r\"\n\
                          owner = \"o\"\nexpires = \"2099-01-01\"\n";

/// The detection, and an engine whose briefs hold twenty of its findings.
fn workspace(config: &str) -> (tempfile::TempDir, App) {
    let select = format!(
        "SELECT {COLUMNS}, CAST({PORT} AS varchar) AS resource FROM events WHERE eventname = \
         'AuthorizeSecurityGroupIngress'"
    );
    let (place, mut app) = library_with(config, &[("opened", detection(ID, "", &select))]);
    app.context.limits.rows = 20;
    (place, app)
}

/// Calls that open groups, a second apart from 12:00 on, each at this port.
fn logs(ports: impl Iterator<Item = u64>) -> Source {
    let records: Vec<Value> = ports.zip(0..).map(|(port, number)| opening(number, json!(port))).collect();
    source(&[("a.json.gz", &records)])
}

fn scheduled(app: &App, source: &Source, state: &State, now: Timestamp) -> Outcome {
    let detection = app.library.get(&ID.parse().unwrap()).unwrap();
    let cadence = Cadence {
        every: Span::HOUR,
        lateness: Span::from_s(7_200),
        max_window: Span::from_s(30 * 86_400),
        catch_up: Span::from_s(7 * 86_400),
        ..Cadence::default()
    };
    run_job(app, Job::scheduled("tiny", now, (vec![detection], cadence), state, Logs::Files(source), now))
}

/// The events that a brief reports for the first time.
fn reported(brief: &Brief) -> BTreeSet<String> {
    let fresh = brief.findings.iter().filter(|finding| finding.state != FindingState::Repeated);
    fresh.map(|finding| finding.event_id.as_ref().unwrap().raw().to_owned()).collect()
}

#[test]
fn suppressed_findings_crowd_nothing_out() {
    let (_place, app) = workspace(SUPPRESSED);
    let source = logs((0..150).map(|number| if number == 140 { 3389 } else { 22 }));
    let window = Window::new(at("00:00:00"), at("22:00:00")).unwrap();
    let detections = vec![app.library.get(&ID.parse().unwrap()).unwrap()];
    let brief = run_job(&app, Job::on_demand(window, detections, Logs::Files(&source), at("23:00:00"))).brief;
    assert_eq!((brief.findings.len(), brief.suppressed.len()), (1, 149));
    assert_eq!((brief.suppressions[0].matched, brief.truncated.len()), (149, 0));
}

/// A schedule reports the oldest that a brief holds, keeps its place, and reports the rest in its next runs.
#[test]
fn what_a_brief_does_not_hold_comes_in_the_next_ones() {
    let (_place, app) = workspace("");
    let (source, mut state) = (logs((0..70).map(|_| 22)), State::default());
    let mut all = BTreeSet::new();
    for (hour, new, left) in [(13, 20, 50), (14, 20, 30), (15, 20, 10), (16, 10, 0), (17, 0, 0)] {
        let now = at(&format!("{hour}:00:00"));
        let Outcome { brief, state: after, .. } = scheduled(&app, &source, &state, now);
        state = after.unwrap();
        let fresh = reported(&brief);
        assert_eq!((fresh.len(), fresh.is_disjoint(&all)), (new, true), "{hour}");
        all.extend(fresh);
        let counted: u64 = brief.truncated.iter().map(|truncation| truncation.findings()).sum();
        assert_eq!(counted, left, "{hour}");
        let watermark = if left > 0 { at("12:00:00") } else { now };
        assert_eq!(state.watermarks[&ID.parse().unwrap()], watermark, "{hour}");
        if left > 0 {
            let text = render::text(&brief, TextStyle { width: 120, color: false });
            assert!(text.contains("The next run searches the same time again"), "{text}");
            assert!(text.contains(&format!("{left} by arn:aws:iam::123456789012:user/alice")), "{text}");
            let json: Value = serde_json::from_str(&render::message(&brief).unwrap().json).unwrap();
            assert_eq!(json["truncated"][0]["left_out"], left);
        }
    }
    assert_eq!(all.len(), 70);
}

/// More rows than are read at all: which ones is chance, so the detection keeps its place as well.
#[test]
fn a_detection_with_more_rows_than_are_read_keeps_its_watermark() {
    let (_place, app) = workspace("");
    let source = logs((0..230).map(|_| 22));
    let Outcome { brief, state, .. } = scheduled(&app, &source, &State::default(), at("13:00:00"));
    assert_eq!((brief.truncated[0].kept, brief.truncated[0].is_cut), (20, true));
    assert_eq!(state.unwrap().watermarks[&ID.parse().unwrap()], at("12:00:00"));
}
