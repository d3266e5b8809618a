//! Statements of their own on Athena: the same findings as by files and by one statement for all; what both cost.

use std::fs;

use serde_json::Value;

use super::{
    athena::{Athena, Fault},
    command,
    runs::{SAMPLE, asked, in_files, json, reported},
    stderr,
};

const DAYS: [&str; 6] = ["--from", "2026-03-10", "--to", "2026-03-12", "--format", "json"];

/// Single events, counts, bursts, a look-back, the accounts of the organization.
const PICKED: &str =
    "iam.root-console-login,activity.denied-burst,activity.denied-calls,console.login-failed";

fn run(athena: &Athena, more: &str, picked: &str) -> Value {
    let arguments = [["run", "--query", picked].as_slice(), &DAYS].concat();
    let output = asked(athena, more, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}\n{}", stderr(&output), super::stdout(&output));
    json(&output)
}

fn local(picked: &str) -> Value {
    json(&in_files(&[["run", "--query", picked].as_slice(), &DAYS].concat()))
}

fn notes(brief: &Value) -> String {
    brief["run"]["notes"].to_string()
}

#[test]
fn statements_of_their_own_find_what_files_and_one_statement_find() {
    let local = local(PICKED);
    assert!(reported(&local).len() > 3);
    let athena = Athena::start();
    let own = run(&athena, "scan = \"own\"\n", PICKED);
    assert_eq!(reported(&own), reported(&local));
    assert_eq!(athena.executions().len(), 4);
    assert!(notes(&own).contains("4 detections each had a statement of their own"), "{}", notes(&own));
    let shared = Athena::start();
    assert_eq!(reported(&run(&shared, "", PICKED)), reported(&local));
    assert_eq!(shared.executions().len(), 1);
}

#[test]
fn a_filter_that_athena_cannot_compile_means_statements_of_their_own() {
    let athena = Athena::start();
    athena.fail(&[Fault::TooLong]);
    let brief = run(&athena, "flood_factor = 100\n", PICKED);
    assert_eq!(reported(&brief), reported(&local(PICKED)));
    assert_eq!(athena.executions().len(), 1 + 4);
    let expected = "Athena could not compile the filter of all detections together, so 4 detections had statements of their own";
    assert!(notes(&brief).contains(expected), "{}", notes(&brief));
}

#[test]
fn too_many_candidates_mean_statements_of_their_own_and_the_brief_shows_it() {
    let athena = Athena::start();
    let brief = run(&athena, "candidates = 3\nflood_factor = 100\n", PICKED);
    assert_eq!(reported(&brief), reported(&local(PICKED)));
    // The window, halves or quarters of it, and one for each detection.
    let asked = athena.executions().len();
    assert!((4 + 3..=4 + 7).contains(&asked), "{asked}");
    assert!(
        notes(&brief).contains("there were more than 3 candidate events, so 4 detections"),
        "{}",
        notes(&brief)
    );
}

#[test]
fn a_flood_is_asked_again_in_parts_of_its_time() {
    let whole = run(&Athena::start(), "", PICKED);
    let candidates = whole["run"]["candidates"].as_u64().unwrap();
    assert!(candidates > 10 && whole["run"]["events_read"].as_u64().unwrap() > candidates, "{whole}");
    let athena = Athena::start();
    let brief = run(&athena, &format!("candidates = {}\n", candidates - 1), PICKED);
    assert_eq!(reported(&brief), reported(&whole));
    // The halves bring what detections need, and not the trace.
    assert_eq!(brief["run"]["candidates"], candidates, "each candidate once");
    let dropped = brief["run"]["duplicates_dropped"].as_u64().unwrap();
    assert_eq!(brief["run"]["events_read"], candidates + dropped);
    let asked = athena.executions();
    assert_eq!(asked.len(), 3, "the window and its halves");
    assert!(notes(&brief).contains("1 statement ran again over each half of its time"), "{}", notes(&brief));
}

/// Whatever a flood would cost: what is not asked gives no answer, and a schedule asks for it again.
#[test]
fn a_flood_does_not_multiply_the_bill() {
    let athena = Athena::start();
    let arguments = [["run", "--query", PICKED].as_slice(), &DAYS].concat();
    let output = asked(&athena, "candidates = 1\nflood_factor = 1\n", &arguments);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let brief = json(&output);
    let executions = athena.executions();
    assert_eq!(executions.len(), 2, "the window, and the worst detection alone");
    assert!(executions[1].scanned_bytes <= executions[0].scanned_bytes);
    let failures = brief["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 3, "{failures:?}");
    for failure in failures {
        assert_ne!(failure["detection"], "iam.root-console-login", "it has the highest severity");
        let reason = failure["reason"].as_str().unwrap();
        let words = "there were more than 1 candidate events, and a statement of its own was not run: what is asked in \
                     addition may cost 1 times as much as the shared statements, $0.0";
        assert!(reason.starts_with(words), "{reason}");
        assert!(failure["hint"].as_str().unwrap().contains("`flood_factor`"), "{failure}");
    }
    let words = "so 1 detection had statements of their own, which scan and cost more, and 3 gave no answer";
    assert!(notes(&brief).contains(words), "{}", notes(&brief));
}

#[test]
fn what_goes_wrong_with_statements_of_their_own_changes_nothing() {
    let athena = Athena::start();
    athena.fail(&[
        Fault::Down,
        Fault::Crowded,
        Fault::Crowded,
        Fault::Crowded,
        Fault::Gone,
        Fault::FailsAgain,
    ]);
    let brief = run(&athena, "scan = \"own\"\n", PICKED);
    assert_eq!(reported(&brief), reported(&local(PICKED)));
    assert_eq!(
        athena.executions().len(),
        6,
        "a result that is gone and a failure of Athena's cost one more each"
    );
}

const BY_DAY: &str = r#"-- ---
-- id = "test.by-day"
-- title = "Root user signed in, with the day of delivery"
-- description = "A sign-in of the root user."
-- severity = "low"
-- status = "stable"
-- packs = ["tiny"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id"]
-- says = "root signed in to {account_id}, delivered on {delivered}"
-- benign = ["announced"]
-- steps = ["ask"]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"]
-- ---
SELECT eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region, useridentity.arn AS actor,
       eventname AS action, CAST(NULL AS varchar) AS resource, sourceipaddress AS source_ip, eventid AS event_id,
       "timestamp" AS delivered
FROM events
WHERE eventsource = 'signin.amazonaws.com' AND eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
"#;

/// A candidate is an event without its folder.
#[test]
fn who_reads_the_day_of_delivery_has_a_statement_of_its_own() {
    let own = tempfile::tempdir().unwrap();
    fs::create_dir(own.path().join("test")).unwrap();
    fs::write(own.path().join("test/by-day.sql"), BY_DAY).unwrap();
    let more = format!("[library]\npaths = [\"{}\"]\n[athena]\n", own.path().display());
    let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    fs::write(own.path().join("trailbrief.toml"), config.replace("[athena]\n", &more)).unwrap();
    let athena = Athena::start();
    let arguments = [["run", "--query", "test.by-day,iam.root-console-login"].as_slice(), &DAYS].concat();
    let mut command = command(own.path(), &arguments);
    let brief = json(&command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap());
    assert!(
        notes(&brief).contains("test.by-day had a statement of its own: it reads the day"),
        "{}",
        notes(&brief)
    );
    assert_eq!(athena.executions().len(), 2);
}
