//! Which records are one event, and which events are one finding.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::common::{base, log_file};

/// Runs these detections over the log files of a folder, for the day of the base events; gives the brief as JSON.
fn brief(folder: &Path, query: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(["run", "--logs", ".", "--format", "json", "--query", query])
        .args(["--from", "2026-03-10", "--to", "2026-03-11"])
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The brief of records in one file.
fn brief_of(records: &[Value], query: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json.gz"), log_file(records)).unwrap();
    brief(folder.path(), query)
}

fn findings(brief: &Value) -> &Vec<Value> {
    brief["findings"].as_array().unwrap()
}

fn notes(brief: &Value) -> String {
    brief["run"]["notes"].to_string()
}

/// A base event at this second of noon.
fn at(name: &str, second: u32) -> Value {
    let mut record = base(name);
    record["eventTime"] = json!(format!("2026-03-10T12:00:{second:02}Z"));
    record
}

#[test]
fn events_that_share_an_id_are_kept_and_counted() {
    let mut key = at("create-access-key", 1);
    key["eventID"] = base("console-login-root")["eventID"].clone();
    let records = [key.clone(), at("console-login-root", 2), at("console-login-root", 3), key];
    let brief = brief_of(&records, "iam.access-key-created,iam.root-console-login");
    assert_eq!(findings(&brief).len(), 3, "{brief:#}");
    assert_eq!(brief["run"]["duplicates_dropped"], 1);
    assert!(
        notes(&brief).contains("2 events share an id with another event but differ"),
        "{}",
        notes(&brief)
    );
}

#[test]
fn without_an_id_the_content_distinguishes_events() {
    for id in [json!(null), json!(""), json!("-"), json!("REDACTED"), json!("N/A"), json!("0")] {
        let mut records: Vec<Value> = (0..3).map(|second| at("console-login-root", second)).collect();
        records.extend((0..20).map(|second| {
            let mut record = at("denied-call", second);
            record["eventName"] = json!(format!("Describe{}", second % 8));
            record
        }));
        for record in &mut records {
            record["eventID"] = id.clone();
        }
        let again = records[0].clone();
        let brief =
            brief_of(&[&records[..], &[again]].concat(), "iam.root-console-login,activity.denied-burst");
        assert_eq!(findings(&brief).len(), 4, "{id}: {brief:#}");
        assert_eq!(brief["run"]["duplicates_dropped"], 1, "{id}");
        assert_eq!(notes(&brief), "[]", "{id}");
        let burst = findings(&brief).iter().find(|finding| finding["occurrences"].is_number()).unwrap();
        assert_eq!(burst["occurrences"], 20, "{id}");
        let prints: std::collections::BTreeSet<_> =
            findings(&brief).iter().map(|finding| finding["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(prints.len(), 4, "{id}");
    }
}

/// The record that CloudTrail sends when it knows more of an event.
fn update_of(record: &Value, number: u32) -> Value {
    let mut update = record.clone();
    update["eventID"] = json!(format!("{number:08x}-0000-4000-8000-0000000000ad"));
    update["userAgent"] = json!("aws-cli/2.31.0 (updated)");
    update["addendum"] = json!({
        "reason": "UPDATED_DATA",
        "updatedFields": "userAgent",
        "originalRequestID": record["requestID"],
        "originalEventID": record["eventID"],
    });
    update
}

#[test]
fn a_record_that_updates_another_takes_its_place() {
    const QUERY: &str = "iam.access-key-created,console.login-success,console.login-no-mfa";
    let (key, login) = (base("create-access-key"), base("console-login"));
    let mut better = update_of(&key, 1);
    better["requestParameters"]["userName"] = json!("dora");
    let mut failed = update_of(&login, 2);
    failed["responseElements"]["ConsoleLogin"] = json!("Failure");
    let original = brief_of(std::slice::from_ref(&key), QUERY);
    for records in [[&key, &better, &login, &failed], [&failed, &better, &login, &key]] {
        let brief = brief_of(&records.map(Clone::clone), QUERY);
        assert_eq!(findings(&brief).len(), 1, "the sign-in failed, as is known by now: {brief:#}");
        let finding = &findings(&brief)[0];
        assert_eq!((&finding["resource"], &finding["event_id"]), (&json!("dora"), &key["eventID"]));
        assert_eq!(brief["run"]["duplicates_dropped"], 0);
    }
    let again = brief_of(&[update_of(&key, 1)], QUERY);
    assert_eq!(findings(&again)[0]["fingerprint"], findings(&original)[0]["fingerprint"], "already reported");
    let mut late = update_of(&key, 3);
    late["addendum"]["reason"] = json!("DELAYED_DELIVERY");
    assert_eq!(findings(&brief_of(&[key.clone(), late], QUERY)).len(), 2, "only an update takes its place");
}

#[test]
fn whoever_has_no_arn_has_a_name_nevertheless() {
    let store = |id: &str| format!("arn:aws:identitystore::123456789012:identitystore/{id}");
    let person = |user: &str, of: &str| {
        json!({"type": "IdentityCenterUser", "accountId": "123456789012", "arn": "",
        "onBehalfOf": {"userId": user, "identityStoreArn": store(of)}, "credentialId": "c-1"})
    };
    let identities = [
        json!({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}),
        json!({"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}),
        json!({"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "210987654321"}),
        json!({"type": "AWSAccount", "accountId": "444455556666"}),
        person("u-1", "d-1"),
        person("u-2", "d-1"),
        person("u-1", "d-2"),
        json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
        json!({"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "alice", "accountId": "123456789012"}),
    ];
    let records: Vec<Value> = (0..)
        .zip(identities)
        .map(|(second, identity)| {
            let mut record = at("create-access-key", second);
            record["eventID"] = json!(format!("{second:08x}-0000-4000-8000-000000000000"));
            record["userIdentity"] = identity;
            record
        })
        .collect();
    let brief = brief_of(&records, "iam.access-key-created");
    let actors: Vec<&str> =
        findings(&brief).iter().map(|finding| finding["actor"].as_str().unwrap()).collect();
    assert_eq!(
        actors,
        [
            "anonymous",
            "anonymous",
            "AIDAEXAMPLE of account 210987654321",
            "account 444455556666",
            "Identity Center user u-1 of d-1",
            "Identity Center user u-2 of d-1",
            "Identity Center user u-1 of d-2",
            "ec2.amazonaws.com",
            "alice",
        ]
    );
}

#[test]
fn one_action_in_two_accounts_is_one_finding() {
    let mut own = base("kms-schedule-key-deletion");
    own["sharedEventID"] = json!("0a1b2c3d-0000-4000-8000-0000000005ed");
    let mut other = own.clone();
    other["recipientAccountId"] = json!("210987654321");
    other["eventID"] = json!("0a1b2c3d-0000-4000-8000-000000000002");
    other["userIdentity"] =
        json!({"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "123456789012"});
    let brief = brief_of(&[other.clone(), own.clone()], "data.kms-key-disabled");
    assert_eq!(findings(&brief).len(), 1, "{brief:#}");
    let finding = &findings(&brief)[0];
    assert_eq!(finding["account_id"], "123456789012");
    assert!(finding["says"].as_str().unwrap().ends_with("; also recorded in 210987654321"), "{finding}");
    assert_eq!(finding["details"]["also_recorded_in"], json!(["210987654321"]));

    other["sharedEventID"] = json!("0a1b2c3d-0000-4000-8000-0000000005ee");
    assert_eq!(findings(&brief_of(&[other, own], "data.kms-key-disabled")).len(), 2, "two actions");
}
