//! What a record leaves out, or writes in another way, means the same to every detection.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::common::{base, log_file};

/// Detections that read the fields in question.
const QUERY: &str = "iam.access-key-created,iam.root-console-login,iam.root-api-activity,activity.resource-deletion,\
                     console.login-success";

fn trailbrief(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The ids of the detections that find something in these records, with the actors.
fn found(records: &[Value]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json.gz"), log_file(records)).unwrap();
    let day = ["--from", "2026-03-10", "--to", "2026-03-11"];
    let run = [&["run", "--logs", ".", "--format", "json", "--query", QUERY][..], &day].concat();
    let brief: Value = serde_json::from_str(&trailbrief(folder.path(), &run)).unwrap();
    assert_eq!(brief["failures"], json!([]));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |finding: &Value| {
        let actor = text(&finding["actor"]);
        let wider = finding["replaces"].as_array().unwrap();
        let ids = std::iter::once(&finding["detection"]).chain(wider).map(text);
        ids.map(|id| (id, actor.clone())).collect::<Vec<_>>()
    };
    brief["findings"].as_array().unwrap().iter().flat_map(of).collect()
}

fn with(name: &str, changes: &[(&str, Value)]) -> Value {
    let mut record = base(name);
    for (key, value) in changes {
        match value {
            Value::Null => drop(record.as_object_mut().unwrap().remove(*key)),
            value => record[*key] = value.clone(),
        }
    }
    record
}

#[test]
fn what_says_nothing_counts_as_absent() {
    let usual = found(&[base("create-access-key"), base("console-login-root"), base("delete-db-instance")]);
    assert!(usual.len() > 3, "{usual:?}");
    let same = |changes: &[(&str, Value)]| {
        let records = ["create-access-key", "console-login-root", "delete-db-instance"];
        assert_eq!(found(&records.map(|name| with(name, changes))), usual, "{changes:?}");
    };
    same(&[("errorCode", json!("")), ("errorMessage", json!(""))]);
    same(&[("errorCode", json!("200"))]);
    same(&[("errorCode", json!("None"))]);
    same(&[("readOnly", Value::Null), ("managementEvent", Value::Null), ("eventVersion", json!("1.04"))]);
    same(&[("readOnly", json!("False")), ("managementEvent", json!("True"))]);
    same(&[("readOnly", json!("")), ("eventType", json!("")), ("recipientAccountId", json!(""))]);
    same(&[("eventType", Value::Null), ("recipientAccountId", Value::Null)]);
}

#[test]
fn an_identity_may_be_a_text_and_lack_its_type() {
    let usual = found(&[base("console-login-root"), base("root-api-call")]);
    let change = |change: &dyn Fn(&mut Value)| {
        let mut records = [base("console-login-root"), base("root-api-call")];
        records.iter_mut().for_each(|record| change(&mut record["userIdentity"]));
        assert_eq!(found(&records), usual);
    };
    change(&|identity| *identity = json!(identity.to_string()));
    change(&|identity| drop(identity.as_object_mut().unwrap().remove("type")));
    change(&|identity| identity["type"] = json!(""));
    change(&|identity| identity["invokedBy"] = json!(""));
}

/// Columns that a rule changes, and one that only loses empty text.
#[cfg(feature = "aws")]
const COLUMNS: [&str; 8] = [
    "errorcode",
    "readonly",
    "managementevent",
    "sessioncredentialfromconsole",
    "eventtype",
    "eventid",
    "useragent",
    "requestparameters",
];

#[cfg(feature = "aws")]
#[test]
fn both_engines_understand_a_record_alike() {
    use trailbrief::testing::engine::athena::normal;
    let values = ["", "200", "-", "AccessDenied", "True", "false", "FALSE", "yes", "REDACTED"];
    let keys = [
        "errorCode",
        "readOnly",
        "managementEvent",
        "sessionCredentialFromConsole",
        "eventType",
        "eventID",
        "userAgent",
    ];
    let mut records = Vec::new();
    for name in ["create-access-key", "console-login-root", "secret-get-value", "kms-disable-key"] {
        for key in keys {
            records.push(with(name, &[(key, Value::Null)]));
            records.extend(values.iter().map(|value| with(name, &[(key, json!(value))])));
        }
    }
    for (number, record) in records.iter_mut().enumerate() {
        record["requestID"] = json!(number.to_string());
        record["requestParameters"] = json!({ "userName": "x y", "n": number });
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json.gz"), log_file(&records)).unwrap();
    let text = |value: String| format!("COALESCE({value}, 'NULL')");
    let select = |columns: Vec<String>, rest: &str| {
        let columns: Vec<String> =
            COLUMNS.iter().zip(columns).map(|(name, value)| format!("{} AS {name}_", text(value))).collect();
        format!("SELECT {rest}{} FROM events", columns.join(", "))
    };
    let sql = select(COLUMNS.map(normal::column).to_vec(), "requestid AS number, ");
    let answer = trailbrief(folder.path(), &["query", "--logs", ".", "--format", "json", &sql]);
    let mut on_athena: Vec<Value> = serde_json::from_str(&answer).unwrap();

    fs::create_dir_all(folder.path().join("library/test")).unwrap();
    let standard = "eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region, 'a' AS actor, \
                    eventname AS action, requestid AS resource, sourceipaddress AS source_ip, eventid AS event_id, \
                    requestid AS number, ";
    let body = select(COLUMNS.map(str::to_owned).to_vec(), standard);
    let header = r#"-- ---
-- id = "test.all"
-- title = "An event"
-- description = "Every event."
-- severity = "low"
-- status = "stable"
-- packs = ["tiny"]
-- attack = ["TA0001:T1078.004"]
-- about = ["resource"]
-- says = "{resource}"
-- benign = ["announced"]
-- steps = ["ask"]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"]
-- ---
"#;
    fs::write(folder.path().join("library/test/all.sql"), format!("{header}{body}\n")).unwrap();
    fs::write(folder.path().join("trailbrief.toml"), "[library]\npaths = [\"library\"]\n").unwrap();
    let run = [
        "run",
        "--logs",
        "a.json.gz",
        "--format",
        "json",
        "--query",
        "test.all",
        "--from",
        "2026-03-10",
        "--to",
        "2026-03-11",
    ];
    let brief: Value = serde_json::from_str(&trailbrief(folder.path(), &run)).unwrap();
    let mut in_files: Vec<Value> =
        brief["findings"].as_array().unwrap().iter().map(|finding| finding["details"].clone()).collect();
    let number = |row: &Value| row["number"].as_str().unwrap().parse::<usize>().unwrap();
    on_athena.sort_by_key(number);
    in_files.sort_by_key(number);
    assert_eq!(in_files.len(), records.len());
    for (in_files, on_athena) in in_files.iter().zip(&on_athena) {
        assert_eq!(in_files, on_athena);
    }
}

#[test]
fn what_is_not_documented_is_counted_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let mut odd =
        with("create-user", &[("eventVersion", json!("1.99")), ("userIdentity", json!("{type=Root}"))]);
    odd["newField"] = json!({"a": 1});
    odd["requestParameters"] = json!([]);
    odd["readOnly"] = json!("false");
    let mut other = base("create-access-key");
    other["newField"] = json!(null);
    other["eventName"] = json!("CreateUser20260101v2");
    fs::write(folder.path().join("a.json.gz"), log_file(&[odd])).unwrap();
    fs::write(folder.path().join("b.json.gz"), log_file(&[other, base("console-login-root")])).unwrap();
    let day = ["--from", "2026-03-10", "--to", "2026-03-11"];
    let run = |format| ["run", "--logs", ".", "--query", "iam.user-changed", "--format", format];
    let json = trailbrief(folder.path(), &[&run("json")[..], &day].concat());
    let brief: Value = serde_json::from_str(&json).unwrap();
    let id = "iam.user-changed";
    let of = |what: &str, records: u64, file: &str, ids: &[&str]| json!({"what": what, "records": records, "example": file, "detections": ids});
    assert_eq!(
        brief["coverage"]["drift"],
        json!([
            of("`requestParameters` is a list instead of an object", 1, "a.json.gz", &[id]),
            of("`userIdentity` is a text instead of an object", 1, "a.json.gz", &[id]),
            of("the event `CreateUser20260101v2` is another version of CreateUser", 1, "b.json.gz", &[id]),
            of("the field `newField` is not documented", 2, "a.json.gz", &[]),
            of("the version 1.99 is not documented", 1, "a.json.gz", &[id]),
        ])
    );
    let text = trailbrief(folder.path(), &[&run("text")[..], &day].concat());
    assert!(text.contains("the field `newField` is not documented (2 records"), "{text}");
}

#[test]
fn times_of_other_forms_are_those_of_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let forms = [json!("2026-03-10 12:00:03"), json!(1_773_144_003_000_u64), json!("2026-03-10T12:00:03")];
    let records: Vec<Value> =
        forms.iter().map(|form| with("create-access-key", &[("eventTime", form.clone())])).collect();
    fs::write(folder.path().join("a.json.gz"), log_file(&records)).unwrap();
    let run = ["run", "--logs", ".", "--query", "iam.access-key-created", "--format", "json"];
    let day = ["--from", "2026-03-10", "--to", "2026-03-11"];
    let brief: Value = serde_json::from_str(&trailbrief(folder.path(), &[&run[..], &day].concat())).unwrap();
    assert_eq!(brief["coverage"]["events_without_time"], 0, "{brief:#}");
    let times: Vec<&Value> =
        brief["findings"].as_array().unwrap().iter().map(|finding| &finding["event_time"]).collect();
    assert!(!times.is_empty() && times.iter().all(|time| **time == "2026-03-10T12:00:03Z"), "{times:?}");
}

