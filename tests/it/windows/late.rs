//! Events that arrive late, however late: an hourly schedule judges what was delivered since its last run.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::{
        brief::Brief,
        finding::FindingState,
        state::State,
        time::{Span, Timestamp},
    },
    plan::{Occasion, window::Cadence},
};

use super::{answer, job, source, start};
use crate::common::{app, base, log_file};

/// An event or several: kind, when they happened, and when their file was delivered.
struct Delivery {
    kind: &'static str,
    at: Timestamp,
    copies: i64,
    delivered: Timestamp,
}

fn hours(hours: i64) -> Timestamp {
    start().plus(Span::from_s(hours * 3_600))
}

fn minutes_after(time: Timestamp, minutes: i64) -> Timestamp {
    time.plus(Span::from_s(minutes * 60))
}

fn minutes_before(time: Timestamp, minutes: i64) -> Timestamp {
    time.minus(Span::from_s(minutes * 60))
}

/// A call that no detection reports, delivered just before a run: a run that reads nothing does not count as one.
fn ordinary(hour: i64) -> Delivery {
    let at = minutes_before(hours(hour), 20);
    Delivery { kind: ORDINARY, at, copies: 1, delivered: minutes_after(at, 5) }
}

const ORDINARY: &str = "ordinary";

/// A file of CloudTrail for each delivery.
fn files(deliveries: &[Delivery]) -> Vec<(Timestamp, String, Vec<u8>)> {
    let file = |(index, delivery): (usize, &Delivery)| {
        let records: Vec<Value> = (0..delivery.copies)
            .map(|copy| {
                let ordinary = delivery.kind == ORDINARY;
                let mut record = base(if ordinary { "denied-call" } else { delivery.kind });
                if ordinary {
                    record.as_object_mut().unwrap().remove("errorCode");
                }
                record["eventTime"] = json!(delivery.at.plus(Span::from_s(copy)).to_string());
                record["eventID"] = json!(format!("{:08x}-0000-4000-8000-{copy:012x}", delivery.at.unix_s()));
                if delivery.kind == "denied-call" {
                    record["eventName"] = json!(format!("Describe{}", copy % 8));
                }
                record
            })
            .collect();
        let at = delivery.delivered;
        let minute: String = at.to_string().replace(['-', ':'], "").chars().take(13).collect();
        let name = format!("123456789012_CloudTrail_us-east-1_{minute}Z_{index}.json.gz");
        let path = format!("AWSLogs/123456789012/CloudTrail/us-east-1/{}/{name}", at.day().path());
        (at, path, log_file(&records))
    };
    deliveries.iter().enumerate().map(file).collect()
}

/// The briefs of an hourly schedule's runs at these hours, each over the files that were there.
fn hourly(deliveries: &[Delivery], runs: impl IntoIterator<Item = i64>) -> Vec<Brief> {
    let (app, runs) = (app(), Vec::from_iter(runs));
    let mut files = files(deliveries);
    files.extend(
        self::files(&Vec::from_iter(runs.iter().map(|hour| ordinary(*hour))))
            .into_iter()
            .map(|(at, path, bytes)| (at, path.replace(".json.gz", "-ordinary.json.gz"), bytes)),
    );
    answers(&app, &files, runs)
}

/// The briefs of an hourly schedule's runs at these hours over these files.
fn answers(app: &App, files: &[(Timestamp, String, Vec<u8>)], runs: Vec<i64>) -> Vec<Brief> {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let (mut state, mut briefs) = (State::default(), Vec::new());
    for hour in runs {
        let at = hours(hour);
        let there = source(files, at);
        let cadence = Cadence { every: Span::HOUR, ..Cadence::default() };
        let occasion = Occasion::Scheduled { at, cadence, state: &state };
        let outcome = answer(app, &runtime, job(app, &there, occasion));
        state = outcome.state.unwrap();
        briefs.push(outcome.brief);
    }
    briefs
}

/// How often each finding of a detection was reported as new or late, by its event's time.
fn reported(briefs: &[Brief], detection: &str) -> BTreeMap<Timestamp, Vec<FindingState>> {
    let mut reported: BTreeMap<Timestamp, Vec<FindingState>> = BTreeMap::new();
    for finding in briefs.iter().flat_map(|brief| &brief.findings) {
        if finding.detection.as_str() == detection && finding.state != FindingState::Repeated {
            reported.entry(finding.event_time.unwrap()).or_default().push(finding.state);
        }
    }
    reported
}

fn root_sign_in(at: Timestamp, delivered: Timestamp) -> Delivery {
    Delivery { kind: "console-login-root", at, copies: 1, delivered }
}

const SIGN_IN: &str = "iam.root-console-login";

