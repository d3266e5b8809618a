//! Fields that CloudTrail left out of a record because they were too large, or that are cut off.
//!
//! For SQL such a field looks like one that says nothing. So a candidate goes to no question that needs a field which it
//! lacks: it is undecidable for that question. Looks at candidates only, never at records that the gate refused.

use std::borrow::Cow;

use serde_json::Value;

use super::gate;
use crate::{
    domain::{
        cloudtrail::{COLUMNS, ColumnKind},
        time::{Timestamp, Window},
    },
    engine::embedded::reader::RawRecord,
};

/// Finds the questions that need a field which a record lacks.
#[derive(Debug, Default)]
pub struct Omissions {
    /// The columns that any question needs and that may be left out.
    columns: Vec<usize>,
    questions: Vec<Needed>,
}

/// What a question needs of the events of a span of time.
#[derive(Debug)]
struct Needed {
    question: usize,
    reach: Window,
    columns: Vec<usize>,
}

/// How a field is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    /// CloudTrail wrote a mark in its place, or in the place of a part.
    LeftOut,
    /// It is a text that begins like a JSON document and is none, such as one that was cut.
    Broken,
}

/// The keys of the mark that CloudTrail leaves, in lower case.
const MARK: [&str; 3] = ["omitted", "originalsize", "reason"];

impl Omissions {
    /// For these questions, each with its number, its reach and the names of the columns that it needs.
    pub fn new<'a>(questions: impl Iterator<Item = (usize, Window, &'a [String])>) -> Self {
        let index = |name: &String| {
            COLUMNS.iter().position(|column| column.name == name && column.kind != ColumnKind::Text)
        };
        let needed = |(question, reach, names): (usize, Window, &[String])| Needed {
            question,
            reach,
            columns: names.iter().filter_map(index).collect(),
        };
        let questions: Vec<Needed> = questions.map(needed).filter(|it| !it.columns.is_empty()).collect();
        let mut columns: Vec<usize> = questions.iter().flat_map(|it| &it.columns).copied().collect();
        columns.sort_unstable();
        columns.dedup();
        Self { columns, questions }
    }

    /// Takes from `wanted` the questions that need a field which the record lacks, and returns them with the reason.
    pub fn set_aside(
        &self,
        record: &RawRecord<'_>,
        time: Option<Timestamp>,
        wanted: &mut [u8],
    ) -> Vec<(usize, String)> {
        let lack =
            |column: &usize| Some((*column, lack(*column, record.raw(*column)?, || record.text(*column))?));
        let lacks: Vec<(usize, Lack)> = self.columns.iter().filter_map(lack).collect();
        if lacks.is_empty() {
            return Vec::new();
        }
        let mut set_aside = Vec::new();
        for Needed { question, reach, columns } in &self.questions {
            let of: Vec<(usize, Lack)> =
                lacks.iter().filter(|(column, _)| columns.contains(column)).copied().collect();
            if !of.is_empty()
                && gate::is_set(wanted, *question)
                && time.is_some_and(|time| reach.contains(time))
            {
                gate::unset(wanted, *question);
                set_aside.push((*question, reason(&of)));
            }
        }
        set_aside
    }
}