/// Only candidates of Athena say where they lay. A record of a log file that claims it changes nothing: not the file that the
/// brief names, not the account, not when it was delivered.
#[test]
fn a_record_does_not_say_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let claims = [
        ("$path", json!("s3://other/AWSLogs/1/CloudTrail/x/2020/01/01/claimed_20200101T0000Z_x.json.gz")),
        ("$account", json!("999999999999")),
        ("$region", json!("claimed-1")),
        ("requestParameters", json!({"userName": "carol", "omitted": true})),
    ];
    for name in ["a.json.gz", "b.json.gz"] {
        let record = with("create-access-key", &claims);
        fs::write(folder.path().join(name), log_file(&[record, base("create-user")])).unwrap();
    }
    let run = ["run", "--logs", ".", "--query", "iam.access-key-created", "--format", "json"];
    let day = ["--from", "2026-03-10", "--to", "2026-03-11"];
    let brief: Value = serde_json::from_str(&trailbrief(folder.path(), &[&run[..], &day].concat())).unwrap();
    // Both files have the event; the one that is read first is named.
    let file = brief["undecidable"][0]["file"].as_str().unwrap();
    assert!(["a.json.gz", "b.json.gz"].contains(&file), "{brief:#}");
    assert_eq!(brief["undecidable"][0]["account_id"], "123456789012");
    let query = [
        "query",
        "--logs",
        ".",
        "--format",
        "csv",
        "SELECT DISTINCT account, region, \"$path\" FROM events ORDER BY 3",
    ];
    let rows = trailbrief(folder.path(), &query);
    assert!(!rows.contains("claimed") && !rows.contains("999999999999"), "{rows}");
    assert!(rows.contains("a.json.gz") && rows.contains("b.json.gz"), "{rows}");
}

