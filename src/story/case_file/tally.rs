//! How often which calls were made, and what they were about.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{acts::plain_name, record::Record};
use crate::domain::{
    case_file::{CallOutcome, CallTally, Touched},
    normal::is_read,
    untrusted::Untrusted,
};

/// The most things that a case names as touched.
const MOST_TOUCHED: usize = 30;
/// Words in an error code that mean a lack of permission.
const DENIED: [&str; 4] = ["denied", "unauthorized", "forbidden", "notauthorized"];

/// What came of a call.
fn outcome(record: &Record<'_>) -> CallOutcome {
    let event = record.event;
    match event.error.as_deref().map(str::to_ascii_lowercase) {
        Some(error) if DENIED.iter().any(|word| error.contains(word)) => CallOutcome::Denied,
        Some(_) => CallOutcome::Failed,
        None if is_read(&event.name) => CallOutcome::Read,
        None => CallOutcome::Changed,
    }
}

/// How often each call was made: what changed something first, then what was denied or failed, then what only read.
pub(super) fn calls(records: &[&Record<'_>]) -> Vec<CallTally> {
    let mut counts: BTreeMap<(CallOutcome, String), CallTally> = BTreeMap::new();
    for record in records {
        let event = record.event;
        let service = event.source.strip_suffix(".amazonaws.com").unwrap_or(&event.source);
        let call = format!("{service}:{}", plain_name(&event.name));
        let outcome = outcome(record);
        let tally = counts.entry((outcome, call.clone())).or_insert_with(|| CallTally {
            call: Untrusted::new(call),
            outcome,
            count: 0,
            first: event.time,
            last: event.time,
        });
        tally.count += 1;
        tally.first = [tally.first, event.time].into_iter().flatten().min();
        tally.last = tally.last.max(event.time);
    }
    let mut all: Vec<CallTally> = counts.into_values().collect();
    all.sort_by(|a, b| (a.outcome, b.count, &a.call).cmp(&(b.outcome, a.count, &b.call)));
    all
}

/// What the calls were about, and how much more.
pub(super) fn touched(records: &[&Record<'_>]) -> (Vec<Touched>, u64) {
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for record in records {
        let is_change = outcome(record) == CallOutcome::Changed;
        for name in about(record) {
            let (changed, calls) = counts.entry(name).or_default();
            *changed += u64::from(is_change);
            *calls += 1;
        }
    }
    let mut all: Vec<Touched> = counts
        .into_iter()
        .map(|(name, (changed, calls))| Touched { resource: Untrusted::new(name), changed, calls })
        .collect();
    all.sort_by(|a, b| (b.changed, b.calls, &a.resource).cmp(&(a.changed, a.calls, &b.resource)));
    let more = all.len().saturating_sub(MOST_TOUCHED);
    all.truncate(MOST_TOUCHED);
    (all, more as u64)
}

/// The resources of a call: those that the record lists, else what its request names.
fn about(record: &Record<'_>) -> Vec<String> {
    let event = record.event;
    if !event.resources.is_empty() {
        let mut all = event.resources.clone();
        all.sort();
        all.dedup();
        return all;
    }
    let request = event.request.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let Some(Value::Object(fields)) = request else { return Vec::new() };
    let names = fields.into_iter().filter_map(|(key, value)| match value {
        Value::String(text) if is_name(&key) && !text.is_empty() && text.len() <= 300 => Some(text),
        _ => None,
    });
    names.collect()
}

/// Whether a field of a request says what it is about.
fn is_name(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let is_other = [
        "sessionname",
        "requestid",
        "clientid",
        "tokenid",
        "callerid",
        "externalid",
        "policyarn",
        "eventname",
    ];
    (key.ends_with("name") || key.ends_with("id") || key.ends_with("arn"))
        && !is_other.iter().any(|other| key.ends_with(other))
}
