//! Every detection still fires when a field that records need not have is missing, empty, or written as another type.

use std::{sync::Arc, thread};

use serde_json::{Value, json};
use trailbrief::testing::{
    cases::{CaseResult, Runner, Subject},
    plan::views::with_views,
};

use crate::common;

/// Fields that a record need not have, as paths.
const FIELDS: [&str; 26] = [
    "eventVersion",
    "userIdentity",
    "userIdentity.type",
    "userIdentity.principalId",
    "userIdentity.arn",
    "userIdentity.accountId",
    "userIdentity.accessKeyId",
    "userIdentity.userName",
    "userIdentity.invokedBy",
    "userIdentity.sessionContext",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestID",
    "eventID",
    "readOnly",
    "eventType",
    "recipientAccountId",
    "managementEvent",
    "eventCategory",
    "resources",
    "additionalEventData",
    "responseElements",
    "tlsDetails",
];

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Dropped,
    Emptied,
    Mistyped,
}

/// A field, the detections that cannot do without it, and the reason.
const NEEDED: [(&str, &[&str], &str); 25] = [
    (
        "userIdentity",
        &[
            "first.dormant-actor",
            "first.dormant-key",
            "first.key-agent",
            "first.key-network",
            "first.region",
            "first.sensitive-call",
            "first.service",
            "first.sign-in-network",
            "first.unknown-key",
        ],
        "without an identity there is nobody whose habits are known",
    ),
    (
        "userIdentity.arn",
        &[
            "first.dormant-actor",
            "first.region",
            "first.sensitive-call",
            "first.service",
            "first.sign-in-network",
        ],
        "habits are known of the ARN",
    ),
    (
        "userIdentity.accessKeyId",
        &["first.dormant-key", "first.key-agent", "first.key-network", "first.unknown-key"],
        "the finding is about the key",
    ),
    ("userAgent", &["first.key-agent"], "the finding is about the agent"),
    ("sourceIPAddress", &["first.key-network", "first.sign-in-network"], "the finding is about the network"),
    ("userIdentity", &["console.login-no-mfa"], "nothing else says that it was a user with a password"),
    (
        "userIdentity",
        &["secrets.listed", "secrets.value-read", "secrets.parameter-decrypted", "s3.mass-read"],
        "nothing else says that it was a person",
    ),
    (
        "userIdentity",
        &["s3.mass-delete"],
        "nothing else says that it was a person, for whom fewer are enough",
    ),
    ("userIdentity", &["iam.watched-role-assumed"], "the role of a switch stands in the ARN"),
    ("userIdentity.arn", &["iam.watched-role-assumed"], "the role of a switch stands in the ARN"),
    (
        "userIdentity",
        &["compute.instance-credentials-outside", "compute.instance-role-explored"],
        "the instance stands in the ARN",
    ),
    (
        "userIdentity.arn",
        &["compute.instance-credentials-outside", "compute.instance-role-explored"],
        "the instance stands in the ARN",
    ),
    ("userIdentity", &["iam.mfa-added"], "without the user, iam.mfa-for-another reports it"),
    ("userIdentity.arn", &["iam.mfa-added"], "without the user, iam.mfa-for-another reports it"),
    (
        "userIdentity",
        &[
            "activity.discovery-burst",
            "ai.models-called-by-key",
            "attempts.reconnaissance",
            "attempts.reconnaissance-abuse",
            "attempts.reconnaissance-defences",
            "messaging.mail-explored",
        ],
        "nothing else says that it was a long-lived key",
    ),
    (
        "userIdentity.accessKeyId",
        &[
            "activity.discovery-burst",
            "ai.models-called-by-key",
            "attempts.reconnaissance",
            "attempts.reconnaissance-abuse",
            "attempts.reconnaissance-defences",
            "messaging.mail-explored",
        ],
        "nothing else says that it was a long-lived key",
    ),
    ("userIdentity", &["iam.session-token"], "nothing else says that it was a user and no service"),
    (
        "userIdentity",
        &[
            "iam.root-api-activity",
            "iam.root-brute-force",
            "iam.root-console-login",
            "iam.root-console-login-failed",
            "iam.root-console-login-no-mfa",
            "iam.root-credentials-changed",
        ],
        "nothing else says that it was root",
    ),
    (
        "userIdentity.userName",
        &["console.success-after-failures"],
        "nothing else says that the same user failed before",
    ),
    (
        "errorCode",
        &[
            "activity.denied-burst",
            "activity.denied-calls",
            "attempts.blinding",
            "attempts.credentials",
            "attempts.destruction",
            "attempts.functions",
            "attempts.identity-providers",
            "attempts.limits-removed",
            "attempts.log-tampering",
            "attempts.machines",
            "attempts.reconnaissance",
            "attempts.reconnaissance-abuse",
            "attempts.reconnaissance-defences",
            "attempts.rights",
            "attempts.secrets",
            "logging.cloudtrail-stop-attempted",
        ],
        "nothing else says that the call was denied",
    ),
    ("errorCode", &["compute.launch-probed"], "nothing else says that it was a trial or met a limit"),
    (
        "responseElements",
        &[
            "console.login-no-mfa",
            "console.login-success",
            "console.login-unknown-address",
            "console.several-networks",
            "console.success-after-failures",
            "iam.root-console-login",
            "iam.root-console-login-no-mfa",
        ],
        "nothing else says that the sign-in succeeded",
    ),
    (
        "sourceIPAddress",
        &["compute.instance-credentials-outside", "console.several-networks", "console.password-spray"],
        "the addresses are what it compares",
    ),
    ("additionalEventData", &["s3.mass-read"], "nothing else says how much was read"),
    (
        "userIdentity.accountId",
        &[
            "iam.role-trust-opened",
            "s3.foreign-key",
            "s3.replication-outside",
            "sharing.resource-shared-outside",
            "sharing.snapshot-shared",
            "sso.assignment-management-account",
        ],
        "if the record has no account either, nothing says whose it is, and so who is a stranger",
    ),
];

