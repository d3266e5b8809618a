//! The documented JSON Schema against what the program writes: each value fits, and each key is documented.

use std::sync::LazyLock;

use serde_json::Value;
use trailbrief::testing::{domain::brief::Brief, render};

use super::{bad_day, daily, hostile, sample, stories};

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../docs/brief.schema.json")).unwrap());

/// The part of the schema that a reference names.
fn resolved(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(of) => SCHEMA.pointer(of.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is not a type of the schema"),
    }
}

/// The properties of an object, with those of what it is made of.
fn properties(schema: &'static Value) -> Vec<(&'static String, &'static Value)> {
    let own = schema["properties"].as_object().into_iter().flatten();
    let of_parts =
        schema["allOf"].as_array().into_iter().flatten().flat_map(|part| properties(resolved(part)));
    own.chain(of_parts).collect()
}

/// What is wrong with a value at a path.
fn wrong(path: &str, schema: &'static Value, value: &Value) -> Vec<String> {
    let schema = resolved(schema);
    if let Some(any) = schema["anyOf"].as_array() {
        let tries: Vec<_> = any.iter().map(|one| wrong(path, one, value)).collect();
        return if tries.iter().any(Vec::is_empty) { Vec::new() } else { tries.concat() };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is_listed = schema["enum"].as_array().is_none_or(|known| known.contains(value));
    let is_constant = schema.get("const").is_none_or(|constant| constant == value);
    if !(is_listed && is_constant && (types.is_empty() || types.iter().any(|kind| is_of(kind, value)))) {
        return vec![format!("{path}: {value} is not {schema}")];
    }
    match value {
        Value::Array(items) => {
            items.iter().flat_map(|item| wrong(&format!("{path}[]"), &schema["items"], item)).collect()
        }
        Value::Object(keys) if schema.get("properties").is_some() => {
            let known = properties(schema);
            let missing = known.iter().filter(|(key, _)| !keys.contains_key(*key));
            let missing = missing.map(|(key, _)| format!("{path}.{key} is documented and missing"));
            let inner =
                keys.iter().flat_map(|(key, value)| match known.iter().find(|(name, _)| *name == key) {
                    Some((_, schema)) => wrong(&format!("{path}.{key}"), schema, value),
                    None => vec![format!("{path}.{key} is not documented")],
                });
            missing.chain(inner).collect()
        }
        _ => Vec::new(),
    }
}

/// Checks a brief's JSON.
pub fn check(brief: &Brief) {
    let json: Value = serde_json::from_str(&render::json(brief)).unwrap();
    let wrong = wrong("", &SCHEMA, &json);
    assert!(wrong.is_empty(), "{:#?}", &wrong[..wrong.len().min(10)]);
}

#[test]
fn every_key_of_the_json_is_documented() {
    let mut with_stories = sample::small();
    with_stories.stories = vec![stories::root(), stories::denied()];
    for brief in [
        sample::empty(),
        with_stories,
        daily::daily(),
        bad_day::large(),
        hostile::hostile(),
        sample::failures_only(),
    ] {
        check(&brief);
    }
}

#[test]
fn a_value_that_does_not_fit_is_named() {
    let json = serde_json::json!({"start": "2026-03-10T00:00:00Z", "end": 7, "odd": 1});
    let wrong = wrong("", &SCHEMA["$defs"]["window"], &json);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}
