//! Objects that Athena cannot read: the detections answer for everything else, and the brief names the object.

use serde_json::{Value, json};

use super::{command, late::Place, runs::json, stderr};
use crate::common::{base, log_file};

const FOLDER: &str = "AWSLogs/123456789012/CloudTrail";

/// A log file with a sign-in of the root user at this time.
fn sign_in(time: &str) -> Vec<u8> {
    let mut record = base("console-login-root");
    record["eventTime"] = json!(time);
    record["eventID"] =
        json!(format!("{}-0000-4000-8000-000000000000", &time.replace(['-', ':', 'T'], "")[4..12]));
    log_file(&[record])
}

/// A log file that breaks off.
fn broken() -> Vec<u8> {
    let bytes = sign_in("2026-03-10T12:00:00Z");
    bytes[..bytes.len() / 2].to_vec()
}

/// A place with a sign-in on each of three days, and with these files that break off.
async fn place(name: &'static str, athena: &str, broken_files: &[&str]) -> Place {
    let place = Place::new(name, athena);
    for day in ["09", "10", "11"] {
        let path = format!("{FOLDER}/us-east-1/2026/03/{day}/a_202603{day}T1205Z_b.json.gz");
        place.put(&path, sign_in(&format!("2026-03-{day}T12:00:00Z"))).await;
    }
    for file in broken_files {
        place.put(&format!("{FOLDER}/{file}"), broken()).await;
    }
    let output = command(place.folder.path(), &["table", "apply"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    place
}

/// The exit code and the brief of a run over the three days.
fn run(place: &Place) -> (Option<i32>, Value) {
    let arguments = ["run", "--query", "iam.root-console-login", "--format", "json"];
    let arguments = [&arguments[..], &["--from", "2026-03-09", "--to", "2026-03-12"]].concat();
    let mut command = command(place.folder.path(), &arguments);
    let output = command.env("AWS_ENDPOINT_URL_ATHENA", &place.athena.url).output().unwrap();
    (output.status.code(), json(&output))
}

/// The days of the findings.
fn days(brief: &Value) -> Vec<&str> {
    let mut days: Vec<&str> = brief["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["event_time"].as_str().unwrap()[..10])
        .collect();
    days.sort_unstable();
    days
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_athena_cannot_read_blinds_nobody() {
    let files = [
        "us-east-1/2026/03/10/a_20260310T1210Z_x.json.gz",
        "us-east-1/2026/03/10/a_20260310T1220Z_y.json.gz",
        "eu-north-1/2026/03/11/a_20260311T1220Z_z.json.gz",
    ];
    for (name, more) in [("unreadable", ""), ("unreadable-own", "scan = \"own\"\n")] {
        let place = place(name, more, &files).await;
        let (code, brief) = run(&place);
        assert_eq!(brief["failures"], json!([]), "{name}");
        assert_eq!(
            days(&brief),
            ["2026-03-09", "2026-03-10", "2026-03-11"],
            "{name}: the others of the folder, too"
        );
        assert_eq!(code, Some(4), "{name}");
        let problems = brief["problems"].as_array().unwrap();
        for file in files {
            let path = format!("s3://logs-{name}/{FOLDER}/{file}");
            let problem = problems.iter().find(|problem| problem["file"] == path.as_str()).unwrap();
            assert!(
                problem["reason"].as_str().unwrap().contains("so it was left out: HIVE_CURSOR_ERROR"),
                "{problem}"
            );
        }
        assert_eq!(problems.len(), files.len(), "{problems:?}");
        let headline = brief["headline"].as_str().unwrap();
        assert!(headline.contains("2 folders could not be read"), "{headline}");
        // What succeeded has read every partition once.
        let executions = place.athena.executions();
        assert!(executions.len() <= 12, "{}", executions.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_athena_does_not_name_is_found_by_halves() {
    for (name, more) in [("nameless", ""), ("nameless-own", "scan = \"own\"\n")] {
        let place = place(name, more, &["us-east-1/2026/03/10/a_20260310T1210Z_nameless.json.gz"]).await;
        let (code, brief) = run(&place);
        assert_eq!((code, days(&brief)), (Some(4), vec!["2026-03-09", "2026-03-11"]), "{name}");
        let problem = &brief["problems"][0];
        assert_eq!(problem["file"], format!("s3://logs-{name}/{FOLDER}/us-east-1/2026/03/10/"));
        assert!(problem["reason"].as_str().unwrap().starts_with("not searched, because Athena"), "{problem}");
        assert!(place.athena.executions().len() <= 16);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_read_there_is_no_answer() {
    let regions = ["us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"];
    let days = ["09", "10", "11", "12"];
    let all = regions.iter().flat_map(|region| {
        days.map(|day| format!("{region}/2026/03/{day}/a_202603{day}T1210Z_nameless.json.gz"))
    });
    let all: Vec<String> = all.collect();
    for (name, more) in [("unread", ""), ("unread-own", "scan = \"own\"\n")] {
        let place = place(name, more, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let (code, brief) = run(&place);
        assert_eq!(code, Some(4), "{name}");
        assert_eq!(brief["failures"].as_array().unwrap().len(), 1, "{name}");
        assert!(place.athena.executions().len() <= 41, "{name}: the number of statements is bounded");
    }
}
