//! `json_array_get`, `json_array_length`, `json_array_contains`.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::text::{Cursor, JsonKind, Keys, compact};
use crate::functions::adapter::{Call, KernelResult, Overload, Param, Spec, boolean, given, int, json};

pub(super) const JSON_ARRAY_GET: Spec = Spec {
    name: "json_array_get",
    overloads: &[Overload::new(&[Param::JsonOrText, Param::Bigint], json, get)],
};
pub(super) const JSON_ARRAY_LENGTH: Spec =
    Spec { name: "json_array_length", overloads: &[Overload::new(&[Param::JsonOrText], int, length)] };
pub(super) const JSON_ARRAY_CONTAINS: Spec = Spec {
    name: "json_array_contains",
    overloads: &[
        Overload::new(&[Param::JsonOrText, Param::Text], boolean, contains_text),
        Overload::new(&[Param::JsonOrText, Param::Bool], boolean, contains_bool),
        Overload::new(&[Param::JsonOrText, Param::Bigint], boolean, contains_int),
        Overload::new(&[Param::JsonOrText, Param::Number], boolean, contains_number),
    ],
};

/// The source texts of the elements; `None` if the text is not an array.
fn elements(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    Cursor::new(text).array(|_, cursor| {
        found.push(cursor.value()?);
        Some(true)
    })?;
    Some(found)
}

/// As on Athena, a string is returned without its quotes.
fn get(call: &Call) -> Result<ArrayRef> {
    let (source, index) = (call.text(0)?, call.int(1)?);
    call.texts(|row| {
        let elements = given!(elements(given!(source.at(row))));
        let index = given!(index.at(row));
        let index = if index < 0 { index + elements.len() as i64 } else { index };
        let element = given!(usize::try_from(index).ok().and_then(|index| elements.get(index)));
        let mut cursor = Cursor::new(element);
        Ok(match cursor.kind() {
            Some(JsonKind::Null) | None => None,
            Some(JsonKind::String) => cursor.string().map(String::from),
            Some(_) => {
                let mut compacted = String::new();
                compact(&mut cursor, Keys::Kept, &mut compacted).map(|()| compacted)
            }
        })
    })
}

fn length(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.ints(|row| Ok(elements(given!(source.at(row))).map(|elements| elements.len() as i64)))
}

fn any(source: &str, test: impl Fn(JsonKind, &str) -> bool) -> KernelResult<bool> {
    let elements = given!(elements(source));
    Ok(Some(elements.iter().any(|e| Cursor::new(e).kind().is_some_and(|kind| test(kind, e)))))
}

fn contains_text(call: &Call) -> Result<ArrayRef> {
    let (source, value) = (call.text(0)?, call.text(1)?);
    call.booleans(|row| {
        let value = given!(value.at(row));
        any(given!(source.at(row)), |kind, e| {
            kind == JsonKind::String && Cursor::new(e).string().is_some_and(|s| s == value)
        })
    })
}

fn contains_bool(call: &Call) -> Result<ArrayRef> {
    let (source, value) = (call.text(0)?, call.boolean(1)?);
    call.booleans(|row| {
        let value = if given!(value.at(row)) { "true" } else { "false" };
        any(given!(source.at(row)), |_, e| e == value)
    })
}

fn contains_int(call: &Call) -> Result<ArrayRef> {
    let (source, value) = (call.text(0)?, call.int(1)?);
    call.booleans(|row| {
        let value = given!(value.at(row));
        any(given!(source.at(row)), |kind, e| kind == JsonKind::Number && e.parse() == Ok(value))
    })
}

fn contains_number(call: &Call) -> Result<ArrayRef> {
    let (source, value) = (call.text(0)?, call.double(1)?);
    call.booleans(|row| {
        let value = given!(value.at(row));
        any(given!(source.at(row)), |kind, e| {
            kind == JsonKind::Number && e.contains(['.', 'e', 'E']) && e.parse() == Ok(value)
        })
    })
}