#[test]
fn an_event_that_arrives_late_is_reported_once_however_late() {
    let now = 24 * 30;
    let lates = [90i64, 5 * 60, 3 * 24 * 60, 29 * 24 * 60];
    let deliveries: Vec<Delivery> = lates
        .iter()
        .enumerate()
        .map(|(number, late): (usize, &i64)| {
            let delivered = minutes_after(hours(now), 10 + i64::try_from(number).unwrap());
            root_sign_in(minutes_before(delivered, *late), delivered)
        })
        .chain([root_sign_in(minutes_after(hours(now), 30), minutes_after(hours(now), 36))])
        .collect();
    let briefs = hourly(&deliveries, now..now + 6);
    let found = reported(&briefs, SIGN_IN);
    for (delivery, late) in deliveries.iter().zip(lates) {
        assert_eq!(found.get(&delivery.at), Some(&vec![FindingState::Late]), "{late} minutes late");
    }
    assert_eq!(found[&deliveries[4].at], [FindingState::New], "one that came in time");
    assert_eq!(found.len(), 5);
}

#[test]
fn an_event_that_arrives_in_a_few_minutes_is_not_called_late() {
    let before = minutes_before(hours(10), 4);
    let briefs = hourly(&[root_sign_in(before, minutes_after(hours(10), 3))], 9..13);
    assert_eq!(reported(&briefs, SIGN_IN)[&before], [FindingState::New]);
}

#[test]
fn a_file_that_appears_later_than_its_name_says_is_read_by_the_next_run() {
    let event = minutes_before(hours(10), 90);
    let ordinary: Vec<Delivery> = (9..14).map(ordinary).collect();
    // Replication: the name says 08:35, and the object appears after the run of 10:00.
    let mut files = files(&[root_sign_in(event, minutes_after(event, 5))]);
    files[0].0 = minutes_after(hours(10), 20);
    files.extend(self::files(&ordinary));
    let briefs = answers(&app(), &files, (9..14).collect());
    assert_eq!(reported(&briefs, SIGN_IN)[&event], [FindingState::Late]);
}

#[test]
fn what_counts_counts_again_where_late_events_fall() {
    // Twelve denied calls in time and eight three days late are a burst only together.
    let burst = minutes_after(hours(30), 5);
    let denied = |at, copies, delivered| Delivery { kind: "denied-call", at, copies, delivered };
    let late = hours(30 + 3 * 24);
    let deliveries = [
        denied(burst, 12, minutes_after(burst, 5)),
        denied(minutes_after(burst, 1), 8, minutes_after(late, 10)),
    ];
    let first = hourly(&deliveries[..1], 30..34);
    assert_eq!(reported(&first, "activity.denied-burst"), BTreeMap::new());
    let briefs = hourly(&deliveries, (30..34).chain(30 + 3 * 24..30 + 3 * 24 + 4));
    let found = reported(&briefs, "activity.denied-burst");
    assert_eq!(found.values().map(Vec::len).sum::<usize>(), 1, "{found:?}");
    let mut notes = briefs.iter().flat_map(|brief| &brief.run.notes);
    assert!(notes.any(|note| note.starts_with("late events fall into time that was counted before")));
}

#[test]
fn what_no_run_judges_is_counted_by_account() {
    let old = root_sign_in(hours(0), minutes_after(hours(24 * 40), 10));
    let briefs = hourly(&[old], [24 * 40, 24 * 40 + 1]);
    assert_eq!(reported(&briefs, SIGN_IN), BTreeMap::new());
    let last = briefs.last().unwrap();
    assert_eq!(last.coverage.events_too_late, [("123456789012".to_owned(), 1)]);
}

#[test]
fn a_run_opens_only_the_files_of_its_own_hours() {
    let deliveries: Vec<Delivery> = (0..48)
        .map(|half| {
            let at = minutes_after(hours(24), half * 30);
            root_sign_in(at, minutes_after(at, 5))
        })
        .collect();
    // Only detections that judge each event by itself: those that count by days read the whole day.
    let (app, files) = (app(), files(&deliveries));
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let state = State { watermarks: [(SIGN_IN.parse().unwrap(), hours(46))].into(), ..State::default() };
    let at = hours(47);
    let there = source(&files, hours(48));
    let cadence = Cadence { every: Span::HOUR, lateness: Span::HOUR, ..Cadence::default() };
    let occasion = Occasion::Scheduled { at, cadence, state: &state };
    let mut job = job(&app, &there, occasion);
    job.detections.retain(|detection| detection.id.as_str() == SIGN_IN);
    let brief = runtime
        .block_on(trailbrief::testing::run::run(
            &app.context,
            job,
            &std::sync::Arc::default(),
            &mut trailbrief::testing::engine::ledger::NoLedger,
        ))
        .unwrap()
        .brief;
    // Delivered from 45:00 (less the quarter of an hour by which a name may lag) to the run; the files after it are for the next.
    assert_eq!((brief.run.files_read, brief.coverage.files_passed_over), (4, 44));
}
