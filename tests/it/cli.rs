//! The real program: output, exit codes, messages for mistakes people make.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::common::{base, empty_config, log_file};

/// Runs the program in a directory, without the environment's configuration.
pub fn trailbrief(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A directory with two root sign-ins as loose files, one of them delivered twice.
fn logs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut second = base("console-login-root");
    second["eventID"] = json!("00000000-0000-4000-8000-00000000cafe");
    second["userAgent"] = json!("\u{1b}[31m=cmd()<script>");
    fs::write(folder.path().join("a.json.gz"), log_file(&[base("console-login-root")])).unwrap();
    fs::write(folder.path().join("b.json.gz"), log_file(&[base("console-login-root"), second])).unwrap();
    folder
}

const WINDOW: [&str; 4] = ["--from", "2026-03-10T00:00:00Z", "--to", "2026-03-11T00:00:00Z"];

fn run(folder: &Path, more: &[&str]) -> Output {
    trailbrief(folder, &[&["run", "--logs", "."], WINDOW.as_slice(), more].concat())
}

#[test]
fn a_run_tells_each_event_once_and_keeps_its_contract() {
    let logs = logs();
    let output = run(logs.path(), &["--query", "iam.root-console-login", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let brief: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(brief["schema_version"], 1);
    assert_eq!(
        brief["run"]["window"],
        json!({"start": "2026-03-10T00:00:00Z", "end": "2026-03-11T00:00:00Z"})
    );
    for (key, value) in [("files_read", 2), ("events_read", 3), ("duplicates_dropped", 1), ("candidates", 2)]
    {
        assert_eq!(brief["run"][key], value, "{key}");
    }
    let findings = brief["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2);
    for key in [
        "detection",
        "severity",
        "state",
        "fingerprint",
        "event_id",
        "event_time",
        "event_ids",
        "account_id",
        "account_name",
        "region",
        "actor",
        "action",
        "resource",
        "source_ip",
        "details",
    ] {
        assert!(findings[0].get(key).is_some(), "`{key}` is missing");
    }
    for key in ["suppressed", "failures", "problems", "coverage"] {
        assert!(brief.get(key).is_some(), "`{key}` is missing");
    }
    assert!(!stdout(&output).contains('\u{1b}'));
}

#[test]
fn every_form_of_the_brief_is_written_and_harmless() {
    let logs = logs();
    let output = run(logs.path(), &["--query", "iam.root-console-login", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stdout(&output).contains('\u{1b}'));
    for name in ["brief.txt", "brief.html", "brief.json", "brief.slack.json", "findings.csv"] {
        let text = fs::read_to_string(logs.path().join("out").join(name)).unwrap();
        assert!(text.contains("root"), "{name} is empty");
        assert!(!text.contains('\u{1b}'), "{name}");
        assert!(!name.ends_with("html") || !text.contains("<script"), "{name}");
    }
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let logs = logs();
    let code = |more: &[&str]| run(logs.path(), more).status.code();
    let root = ["--query", "iam.root-console-login"];
    assert_eq!(code(&[&root[..], &["--fail-on", "critical"]].concat()), Some(1));
    assert_eq!(code(&["--query", "messaging.sns-topic-deleted", "--fail-on", "info"]), Some(0));
    assert_eq!(code(&["--query", "no.such-thing"]), Some(2));
    assert_eq!(trailbrief(logs.path(), &["run", "--logs", "gone", "--last", "1h"]).status.code(), Some(2));
    assert_eq!(trailbrief(logs.path(), &["run"]).status.code(), Some(2));
    // Before anything is asked or paid.
    assert_eq!(code(&["--out", "a.json.gz"]), Some(2));
    fs::create_dir_all(logs.path().join("mine/own")).unwrap();
    fs::write(logs.path().join("mine/own/broken.sql"), "-- ---\n-- id = \"own.broken\"\n-- ---\nSELECT")
        .unwrap();
    fs::write(logs.path().join("trailbrief.toml"), "[library]\npaths = [\"mine\"]\n").unwrap();
    assert_eq!(code(&root), Some(4));
    assert_eq!(trailbrief(logs.path(), &["check"]).status.code(), Some(2));
}

/// A directory without a log file is not a quiet window.
#[test]
fn a_run_that_read_no_log_is_incomplete() {
    let empty = tempfile::tempdir().unwrap();
    let output = run(empty.path(), &["--query", "iam.root-console-login"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(stdout(&output).contains("No findings, but no log was read"), "{}", stdout(&output));
    // The schedule searches the same time again.
    let hourly = |time: &str| {
        let at = ["run", "--logs", ".", "--schedule", "hourly", "--format", "json", "--at", time];
        let output = trailbrief(empty.path(), &at);
        let brief: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), brief["run"]["window"]["start"].as_str().unwrap().to_owned())
    };
    assert_eq!(hourly("2026-03-10T10:00:00Z"), (Some(4), "2026-03-10T09:00:00Z".to_owned()));
    assert_eq!(hourly("2026-03-10T11:00:00Z"), (Some(4), "2026-03-10T09:00:00Z".to_owned()));
}

/// CloudTrail delivers what it could not deliver for up to 30 days.
#[test]
fn a_run_on_demand_reads_later_deliveries_with_late() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/13");
    fs::create_dir_all(&folder).unwrap();
    let mut record = base("console-login-root");
    record["eventTime"] = json!("2026-03-10T12:00:00Z");
    let name = "123456789012_CloudTrail_us-east-1_20260313T0805Z_AbCdEfGhIjKlMnOp.json.gz";
    fs::write(folder.join(name), log_file(&[record])).unwrap();
    let brief = |more: &[&str]| -> Value {
        let asked = [&["--query", "iam.root-console-login", "--format", "json"], more].concat();
        serde_json::from_slice(&run(place.path(), &asked).stdout).unwrap()
    };
    let usual = brief(&[]);
    assert_eq!(usual["findings"], json!([]));
    assert_eq!(usual["coverage"]["delivered_until"], "2026-03-12T00:00:00Z");
    assert_eq!(brief(&["--late", "1d"])["findings"], json!([]));
    assert_eq!(brief(&["--late", "3d"])["findings"].as_array().unwrap().len(), 1);
}

/// A detection that is not there gives no answer, and nobody misses it unless the brief shows it.
#[test]
fn detections_that_cannot_be_read_are_reported() {
    let logs = logs();
    fs::create_dir_all(logs.path().join("mine/own")).unwrap();
    fs::write(logs.path().join("mine/own/latin.sql"), b"-- \xe9").unwrap();
    let config = "[library]\npaths = [\"mine\", \"gone\"]\ndisable = [\"iam.gone-*\"]\n[schedules.hourly]\n\
                  packs = [\"hourly\", \"hurly\"]\n";
    fs::write(logs.path().join("trailbrief.toml"), config).unwrap();
    let output = run(logs.path(), &["--query", "iam.root-console-login", "--format", "json"]);
    let brief: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (notes, shown) = (brief["run"]["notes"].to_string(), stderr(&output));
    for words in
        ["latin.sql`: it is not UTF-8 after byte 3", "gone`: no such file or directory", "runs pack `hurly`"]
    {
        assert!(notes.contains(words), "{words}: {notes}");
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.contains("warning: `iam.gone-*` names no detection"), "{shown}");
    assert!(shown.contains("did you mean `hourly`?"), "{shown}");
}

/// A run finds it out when there is a finding, which is when it is too late.
#[test]
fn conditions_of_suppressions_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let one = |detection: &str, condition: &str| {
        format!(
            "[[suppress]]\ndetection = \"{detection}\"\nwhere = \"{condition}\"\nreason = \"r\"\nowner = \"o\"\n\
             expires = \"2099-01-01\"\n"
        )
    };
    let check = |config: &str| {
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        let output = trailbrief(folder.path(), &["check"]);
        (output.status.code(), stdout(&output))
    };
    let good = [
        one("iam.root-console-login", "mfa_used = 'No' AND actor LIKE '%:root'"),
        one("*", "account_name = 'sandbox'"),
    ];
    let (code, shown) = check(&good.concat());
    assert!(code == Some(0) && shown.contains("0 errors, 0 warnings"), "{shown}");
    let (code, shown) = check(&one("iam.root-*", "acount_id = '123456789012'"));
    assert!(code == Some(2) && shown.contains("trailbrief.toml:1:1"), "{shown}");
    assert!(
        shown.contains("`where` cannot be evaluated for iam.root-") && shown.contains("acount_id"),
        "{shown}"
    );
    assert_eq!(check(&one("iam.root-*", "actor LIKE")).0, Some(2));
    // A column that some of the detections have.
    let (code, shown) = check(&one("iam.root-*", "mfa_used = 'No'"));
    assert!(code == Some(0) && shown.contains("0 errors, 1 warning\n"), "{shown}");
}

/// Whoever reads a script may have had enough of it.
#[test]
fn a_closed_pipe_is_no_failure() {
    for arguments in [&["completions", "bash"][..], &["list"], &["show", "iam.root-console-login"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trailbrief"));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.args(arguments).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    let logs = logs();
    let config = empty_config().to_string_lossy().into_owned();
    for (arguments, words) in [
        (&["run", "--logs", "."][..], &["no window", "--last 24h"][..]),
        (&["run", "--logs", ".", "--last", "24"], &["24", "24h"]),
        (&["run", "--logs", ".", "--last", "999999999999d"], &["999999999999d", "at most 100 years"]),
        (&["run", "--logs", ".", "--from", "2026-03-11", "--to", "2026-03-10"], &["empty"]),
        (&["run", "--logs", ".", "--from", "yesterday", "--to", "2026-03-10"], &["yesterday", "2026-03-10"]),
        (
            &["run", "--logs", ".", "--last", "1h", "--query", "iam.root-console-logn"],
            &["iam.root-console-login"],
        ),
        (&["run", "--logs", ".", "--schedule", "weekly"], &["weekly", "hourly"]),
        (&["run", "--logs", ".", "--last", "1h", "--at", "2026-03-10"], &["`--at` needs `--schedule`"]),
        (&["run", "--logs", ".", "--last", "1h", "--no-state"], &["`--no-state` needs `--schedule`"]),
        (&["run", "--logs", ".", "--query", "iam.*", "--no-notify"], &["`--no-notify` needs `--schedule`"]),
        (&["run", "--logs", ".", "--at", "2026-03-10"], &["--schedule <NAME>"]),
        (&["run", "--logs", "gone", "--last", "1h"], &["gone", "give a directory"]),
        (&["run", "--logs", "ftp://x", "--last", "1h"], &["ftp://x", "s3://"]),
        (&["run", "--logs", ".", "--last", "1h", "--out", "a.json.gz"], &["a.json.gz", "--out"]),
        (&["show", "iam.root-console"], &["did you mean"]),
        (&["query", "--logs", ".", "SELECT evenname FROM events"], &["line 1:8", "evenname", "eventname"]),
        (&["query", "--logs", ".", "SELECT\n  foo(eventname) FROM events"], &["line 2:3", "foo"]),
        (&["query", "--logs", ".", "SELECT eventname FROM evnts"], &["line 1:23", "evnts"]),
        (&["query", "--logs", ".", "SELECT eventname FRM events"], &["line 1"]),
        (&["query", "--logs", ".", "-f", "gone.sql"], &["gone.sql"]),
        (&["--config", "x"], &["--config"]),
    ] {
        let output = trailbrief(logs.path(), arguments);
        let shown = stderr(&output);
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!shown.contains("panicked"), "{arguments:?}: {shown}");
        for word in words {
            assert!(shown.contains(word), "{arguments:?} does not say `{word}`:\n{shown}");
        }
    }
    let output = trailbrief(logs.path(), &["list", "--config", &config]);
    assert!(stdout(&output).lines().count() >= 25);
}

#[test]
fn ad_hoc_sql_is_answered_in_every_form() {
    let logs = logs();
    let sql = "WITH a AS (SELECT useridentity.type AS who, json_extract_scalar(responseelements, '$.ConsoleLogin') AS how \
               FROM events) SELECT who, how, count(*) AS n FROM a GROUP BY 1, 2";
    let ask = |form: &str| stdout(&trailbrief(logs.path(), &["query", "--logs", ".", "--format", form, sql]));
    assert_eq!(ask("csv"), "\"who\",\"how\",\"n\"\n\"Root\",\"Success\",\"3\"\n");
    assert_eq!(
        serde_json::from_str::<Value>(&ask("json")).unwrap(),
        json!([{"who": "Root", "how": "Success", "n": 3}])
    );
    assert!(ask("table").contains("Root  Success  3"));
}

#[test]
fn a_schedule_remembers_what_it_reported() {
    let logs = logs();
    let turn = |at: &str, more: &[&str]| {
        let fixed = ["run", "--logs", ".", "--schedule", "hourly", "--format", "json", "--at", at];
        let output = trailbrief(logs.path(), &[&fixed[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let brief: Value = serde_json::from_slice(&output.stdout).unwrap();
        let states: Vec<String> = brief["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["detection"] == "iam.root-console-login")
            .map(|finding| finding["state"].as_str().unwrap().to_owned())
            .collect();
        states
    };
    assert_eq!(turn("2026-03-10T12:30:00Z", &["--no-state"]), ["new", "new"]);
    assert_eq!(turn("2026-03-10T12:30:00Z", &[]), ["new", "new"]);
    assert_eq!(turn("2026-03-10T13:30:00Z", &[]), ["repeated", "repeated"]);
    let mut late = base("console-login-root");
    late["eventID"] = json!("00000000-0000-4000-8000-00000000feed");
    fs::write(logs.path().join("late.json.gz"), log_file(&[late])).unwrap();
    let mut states = turn("2026-03-10T14:00:00Z", &[]);
    states.sort();
    assert_eq!(states, ["late", "repeated", "repeated"]);
    let again = trailbrief(
        logs.path(),
        &["run", "--logs", ".", "--schedule", "hourly", "--at", "2026-03-10T14:00:00Z"],
    );
    assert_eq!(again.status.code(), Some(0));
    assert!(stderr(&again).starts_with("note: nothing is due"), "{}", stderr(&again));
}

#[test]
fn a_scheduled_run_logs_what_it_does_with_its_state_if_somebody_wants_it() {
    let logs = logs();
    let run = |at: &str, more: &[&str]| {
        let fixed = ["run", "--logs", ".", "--schedule", "hourly", "--at", at];
        stderr(&trailbrief(logs.path(), &[&fixed[..], more].concat()))
    };
    assert_eq!(run("2026-03-10T12:30:00Z", &[]), "");
    let logged = run("2026-03-10T13:30:00Z", &["-v"]);
    for (operation, thing) in [("claim", "hourly"), ("save", "hourly-20260310T133000Z")] {
        let line = format!("debug: call operation=\"state:{operation}\" thing=\"{thing}\" duration_ms=");
        assert!(logged.contains(&line), "{logged}");
    }
}

#[test]
fn a_query_over_nothing_says_why_before_it_shows_nothing() {
    let empty = tempfile::tempdir().unwrap();
    let command = format!(
        "'{}' query --logs . --last 7d 'SELECT eventid FROM events' 2>&1",
        env!("CARGO_BIN_EXE_trailbrief")
    );
    let output = Command::new("sh")
        .args(["-c", &command])
        .current_dir(empty.path())
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap();
    let shown = stdout(&output);
    let (before, _) = shown.split_once("(no rows)").unwrap();
    assert!(before.contains("warning: no log file was read"), "{shown}");
}
