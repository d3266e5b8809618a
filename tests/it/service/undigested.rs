//! Events that a detection's own statement cannot digest, or of which CloudTrail left fields out: the detection answers for
//! all others, as over log files, and the brief names the events.

use std::fs;

use serde_json::{Value, json};

use super::{command, late::Place, runs::json, stderr};
use crate::{
    common::log_file,
    undecidable::{COLUMNS, PORT, detection, opening},
};

const FOLDER: &str = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03";

/// A detection that judges every event by itself, and reads the day of delivery.
fn each() -> String {
    let select = format!(
        "SELECT {COLUMNS}, CAST({PORT} AS varchar) AS resource, \"timestamp\" AS delivered FROM events \
         WHERE eventname = 'AuthorizeSecurityGroupIngress'"
    );
    detection("own.each", "", &select)
}

/// A detection that counts.
fn count() -> String {
    let select = format!(
        "SELECT min(eventtime) AS first_seen, max(eventtime) AS last_seen, count(*) AS occurrences, recipientaccountid AS \
         account_id, awsregion AS region, useridentity.arn AS actor, eventname AS action, CAST(sum({PORT}) AS varchar) AS \
         resource, min(sourceipaddress) AS source_ip, array_agg(eventid) AS event_ids FROM events WHERE eventname = \
         'AuthorizeSecurityGroupIngress' GROUP BY recipientaccountid, awsregion, useridentity.arn, eventname"
    );
    detection("own.count", "", &select)
}

/// The openings of a group, by number: events of two days, in four files. The port of some is one.
fn openings(port: impl Fn(u64) -> Value) -> Vec<(String, Vec<Value>)> {
    let file = |(day, first): (u64, u64)| {
        let record = |number: u64| {
            let mut record = opening(number, port(number));
            record["eventTime"] = json!(format!("2026-03-{day}T{number:02}:00:00Z"));
            record
        };
        let path = format!("{FOLDER}/{day}/a_202603{day}T12{first:02}Z_b.json.gz");
        (path, (first..first + 5).map(record).collect())
    };
    [(10, 0), (10, 5), (11, 10), (11, 15)].map(file).into()
}

