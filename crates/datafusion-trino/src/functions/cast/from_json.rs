//! Casts of JSON columns.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, LargeStringArray, ListArray, PrimitiveArray, StringArray, StructArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type};
use datafusion::error::Result;

use super::from_text::from_text;
use super::nested::duplicates;
use super::{Errors, json, narrow, primitive, text};
use crate::functions::adapter::{KernelResult, given, represent};
use crate::functions::error::FunctionError;
use crate::functions::lists::{build_map, shape};
use crate::functions::types::{self, fits};

/// Casts documents to any type that has a JSON form.
pub(super) fn from_json(source: &LargeStringArray, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    let count = source.len();
    let at = |row: usize| source.is_valid(row).then(|| source.value(row));
    let name = types::name(to);
    Ok(match to {
        DataType::Utf8 | DataType::Utf8View => {
            let rows = errors.rows(count, |row| json::to_text(given!(at(row))));
            represent(&(Arc::new(StringArray::from(rows)) as ArrayRef), to)?
        }
        DataType::Boolean => {
            Arc::new(BooleanArray::from(errors.rows(count, |row| json::to_boolean(given!(at(row))))))
        }
        DataType::Float32 | DataType::Float64 => {
            let rows = errors.rows(count, |row| json::to_double(given!(at(row)), &name));
            represent(&primitive::<Float64Type>(rows), to)?
        }
        DataType::Decimal128(precision, scale) => {
            let rows = errors.rows(count, |row| decimal(given!(at(row)), *precision, *scale, &name));
            Arc::new(
                PrimitiveArray::<Decimal128Type>::from(rows).with_precision_and_scale(*precision, *scale)?,
            )
        }
        DataType::Struct(fields) => {
            let rows = errors.rows(count, |row| row_of_json(given!(at(row)), fields));
            let valid: NullBuffer = rows.iter().map(Option::is_some).collect();
            let columns = fields.iter().enumerate().map(|(index, field)| {
                let documents: LargeStringArray =
                    rows.iter().map(|row| row.as_ref().and_then(|row| row[index].clone())).collect();
                from_json_documents(documents, field.data_type(), errors)
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Arc::new(StructArray::try_new(fields.clone(), columns, Some(valid))?)
        }
        DataType::Map(_, _) => {
            let rows = errors.rows(count, |row| json::to_members(given!(at(row)), "map"));
            map_of(rows, to, errors)?
        }
        to if types::item_type(to).is_some() => {
            let item = types::item_type(to).expect("checked by the guard").clone();
            let rows = errors.rows(count, |row| json::to_elements(given!(at(row))));
            let (offsets, valid) = shape(&rows);
            let mut of_items = Errors::default();
            let documents = rows.into_iter().flatten().flatten().collect();
            let items = from_json_documents(documents, &item, &mut of_items)?;
            errors.of_items(of_items, &offsets);
            list_of(item, offsets, items, valid)?
        }
        to => {
            let rows = errors.rows(count, |row| {
                let text = given!(at(row));
                match json::to_bigint(text, &name)? {
                    Some(number) if !fits(number, to) => {
                        Err(FunctionError::cast(format!("Cannot cast '{text}' to {name}")))
                    }
                    other => Ok(other),
                }
            });
            narrow(rows, to)?
        }
    })
}

fn decimal(text: &str, precision: u8, scale: i8, name: &str) -> KernelResult<i128> {
    let plain = match text.trim_matches('"') {
        "true" => "1",
        "false" => "0",
        "null" => return Ok(None),
        other => other,
    };
    let number = text::parse_decimal(plain, precision, scale);
    number.map(Some).ok_or_else(|| FunctionError::cast(format!("Cannot cast '{text}' to {name}")))
}

/// Maps of the members of objects: names and documents.
fn map_of(rows: Vec<Option<Vec<(String, String)>>>, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    let (offsets, valid) = shape(&rows);
    let flat: Vec<_> = rows.into_iter().flatten().flatten().collect();
    let (key, value) = types::entry_types(to).expect("a map has entries");
    let mut of_items = Errors::default();
    let keys: StringArray = flat.iter().map(|(key, _)| Some(key)).collect();
    let keys = from_text(&keys, key, &mut of_items)?;
    let values = flat.into_iter().map(|(_, value)| Some(value)).collect();
    let values = from_json_documents(values, value, &mut of_items)?;
    errors.of_items(of_items, &offsets);
    duplicates(&keys, &offsets, errors)?;
    build_map(to, keys, values, offsets, valid)
}

fn list_of(
    item: DataType,
    offsets: OffsetBuffer<i32>,
    items: ArrayRef,
    valid: NullBuffer,
) -> Result<ArrayRef> {
    Ok(Arc::new(ListArray::try_new(types::item(item), offsets, items, Some(valid))?))
}

/// Inside an array, map or row: a document stays a document where the type says json.
fn from_json_documents(documents: LargeStringArray, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    if *to == types::JSON {
        return Ok(Arc::new(documents));
    }
    from_json(&documents, to, errors)
}

/// The documents of a row's fields: by name from an object, by place from an array.
fn row_of_json(text: &str, fields: &[Arc<Field>]) -> KernelResult<Vec<Option<String>>> {
    if text.trim_start().starts_with('[') {
        let elements = given!(json::to_elements(text)?);
        if elements.len() != fields.len() {
            return Err(FunctionError::cast(format!(
                "Cannot cast to row: {} fields expected in {text}",
                fields.len()
            )));
        }
        return Ok(Some(elements));
    }
    let members = given!(json::to_members(text, "row")?);
    let field = |field: &Arc<Field>| {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(field.name());
        members.iter().rev().find(named).map(|(_, value)| value.clone())
    };
    Ok(Some(fields.iter().map(field).collect()))
}
