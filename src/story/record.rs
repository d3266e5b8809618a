//! One event of a trace with its JSON read on demand, and the paths that lead into it.

use std::{cell::OnceCell, fmt, str::FromStr};

use serde_json::{Value, json};

use super::filter::Filter;
use crate::domain::trace::TraceEvent;

/// A part of an event in which a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Request,
    Response,
    Additional,
    Details,
    Resources,
    Identity,
}

/// A step of a path below its part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Segment {
    /// The value of a key, in any case of letters.
    Key(String),
    /// The element at a position of a list; a single value counts as a list of one.
    At(usize),
    /// All elements of a list; a single value counts as a list of one.
    Each,
}

/// A path to values in an event, such as `$.requestParameters.roleArn | last`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path {
    part: Part,
    segments: Vec<Segment>,
    filter: Option<Filter>,
}

/// A text that is not a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadPath(String);

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a path such as `$.requestParameters.list[0].name`", self.0)
    }
}

impl FromStr for Path {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        let bad = || BadPath(text.to_owned());
        let (keys, filter) = match text.split_once(" | ") {
            Some((keys, name)) => (keys, Some(Filter::named(name).ok_or_else(bad)?)),
            None => (text, None),
        };
        let mut keys = keys.strip_prefix("$.").ok_or_else(bad)?.split('.');
        let first = keys.next().unwrap_or_default();
        let (root, index) = first.find('[').map_or((first, ""), |at| first.split_at(at));
        let part = match root {
            "requestParameters" => Part::Request,
            "responseElements" => Part::Response,
            "additionalEventData" => Part::Additional,
            "serviceEventDetails" => Part::Details,
            "resources" => Part::Resources,
            "userIdentity" => Part::Identity,
            _ => return Err(bad()),
        };
        let mut segments = positions(index).ok_or_else(bad)?;
        for key in keys {
            let (name, index) = key.find('[').map_or((key, ""), |at| key.split_at(at));
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(bad());
            }
            segments.push(Segment::Key(name.to_owned()));
            segments.extend(positions(index).ok_or_else(bad)?);
        }
        Ok(Self { part, segments, filter })
    }
}

/// The positions after a key: `[0]`, `[*]`, or none.
fn positions(mut text: &str) -> Option<Vec<Segment>> {
    let mut found = Vec::new();
    while !text.is_empty() {
        let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
        found.push(match inside {
            "*" => Segment::Each,
            number => Segment::At(number.parse().ok()?),
        });
        text = rest;
    }
    Some(found)
}

/// An event whose JSON is parsed when it is first asked for.
#[derive(Debug)]
pub(super) struct Record<'a> {
    /// The event.
    pub(super) event: &'a TraceEvent,
    parts: [OnceCell<Value>; 6],
}

impl<'a> Record<'a> {
    pub(super) fn new(event: &'a TraceEvent) -> Self {
        Self { event, parts: Default::default() }
    }

    /// The texts, numbers and truth values at a path as text, each once. What is empty or hidden is not there.
    pub(super) fn values(&self, path: &Path) -> Vec<String> {
        self.collect(path, |value| match value {
            Value::Object(_) | Value::Array(_) => None,
            scalar => Some(text(scalar)).filter(|text| !is_hidden(text)),
        })
    }

    /// The same with objects and lists as JSON, and with what is empty or hidden.
    pub(super) fn raw_values(&self, path: &Path) -> Vec<String> {
        self.collect(path, |value| Some(text(value)))
    }

    fn collect(&self, path: &Path, shown: impl Fn(&Value) -> Option<String>) -> Vec<String> {
        let mut found = Vec::new();
        walk(self.part(path.part), &path.segments, &mut found);
        let mut values = Vec::new();
        for value in found {
            let text = match path.filter {
                Some(filter) if filter.is_of_whole() => filter.of_whole(value),
                Some(filter) => shown(value).map(|text| filter.of_text(&text)),
                None => shown(value),
            };
            values.extend(text.filter(|text| !values.contains(text)));
        }
        values
    }

    fn part(&self, part: Part) -> &Value {
        let event = self.event;
        self.parts[part as usize].get_or_init(|| match part {
            Part::Request => parsed(event.request.as_deref()),
            Part::Response => parsed(event.response.as_deref()),
            Part::Additional => parsed(event.additional.as_deref()),
            Part::Details => parsed(event.details.as_deref()),
            Part::Resources => event.resources.iter().map(|arn| json!({ "ARN": arn })).collect(),
            Part::Identity => identity(event),
        })
    }

