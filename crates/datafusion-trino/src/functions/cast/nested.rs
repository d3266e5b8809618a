//! Casts of arrays, maps and rows: item by item, an error belongs to the row that holds the item.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{DataType, FieldRef, Fields};
use datafusion::error::Result;

use super::{Errors, cast as cast_items};
use crate::functions::adapter::represent;
use crate::functions::error::FunctionError;
use crate::functions::lists::{build_map, comparable};
use crate::functions::types;

/// Casts rows to rows, maps to maps and arrays to arrays.
pub(super) fn cast(array: &ArrayRef, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    match to {
        DataType::Struct(fields) => row(array, fields, errors),
        DataType::Map(_, _) => map(array, to, errors),
        to => list(array, to, errors),
    }
}

fn row(array: &ArrayRef, fields: &Fields, errors: &mut Errors) -> Result<ArrayRef> {
    let row = array.as_struct();
    let columns = row.columns().iter().zip(fields);
    let column = |(column, field): (&ArrayRef, &FieldRef)| cast_items(column, field.data_type(), errors);
    let columns = columns.map(column).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns, row.nulls().cloned())?))
}

fn map(array: &ArrayRef, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    let map = array.as_map();
    let (key, value) = types::entry_types(to).expect("a map has entries");
    let mut of_items = Errors::default();
    let keys = cast_items(map.keys(), key, &mut of_items)?;
    let values = cast_items(map.values(), value, &mut of_items)?;
    errors.of_items(of_items, map.offsets());
    duplicates(&keys, map.offsets(), errors)?;
    let valid = map.nulls().cloned().unwrap_or_else(|| NullBuffer::new_valid(map.len()));
    build_map(to, keys, values, map.offsets().clone(), valid)
}

fn list(array: &ArrayRef, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    let of = types::item_type(array.data_type()).cloned().unwrap_or(DataType::Null);
    let list = represent(array, &types::list(of))?;
    let list = list.as_list::<i32>();
    let item = types::item_type(to).cloned().unwrap_or(DataType::Null);
    let mut of_items = Errors::default();
    let items = cast_items(list.values(), &item, &mut of_items)?;
    errors.of_items(of_items, list.offsets());
    let list = ListArray::try_new(types::item(item), list.offsets().clone(), items, list.nulls().cloned())?;
    Ok(Arc::new(list))
}

/// Records an error for maps in which the cast made keys equal or NULL.
pub(super) fn duplicates(keys: &ArrayRef, offsets: &OffsetBuffer<i32>, errors: &mut Errors) -> Result<()> {
    let rows = comparable(&[Arc::clone(keys)])?;
    for (row, range) in offsets.windows(2).enumerate() {
        let mut seen = HashSet::new();
        for at in range[0] as usize..range[1] as usize {
            if keys.is_null(at) {
                errors.0.push((row, FunctionError::cast("map key is null")));
            } else if !seen.insert(rows[0].row(at)) {
                errors.0.push((row, FunctionError::cast("duplicate keys")));
            }
        }
    }
    Ok(())
}
