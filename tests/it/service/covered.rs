//! What a brief of a run on Athena says of coverage: who delivered in the window, and what nobody looked at.

use std::fs;

use serde_json::Value;

use super::{
    athena::Athena,
    command,
    runs::{SAMPLE, json},
    stderr, stdout,
};

const DAYS: [&str; 4] = ["--from", "2026-03-10", "--to", "2026-03-12"];

/// What lies outside of the table is told: here it covers one region, and those of console sign-ins.
#[test]
fn a_run_says_what_the_table_does_not_cover() {
    let athena = Athena::start();
    let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    let own = tempfile::tempdir().unwrap();
    let narrow = config.replace(
        "database =",
        "name = \"narrow\"\nsince = \"1900-01-01\"\nregions = [\"us-east-1\"]\ndatabase =",
    );
    fs::write(own.path().join("trailbrief.toml"), narrow).unwrap();
    assert!(command(own.path(), &["table", "apply"]).output().unwrap().status.success());
    let arguments = [&["run", "--query", "iam.root*", "--format", "json"], DAYS.as_slice()].concat();
    let mut command = command(own.path(), &arguments);
    let brief = json(&command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap());
    let notes = brief["run"]["notes"].to_string();
    assert!(notes.contains("these logs were not read, as the table does not cover them: "), "{notes}");
    let seen = |brief: &Value| brief["coverage"]["regions_seen"].as_array().unwrap().len();
    assert!(0 < seen(&brief) && seen(&brief) < seen(&SAMPLE.local), "{}", brief["coverage"]);
    // A window of so many months takes too many requests.
    let arguments =
        ["run", "--query", "iam.root*", "--format", "json", "--from", "1900-01-01", "--to", "2026-03-12"];
    let mut command = super::command(own.path(), &arguments);
    let brief = json(&command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap());
    let notes = brief["run"]["notes"].to_string();
    assert!(notes.contains("which accounts and regions delivered logs is not known: that takes "), "{notes}");
    assert_eq!(brief["coverage"]["accounts_seen"], serde_json::json!([]));
}

#[test]
fn a_schedule_s_brief_names_who_is_silent() {
    let athena = Athena::start();
    let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    let own = tempfile::tempdir().unwrap();
    let more = "\n[[accounts]]\nid = \"999988887777\"\nname = \"never\"\n";
    let config = config.replace("database =", "name = \"scheduled\"\ndatabase =");
    fs::write(own.path().join("trailbrief.toml"), config + more).unwrap();
    let arguments =
        ["run", "--schedule", "daily", "--at", "2026-03-12T00:00:00Z", "--no-notify", "--format", "json"];
    let mut command = command(own.path(), &arguments);
    let output = command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap();
    let brief = json(&output);
    let listed = |key: &str| brief["coverage"][key].as_array().unwrap().clone();
    assert!(listed("accounts_silent").contains(&serde_json::json!("999988887777")), "{}", brief["coverage"]);
    assert!(listed("accounts_seen").len() > 2 && !listed("regions_seen").is_empty(), "{}", stderr(&output));
    let notes = brief["run"]["notes"].to_string();
    assert!(notes.contains("known accounts that never delivered logs: 999988887777"), "{notes}");
}

/// Athena answers nothing for days that the table does not project, and no error either.
#[test]
fn what_was_delivered_before_the_table_begins_is_told_not_to_be_read() {
    let athena = Athena::start();
    let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    let own = tempfile::tempdir().unwrap();
    let late = config.replace("database =", "name = \"late\"\nsince = \"2026-03-11\"\ndatabase =");
    fs::write(own.path().join("trailbrief.toml"), late).unwrap();
    assert!(command(own.path(), &["table", "apply"]).output().unwrap().status.success());
    let told = |arguments: &[&str], form: &[&str]| {
        let mut command = command(own.path(), &[arguments, &DAYS, form].concat());
        command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap()
    };
    let note = "the table begins on 2026-03-11: nothing that was delivered before was read. Set `since`";
    let brief = json(&told(&["run", "--query", "iam.root*"], &["--format", "json"]));
    assert!(brief["run"]["notes"].to_string().contains(note), "{}", brief["run"]["notes"]);
    let silent = brief["coverage"]["days_silent"].to_string();
    assert!(silent.contains("2026/03/10"), "nobody read that day: {}", brief["coverage"]);
    for form in ["text", "json"] {
        let plan = told(&["plan", "--query", "iam.root*"], &["--format", form]);
        assert!(stdout(&plan).contains(note), "{}", stdout(&plan));
    }
    let rows = told(&["query", "SELECT count(*) AS n FROM events"], &[]);
    assert!(stderr(&rows).contains(note), "{}", stderr(&rows));
    let later =
        ["run", "--query", "iam.root*", "--format", "json", "--from", "2026-03-11", "--to", "2026-03-12"];
    let mut command = command(own.path(), &later);
    let brief = json(&command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap());
    assert!(!brief["run"]["notes"].to_string().contains("the table begins"), "{}", brief["run"]["notes"]);
}