/// A place with these files and both detections.
async fn place(name: &'static str, athena: &str, files: &[(String, Vec<Value>)]) -> Place {
    let place = Place::new(name, athena);
    let detections = place.folder.path().join("detections/own");
    fs::create_dir_all(&detections).unwrap();
    fs::write(detections.join("each.sql"), each()).unwrap();
    fs::write(detections.join("count.sql"), count()).unwrap();
    let config = place.folder.path().join("trailbrief.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("[library]\n", "[library]\npaths = [\"detections\"]\n")).unwrap();
    for (path, records) in files {
        place.put(path, log_file(records)).await;
        let copy = place.folder.path().join("copy").join(path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(copy, log_file(records)).unwrap();
    }
    let output = command(place.folder.path(), &["table", "apply"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    place
}

/// A run's brief: on Athena, or over the same log files.
fn run(place: &Place, more: &[&str]) -> Value {
    let arguments = ["run", "--query", "own.each,own.count", "--format", "json"];
    let arguments = [&arguments[..], &["--from", "2026-03-10", "--to", "2026-03-12"], more].concat();
    let mut command = command(place.folder.path(), &arguments);
    json(&command.env("AWS_ENDPOINT_URL_ATHENA", &place.athena.url).output().unwrap())
}

/// What a brief says of findings and of undecidable events, whichever engine gave it: without the bucket.
fn said(brief: &Value) -> Vec<String> {
    let of = |list: &str, keys: &[&str]| -> Vec<String> {
        let list = brief[list].as_array().unwrap().clone();
        list.iter()
            .map(|it| keys.iter().map(|key| it[*key].to_string()).collect::<Vec<_>>().join(" "))
            .collect()
    };
    let mut said =
        of("findings", &["detection", "event_time", "event_id", "occurrences", "resource", "details"]);
    let undecidable = of("undecidable", &["detection", "event_id", "account_id", "reason", "file"]);
    said.extend(undecidable.iter().map(|text| {
        let (before, path) = text.rsplit_once(" \"").unwrap();
        format!("{before} {}", &path[path.find("123456789012/CloudTrail").unwrap()..])
    }));
    said.sort();
    said
}

/// What is wrong with the events of some numbers.
fn odd(number: u64) -> Value {
    if [3, 16].contains(&number) { json!("all") } else { json!(22) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_a_statement_of_its_own_cannot_digest_blinds_nobody() {
    let place = place("undigested", "scan = \"own\"\n", &openings(odd)).await;
    let brief = run(&place, &[]);
    assert_eq!(brief["failures"], json!([]));
    assert_eq!(said(&brief), said(&run(&place, &["--logs", "copy"])));
    let undecidable = brief["undecidable"].as_array().unwrap();
    assert_eq!(undecidable.len(), 4, "two events, for two detections: {undecidable:?}");
    assert!(undecidable[0]["reason"].as_str().unwrap().starts_with("INVALID_CAST_ARGUMENT"));
    assert_eq!(brief["findings"].as_array().unwrap().len(), 18 + 1);
    let executions = place.athena.executions().len();
    assert_eq!(executions, 2 + 1, "each statement, and the candidates of both, which are the same");
    let notes = brief["run"]["notes"].to_string();
    let words = "statements of their own of own.count, own.each failed because of what an event holds, so 40 candidate \
                 events were judged one by one";
    assert!(notes.contains(words), "{notes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_is_undecidable_in_a_statement_of_its_own_too() {
    let mark = json!({"omitted": true, "originalSize": 120_000, "reason": "requestParameters too large"});
    let mut files = openings(|_| json!(22));
    files[0].1[1]["requestParameters"] = mark.clone();
    files[1].1[2]["requestParameters"] = json!({"groupId": "sg-7", "fromPort": mark});
    files[2].1[3]["requestParameters"] = json!("{\"groupId\": \"sg-13\", \"fromPo");
    // Neither left out nor cut off.
    files[3].1[0]["requestParameters"]["filter"] = json!({"omitted": true, "name": "x"});
    files[3].1[1]["requestParameters"]["note"] = json!("{\"omitted\": true}");
    // Nobody reads it.
    files[3].1[2]["responseElements"] = json!({"omitted": true});
    let place = place("left-out", "scan = \"own\"\n", &files).await;
    let brief = run(&place, &[]);
    assert_eq!(brief["failures"], json!([]));
    assert_eq!(said(&brief), said(&run(&place, &["--logs", "copy"])));
    let undecidable = brief["undecidable"].as_array().unwrap();
    assert_eq!(undecidable.len(), 6, "three events, for two detections: {undecidable:?}");
    assert_eq!(place.athena.executions().len(), 2 + 1);
}

/// A detection that counts too many events to bring them all is answered by Athena over those that lack nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_among_many_events_is_named_and_the_others_count() {
    let mut files = openings(|_| json!(22));
    files[1].1[2]["requestParameters"] = json!({"omitted": true});
    let place = place("left-out-many", "scan = \"own\"\ncandidates = 10\n", &files).await;
    let brief = run(&place, &[]);
    assert_eq!(brief["failures"], json!([]));
    assert_eq!(said(&brief), said(&run(&place, &["--logs", "copy"])));
    let counted =
        brief["findings"].as_array().unwrap().iter().find(|it| it["detection"] == "own.count").unwrap();
    assert_eq!(counted["occurrences"], 19);
    assert_eq!(brief["undecidable"].as_array().unwrap().len(), 2, "{}", brief["undecidable"]);
}

/// Where there are too many candidates, what fails is searched in parts: the rest is answered by Athena, also for a detection that
/// counts, which is asked again without the events that it fails on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn among_many_events_those_that_fail_are_found_in_parts() {
    let more = "scan = \"own\"\ncandidates = 5\nflood_factor = 100\n";
    let place = place("undigested-many", more, &openings(odd)).await;
    let brief = run(&place, &[]);
    let whole = run(&place, &["--logs", "copy"]);
    assert_eq!(brief["failures"], json!([]));
    assert_eq!(said(&brief), said(&whole));
    let counted =
        brief["findings"].as_array().unwrap().iter().find(|it| it["detection"] == "own.count").unwrap();
    assert_eq!(counted["occurrences"], 18);
    let notes = brief["run"]["notes"].to_string();
    let words = "a statement of its own failed because of what 2 events hold, found among ";
    assert!(notes.contains(words) && notes.contains("Athena answered again over all others"), "{notes}");
    let executed = place.athena.executions();
    assert!((10..120).contains(&executed.len()), "{}", executed.len());
    let last = &executed.last().unwrap().sql;
    assert!(last.contains(" NOT IN (") && last.contains("count(*) AS occurrences"), "{last}");
}

/// Where even the parts cannot be brought, the brief says why there is no answer, after a bounded number of statements.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_over_events_that_cannot_be_separated_has_a_reason() {
    let more = "scan = \"own\"\ncandidates = 3\nflood_factor = 1000\n";
    let mut files = openings(odd);
    for record in &mut files[0].1 {
        record["eventTime"] = json!("2026-03-10T03:00:00Z");
    }
    let place = place("undigested-second", more, &files).await;
    let window = ["--from", "2026-03-10T03:00:00Z", "--to", "2026-03-10T03:00:04Z"];
    let arguments = [&["run", "--query", "own.count", "--format", "json"][..], &window].concat();
    let mut command = command(place.folder.path(), &arguments);
    let brief = json(&command.env("AWS_ENDPOINT_URL_ATHENA", &place.athena.url).output().unwrap());
    let failures = brief["failures"].as_array().unwrap();
    let count = &failures[0];
    let reason = count["reason"].as_str().unwrap();
    let words = "there are more than 3 candidate events to judge one by one, and they cannot be told apart";
    assert!(reason.starts_with("its statement on Athena failed: ") && reason.contains(words), "{reason}");
    assert!(count["hint"].as_str().unwrap().contains("TRY_CAST"), "{count}");
    assert!(place.athena.executions().len() < 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_cost_too_much_is_not_judged_one_by_one() {
    let more = "scan = \"own\"\ncandidates = 3\nflood_factor = 1\n";
    let place = place("undigested-limit", more, &openings(odd)).await;
    let brief = run(&place, &[]);
    let failures = brief["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 2, "{failures:?}");
    let words = "what is asked in addition may cost 1 times as much as what was planned, $0.0";
    assert!(
        failures.iter().any(|failure| failure["reason"].as_str().unwrap().contains(words)),
        "{failures:?}"
    );
    assert!(place.athena.executions().len() <= 2 + 2);
}
