//! Casts from JSON, one document at a time, and any value as JSON.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::DataType;

use super::text::{Floats, parse_boolean, scalar_text};
use crate::functions::adapter::KernelResult;
use crate::functions::error::FunctionError;
use crate::functions::json::text::{Cursor, JsonKind, Keys, compact, quote};
use crate::functions::number::text::{java_double, parse_bigint, parse_double, sql_double};
use crate::functions::types;

fn bad(text: &str, to: &str) -> FunctionError {
    FunctionError::cast(format!("Cannot cast to {to}. Unexpected value\n{text}"))
}

fn kind(text: &str, to: &str) -> Result<JsonKind, FunctionError> {
    Cursor::new(text).kind().ok_or_else(|| bad(text, to))
}

fn string(text: &str) -> String {
    Cursor::new(text).string().map(String::from).unwrap_or_default()
}

/// A string unquoted; a number in SQL's form; NULL for `null`; no objects or arrays.
pub fn to_text(text: &str) -> KernelResult<String> {
    Ok(match kind(text, "varchar")? {
        JsonKind::String => Some(string(text)),
        JsonKind::Null => None,
        JsonKind::Boolean => Some(text.trim().to_string()),
        JsonKind::Number if text.contains(['.', 'e', 'E']) => {
            Some(sql_double(text.trim().parse().unwrap_or(f64::NAN)))
        }
        JsonKind::Number => Some(text.trim().to_string()),
        JsonKind::Object | JsonKind::Array => return Err(bad(text, "varchar")),
    })
}

/// Numbers rounded; texts of integers; booleans as 0 and 1.
pub fn to_bigint(text: &str, to: &str) -> KernelResult<i64> {
    Ok(match kind(text, to)? {
        JsonKind::String => Some(parse_bigint(&string(text)).ok_or_else(|| bad(text, to))?),
        JsonKind::Null => None,
        JsonKind::Boolean => Some(i64::from(text.trim() == "true")),
        JsonKind::Number if text.contains(['.', 'e', 'E']) => {
            let number: f64 = text.trim().parse().map_err(|_| bad(text, to))?;
            Some(round(number).ok_or_else(|| bad(text, to))?)
        }
        JsonKind::Number => Some(text.trim().parse().map_err(|_| bad(text, to))?),
        JsonKind::Object | JsonKind::Array => return Err(bad(text, to)),
    })
}

/// A number rounded to a bigint.
pub fn round(number: f64) -> Option<i64> {
    let rounded = number.round();
    // Both the smallest bigint and the number after the largest are exact doubles.
    let least = i64::MIN as f64;
    (least..-least).contains(&rounded).then_some(rounded as i64)
}

/// Numbers, texts of numbers, booleans as 0 and 1.
pub fn to_double(text: &str, to: &str) -> KernelResult<f64> {
    Ok(match kind(text, to)? {
        JsonKind::String => Some(parse_double(&string(text)).ok_or_else(|| bad(text, to))?),
        JsonKind::Null => None,
        JsonKind::Boolean => Some(if text.trim() == "true" { 1.0 } else { 0.0 }),
        JsonKind::Number => {
            Some(text.trim().parse().ok().filter(|n: &f64| n.is_finite()).ok_or_else(|| bad(text, to))?)
        }
        JsonKind::Object | JsonKind::Array => return Err(bad(text, to)),
    })
}

/// Booleans, their texts, numbers other than 0.
pub fn to_boolean(text: &str) -> KernelResult<bool> {
    Ok(match kind(text, "boolean")? {
        JsonKind::String => Some(parse_boolean(&string(text))?),
        JsonKind::Null => None,
        JsonKind::Boolean => Some(text.trim() == "true"),
        JsonKind::Number => Some(text.trim().parse::<f64>().is_ok_and(|number| number != 0.0)),
        JsonKind::Object | JsonKind::Array => return Err(bad(text, "boolean")),
    })
}

