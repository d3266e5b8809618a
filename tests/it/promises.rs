//! Promises that the program keeps from end to end, through its command line: docs/promises.md names these tests.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::common::{base, log_file};

/// Runs the program over the log files of a folder, for the day of the base events; gives the brief as JSON.
fn brief(folder: &Path, more: &[&str]) -> Value {
    let window = ["--from", "2026-03-10T00:00:00Z", "--to", "2026-03-11T00:00:00Z"];
    let output = Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(["run", "--logs", ".", "--format", "json"])
        .args(window)
        .args(more)
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A base event with an id of its own.
fn event(name: &str, number: u64) -> Value {
    let mut record = base(name);
    record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
    record
}

/// A burst of denied calls, and two sign-ins of the root user.
fn events() -> Vec<Value> {
    let denied = (0..20).map(|number| {
        let mut record = event("denied-call", number);
        record["eventTime"] = json!(format!("2026-03-10T12:00:{number:02}Z"));
        record["eventName"] = json!(format!("Describe{}", number % 8));
        record
    });
    denied.chain([event("console-login-root", 100), event("console-login-root", 101)]).collect()
}

fn count(brief: &Value, detection: &str) -> usize {
    let findings = brief["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["detection"] == detection).count()
}

/// Both as a finding of its own and in what counts events, whether it comes twice in one file or in two.
#[test]
fn an_event_delivered_twice_counts_once() {
    let (once, twice) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = events();
    fs::write(once.path().join("a.json.gz"), log_file(&all)).unwrap();
    fs::write(twice.path().join("a.json.gz"), log_file(&[&all[..], &all[..3]].concat())).unwrap();
    fs::write(twice.path().join("b.json.gz"), log_file(&all)).unwrap();
    let query = ["--query", "iam.root-console-login,activity.denied-burst"];
    let (expected, found) = (brief(once.path(), &query), brief(twice.path(), &query));
    assert_eq!(
        (count(&expected, "iam.root-console-login"), count(&expected, "activity.denied-burst")),
        (2, 1)
    );
    assert_eq!(found["findings"], expected["findings"]);
    let burst =
        found["findings"].as_array().unwrap().iter().find(|finding| finding["occurrences"] != Value::Null);
    assert_eq!(burst.unwrap()["occurrences"], 20);
    assert_eq!((&found["run"]["events_read"], &found["run"]["duplicates_dropped"]), (&json!(47), &json!(25)));
    assert_eq!(expected["run"]["duplicates_dropped"], 0);
}

#[test]
fn every_log_file_is_read_once_however_many_detections_run() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.json.gz", "b.json.gz", "c.json.gz"] {
        fs::write(folder.path().join(name), log_file(&events()[..7])).unwrap();
    }
    let (all, one) =
        (brief(folder.path(), &[]), brief(folder.path(), &["--query", "iam.root-console-login"]));
    assert!(all["coverage"]["detections_answered"].as_u64().unwrap() > 40, "{}", all["coverage"]);
    for key in ["files_read", "events_read", "bytes_scanned"] {
        assert_eq!(all["run"][key], one["run"][key], "{key}");
    }
    assert_eq!(all["run"]["files_read"], 3);
}

#[test]
fn what_a_suppression_holds_back_is_counted_with_its_reason_and_owner() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json.gz"), log_file(&events())).unwrap();
    let suppress = |expires: &str| {
        let config = format!(
            "[[suppress]]\ndetection = \"iam.root-*\"\nreason = \"announced\"\nowner = \"ana\"\nexpires = \"{expires}\"\n"
        );
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        brief(folder.path(), &["--query", "iam.root-console-login"])
    };
    let held = suppress("2099-01-01");
    assert_eq!(
        (count(&held, "iam.root-console-login"), held["suppressed"].as_array().unwrap().len()),
        (0, 2)
    );
    let rule = &held["suppressed"][0]["suppression"];
    assert_eq!((&rule["reason"], &rule["owner"]), (&json!("announced"), &json!("ana")));
    assert_eq!(held["suppressions"][0]["matched"], 2);

    let expired = suppress("2020-01-01");
    assert_eq!(
        (count(&expired, "iam.root-console-login"), expired["suppressed"].as_array().unwrap().len()),
        (2, 0)
    );
    assert_eq!(expired["suppressions"][0]["expired"], true);
}
