//! `trailbrief query` on Athena: the answer of the embedded engine, by pages; what it lists and costs is shown.

use std::{fs, process::Output};

use serde_json::Value;

use super::{
    athena::{Athena, Fault},
    canned::Canned,
    command,
    runs::{SAMPLE, json},
    stderr, stdout,
};

const DAYS: [&str; 4] = ["--from", "2026-03-10", "--to", "2026-03-12"];

/// Asks with the sample's configuration, `[athena]` of which is this.
fn ask(athena: &Athena, settings: &str, arguments: &[&str]) -> Output {
    let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    let output = "output = \"s3://results-sample/athena/\"\n";
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("trailbrief.toml"), config.replace(output, settings)).unwrap();
    let mut command = command(own.path(), &[&["query"], arguments].concat());
    command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap()
}

const OUTPUT: &str = "output = \"s3://results-sample/athena/\"\n";

/// What the embedded engine answers over the same files.
fn embedded(arguments: &[&str]) -> String {
    let arguments = [&["query", "--logs", "AWSLogs", "--config", "trailbrief.toml"], arguments].concat();
    let output = command(SAMPLE.folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn both_engines_give_the_same_answer_in_every_form() {
    let athena = Athena::start();
    let sql = "SELECT eventsource, eventname, errorcode, '' AS nothing, count(*) AS n, count(*) / 3e0 AS share, \
               readonly = 'true' AS reads, json_parse('{\"a\": [1, \"x\"]}') AS nested \
               FROM events GROUP BY 1, 2, 3, readonly ORDER BY 1, 2, 3, n, reads";
    for form in ["table", "json", "csv"] {
        let arguments = [&[sql], DAYS.as_slice(), &["--format", form]].concat();
        let output = ask(&athena, OUTPUT, &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stdout(&output), embedded(&arguments), "{form}");
        assert!(stderr(&output).contains("scanned ") && stderr(&output).contains(" for about $0.0"));
    }
    assert_eq!(athena.executions().len(), 3, "every one is asked anew");
    let rows = json(&ask(&athena, OUTPUT, &[&[sql], DAYS.as_slice(), &["--format", "json"]].concat()));
    let row = &rows[0];
    assert!(row["n"].is_u64() && row["share"].is_f64() && row["nested"]["a"][1] == "x", "{row}");
    assert!(row["nothing"] == "" && rows.as_array().unwrap().iter().any(|row| row["errorcode"].is_null()));
    // Partitions are those of the window, not those that the table projects.
    assert!(athena.executions()[0].sql.contains("\"timestamp\" BETWEEN '2026/03/10' AND '2026/03/12'"));
}

#[test]
fn a_long_answer_comes_by_pages_from_athena_s_own_keeping() {
    let athena = Athena::start();
    let arguments =
        [&["SELECT eventid FROM events ORDER BY eventid LIMIT 2500"], DAYS.as_slice(), &["--format", "csv"]]
            .concat();
    let output = ask(&athena, "workgroup = \"managed\"\n", &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), embedded(&arguments));
    assert_eq!(stdout(&output).lines().count(), 2_501);
    assert_eq!(athena.pages(), 3);
}

#[test]
fn accounts_and_lists_are_there_and_the_table_can_be_named() {
    let athena = Athena::start();
    let sql = "SELECT a.name, count(*) AS n FROM events e JOIN accounts a ON a.account_id = e.account \
               JOIN watchlist w ON w.list = 'log-buckets' GROUP BY 1 ORDER BY 1";
    let arguments = [&[sql], DAYS.as_slice(), &["--format", "csv"]].concat();
    let output = ask(&athena, OUTPUT, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), embedded(&arguments));
    let sql = "SELECT count(*) AS n FROM \"sample\".\"cloudtrail\" WHERE \"timestamp\" BETWEEN '2026/03/10' AND '2026/03/10'";
    let rows = json(&ask(&athena, OUTPUT, &[sql, "--format", "json"]));
    assert!(rows[0]["n"].as_u64().unwrap() > 1_000);
    assert_eq!(athena.executions().last().unwrap().sql, sql);
    // A nested value is only a text, and a note says so.
    let sql = "SELECT ARRAY['a', 'b'] AS list FROM events LIMIT 1";
    let output = ask(&athena, OUTPUT, &[&[sql], DAYS.as_slice(), &["--format", "json"]].concat());
    assert_eq!(json(&output)[0]["list"], "[a, b]");
    assert!(
        stderr(&output).contains("these nested columns as plain text: list (array); write CAST(… AS JSON)"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn every_day_is_listed_only_on_purpose() {
    let athena = Athena::start();
    let sql = "SELECT count(*) AS n FROM events";
    let output = ask(&athena, OUTPUT, &[sql]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("every_day", stderr(&output));
    assert!(athena.executions().is_empty());
    let rows = json(&ask(&athena, OUTPUT, &[sql, "--all-partitions", "--format", "json"]));
    assert!(rows[0]["n"].as_u64().unwrap() > 1_000);
}

#[test]
fn a_pasted_statement_runs_as_on_log_files() {
    let athena = Athena::start();
    let logs = "SELECT '?' AS mark, l.eventname, count(*) AS n FROM \"AwsDataCatalog\".\"default\".\"CloudTrail_Logs\" AS l \
                WHERE l.eventname LIKE ? AND l.eventname <> ? GROUP BY 1, 2 ORDER BY 2 ; -- ?";
    let qualified = "SELECT default.cloudtrail_logs.eventname FROM default.cloudtrail_logs WHERE eventname LIKE ? AND eventname <> ? ORDER BY 1";
    for (sql, first) in [(logs, "Get%"), (qualified, "'List%'")] {
        let given = ["--table", "default.cloudtrail_logs", "--param", first, "--param", "GetObject"];
        let arguments = [&[sql], DAYS.as_slice(), &given, &["--format", "csv"]].concat();
        let output = ask(&athena, OUTPUT, &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).lines().count() > 2);
        assert_eq!(stdout(&output), embedded(&arguments));
    }
    let executions = athena.executions();
    assert_eq!(executions[0].params, ["'Get%'", "'GetObject'"]);
    assert_eq!(executions[1].params, ["'List%'", "'GetObject'"]);
    assert!(executions[0].sql.contains("LIKE ? AND") && executions[0].sql.contains("'2026/03/12'"));
    // The table's own name takes a window, too, if `--table` says that it means `events`.
    let own = ["SELECT count(*) AS n FROM sample.cloudtrail", "--table", "cloudtrail", "--format", "json"];
    let rows = json(&ask(&athena, OUTPUT, &[&own, DAYS.as_slice()].concat()));
    assert!(rows[0]["n"].as_u64().unwrap() > 1_000);
}

#[test]
fn what_is_no_query_never_reaches_athena() {
    let athena = Athena::start();
    let mut transcript = String::new();
    for arguments in [
        &["CREATE VIEW v AS\nSELECT 1"][..],
        &["UNLOAD (SELECT 1) TO 's3://b/'"],
        &["SELECT 1; SELECT 2"],
        &["SELECT ?"],
        &["SELECT :name"],
        &["SELECT ?", "--param", "(SELECT 1)"],
        &["WITH logs AS (SELECT * FROM a.logs) SELECT 1 FROM logs", "--table", "logs"],
    ] {
        let output = ask(&athena, OUTPUT, arguments);
        transcript += &format!("{}\n{}", output.status.code().unwrap(), stderr(&output));
    }
    assert!(athena.executions().is_empty());
    insta::assert_snapshot!("no_query", transcript);
}

#[test]
fn failures_are_shown_and_statements_that_nobody_waits_for_are_stopped() {
    let sql = [&["SELECT eventid FROM events"], DAYS.as_slice()].concat();
    let mut transcript = String::new();
    for (fault, settings, arguments) in [
        (Some(Fault::Fails), OUTPUT.to_owned(), &sql[..]),
        (Some(Fault::Stuck), format!("{OUTPUT}timeout = \"1s\"\n"), &sql),
        (None, OUTPUT.to_owned(), &["DROP TABLE cloudtrail"]),
        (None, OUTPUT.to_owned(), &["SELECT eventid FROM cloudtrail", "--last", "1h"]),
    ] {
        let athena = Athena::start();
        athena.fail(fault.as_slice());
        let output = ask(&athena, &settings, arguments);
        assert_eq!(stdout(&output), "");
        transcript += &format!("{}\n{}", output.status.code().unwrap(), stderr(&output));
        assert_eq!(athena.stopped(), usize::from(fault == Some(Fault::Stuck)));
    }
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{8}-0000-4000-8000-000000000000", "[ID]");
    settings.bind(|| insta::assert_snapshot!("failed", transcript));

    let athena = Athena::start();
    athena.fail(&[Fault::FailsAgain, Fault::QueuedAgain]);
    let again = ask(&athena, OUTPUT, &sql);
    assert!(again.status.success() && athena.executions().len() == 2, "{}", stderr(&again));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_the_statement() {
    use std::process::{Command, Stdio};

    let athena = Athena::start();
    athena.fail(&[Fault::Stuck]);
    let folder = SAMPLE.folder.path();
    let arguments =
        [&["query", "--config", "service.toml", "SELECT eventid FROM events"], DAYS.as_slice()].concat();
    let mut command = command(folder, &arguments);
    command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).stderr(Stdio::piped()).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    athena.started();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("was stopped"), "{}", stderr(&output));
    assert_eq!(athena.stopped(), 1);
}

#[test]
fn results_are_kept_as_configured() {
    let athena = Athena::start();
    let keeping = "encryption = \"cse-kms:alias/results\"\nexpected_bucket_owner = \"111122223333\"\n";
    let arguments = [&["SELECT count(*) AS n FROM events"], DAYS.as_slice(), &["--format", "json"]].concat();
    let rows = json(&ask(&athena, &format!("{OUTPUT}{keeping}"), &arguments));
    assert!(rows[0]["n"].is_u64());
    let kept: &Value = &athena.executions()[0].keeping;
    assert_eq!(
        kept["EncryptionConfiguration"],
        serde_json::json!({"EncryptionOption": "CSE_KMS", "KmsKey": "alias/results"})
    );
    assert_eq!(kept["ExpectedBucketOwner"], "111122223333");
    let run = [&["--query", "iam.root*", "--format", "json"], DAYS.as_slice()].concat();
    // What Athena encrypted only Athena can read: the run takes pages, too, as it does from Athena's own keeping.
    for settings in [format!("{OUTPUT}{keeping}"), "workgroup = \"managed\"\n".to_owned()] {
        let athena = Athena::start();
        let config = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
        let own = tempfile::tempdir().unwrap();
        fs::write(own.path().join("trailbrief.toml"), config.replace(OUTPUT, &settings)).unwrap();
        let mut command = command(own.path(), &[&["run"], run.as_slice()].concat());
        let brief = json(&command.env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap());
        assert_eq!(brief["failures"], serde_json::json!([]));
        let roots = |brief: &Value| -> Vec<Value> {
            let findings = brief["findings"].as_array().unwrap().iter();
            let root = |finding: &&Value| finding["detection"].as_str().unwrap().starts_with("iam.root");
            findings.filter(root).map(|finding| finding["fingerprint"].clone()).collect()
        };
        assert_eq!(roots(&brief), roots(&SAMPLE.local));
        assert!(athena.pages() > 0 && !roots(&brief).is_empty());
    }
}

/// The statement runs on meanwhile, and is paid for whether anybody reads its answer or not.
#[test]
fn a_service_that_does_not_answer_for_a_moment_ends_nothing() {
    let down = std::sync::atomic::AtomicUsize::new(0);
    let canned = Canned::start(move |operation, _, _| {
        let id = "00000000-0000-4000-8000-000000000000";
        match operation {
            "StartQueryExecution" => (200, serde_json::json!({"QueryExecutionId": id})),
            // More often than the SDK tries by itself.
            "BatchGetQueryExecution" if down.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 4 => {
                (500, serde_json::json!({"__type": "InternalServerException", "Message": "try again"}))
            }
            "BatchGetQueryExecution" => (
                200,
                serde_json::json!({"QueryExecutions": [{"QueryExecutionId": id, "Status": {"State": "SUCCEEDED"}}]}),
            ),
            _ => (
                200,
                serde_json::json!({"ResultSet": {
                    "Rows": [{"Data": [{"VarCharValue": "n"}]}, {"Data": [{"VarCharValue": "7"}]}],
                    "ResultSetMetadata": {"ColumnInfo": [{"Name": "n", "Type": "bigint"}]}}}),
            ),
        }
    });
    let arguments =
        [&["query", "--config", "service.toml", "SELECT count(*) AS n FROM events"], DAYS.as_slice()]
            .concat();
    let mut command = command(SAMPLE.folder.path(), &[&arguments, ["--format", "csv"].as_slice()].concat());
    let output = command.env("AWS_ENDPOINT_URL_ATHENA", &canned.url).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "\"n\"\n\"7\"\n");
    assert!(!canned.asked().contains(&"StopQueryExecution".to_owned()));
}
