//! One event of a trace with its JSON read on demand, and the paths that lead into it.

use std::{cell::OnceCell, fmt, str::FromStr};

use serde_json::{Value, json};

use crate::domain::trace::TraceEvent;

/// A part of an event in which a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Request,
    Response,
    Additional,
    Identity,
    ErrorMessage,
    Address,
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

/// A path to values in an event, such as `$.requestParameters.userName`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path {
    part: Part,
    segments: Vec<Segment>,
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
        let mut keys = text.strip_prefix("$.").ok_or_else(bad)?.split('.');
        let part = match keys.next() {
            Some("requestParameters") => Part::Request,
            Some("responseElements") => Part::Response,
            Some("additionalEventData") => Part::Additional,
            Some("userIdentity") => Part::Identity,
            Some("errorMessage") => Part::ErrorMessage,
            Some("sourceIPAddress") => Part::Address,
            _ => return Err(bad()),
        };
        let mut segments = Vec::new();
        for key in keys {
            let (name, mut rest) = key.find('[').map_or((key, ""), |at| key.split_at(at));
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '$');
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(bad());
            }
            segments.push(Segment::Key(name.to_owned()));
            while !rest.is_empty() {
                let (inside, after) =
                    rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(bad)?;
                segments.push(match inside {
                    "*" => Segment::Each,
                    number => Segment::At(number.parse().map_err(|_| bad())?),
                });
                rest = after;
            }
        }
        let is_text = matches!(part, Part::ErrorMessage | Part::Address);
        if is_text != segments.is_empty() {
            return Err(bad());
        }
        Ok(Self { part, segments })
    }
}

/// An event whose JSON is parsed when it is first asked for.
#[derive(Debug)]
pub(super) struct Record<'a> {
    /// The event.
    pub(super) event: &'a TraceEvent,
    request: OnceCell<Value>,
    response: OnceCell<Value>,
    additional: OnceCell<Value>,
    identity: OnceCell<Value>,
}

impl<'a> Record<'a> {
    pub(super) fn new(event: &'a TraceEvent) -> Self {
        Self {
            event,
            request: OnceCell::new(),
            response: OnceCell::new(),
            additional: OnceCell::new(),
            identity: OnceCell::new(),
        }
    }

    /// The values at a path: texts, numbers and truth values as text, other values as JSON.
    pub(super) fn values(&self, path: &Path) -> Vec<String> {
        let event = self.event;
        let value = match path.part {
            Part::Request => self.request.get_or_init(|| parsed(event.request.as_deref())),
            Part::Response => self.response.get_or_init(|| parsed(event.response.as_deref())),
            Part::Additional => self.additional.get_or_init(|| parsed(event.additional.as_deref())),
            Part::Identity => self.identity.get_or_init(|| identity(event)),
            Part::ErrorMessage => return event.error_message.iter().cloned().collect(),
            Part::Address => return event.address.iter().cloned().collect(),
        };
        let mut values = Vec::new();
        collect(value, &path.segments, &mut values);
        values
    }

    /// The value at a path: several of a list are joined, with at most three of them.
    pub(super) fn value(&self, path: &Path) -> Option<String> {
        let mut values = self.values(path);
        let more = values.len().saturating_sub(3);
        if more > 0 {
            values.truncate(3);
            values.push(format!("{more} more"));
        }
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The first text at a path of this program's own.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let path: Path = path.parse().ok()?;
        self.values(&path).into_iter().next()
    }
}

fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

fn identity(event: &TraceEvent) -> Value {
    let who = &event.identity;
    json!({
        "type": who.kind, "principalId": who.principal, "arn": who.arn, "accountId": who.account,
        "accessKeyId": who.access_key, "userName": who.user_name,
        "sessionContext": { "sessionIssuer": { "arn": who.issuer_arn, "userName": who.issuer_name } },
    })
}

fn collect(value: &Value, segments: &[Segment], into: &mut Vec<String>) {
    let Some((segment, rest)) = segments.split_first() else {
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => into.push(text.clone()),
            Value::Array(list) => list.iter().for_each(|item| collect(item, &[], into)),
            other => into.push(other.to_string()),
        }
        return;
    };
    match (segment, value) {
        (Segment::Key(key), Value::Object(fields)) => {
            let found = fields.get(key).or_else(|| {
                fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
            });
            if let Some(value) = found {
                collect(value, rest, into);
            }
        }
        (Segment::At(at), Value::Array(list)) => {
            if let Some(value) = list.get(*at) {
                collect(value, rest, into);
            }
        }
        (Segment::Each, Value::Array(list)) => list.iter().for_each(|item| collect(item, rest, into)),
        // What may be a list is a single object where there is only one.
        (Segment::At(0) | Segment::Each, single) => collect(single, rest, into),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> TraceEvent {
        TraceEvent {
            request: Some(
                r#"{"userName":"bob","n":7,"empty":"","rules":[{"port":22},{"port":3389}],"one":{"port":80}}"#
                    .to_owned(),
            ),
            response: Some("not JSON".to_owned()),
            ..TraceEvent::default()
        }
    }

    #[test]
    fn a_path_leads_to_values() {
        let (event, value) =
            (event(), |path: &str, record: &Record<'_>| record.value(&path.parse().unwrap()));
        let record = Record::new(&event);
        for (path, expected) in [
            ("$.requestParameters.userName", Some("bob")),
            ("$.requestParameters.USERNAME", Some("bob")),
            ("$.requestParameters.n", Some("7")),
            ("$.requestParameters.empty", None),
            ("$.requestParameters.rules[1].port", Some("3389")),
            ("$.requestParameters.rules[*].port", Some("22, 3389")),
            ("$.requestParameters.one[*].port", Some("80")),
            ("$.requestParameters.one[0].port", Some("80")),
            ("$.requestParameters.one", Some(r#"{"port":80}"#)),
            ("$.requestParameters.rules[2].port", None),
            ("$.responseElements.x", None),
            ("$.errorMessage", None),
        ] {
            assert_eq!(value(path, &record).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        for text in [
            "",
            "$",
            "$.requestParameters",
            "requestParameters.a",
            "$.other.a",
            "$.requestParameters.a[",
            "$.requestParameters.a[x]",
            "$.requestParameters..a",
            "$.errorMessage.a",
            "$.requestParameters.a b",
        ] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }
}
