//! From a case to the log records it stands for.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::case::{Case, Edit, EventSpec};
use crate::{
    domain::{
        hex::hex,
        time::{Span, Timestamp},
    },
    text::{Diagnostic, Lint, Report},
};

/// The records of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseRecords {
    /// Those of the window.
    pub events: Vec<Value>,
    /// Those before it.
    pub history: Vec<Value>,
}

/// Why a change cannot be made to a base event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// A path goes through a text, number or boolean.
    #[error("`{path}` goes through `{at}`, which is neither an object nor an array")]
    Blocked {
        /// The path of the change.
        path: String,
        /// The part that has no parts.
        at: String,
    },
    /// A path names an element far past the end of an array, or a field of an array.
    #[error("`{path}`: `{at}` is not an element of an array with {length} elements")]
    NoElement {
        /// The path of the change.
        path: String,
        /// The part that is not an element.
        at: String,
        /// How many elements there are.
        length: usize,
    },
    /// Copies and history need a time to start from.
    #[error("the event's `eventTime` is not a time, so it cannot be moved")]
    NoTime,
}

impl Case {
    /// Builds the records: base events with their changes, each with an `eventID` of its own.
    ///
    /// Copies lie `every_s` apart; history lies a day before its base unless its `eventTime` is set.
    ///
    /// # Errors
    ///
    /// If a change cannot be made.
    pub fn records(&self) -> Result<CaseRecords, CaseError> {
        let list = |section: &str, specs: &[EventSpec], shift: Span| {
            let mut records = Vec::new();
            for (index, spec) in specs.iter().enumerate() {
                let seed = format!("{}\n{section}\n{index}", self.name);
                records.extend(build(spec, &seed, shift)?);
            }
            Ok(records)
        };
        Ok(CaseRecords {
            events: list("events", &self.events, Span::ZERO)?,
            history: list("history", &self.history, Span::DAY)?,
        })
    }

    /// Notes changes that cannot be made, and those that change nothing.
    pub(crate) fn check_edits(&self, report: &Report<'_>) {
        for (spec, shift) in self
            .events
            .iter()
            .map(|spec| (spec, Span::ZERO))
            .chain(self.history.iter().map(|spec| (spec, Span::DAY)))
        {
            if let Err(error) = build(spec, "", shift) {
                report.error(Lint::BadValue, spec.place, error.to_string());
            }
            for (path, _) in spec.edits.iter().filter(|(_, edit)| **edit == Edit::Unset) {
                let there = segments(path).iter().try_fold(&*spec.record, |value, part| match value {
                    Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
                    _ => value.get(part),
                });
                if there.is_none() {
                    let message = format!("`unset` names `{path}`, which `{}` does not have", spec.base);
                    let problem = Diagnostic::error(Lint::BadValue, report.file(), spec.place, message);
                    report.note(problem.warning());
                }
            }
        }
    }
}

fn build(spec: &EventSpec, seed: &str, shift: Span) -> Result<Vec<Value>, CaseError> {
    let mut record = (*spec.record).clone();
    for (path, edit) in &spec.edits {
        apply(&mut record, path, edit)?;
    }
    let time_is_set = spec.edits.contains_key("eventTime");
    let shift = if time_is_set { Span::ZERO } else { shift };
    let time = record.get("eventTime").and_then(Value::as_str).and_then(Timestamp::parse_iso);
    (0..spec.repeat)
        .map(|copy| {
            let mut record = record.clone();
            if copy > 0 || shift != Span::ZERO {
                let time = time.ok_or(CaseError::NoTime)?;
                let later = copy.saturating_mul(spec.every_s);
                let moved = time.minus(shift).plus(Span::from_s(i64::try_from(later).unwrap_or(i64::MAX)));
                record["eventTime"] = Value::from(moved.to_string());
            }
            if !spec.edits.contains_key("eventID") {
                record["eventID"] = Value::from(uuid(&format!("{seed}\n{copy}")));
            }
            Ok(record)
        })
        .collect()
}

