//! Properties over random files: decoding agrees with serde_json, and damage costs only what is damaged.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value};
use trailbrief::testing::domain::cloudtrail::{COLUMNS, ColumnKind};
use trailbrief::testing::engine::embedded::reader::{
    ColumnSet, EventBuilder, FileStats, Flow, Input, Limits, Partition, Reader, schema,
};

use super::{Pieces, gzip};

const PARTITION: Partition<'_> =
    Partition { account: "a", region: "r", timestamp: "t", path: "p", record: b"{}" };

fn json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[ -~\"\\\\\\n{}\\[\\],:]{0,12}", Just("Root".into())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Short ones: serde_json reads long ones with the last digit off.
        any::<i16>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        text.prop_map(Value::from),
    ];
    let key = prop_oneof![
        any::<String>(),
        Just("type".into()),
        Just("sessionContext".into()),
        Just("attributes".into()),
        Just("webIdFederationData".into()),
        Just("ARN".into())
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// A record: some columns with any values, some other keys.
fn record() -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![
        4 => (0..COLUMNS.len()).prop_map(|at| COLUMNS[at].json_key.to_owned()),
        1 => "[a-z]{1,3}",
    ];
    prop::collection::vec((key, json()), 0..12).prop_map(|members| {
        let name = [("eventName".to_owned(), Value::from("N"))];
        name.into_iter().chain(members.into_iter().filter(|(key, _)| key != "eventName")).collect()
    })
}

/// Writes a value with white space where JSON allows it, and with needless escapes.
fn write(value: &Value, style: u8, out: &mut String) {
    let space = |out: &mut String| out.push_str(["", " ", "\r\n\t", ""][usize::from(style % 4)]);
    space(out);
    match value {
        Value::Object(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(&Value::from(key.as_str()), style, out);
                out.push(':');
                write(value, style.rotate_left(1), out);
            }
            space(out);
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for (at, value) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(value, style.rotate_left(3), out);
            }
            space(out);
            out.push(']');
        }
        Value::String(text) if style & 0x10 != 0 => {
            out.push('"');
            text.encode_utf16().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            out.push('"');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
    space(out);
}

/// What serde_json makes of a value in a text column.
fn expected(value: Option<&Value>) -> Option<Value> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(Value::from(text.as_str())),
        Value::Object(_) | Value::Array(_) => value.cloned(),
        scalar => Some(Value::from(scalar.to_string())),
    }
}

type Read = (Vec<Vec<u8>>, FileStats);

fn read(input: Input<'_>) -> Read {
    let mut found = Vec::new();
    let mut builder = EventBuilder::new(&ColumnSet::new(0..schema().fields().len()));
    let stats = Reader::new(Limits::default()).read(input, &mut |record| {
        found.push(record.json().to_vec());
        builder.append(record, PARTITION);
        Flow::Continue
    });
    assert_eq!(builder.finish().num_rows() as u64, stats.records);
    (found, stats)
}

/// Reads in both ways and returns the records.
fn read_alike(file: &[u8], piece: usize) -> Result<Read, TestCaseError> {
    let whole = read(Input::Bytes(file));
    let pieces = read(Input::Stream(&mut Pieces { rest: file, piece }));
    prop_assert_eq!(&whole.0, &pieces.0);
    prop_assert_eq!(&whole.1.problems, &pieces.1.problems);
    Ok(whole)
}