/// The elements of an array as documents.
pub fn to_elements(text: &str) -> KernelResult<Vec<Option<String>>> {
    match kind(text, "array")? {
        JsonKind::Null => return Ok(None),
        JsonKind::Array => {}
        _ => return Err(bad(text, "array")),
    }
    let mut found = Vec::new();
    Cursor::new(text)
        .array(|_, cursor| {
            found.push(element(cursor)?);
            Some(true)
        })
        .ok_or_else(|| bad(text, "array"))?;
    Ok(Some(found))
}

fn element(cursor: &mut Cursor) -> Option<Option<String>> {
    let mut compacted = String::new();
    compact(cursor, Keys::Kept, &mut compacted)?;
    Some(Some(compacted))
}

/// The members of an object as names and documents.
pub fn to_members(text: &str, to: &str) -> KernelResult<Vec<(String, String)>> {
    match kind(text, to)? {
        JsonKind::Null => return Ok(None),
        JsonKind::Object => {}
        _ => return Err(bad(text, to)),
    }
    let mut found: Vec<(String, String)> = Vec::new();
    Cursor::new(text)
        .object(|key, cursor| {
            found.push((key.into_owned(), element(cursor)??));
            Some(true)
        })
        .ok_or_else(|| bad(text, to))?;
    Ok(Some(found))
}

/// How unnamed fields of rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// In a cast: without a name.
    Cast,
    /// In a result: `field0`
    Result,
}

/// Appends a value of an array as JSON.
pub fn write(array: &dyn Array, index: usize, rows: Rows, into: &mut String) {
    if array.is_null(index) || *array.data_type() == DataType::Null {
        into.push_str("null");
        return;
    }
    match array.data_type() {
        DataType::LargeUtf8 => into.push_str(array.as_string::<i64>().value(index)),
        DataType::Float32 | DataType::Float64 => {
            let text = scalar_text(array, index, Floats::Java).unwrap_or_default();
            match text.parse::<f64>() {
                Ok(number) if number.is_finite() => into.push_str(&match array.data_type() {
                    DataType::Float64 => java_double(number),
                    _ => text,
                }),
                _ => quote(&text, into),
            }
        }
        DataType::Boolean | DataType::Decimal128(_, _) => {
            into.push_str(&scalar_text(array, index, Floats::Java).unwrap_or_default());
        }
        data_type if data_type.is_integer() => {
            into.push_str(&scalar_text(array, index, Floats::Java).unwrap_or_default());
        }
        DataType::Struct(fields) => {
            let row = array.as_struct();
            into.push('{');
            for (at, (field, column)) in fields.iter().zip(row.columns()).enumerate() {
                if at > 0 {
                    into.push(',');
                }
                let unnamed = rows == Rows::Cast && *field.name() == format!("field{at}");
                quote(if unnamed { "" } else { field.name() }, into);
                into.push(':');
                write(column, index, rows, into);
            }
            into.push('}');
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(index);
            let (keys, values) = (entries.column(0), entries.column(1));
            let mut members: Vec<_> =
                (0..keys.len()).filter_map(|at| Some((scalar_text(keys, at, Floats::Sql)?, at))).collect();
            members.sort();
            into.push('{');
            for (nth, (key, at)) in members.iter().enumerate() {
                if nth > 0 {
                    into.push(',');
                }
                quote(key, into);
                into.push(':');
                write(values, *at, rows, into);
            }
            into.push('}');
        }
        data_type if types::item_type(data_type).is_some() => {
            let one = array.slice(index, 1);
            let of = types::item_type(data_type).expect("checked by the guard").clone();
            let items = crate::functions::adapter::represent(&one, &types::list(of))
                .map(|list| list.as_list::<i32>().value(0));
            into.push('[');
            if let Ok(items) = items {
                for at in 0..items.len() {
                    if at > 0 {
                        into.push(',');
                    }
                    write(&items, at, rows, into);
                }
            }
            into.push(']');
        }
        _ => quote(&scalar_text(array, index, Floats::Java).unwrap_or_default(), into),
    }
}