/// A UUID (version 8) that is the same for the same seed.
fn uuid(seed: &str) -> String {
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&Sha256::digest(seed.as_bytes())[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// The parts of a dotted path; `\.` is a dot within a part.
fn segments(path: &str) -> Vec<String> {
    // A NUL cannot stand in a CloudTrail key, so it can stand for a dot that does not separate.
    let hidden = path.replace("\\.", "\0");
    hidden.split('.').map(|part| part.replace('\0', ".")).collect()
}

/// Makes one change. Missing parents are created; JSON null counts as missing.
fn apply(record: &mut Value, path: &str, edit: &Edit) -> Result<(), CaseError> {
    let parts = segments(path);
    let (last, parents) = parts.split_last().expect("a path has a part");
    let mut at = record;
    for (depth, part) in parents.iter().enumerate() {
        let Some(next) = child(at, part, path, *edit != Edit::Unset)? else { return Ok(()) };
        at = next;
        if at.is_null() && *edit != Edit::Unset {
            let is_index = parts[depth + 1].parse::<usize>().is_ok();
            *at = if is_index { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
    }
    match edit {
        Edit::Set(_) | Edit::Null => {
            let value = if let Edit::Set(value) = edit { value.clone() } else { Value::Null };
            if let Some(place) = child(at, last, path, true)? {
                *place = value;
            }
        }
        Edit::Unset => match at {
            Value::Object(fields) => {
                fields.shift_remove(last.as_str());
            }
            Value::Array(items) => {
                if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                    items.remove(index);
                }
            }
            _ => {}
        },
    }
    Ok(())
}

/// The field or element of this name; created as null if `create` says so.
fn child<'v>(
    value: &'v mut Value,
    part: &str,
    path: &str,
    create: bool,
) -> Result<Option<&'v mut Value>, CaseError> {
    match value {
        Value::Object(fields) => {
            if create && !fields.contains_key(part) {
                fields.insert(part.to_owned(), Value::Null);
            }
            Ok(fields.get_mut(part))
        }
        Value::Array(items) => {
            let length = items.len();
            let index = part.parse::<usize>().ok();
            if create && index == Some(length) {
                items.push(Value::Null);
            }
            match index.and_then(|index| items.get_mut(index)) {
                None if create => {
                    Err(CaseError::NoElement { path: path.to_owned(), at: part.to_owned(), length })
                }
                found => Ok(found),
            }
        }
        _ if create => Err(CaseError::Blocked { path: path.to_owned(), at: part.to_owned() }),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use serde_json::json;

    use super::*;
    use crate::text::Place;

    fn edited(base: Value, path: &str, edit: &Edit) -> Result<Value, CaseError> {
        let mut record = base;
        apply(&mut record, path, edit).map(|()| record)
    }

    #[test]
    fn paths_reach_into_objects_and_arrays() {
        let set = |value: Value| Edit::Set(value);
        let base = || json!({"a": {"b": [1, 2]}, "n": null, "s": "x"});
        for (path, edit, expected) in [
            ("a.b.0", set(json!(9)), json!({"a": {"b": [9, 2]}, "n": null, "s": "x"})),
            ("a.b.2", set(json!(9)), json!({"a": {"b": [1, 2, 9]}, "n": null, "s": "x"})),
            ("a.b.0", Edit::Unset, json!({"a": {"b": [2]}, "n": null, "s": "x"})),
            ("a.c", Edit::Null, json!({"a": {"b": [1, 2], "c": null}, "n": null, "s": "x"})),
            ("n.x.0.y", set(json!(1)), json!({"a": {"b": [1, 2]}, "n": {"x": [{"y": 1}]}, "s": "x"})),
            ("s", Edit::Unset, json!({"a": {"b": [1, 2]}, "n": null})),
            ("q.r", Edit::Unset, base()),
            ("a\\.b", set(json!(1)), json!({"a": {"b": [1, 2]}, "n": null, "s": "x", "a.b": 1})),
        ] {
            assert_eq!(edited(base(), path, &edit), Ok(expected), "{path}");
        }
        assert!(matches!(edited(base(), "s.t", &set(json!(1))), Err(CaseError::Blocked { .. })));
        assert!(matches!(edited(base(), "a.b.7", &set(json!(1))), Err(CaseError::NoElement { .. })));
    }

    #[test]
    fn copies_have_their_own_time_and_id() {
        let record = Arc::new(json!({"eventTime": "2026-03-10T12:00:00Z", "eventID": "x"}));
        let spec = |edits: BTreeMap<String, Edit>| EventSpec {
            base: "b".to_owned(),
            record: record.clone(),
            edits,
            repeat: 3,
            every_s: 60,
            place: Place::START,
        };
        let built = build(&spec(BTreeMap::new()), "seed", Span::DAY).unwrap();
        let times: Vec<_> = built.iter().map(|r| r["eventTime"].as_str().unwrap()).collect();
        assert_eq!(times, ["2026-03-09T12:00:00Z", "2026-03-09T12:01:00Z", "2026-03-09T12:02:00Z"]);
        assert!(built[0]["eventID"] != built[1]["eventID"]);
        assert_eq!(built[0]["eventID"].as_str().unwrap().len(), 36);
        assert_eq!(built, build(&spec(BTreeMap::new()), "seed", Span::DAY).unwrap());

        let set = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), Edit::Set(json!(value)))]);
        let built = build(&spec(set("eventTime", "2026-01-01T00:00:00Z")), "seed", Span::DAY).unwrap();
        assert_eq!(built[0]["eventTime"], "2026-01-01T00:00:00Z");
        let built = build(&spec(set("eventID", "same")), "seed", Span::ZERO).unwrap();
        assert!(built.iter().all(|record| record["eventID"] == "same"));
        assert_eq!(build(&spec(set("eventTime", "never")), "seed", Span::ZERO), Err(CaseError::NoTime));
    }
}
