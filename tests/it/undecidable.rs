//! Events that a detection cannot judge: it answers for all others, and the brief names them.

use std::{fs, sync::Arc};

use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::{
        brief::Brief,
        finding::FindingState,
        state::State,
        time::{Span, Timestamp, Window},
    },
    engine::{
        embedded::{
            scan::Progress,
            source::{Memory, Source},
        },
        ledger::NoLedger,
    },
    plan::window::Cadence,
    render::{self, TextStyle},
    run::{self, Job, Logs, Outcome},
};

use crate::{
    cli::{stderr, trailbrief},
    common::{app, base, log_file},
};

const FOLDER: &str = "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/03/10";

/// A detection of one's own with this SELECT.
pub fn detection(id: &str, header: &str, select: &str) -> String {
    format!(
        "-- ---\n-- id = \"{id}\"\n-- title = \"A group was opened\"\n-- description = \"It is open now.\"\n\
         -- severity = \"high\"\n-- status = \"stable\"\n-- packs = [\"tiny\"]\n-- attack = [\"TA0005:T1562.007\"]\n\
         -- about = [\"resource\"]\n-- says = \"{{resource}} was opened\"\n-- benign = [\"announced\"]\n\
         -- steps = [\"ask\"]\n-- references = [\"https://attack.mitre.org/techniques/T1562/007/\"]\n{header}-- ---\n\
         {select}\n"
    )
}

pub const COLUMNS: &str = "eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region, \
                       useridentity.arn AS actor, eventname AS action, sourceipaddress AS source_ip, eventid AS event_id";

/// The port that a group is opened at, which must be a number.
pub const PORT: &str = "CAST(json_extract_scalar(requestparameters, '$.fromPort') AS bigint)";

/// A library of these detections, by file name.
fn library(detections: &[(&str, String)]) -> (tempfile::TempDir, App) {
    library_with("", detections)
}

/// A library of these detections with some more configuration.
pub fn library_with(more: &str, detections: &[(&str, String)]) -> (tempfile::TempDir, App) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("detections/own");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in detections {
        fs::write(folder.join(format!("{name}.sql")), text).unwrap();
    }
    let config = place.path().join("trailbrief.toml");
    fs::write(&config, format!("[library]\npaths = [\"detections\"]\n{more}")).unwrap();
    let app = App::load(Some(&config)).unwrap();
    (place, app)
}

/// A call that opens a group at this port; the number gives its id and second.
pub fn opening(number: u64, port: Value) -> Value {
    let mut record = base("sg-authorize-ingress-flat");
    record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
    record["eventTime"] = json!(at("12:00:00").plus(Span::from_s(number as i64)).to_string());
    record["requestParameters"]["groupId"] = json!(format!("sg-{number}"));
    record["requestParameters"]["fromPort"] = port;
    record
}

pub fn at(time: &str) -> Timestamp {
    format!("2026-03-10T{time}Z").parse().unwrap()
}

pub fn source(files: &[(&str, &[Value])]) -> Source {
    let file = |(name, records): &(&str, &[Value])| (format!("{FOLDER}/{name}"), log_file(records));
    Source::Memory(files.iter().map(file).collect::<Memory>())
}

pub fn run_job(app: &App, job: Job<'_>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime.block_on(run::run(&app.context, job, &Arc::new(Progress::default()), &mut NoLedger)).unwrap()
}

/// Runs detections over a window on demand.
pub fn brief_of(app: &App, source: &Source, ids: &[&str], (start, end): (&str, &str)) -> Brief {
    let window = Window::new(at(start), at(end)).unwrap();
    let detections = ids.iter().map(|id| app.library.get(&id.parse().unwrap()).unwrap()).collect();
    run_job(app, Job::on_demand(window, detections, Logs::Files(source), at("23:00:00"))).brief
}

/// The numbers of the events that a detection found, and of those that it could not judge.
pub fn numbers(brief: &Brief, id: &str) -> (Vec<u64>, Vec<u64>) {
    let number = |id: &str| u64::from_str_radix(&id[..8], 16).unwrap();
    let own = brief.findings.iter().filter(|finding| finding.detection.as_str() == id);
    let mut found: Vec<u64> = own.map(|it| number(it.event_id.as_ref().unwrap().raw())).collect();
    found.sort_unstable();
    let own = brief.undecidable.iter().filter(|it| it.detection.as_str() == id);
    (found, own.map(|it| number(it.event.event_id.as_ref().unwrap().raw())).collect())
}

