//! The records of events as JSON by event id, with CloudTrail's keys. They hold what the program reads of a record.

use serde_json::{Map, Value, json};

use crate::domain::trace::{TraceEvent, TraceIdentity};

/// One object: a record for each event id.
pub(super) fn render(events: &[TraceEvent]) -> String {
    all(events).to_string()
}

/// The same as a value.
pub(super) fn all(events: &[TraceEvent]) -> Value {
    let all: Map<String, Value> = events.iter().map(|event| (event.id.clone(), record(event))).collect();
    Value::Object(all)
}

fn record(event: &TraceEvent) -> Value {
    object([
        ("eventTime", event.time.map(|time| time.to_string()).into()),
        ("eventID", event.id.as_str().into()),
        ("eventSource", event.source.as_str().into()),
        ("eventName", event.name.as_str().into()),
        ("awsRegion", event.region.as_str().into()),
        ("recipientAccountId", event.account.as_str().into()),
        ("userIdentity", identity(&event.identity)),
        ("sourceIPAddress", text(&event.address)),
        ("userAgent", text(&event.agent)),
        ("errorCode", text(&event.error)),
        ("errorMessage", text(&event.error_message)),
        ("requestParameters", document(&event.request)),
        ("responseElements", document(&event.response)),
        ("additionalEventData", document(&event.additional)),
        ("serviceEventDetails", document(&event.details)),
        ("resources", event.resources.iter().map(|arn| json!({"ARN": arn})).collect::<Vec<_>>().into()),
        ("sharedEventID", text(&event.shared_id)),
        ("sessionCredentialFromConsole", event.from_console.then_some("true").into()),
    ])
}

fn identity(of: &TraceIdentity) -> Value {
    let issuer = object([
        ("type", text(&of.issuer_kind)),
        ("arn", text(&of.issuer_arn)),
        ("userName", text(&of.issuer_name)),
    ]);
    let attributes = object([("creationDate", of.created.map(|time| time.to_string()).into())]);
    object([
        ("type", text(&of.kind)),
        ("principalId", text(&of.principal)),
        ("arn", text(&of.arn)),
        ("accountId", text(&of.account)),
        ("accessKeyId", text(&of.access_key)),
        ("userName", text(&of.user_name)),
        ("invokedBy", text(&of.invoked_by)),
        ("identityProvider", text(&of.provider)),
        (
            "onBehalfOf",
            object([("userId", text(&of.user_id)), ("identityStoreArn", text(&of.identity_store))]),
        ),
        ("sessionContext", object([("attributes", attributes), ("sessionIssuer", issuer)])),
    ])
}

/// An object without the keys that have no value.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(keys) => keys.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    let entries = entries.into_iter().filter(|(_, value)| !is_empty(value));
    Value::Object(entries.map(|(key, value)| (key.to_owned(), value)).collect())
}

fn text(of: &Option<String>) -> Value {
    of.as_deref().into()
}

/// A document that a record holds, as JSON; as a text if it is not JSON.
fn document(of: &Option<String>) -> Value {
    let Some(document) = of else { return Value::Null };
    serde_json::from_str(document).unwrap_or_else(|_| Value::String(document.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_its_keys_and_no_empty_ones() {
        let event = TraceEvent {
            id: "e1".to_owned(),
            name: "GetObject".to_owned(),
            request: Some(r#"{"bucketName":"a"}"#.to_owned()),
            response: Some("not JSON".to_owned()),
            identity: TraceIdentity {
                arn: Some("arn:aws:iam::123456789012:root".to_owned()),
                ..TraceIdentity::default()
            },
            ..TraceEvent::default()
        };
        let read: Value = serde_json::from_str(&render(&[event])).unwrap();
        let expected = json!({"e1": {
            "eventID": "e1",
            "eventName": "GetObject",
            "userIdentity": {"arn": "arn:aws:iam::123456789012:root"},
            "requestParameters": {"bucketName": "a"},
            "responseElements": "not JSON",
        }});
        assert_eq!(read, expected);
    }
}