fn is_needed(id: &str, field: &str) -> bool {
    NEEDED.iter().any(|(needed, detections, _)| field == *needed && detections.contains(&id))
}

/// Whether a statement mentions a field.
fn mentions(sql: &str, field: &str) -> bool {
    sql.contains(&field.to_ascii_lowercase())
}

/// The record with the change; `None` if it makes no difference.
fn changed(record: &Value, field: &str, change: Change) -> Option<Value> {
    let mut new = record.clone();
    let (parent, key) = match field.split_once('.') {
        Some((parent, key)) => (new.get_mut(parent)?, key),
        None => (&mut new, field),
    };
    let fields = parent.as_object_mut()?;
    let now = fields.get(key).filter(|value| !value.is_null()).cloned();
    let value = match (change, now) {
        (Change::Dropped, Some(_)) => None,
        (Change::Emptied, now) if now.as_ref().is_none_or(Value::is_string) => Some(json!("")),
        (Change::Mistyped, Some(Value::Bool(true))) => Some(json!("True")),
        (Change::Mistyped, Some(Value::Bool(false))) => Some(json!("False")),
        (Change::Mistyped, Some(object @ Value::Object(_))) => Some(json!(object.to_string())),
        (Change::Mistyped, Some(Value::Array(items))) => items.first().cloned(),
        (Change::Mistyped, Some(Value::String(text))) => Some(json!(text.parse::<u64>().ok()?)),
        _ => return None,
    };
    match value {
        Some(value) => drop(fields.insert(key.to_owned(), value)),
        None => drop(fields.remove(key)),
    }
    (new != *record).then_some(new)
}

#[test]
fn every_detection_fires_without_what_a_record_need_not_have() {
    let app = common::app();
    for id in NEEDED.iter().flat_map(|(_, detections, _)| *detections) {
        assert!(app.library.get(&id.parse().unwrap()).is_some(), "{id}");
    }
    let (mut variants, mut count) = (Vec::new(), 0);
    for detection in app.library.detections() {
        let Some(case) = app.library.cases(&detection.id).iter().find(|case| case.finds > 0) else {
            continue;
        };
        let id = detection.id.as_str();
        let sql = with_views(app.library.views(), &detection.sql);
        let fields: Vec<&str> =
            FIELDS.into_iter().filter(|field| mentions(&sql, field) && !is_needed(id, field)).collect();
        let all_but = |one: &str| fields.iter().copied().filter(|field| *field != one).collect::<Vec<_>>();
        let mut changes: Vec<(Vec<&str>, Change)> =
            fields.iter().map(|field| (vec![*field], Change::Dropped)).collect();
        // Without its ARN an identity needs its type.
        changes.push((all_but("userIdentity.type"), Change::Emptied));
        changes.push((vec!["userIdentity.type"], Change::Emptied));
        changes.push((all_but("userIdentity"), Change::Mistyped));
        changes.push((vec!["userIdentity"], Change::Mistyped));
        let mut changed_cases = Vec::new();
        for (fields, change) in changes {
            let mut case = case.clone();
            case.rows.clear();
            let before = case.events.clone();
            for field in &fields {
                for spec in &mut case.events {
                    // The case itself changes something inside of the field.
                    let inside = format!("{field}.");
                    let is_edited = spec.edits.keys().any(|path| path.starts_with(&inside));
                    if change == Change::Mistyped && is_edited {
                        continue;
                    }
                    if let Some(record) = changed(&spec.record, field, change) {
                        spec.record = Arc::new(record);
                    }
                }
            }
            if case.events != before {
                changed_cases.push((case, fields.join(", "), change));
            }
        }
        count += changed_cases.len();
        variants.push((detection, changed_cases));
    }
    assert!(count > 2_000, "{count}");
    let silent: Vec<String> = thread::scope(|scope| {
        let parts = variants.chunks(variants.len().div_ceil(4)).map(|part| {
            let context = &app.context;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let mut silent = Vec::new();
                for (detection, changed_cases) in part {
                    let mut runner =
                        Runner::new(&context.sessions, &context.limits, Subject::Detection(detection));
                    for (case, fields, change) in changed_cases {
                        let result = runtime.block_on(runner.run(case)).unwrap();
                        let CaseResult::Failed(reason) = result else { continue };
                        let fires = reason.starts_with("finds ") && !reason.starts_with("finds 0");
                        if !fires {
                            silent.push(format!("{}, {fields} {change:?}: {reason}", detection.id));
                        }
                    }
                }
                silent
            })
        });
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(silent.is_empty(), "{} of {count}\n{}", silent.len(), silent.join("\n"));
}
