//! `json_object` and `json_array`: JSON texts of values.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use datafusion::error::Result;

use super::item::Item;
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, text};
use crate::functions::cast::text::{Floats, scalar_text};
use crate::functions::error::{ErrorClass, FunctionError};

/// `"$json_object"(null handling, unique, key, value, form, …)`
pub(super) const JSON_OBJECT: Spec = Spec {
    name: "$json_object",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Any], checked, object)
        .optional(1)
        .variadic()],
};
/// `"$json_array"(null handling, value, form, …)`
pub(super) const JSON_ARRAY: Spec = Spec {
    name: "$json_array",
    overloads: &[Overload::new(&[Param::Text, Param::Any], checked, array).optional(1).variadic()],
};

/// Values must have a text form.
fn checked(given: &Arguments) -> Returns {
    match given.types.iter().find(|given| given.is_nested()) {
        None => text(given),
        Some(nested) => Err(FunctionError::unsupported(format!(
            "a value of type {} in JSON: cast it to json first, and write json_format(…) FORMAT JSON",
            crate::functions::types::name(nested)
        ))),
    }
}

/// A value of an array as JSON; `None` if its type has no form.
pub(super) fn item_at(values: &dyn Array, row: usize) -> Option<Item> {
    if values.is_null(row) {
        return Some(Item::Null);
    }
    Some(match values.data_type() {
        DataType::Null => Item::Null,
        DataType::Boolean => Item::Boolean(values.as_boolean().value(row)),
        DataType::Int8 => Item::Integer(values.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Item::Integer(values.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Item::Integer(values.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Item::Integer(values.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => Item::Double(values.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Item::Double(values.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            let digits = scalar_text(values, row, Floats::Sql)?;
            match scale {
                0 => digits.parse().map(Item::Integer).ok()?,
                _ => Item::Digits(digits),
            }
        }
        _ => Item::Text(scalar_text(values, row, Floats::Sql)?),
    })
}

/// The JSON of a value: of its text, if that is JSON already.
fn member(values: &ArrayRef, is_json: bool, row: usize) -> Result<Item, FunctionError> {
    let none = || FunctionError::unsupported("a value of this type in JSON");
    let item = item_at(values.as_ref(), row).ok_or_else(none)?;
    match item {
        Item::Text(text) if is_json => Item::read(&text).ok_or_else(|| FunctionError {
            class: ErrorClass::JsonInputConversion,
            message: format!("conversion to JSON failed: '{text}'"),
        }),
        item => Ok(item),
    }
}

/// The arguments from one on, as arrays.
fn arrays(call: &Call, from: usize) -> Result<Vec<ArrayRef>> {
    let types = call.types();
    (from..call.len()).map(|at| call.full(at, &types[at])).collect()
}

fn is_json(form: &ArrayRef) -> bool {
    form.as_string_opt::<i32>().is_some_and(|form| !form.is_empty() && form.value(0) == "json")
}

fn object(call: &Call) -> Result<ArrayRef> {
    let (nulls, unique) = (call.text(0)?, call.text(1)?);
    let values = arrays(call, 2)?;
    call.texts(|row| {
        let mut members: Vec<(String, Item)> = Vec::new();
        for member_of in values.chunks_exact(3) {
            let Some(Item::Text(key)) = item_at(member_of[0].as_ref(), row) else {
                return Err(FunctionError::argument(
                    "null value passed for JSON object key to JSON_OBJECT function",
                ));
            };
            let item = member(&member_of[1], is_json(&member_of[2]), row)?;
            if item == Item::Null && nulls.at(row) == Some("absent") {
                continue;
            }
            match members.iter_mut().find(|(known, _)| *known == key) {
                Some(_) if unique.at(row) == Some("unique") => {
                    let message = format!("duplicate key passed to JSON_OBJECT function: {key}");
                    return Err(FunctionError::argument(message));
                }
                Some((_, known)) => *known = item,
                None => members.push((key, item)),
            }
        }
        let mut text = String::new();
        Item::Object(members).write(&mut text);
        Ok(Some(text))
    })
}

fn array(call: &Call) -> Result<ArrayRef> {
    let nulls = call.text(0)?;
    let values = arrays(call, 1)?;
    call.texts(|row| {
        let mut items = Vec::new();
        for element in values.chunks_exact(2) {
            let item = member(&element[0], is_json(&element[1]), row)?;
            if item != Item::Null || nulls.at(row) == Some("null") {
                items.push(item);
            }
        }
        let mut text = String::new();
        Item::Array(items).write(&mut text);
        Ok(Some(text))
    })
}