pub const DAY: (&str, &str) = ("00:00:00", "22:00:00");

#[test]
fn a_record_that_the_sql_cannot_digest_blinds_nobody() {
    let select = |from: &str| format!("SELECT {COLUMNS}, {from}");
    let where_ = "WHERE eventname = 'AuthorizeSecurityGroupIngress'";
    let cast = select(&format!("CAST({PORT} AS varchar) AS resource FROM events {where_}"));
    let date = "date_parse(json_extract_scalar(requestparameters, '$.fromPort'), '%H')";
    let date = select(&format!("CAST({date} AS varchar) AS resource FROM events {where_}"));
    // The event is only known to be odd once it has been joined with itself.
    let joined = format!(
        "WITH ports AS (SELECT eventid, {PORT} AS port FROM events {where_}) SELECT {COLUMNS}, \
         CAST(p.port AS varchar) AS resource FROM events JOIN ports p USING (eventid)"
    )
    .replace("eventid AS event_id", "CAST(eventid AS varchar) AS event_id");
    let all = [("own.cast", cast), ("own.date", date), ("own.joined", joined)];
    let files: Vec<(&str, String)> =
        all.iter().map(|(id, select)| (&id[4..], detection(id, "", select))).collect();
    let (_place, app) = library(&files);
    let odd = [3, 17, 18, 40];
    let records: Vec<Value> = (0..60)
        .map(|number| opening(number, if odd.contains(&number) { json!("all") } else { json!(22) }))
        .collect();
    let source = source(&[("a.json.gz", &records[..30]), ("b.json.gz", &records[30..])]);
    let ids = all.each_ref().map(|(id, _)| *id);
    let brief = brief_of(&app, &source, &ids, DAY);
    assert_eq!(brief.failures, []);
    let good: Vec<u64> = (0..60).filter(|number| !odd.contains(number)).collect();
    for id in ids {
        assert_eq!(numbers(&brief, id), (good.clone(), odd.to_vec()), "{id}");
    }
    let third = &brief.undecidable[3];
    assert!(third.event.file.as_ref().unwrap().ends_with("b.json.gz"), "{third:?}");
    assert!(third.event.reason.contains("INVALID_CAST_ARGUMENT"), "{third:?}");
    assert_eq!(third.event.account_id.as_ref().unwrap().raw(), "123456789012");
    let text = render::text(&brief, TextStyle { width: 100, color: false });
    assert!(text.contains("; 4 events could not be judged (up to high)"), "{text}");
}

/// Whatever a detection counts, it counts the events that can be judged.
#[test]
fn a_detection_that_counts_counts_the_others() {
    let select = format!(
        "SELECT min(eventtime) AS first_seen, max(eventtime) AS last_seen, count(*) AS occurrences, recipientaccountid AS \
         account_id, awsregion AS region, useridentity.arn AS actor, eventname AS action, CAST(sum({PORT}) AS varchar) AS \
         resource, min(sourceipaddress) AS source_ip, array_agg(eventid) AS event_ids FROM events WHERE eventname = \
         'AuthorizeSecurityGroupIngress' GROUP BY recipientaccountid, awsregion, useridentity.arn, eventname"
    );
    let (_place, app) = library(&[("count", detection("own.count", "", &select))]);
    let records = [opening(1, json!(22)), opening(2, json!("odd")), opening(3, json!(20))];
    let brief = brief_of(&app, &source(&[("a.json.gz", &records)]), &["own.count"], DAY);
    assert_eq!((brief.failures.len(), brief.findings.len()), (0, 1));
    assert_eq!(brief.findings[0].occurrences, Some(2));
    assert_eq!(brief.findings[0].resource.as_ref().unwrap().raw(), "42");
    assert_eq!(brief.undecidable.len(), 1);
}

/// A detection that compares each opening with those of the day before, and only then reads the ports of these.
fn looking_back() -> (&'static str, String) {
    let select = format!(
        "SELECT {COLUMNS}, CAST(CAST(concat(h.port, substr(eventid, 1, 0)) AS bigint) AS varchar) AS resource FROM events \
         JOIN (SELECT useridentity.arn AS who, json_extract_scalar(requestparameters, '$.fromPort') AS port FROM history \
         WHERE eventname = 'AuthorizeSecurityGroupIngress') h ON h.who = useridentity.arn WHERE eventname = \
         'AuthorizeSecurityGroupIngress'"
    );
    ("back", detection("own.back", "-- lookback = \"1d\"\n", &select))
}