/// The narrower detection's finding names the wider ones. Suppressed, it hides nothing, and in a next run it is still known.
#[test]
fn a_run_reports_an_event_by_the_detection_that_says_most() {
    let folder = tempfile::tempdir().unwrap();
    let record = with("console-login-root", &[("additionalEventData", json!({"MFAUsed": "No"}))]);
    fs::write(folder.path().join("a.json.gz"), log_file(&[record])).unwrap();
    let day = ["--from", "2026-03-10", "--to", "2026-03-11"];
    let run = ["run", "--logs", ".", "--format", "json", "--query", "iam.root-*,console.login-*"];
    let found = |more: &[&str]| {
        let brief: Value =
            serde_json::from_str(&trailbrief(folder.path(), &[&run[..], &day, more].concat())).unwrap();
        let of = |finding: &Value| (finding["detection"].clone(), finding["replaces"].clone());
        brief["findings"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let wider = ["console.login-success", "iam.root-console-login"];
    assert_eq!(found(&[]), [(json!("iam.root-console-login-no-mfa"), json!(wider))]);
    let suppress = "[[suppress]]\ndetection = \"iam.root-console-login-no-mfa\"\nreason = \"break glass\"\nowner = \"alice\"\n\
                    expires = \"2099-01-01\"\nwhere = \"true\"\n";
    fs::write(folder.path().join("trailbrief.toml"), suppress).unwrap();
    assert_eq!(
        found(&["--config", "trailbrief.toml"]),
        [(json!("iam.root-console-login"), json!(["console.login-success"]))]
    );
}