fn reason(lacks: &[(usize, Lack)]) -> String {
    let of = |(column, lack): &(usize, Lack)| {
        let key = COLUMNS[*column].json_key;
        match (lack, key) {
            (Lack::Broken, _) => format!("{key} is not a complete JSON document"),
            (Lack::LeftOut, "additionalEventData") => format!("CloudTrail left out {key} (over 28 KB)"),
            (Lack::LeftOut, _) => format!("CloudTrail left out {key} (over 100 KB)"),
        }
    };
    lacks.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// How a column's value is missing; `None` if it is there. `text` is the value as SQL sees it: a candidate of Athena has JSON
/// as text.
fn lack<'a>(column: usize, raw: &[u8], text: impl FnOnce() -> Option<Cow<'a, str>>) -> Option<Lack> {
    // The word may be written in either case.
    let marked = || [&b"mitted"[..], b"MITTED"].iter().any(|word| memchr::memmem::find(raw, word).is_some());
    let left_out = |text: &str| {
        let holds = serde_json::from_str::<Value>(text).is_ok_and(|value| has_mark(&value, true));
        holds.then_some(Lack::LeftOut)
    };
    match raw.first()? {
        b'{' if marked() => left_out(&text()?),
        b'"' if COLUMNS[column].kind == ColumnKind::Json => {
            let text = text()?;
            let text = text.trim();
            if !text.starts_with(['{', '[']) {
                None
            } else if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
                Some(Lack::Broken)
            } else if marked() {
                left_out(text)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// Whether a value is CloudTrail's mark, or holds one.
fn has_mark(value: &Value, top: bool) -> bool {
    match value {
        Value::Object(fields) => {
            let is_true = |value: &Value| match value {
                Value::String(text) => text.eq_ignore_ascii_case("true"),
                other => *other == Value::Bool(true),
            };
            let flag = fields.iter().any(|(key, value)| key.eq_ignore_ascii_case(MARK[0]) && is_true(value));
            // Deeper inside, a request may well have a parameter of this name.
            let mark = |key: &String| MARK.contains(&key.to_ascii_lowercase().as_str());
            (flag && (top || fields.keys().all(mark))) || fields.values().any(|value| has_mark(value, false))
        }
        Value::Array(items) => items.iter().any(|item| has_mark(item, false)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lack_of(name: &str, json: &str) -> Option<Lack> {
        let column = COLUMNS.iter().position(|column| column.name == name).unwrap();
        let text = || match serde_json::from_str(json).unwrap() {
            Value::String(text) => Some(Cow::Owned(text)),
            other => Some(Cow::Owned(other.to_string())),
        };
        lack(column, json.as_bytes(), text)
    }

    #[test]
    fn the_mark_of_cloudtrail_is_recognized() {
        for json in [
            r#"{"omitted":true}"#,
            r#"{"omitted": true, "originalSize": 143212, "reason": "requestParameters too large"}"#,
            r#"{"Omitted":"true","originalSize":1}"#,
            r#"{"groupId":"sg-1","omitted":true}"#,
            r#"{"groupId":"sg-1","ipPermissions":{"omitted":true,"originalSize":1}}"#,
            r#"{"groupId":"sg-1","ipPermissions":[{"omitted":true}]}"#,
            r#""{\"omitted\":true,\"originalSize\":143212}""#,
        ] {
            assert_eq!(lack_of("requestparameters", json), Some(Lack::LeftOut), "{json}");
        }
        assert_eq!(lack_of("resources", r#"{"omitted":true}"#), Some(Lack::LeftOut));
    }

    #[test]
    fn a_text_that_ends_early_is_no_document() {
        for json in
            [r#""{\"groupId\":\"sg-1\",\"ipPer""#, r#""{\"a\":1""#, r#"" [1, 2""#, r#""{\"a\":1, ...""#]
        {
            assert_eq!(lack_of("requestparameters", json), Some(Lack::Broken), "{json}");
        }
    }

    #[test]
    fn what_is_there_is_there() {
        for json in [
            "null",
            "17",
            r#"{"groupId":"sg-1"}"#,
            r#"{"omitted":false}"#,
            r#"{"name":"omitted","value":true}"#,
            r#"{"filter":{"omitted":true,"name":"x"}}"#,
            r#""{\"groupId\":\"sg-1\"}""#,
            r#""a text""#,
        ] {
            assert_eq!(lack_of("requestparameters", json), None, "{json}");
        }
    }

    #[test]
    fn the_reason_names_each_field_and_its_limit() {
        let of = |name: &str| COLUMNS.iter().position(|column| column.name == name).unwrap();
        let lacks = [
            (of("requestparameters"), Lack::LeftOut),
            (of("additionaleventdata"), Lack::LeftOut),
            (of("responseelements"), Lack::Broken),
        ];
        assert_eq!(
            reason(&lacks),
            "CloudTrail left out requestParameters (over 100 KB); CloudTrail left out additionalEventData (over 28 KB); \
             responseElements is not a complete JSON document"
        );
    }
}
