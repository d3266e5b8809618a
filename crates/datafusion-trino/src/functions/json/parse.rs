//! `json_parse`, `json_format`, `is_json_scalar`: between text and the JSON type.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::text::{Cursor, JsonKind, canonical};
use crate::functions::adapter::{Call, Overload, Param, Spec, boolean, given, json, text};
use crate::functions::error::FunctionError;

pub(super) const JSON_PARSE: Spec =
    Spec { name: "json_parse", overloads: &[Overload::new(&[Param::Text], json, parse)] };
pub(super) const JSON_FORMAT: Spec =
    Spec { name: "json_format", overloads: &[Overload::new(&[Param::Json], text, format)] };
pub(super) const IS_JSON_SCALAR: Spec =
    Spec { name: "is_json_scalar", overloads: &[Overload::new(&[Param::JsonOrText], boolean, is_scalar)] };

fn parse(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| {
        let source = given!(source.at(row));
        let parsed = canonical(source)
            .ok_or_else(|| FunctionError::argument(format!("Cannot convert value to JSON: '{source}'")))?;
        Ok(Some(parsed))
    })
}

fn format(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| Ok(source.at(row)))
}

fn is_scalar(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.booleans(|row| {
        let source = given!(source.at(row));
        let mut cursor = Cursor::new(source);
        let kind = cursor.kind();
        if cursor.value().is_none() || !cursor.at_end() {
            return Err(FunctionError::argument(format!("Invalid JSON value: {source}")));
        }
        Ok(Some(!matches!(kind, Some(JsonKind::Object | JsonKind::Array))))
    })
}