/// A detection that looks back is not blinded by what it looks back at, either; and it is that which is set aside, although
/// the detection only fails over both together, and not the many events that are compared with it.
#[test]
fn an_odd_event_of_the_history_is_set_aside() {
    let (_place, app) = library(&[looking_back()]);
    let mut records: Vec<Value> = (1..9).map(|number| opening(number, json!(22))).collect();
    records.push(opening(20, json!("odd")));
    records.extend((21..24).map(|number| opening(number, json!(22))));
    let mut before = opening(0, json!("odd as well"));
    before["eventTime"] = json!("2026-03-10T09:00:00Z");
    records.push(before);
    let source = source(&[("a.json.gz", &records)]);
    let brief = brief_of(&app, &source, &["own.back"], ("12:00:10", "22:00:00"));
    assert_eq!(brief.failures, []);
    assert_eq!(numbers(&brief, "own.back"), (vec![20, 21, 22, 23], vec![0]));
}

/// A schedule reports an event that all its runs of a day look back at in one of them.
#[test]
fn an_odd_event_that_runs_look_back_at_is_reported_once() {
    let (_place, app) = library(&[looking_back()]);
    let detection = app.library.get(&"own.back".parse().unwrap()).unwrap();
    let cadence = Cadence {
        every: Span::HOUR,
        lateness: Span::from_s(600),
        max_window: Span::from_s(30 * 86_400),
        catch_up: Span::from_s(86_400),
        ..Cadence::default()
    };
    let mut records: Vec<Value> = (0..6)
        .map(|hour| {
            let mut record = opening(hour, json!(22));
            record["eventTime"] = json!(at(&format!("{}:30:00", 12 + hour)).to_string());
            record
        })
        .collect();
    records[0]["requestParameters"]["fromPort"] = json!("odd");
    let source = source(&[("a.json.gz", &records)]);
    let mut state = State::default();
    let mut reported = Vec::new();
    for hour in 13..19 {
        let now = at(&format!("{hour}:00:00"));
        let job = Job::scheduled("tiny", now, (vec![detection], cadence), &state, Logs::Files(&source), now);
        let Outcome { brief, state: after, .. } = run_job(&app, job);
        assert_eq!(brief.failures, []);
        reported.extend(brief.newly_undecidable().map(|_| hour));
        state = after.unwrap();
    }
    assert_eq!(reported, [14]);
}

/// Many odd events at once, and the good ones among them are still found.
#[test]
fn a_flood_of_odd_events_hides_nothing() {
    let select = format!(
        "SELECT {COLUMNS}, CAST({PORT} AS varchar) AS resource FROM events WHERE eventname = \
         'AuthorizeSecurityGroupIngress'"
    );
    let (_place, app) = library(&[("cast", detection("own.cast", "", &select))]);
    let good = [7, 99, 100];
    let records: Vec<Value> = (0..150)
        .map(|number| opening(number, if good.contains(&number) { json!(22) } else { json!("odd") }))
        .collect();
    let brief = brief_of(&app, &source(&[("a.json.gz", &records)]), &["own.cast"], DAY);
    let (found, undecidable) = numbers(&brief, "own.cast");
    assert_eq!((found.as_slice(), undecidable.len(), brief.failures.len()), (good.as_slice(), 147, 0));
    let text = render::text(&brief, TextStyle { width: 100, color: false });
    assert!(text.contains("… and 142 more events, see the JSON"), "{text}");
}