/// A log file or lines, and where each record ends in it.
fn file(records: &[String], lines: bool) -> (Vec<u8>, Vec<usize>) {
    let mut file = if lines { String::new() } else { "{\"Records\":[".to_owned() };
    let mut ends = Vec::new();
    for record in records {
        if !lines && !ends.is_empty() {
            file.push(',');
        }
        file.push_str(record);
        ends.push(file.len());
        if lines {
            file.push('\n');
        }
    }
    if !lines {
        file.push_str("]}");
    }
    (file.into_bytes(), ends)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn columns_agree_with_serde_json(record in record(), style in any::<u8>()) {
        let mut text = String::new();
        write(&Value::Object(record.clone()), style, &mut text);
        let mut seen = 0;
        let stats = Reader::new(Limits::default()).read(Input::Bytes(text.as_bytes()), &mut |found| {
            seen += 1;
            for (at, column) in COLUMNS.iter().enumerate() {
                let wanted = expected(record.get(column.json_key));
                let text = found.text(at);
                let nested = matches!(record.get(column.json_key), Some(Value::Object(_) | Value::Array(_)));
                let got = text.as_deref().map(|text| match nested {
                    true => serde_json::from_str(text).expect("compact text of a nested value is JSON"),
                    false => Value::from(text),
                });
                assert_eq!(got, wanted, "{} in {text:?}", column.name);
                if nested && let Some(text) = &text {
                    let spaces = |text: &str| text.bytes().filter(|byte| byte.is_ascii_whitespace()).count();
                    assert!(spaces(text) <= spaces(&record[column.json_key].to_string()), "{text}");
                }
                if let ColumnKind::Struct(fields) = column.kind {
                    for field in fields {
                        let members = record.get(column.json_key).and_then(Value::as_object);
                        let is_field = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(field.json_key);
                        let value = members.and_then(|members| members.iter().rfind(is_field));
                        let wanted = expected(value.map(|(_, value)| value));
                        assert_eq!(found.nested_text(at, field.name).is_some(), wanted.is_some());
                    }
                }
            }
            Flow::Continue
        });
        let reasons: Vec<&str> = stats.problems.iter().map(|problem| problem.reason.as_str()).collect();
        let is_text = match record.get("userIdentity") {
            Some(Value::String(text)) => {
                !text.trim().is_empty() && !matches!(serde_json::from_str(text), Ok(Value::Object(_)))
            }
            _ => false,
        };
        let wanted: &[&str] =
            if is_text { &["userIdentity of 1 record is a text, not an object"] } else { &[] };
        prop_assert_eq!((seen, &reasons[..]), (1, wanted));
        read_alike(text.as_bytes(), usize::from(style) + 1)?;
    }

    #[test]
    fn anything_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), piece in 1..99usize) {
        read_alike(&bytes, piece)?;
        read_alike(&[b"{\"Records\":[", &bytes[..]].concat(), piece)?;
        read_alike(&[b"\x1f\x8b\x08\0\0\0\0\0\0\0", &bytes[..]].concat(), piece)?;
    }

    #[test]
    fn records_before_the_damage_are_delivered(
        records in prop::collection::vec(record(), 1..8),
        style in any::<u8>(),
        lines in any::<bool>(),
        at in any::<prop::sample::Index>(),
        damage in prop::collection::vec(any::<u8>(), 0..4),
        cut in any::<bool>(),
    ) {
        let text = |record: &Map<String, Value>| {
            let mut text = String::new();
            write(&Value::Object(record.clone()), if lines { style & 0xfc } else { style }, &mut text);
            text
        };
        let records: Vec<String> = records.iter().map(text).collect();
        let (mut file, ends) = file(&records, lines && style & 0xfc == 0);
        let at = at.index(file.len());
        if cut {
            file.truncate(at);
        } else {
            let end = (at + damage.len()).min(file.len());
            file.splice(at..end, damage);
        }
        let before = ends.iter().filter(|end| **end <= at).count();
        let (found, _) = read_alike(&file, usize::from(style) + 1)?;
        prop_assert!(found.len() >= before, "{} of {before}", found.len());
        for (found, record) in found.iter().zip(&records[..before]) {
            prop_assert_eq!(found, record.trim().as_bytes());
        }
    }

    #[test]
    fn a_cut_gzip_stream_gives_what_it_holds(
        records in prop::collection::vec(record(), 1..20),
        at in any::<prop::sample::Index>(),
        flip in any::<u8>(),
    ) {
        let records: Vec<String> = records.into_iter().map(|record| Value::Object(record).to_string()).collect();
        let (text, _) = file(&records, true);
        let mut zipped = gzip(&text);
        let at = at.index(zipped.len());
        match flip {
            0 => zipped.truncate(at),
            flip => zipped[at] ^= flip,
        }
        let (found, stats) = read_alike(&zipped, 13)?;
        if stats.problems.is_empty() {
            prop_assert_eq!(found.len(), records.len());
        }
    }
}
