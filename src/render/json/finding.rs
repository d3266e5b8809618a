//! One finding and its values as JSON.
//!
//! Shared with the CSV's column `details`; keys as in `schema_version` 1.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::domain::{
    brief::Brief, detection::DetectionId, finding::Finding, rows::Value, untrusted::Untrusted,
};

/// A finding in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(crate) struct FindingV1<'a> {
    detection: &'a str,
    title: Option<&'a str>,
    severity: &'a str,
    state: &'a str,
    fingerprint: &'a str,
    says: &'a str,
    event_id: Option<&'a str>,
    event_time: Option<String>,
    first_seen: Option<String>,
    last_seen: Option<String>,
    occurrences: Option<u64>,
    event_ids: Vec<&'a str>,
    account_id: Option<&'a str>,
    account_name: Option<&'a str>,
    region: Option<&'a str>,
    actor: Option<&'a str>,
    action: Option<&'a str>,
    resource: Option<&'a str>,
    source_ip: Option<&'a str>,
    first_time: Option<bool>,
    details: Map<String, Json>,
    replaces: Vec<&'a str>,
}

impl<'a> FindingV1<'a> {
    /// The finding, with its detection's title from the brief.
    pub(crate) fn of(finding: &'a Finding, brief: &'a Brief) -> Self {
        let text = |value: &'a Option<Untrusted>| value.as_ref().map(Untrusted::raw);
        let aggregate = finding.occurrences.is_some() || finding.last_seen.is_some();
        let event_time = finding.event_time.map(|at| at.to_string());
        Self {
            detection: finding.detection.as_str(),
            title: brief.detections.get(&finding.detection).map(|known| known.title.as_str()),
            severity: finding.severity.as_str(),
            state: finding.state.as_str(),
            fingerprint: finding.fingerprint.as_str(),
            says: finding.says.raw(),
            event_id: text(&finding.event_id),
            first_seen: event_time.clone().filter(|_| aggregate),
            event_time,
            last_seen: finding.last_seen.map(|at| at.to_string()),
            occurrences: finding.occurrences,
            event_ids: finding.event_ids.iter().map(Untrusted::raw).collect(),
            account_id: text(&finding.account_id),
            account_name: finding.account_name.as_deref(),
            region: text(&finding.region),
            actor: text(&finding.actor),
            action: text(&finding.action),
            resource: text(&finding.resource),
            source_ip: text(&finding.source_ip),
            first_time: finding.is_first,
            details: fields(&finding.details),
            replaces: finding.replaces.iter().map(DetectionId::as_str).collect(),
        }
    }
}

/// Named values as an object, in order. A name that occurs again gets a number, so that no value is lost.
pub(crate) fn fields(named: &[(String, Value)]) -> Map<String, Json> {
    let mut object = Map::new();
    for (name, item) in named {
        let mut key = name.clone();
        let mut nth = 1;
        while object.contains_key(&key) {
            nth += 1;
            key = format!("{name}_{nth}");
        }
        object.insert(key, value(item));
    }
    object
}

/// A value as JSON; numbers that JSON lacks (`NaN`, infinities) as text.
fn value(value_of: &Value) -> Json {
    match value_of {
        Value::Null => Json::Null,
        Value::Text(text) => Json::String(text.clone()),
        Value::Integer(number) => Json::from(*number),
        Value::Number(number) if number.is_nan() => Json::from("NaN"),
        Value::Number(number) if number.is_infinite() => {
            Json::from(if *number > 0.0 { "Infinity" } else { "-Infinity" })
        }
        Value::Number(number) => Json::from(*number),
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::List(items) => Json::Array(items.iter().map(value).collect()),
        Value::Fields(named) => Json::Object(fields(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_types_and_none_is_lost() {
        let named = [
            ("a".to_owned(), Value::Integer(7)),
            ("a".to_owned(), Value::Number(f64::NAN)),
            ("b".to_owned(), Value::List(vec![Value::Null, Value::Boolean(true)])),
            ("c".to_owned(), Value::Fields(vec![("x".to_owned(), Value::Text("<b>".to_owned()))])),
        ];
        let json = serde_json::to_string(&fields(&named)).unwrap();
        assert_eq!(json, r#"{"a":7,"a_2":"NaN","b":[null,true],"c":{"x":"<b>"}}"#);
    }
}