    /// The first text at a path of this program's own.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.values(&path.parse().ok()?).into_iter().next()
    }
}

fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

fn identity(event: &TraceEvent) -> Value {
    let who = &event.identity;
    json!({
        "type": who.kind, "principalId": who.principal, "arn": who.arn, "accountId": who.account,
        "accessKeyId": who.access_key, "userName": who.user_name, "invokedBy": who.invoked_by,
        "sessionContext": { "sessionIssuer": { "arn": who.issuer_arn, "userName": who.issuer_name } },
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // CloudTrail writes some whole numbers as `22.0`.
        Value::Number(number) => number
            .as_f64()
            .filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15)
            .map_or_else(|| number.to_string(), |float| format!("{float:.0}")),
        other => other.to_string(),
    }
}

/// Whether a service put something else in place of a value.
fn is_hidden(text: &str) -> bool {
    text.is_empty()
        || text.starts_with("HIDDEN_")
        || text.bytes().all(|byte| byte == b'*')
        || text == "<sensitiveDataRemoved>"
}

fn walk<'v>(value: &'v Value, segments: &[Segment], into: &mut Vec<&'v Value>) {
    let Some((segment, rest)) = segments.split_first() else {
        if !value.is_null() {
            into.push(value);
        }
        return;
    };
    match (segment, value) {
        (Segment::Key(key), Value::Object(fields)) => {
            let found = fields.get(key).or_else(|| {
                fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
            });
            if let Some(value) = found {
                walk(value, rest, into);
            }
        }
        (Segment::At(at), Value::Array(list)) => {
            if let Some(value) = list.get(*at) {
                walk(value, rest, into);
            }
        }
        (Segment::Each, Value::Array(list)) => list.iter().for_each(|item| walk(item, rest, into)),
        // What may be a list is a single object where there is only one.
        (Segment::At(0) | Segment::Each, single) => walk(single, rest, into),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> TraceEvent {
        TraceEvent {
            request: Some(
                r#"{"userName":"bob","n":7,"f":22.0,"empty":"","hidden":"***","rules":[{"port":22},{"port":3389},{"port":22}],
                    "one":{"port":80},"role":"arn:aws:iam::123456789012:role/team/ci"}"#
                    .to_owned(),
            ),
            response: Some("not JSON".to_owned()),
            resources: vec!["arn:aws:kms:eu-west-1:123456789012:key/k1".to_owned()],
            ..TraceEvent::default()
        }
    }

    #[test]
    fn a_path_leads_to_values() {
        let event = event();
        let record = Record::new(&event);
        for (path, expected) in [
            ("$.requestParameters.userName", vec!["bob"]),
            ("$.requestParameters.USERNAME", vec!["bob"]),
            ("$.requestParameters.n", vec!["7"]),
            ("$.requestParameters.f", vec!["22"]),
            ("$.requestParameters.empty", vec![]),
            ("$.requestParameters.hidden", vec![]),
            ("$.requestParameters.rules[1].port", vec!["3389"]),
            ("$.requestParameters.rules[*].port", vec!["22", "3389"]),
            ("$.requestParameters.one[*].port", vec!["80"]),
            ("$.requestParameters.one[0].port", vec!["80"]),
            ("$.requestParameters.one", vec![]),
            ("$.requestParameters.role | last", vec!["ci"]),
            ("$.requestParameters.role | name", vec!["team/ci"]),
            ("$.requestParameters.rules[2].x", vec![]),
            ("$.resources[0].ARN | name", vec!["k1"]),
            ("$.responseElements.x", vec![]),
        ] {
            assert_eq!(record.values(&path.parse().unwrap()), expected, "{path}");
        }
        let raw = |path: &str| record.raw_values(&path.parse().unwrap());
        assert_eq!(raw("$.requestParameters.one"), [r#"{"port":80}"#]);
        assert_eq!(raw("$.requestParameters.empty"), [""]);
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        for text in [
            "",
            "$",
            "requestParameters.a",
            "$.other.a",
            "$.requestParameters.a[",
            "$.requestParameters.a[x]",
            "$.requestParameters..a",
            "$.requestParameters.a b",
            "$.requestParameters.a | nothing",
        ] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }
}
