//! Every detection still fires when a field that records need not have is missing, empty, or written as another type.

use std::{sync::Arc, thread};

use serde_json::{Value, json};
use trailbrief::testing::cases::{self, CaseResult};

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

/// Detections that cannot do without a field, with the reason.
const NEEDED: [(&str, &str, &str); 17] = [
    ("console.login-no-mfa", "userIdentity", "nothing else says that it was a user with a password"),
    ("secrets.listed", "userIdentity", "nothing else says that it was a person"),
    ("secrets.value-read", "userIdentity", "nothing else says that it was a person"),
    ("iam.watched-role-assumed", "userIdentity", "the role of a switch stands in the ARN"),
    ("iam.watched-role-assumed", "userIdentity.arn", "the role of a switch stands in the ARN"),
    ("activity.denied-burst", "errorCode", "nothing else says that the call was denied"),
    ("activity.denied-calls", "errorCode", "nothing else says that the call was denied"),
    ("console.login-no-mfa", "responseElements", "nothing else says that the sign-in succeeded"),
    ("console.login-success", "responseElements", "nothing else says that the sign-in succeeded"),
    ("console.login-unknown-address", "responseElements", "nothing else says that the sign-in succeeded"),
    ("iam.root-console-login", "responseElements", "nothing else says that the sign-in succeeded"),
    ("iam.root-console-login-no-mfa", "responseElements", "nothing else says that the sign-in succeeded"),
    ("iam.root-api-activity", "userIdentity", "nothing else says that it was root"),
    ("iam.root-console-login", "userIdentity", "nothing else says that it was root"),
    ("iam.root-console-login-failed", "userIdentity", "nothing else says that it was root"),
    ("iam.root-console-login-no-mfa", "userIdentity", "nothing else says that it was root"),
    ("iam.root-credentials-changed", "userIdentity", "nothing else says that it was root"),
];

fn is_needed(id: &str, field: &str) -> bool {
    NEEDED.iter().any(|(detection, needed, _)| id == *detection && field == *needed)
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
    let mut variants = Vec::new();
    for detection in app.library.detections() {
        let Some(case) = app.library.cases(&detection.id).iter().find(|case| case.finds > 0) else {
            continue;
        };
        let id = detection.id.as_str();
        let fields: Vec<&str> = FIELDS
            .into_iter()
            .filter(|field| mentions(&detection.sql, field) && !is_needed(id, field))
            .collect();
        let all_but = |one: &str| fields.iter().copied().filter(|field| *field != one).collect::<Vec<_>>();
        let mut changes: Vec<(Vec<&str>, Change)> =
            fields.iter().map(|field| (vec![*field], Change::Dropped)).collect();
        // Without its ARN an identity needs its type.
        changes.push((all_but("userIdentity.type"), Change::Emptied));
        changes.push((vec!["userIdentity.type"], Change::Emptied));
        changes.push((all_but("userIdentity"), Change::Mistyped));
        changes.push((vec!["userIdentity"], Change::Mistyped));
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
                variants.push((detection, case, fields.join(", "), change));
            }
        }
    }
    assert!(variants.len() > 400, "{}", variants.len());
    let silent: Vec<String> = thread::scope(|scope| {
        let parts = variants.chunks(variants.len().div_ceil(4)).map(|part| {
            let context = &app.context;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let mut silent = Vec::new();
                for (detection, case, fields, change) in part {
                    let run = cases::run(&context.sessions, &context.limits, detection, case);
                    let CaseResult::Failed(reason) = runtime.block_on(run).unwrap() else { continue };
                    let fires = reason.starts_with("finds ") && !reason.starts_with("finds 0");
                    if !fires {
                        silent.push(format!("{}, {fields} {change:?}: {reason}", detection.id));
                    }
                }
                silent
            })
        });
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(silent.is_empty(), "{} of {}\n{}", silent.len(), variants.len(), silent.join("\n"));
}
