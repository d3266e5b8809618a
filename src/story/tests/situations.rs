//! `situations.json` holds situations: records, and the stories that must come of them.

use serde_json::Value;

use super::event;
use crate::domain::story::Story;

const CASES: &str = include_str!("situations.json");

/// A story as a case writes it: the person, then whoever acted besides, then the ids of the events.
fn shown(story: &Story) -> Value {
    let chain: Vec<&str> = story.chain.iter().map(|link| link.who.raw()).collect();
    let mut ids: Vec<&str> = story.steps.iter().flat_map(|step| &step.event_ids).map(|id| id.raw()).collect();
    ids.sort_unstable();
    serde_json::json!({ "who": story.person.raw(), "chain": chain, "events": ids.join(" ") })
}

#[test]
fn identities_lead_to_each_other_as_records_prove_it() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let mut failed = Vec::new();
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let records = case["records"].as_array().unwrap();
        let events: Vec<_> =
            records.iter().enumerate().map(|(at, record)| event(&filled(at, record))).collect();
        let quiet: Vec<&str> = case["quiet"].as_str().unwrap_or_default().split(' ').collect();
        let mut stories: Vec<Value> =
            super::stories(&events, |event| !quiet.contains(&event.id.as_str())).iter().map(shown).collect();
        stories.sort_by_key(|story| story["events"].as_str().map(str::to_owned));
        if Value::from(stories.clone()) != case["stories"] {
            failed.push(format!(
                "{name}:\n  is       {}\n  expected {}",
                Value::from(stories),
                case["stories"]
            ));
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

/// A record whose short forms are written out: `"call": "iam:CreateUser"`, an id from its position.
fn filled(at: usize, record: &Value) -> Value {
    let mut record = record.clone();
    let call = record["call"].as_str().unwrap_or("iam:ListUsers").to_owned();
    let (service, name) = call.split_once(':').unwrap();
    record["eventSource"] = Value::from(format!("{service}.amazonaws.com"));
    record["eventName"] = Value::from(name);
    if record["eventID"].is_null() {
        record["eventID"] = Value::from(format!("e{}", at + 1));
    }
    let second = record["s"].as_i64().unwrap_or(at as i64 * 10);
    record["eventTime"] = Value::from(format!("2026-03-10T12:{:02}:{:02}Z", second / 60, second % 60));
    record
}
