//! `json_extract`, `json_extract_scalar`, `json_size`: the value at a path.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::path::JsonPath;
use super::text::{Cursor, JsonKind, Keys, compact};
use crate::functions::adapter::{
    Arguments, Call, Memo, Overload, Param, Returns, Spec, given, int, json, text,
};

const PARAMS: &[Param] = &[Param::JsonOrText, Param::Text];

pub(super) const JSON_EXTRACT_SCALAR: Spec = Spec {
    name: "json_extract_scalar",
    overloads: &[Overload::new(PARAMS, |given| checked(given, text), scalar)],
};
pub(super) const JSON_EXTRACT: Spec =
    Spec { name: "json_extract", overloads: &[Overload::new(PARAMS, |given| checked(given, json), extract)] };
pub(super) const JSON_SIZE: Spec =
    Spec { name: "json_size", overloads: &[Overload::new(PARAMS, |given| checked(given, int), size)] };

/// A constant path is checked when the query is planned.
fn checked(given: &Arguments, returns: fn(&Arguments) -> Returns) -> Returns {
    if let Some(path) = given.text(1)
        && given.types[0] != DataType::Null
    {
        JsonPath::parse(path)?;
    }
    returns(given)
}

/// The scalar at the path as text: a string unescaped, a number or boolean as written.
fn scalar(call: &Call) -> Result<ArrayRef> {
    let (source, path) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.texts(|row| {
        let (source, path) = (given!(source.at(row)), given!(path.at(row)));
        let found = given!(memo.get(path, JsonPath::parse)?.find(source));
        let mut cursor = Cursor::new(found);
        Ok(match cursor.kind() {
            Some(JsonKind::String) => cursor.string(),
            Some(JsonKind::Number | JsonKind::Boolean) => Some(found.into()),
            _ => None,
        })
    })
}

fn extract(call: &Call) -> Result<ArrayRef> {
    let (source, path) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.texts(|row| {
        let (source, path) = (given!(source.at(row)), given!(path.at(row)));
        let found = given!(memo.get(path, JsonPath::parse)?.find(source));
        let mut compacted = String::with_capacity(found.len());
        Ok(compact(&mut Cursor::new(found), Keys::Kept, &mut compacted).map(|()| compacted))
    })
}

fn size(call: &Call) -> Result<ArrayRef> {
    let (source, path) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.ints(|row| {
        let (source, path) = (given!(source.at(row)), given!(path.at(row)));
        let found = given!(memo.get(path, JsonPath::parse)?.find(source));
        let mut cursor = Cursor::new(found);
        let mut count = 0;
        let counted = match cursor.kind() {
            Some(JsonKind::Object) => cursor.object(|_, cursor| {
                count += 1;
                cursor.value().map(|_| true)
            }),
            Some(JsonKind::Array) => cursor.array(|_, cursor| {
                count += 1;
                cursor.value().map(|_| true)
            }),
            _ => Some(()),
        };
        Ok(counted.map(|()| count))
    })
}