/// Hourly runs: each good event is reported by the run after it, the odd one once, and every watermark moves.
#[test]
fn an_odd_event_does_not_stop_a_schedule() {
    let (_place, app) = library(&[(
        "cast",
        detection(
            "own.cast",
            "",
            &format!(
                "SELECT {COLUMNS}, CAST({PORT} AS varchar) AS resource FROM events WHERE eventname = \
                 'AuthorizeSecurityGroupIngress'"
            ),
        ),
    )]);
    let detection = app.library.get(&"own.cast".parse().unwrap()).unwrap();
    let cadence = Cadence {
        every: Span::HOUR,
        lateness: Span::from_s(7_200),
        max_window: Span::from_s(30 * 86_400),
        catch_up: Span::from_s(7 * 86_400),
        ..Cadence::default()
    };
    let minutes = [("10:10", "odd"), ("10:12", "22"), ("12:30", "22"), ("15:45", "22")];
    let records: Vec<Value> = minutes
        .iter()
        .zip(1..)
        .map(|((time, port), number)| {
            let mut record = opening(number, json!(port));
            record["eventTime"] = json!(at(&format!("{time}:00")).to_string());
            record
        })
        .collect();
    let mut state = State::default();
    let mut reported = Vec::new();
    for hour in 11..19 {
        let now = at(&format!("{hour}:00:00"));
        let there: Vec<Value> = records
            .iter()
            .filter(|record| record["eventTime"].as_str().unwrap() < now.to_string().as_str())
            .cloned()
            .collect();
        let source = source(&[("a.json.gz", &there)]);
        let job = Job::scheduled("tiny", now, (vec![detection], cadence), &state, Logs::Files(&source), now);
        let outcome = run_job(&app, job);
        assert_eq!(outcome.brief.failures, [], "{hour}");
        let new = outcome.brief.findings.iter().filter(|finding| finding.state == FindingState::New);
        reported.extend(new.map(|finding| (hour, finding.event_time.unwrap().to_string())));
        let odd = outcome.brief.newly_undecidable().map(|it| it.event.event_time.unwrap().to_string());
        reported.extend(odd.map(|time| (hour, format!("odd {time}"))));
        state = outcome.state.unwrap();
        assert_eq!(state.watermarks[&detection.id], now);
    }
    let expected = [
        (11, "2026-03-10T10:12:00Z"),
        (11, "odd 2026-03-10T10:10:00Z"),
        (13, "2026-03-10T12:30:00Z"),
        (16, "2026-03-10T15:45:00Z"),
    ];
    assert_eq!(reported, expected.map(|(hour, what)| (hour, what.to_owned())));
}

/// An event that could not be judged may be a finding: `--fail-on` counts it like one, and no detection is without an answer.
#[test]
fn exit_codes_count_an_undecidable_event_like_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let mut odd = base("sg-authorize-ingress");
    odd["requestParameters"]["ipPermissions"]["items"] = json!("odd");
    fs::write(folder.path().join("a.json.gz"), log_file(&[odd])).unwrap();
    let window = ["run", "--logs", ".", "--from", "2026-03-10", "--to", "2026-03-11", "--query"];
    let run = |more: &[&str]| {
        let id = ["network.security-group-open-admin-port"];
        trailbrief(folder.path(), &[window.as_slice(), &id, more].concat())
    };
    let plain = run(&[]);
    assert_eq!(plain.status.code(), Some(0), "{}", stderr(&plain));
    assert_eq!(run(&["--fail-on", "critical"]).status.code(), Some(1));
    let brief: Value = serde_json::from_slice(&run(&["--format", "json"]).stdout).unwrap();
    assert_eq!((&brief["findings"], &brief["failures"]), (&json!([]), &json!([])));
    let event = &brief["undecidable"][0];
    for (key, value) in [
        ("detection", "network.security-group-open-admin-port"),
        ("severity", "critical"),
        ("state", "new"),
        ("event_time", "2026-03-10T12:00:00Z"),
        ("account_id", "123456789012"),
        ("file", "a.json.gz"),
    ] {
        assert_eq!(event[key], value, "{key}");
    }
    assert!(event["event_id"].is_string() && event["reason"].is_string(), "{event}");
}

/// Text, mail and Slack show the events before anything that calms.
#[test]
fn every_form_names_the_undecidable_events() {
    let app = app();
    let mut odd = base("sg-authorize-ingress");
    odd["requestParameters"]["ipPermissions"]["items"] = json!({"cidr": "<b>0.0.0.0/0"});
    odd["eventID"] = json!("0000beef-0000-4000-8000-000000000000");
    let source = source(&[("a.json.gz", &[odd])]);
    let brief = brief_of(&app, &source, &["network.security-group-open-admin-port"], DAY);
    let message = render::message(&brief).unwrap();
    for (form, text) in [("text", &message.text), ("html", &message.html), ("slack", &message.slack)] {
        let text = text.replace("<wbr>", "").replace('\n', " ");
        assert!(
            text.contains("No findings, but 1 event could not be judged (up to critical)"),
            "{form}: {text}"
        );
        assert!(text.contains("0000beef-0000-4000-8000-000000000000"), "{form}: {text}");
        assert!(form == "text" || !text.contains("<b>0.0.0.0"), "{form}: {text}");
        assert!(!text.contains("found nothing in this window"), "{form}: {text}");
    }
    assert!(
        message.subject.starts_with("No findings, but 1 event could not be judged"),
        "{}",
        message.subject
    );
}
