//! Arrays and maps by row, without a copy of their items.
//!
//! A list result is described as indices into the items of an argument and gathered once at the end.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Float64Type};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::error::{DataFusionError, Result};

use super::adapter::{Call, KernelResult, represent};
use super::error::FunctionError;
use super::types;

/// A list argument.
pub struct Lists {
    list: ListArray,
    constant: bool,
}

impl Lists {
    /// Argument `index`, its items read as type `of`.
    pub fn read(call: &Call, index: usize, of: &DataType) -> Result<Self> {
        let column = call.array(index)?;
        let list = represent(&column.array, &types::list(of.clone()))?.as_list::<i32>().clone();
        Ok(Self { list, constant: column.constant })
    }

    /// Where the items of this row are; `None` for NULL.
    pub fn at(&self, row: usize) -> Option<Range<usize>> {
        let index = if self.constant { 0 } else { row };
        let offsets = self.list.value_offsets();
        self.list.is_valid(index).then(|| offsets[index] as usize..offsets[index + 1] as usize)
    }

    /// All items.
    pub fn items(&self) -> &ArrayRef {
        self.list.values()
    }
}

/// A map argument.
pub struct Maps {
    map: MapArray,
    constant: bool,
}

impl Maps {
    /// Argument `index`.
    pub fn read(call: &Call, index: usize) -> Result<Self> {
        let column = call.array(index)?;
        let map = if column.array.data_type() == &DataType::Null {
            datafusion::arrow::array::new_null_array(
                &types::map(DataType::Null, DataType::Null),
                column.array.len(),
            )
        } else {
            column.array
        };
        Ok(Self { map: map.as_map().clone(), constant: column.constant })
    }

    /// Where the entries of this row are; `None` for NULL.
    pub fn at(&self, row: usize) -> Option<Range<usize>> {
        let index = if self.constant { 0 } else { row };
        let offsets = self.map.value_offsets();
        self.map.is_valid(index).then(|| offsets[index] as usize..offsets[index + 1] as usize)
    }

    /// All keys.
    pub fn keys(&self) -> &ArrayRef {
        self.map.keys()
    }

    /// All values.
    pub fn values(&self) -> &ArrayRef {
        self.map.values()
    }
}

/// Values in a form that compares as Athena orders them: numbers by value, text by code point, NaN last.
pub fn comparable(values: &[ArrayRef]) -> Result<Vec<Rows>> {
    let Some(first) = values.first() else { return Ok(Vec::new()) };
    let converter = RowConverter::new(vec![SortField::new(first.data_type().clone())])?;
    values.iter().map(|array| Ok(converter.convert_columns(&[one_nan(array)])?)).collect()
}

/// Replaces NaNs by one NaN and -0.0 by 0.0.
fn one_nan(array: &ArrayRef) -> ArrayRef {
    floats(
        array,
        |n| if n.is_nan() { f64::NAN } else { n + 0.0 },
        |n| if n.is_nan() { f32::NAN } else { n + 0.0 },
    )
}

/// Makes NaN less than everything, for the greatest of some values.
pub fn nan_as_least(array: &ArrayRef) -> ArrayRef {
    floats(
        array,
        |n| if n.is_nan() { f64::NEG_INFINITY } else { n },
        |n| if n.is_nan() { f32::NEG_INFINITY } else { n },
    )
}

/// Replaces the floating-point numbers of an array, also those inside rows and arrays.
fn floats(array: &ArrayRef, double: fn(f64) -> f64, real: fn(f32) -> f32) -> ArrayRef {
    match array.data_type() {
        DataType::Float64 => Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(double)),
        DataType::Float32 => Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(real)),
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            let (offsets, items) = (list.offsets().clone(), floats(list.values(), double, real));
            Arc::new(ListArray::new(Arc::clone(field), offsets, items, list.nulls().cloned()))
        }
        DataType::Struct(fields) if !fields.is_empty() => {
            let row = array.as_struct();
            let columns = row.columns().iter().map(|column| floats(column, double, real)).collect();
            Arc::new(StructArray::new(fields.clone(), columns, row.nulls().cloned()))
        }
        _ => Arc::clone(array),
    }
}

/// Gathers single items: for each row an index, or NULL.
pub fn gather_items(
    call: &Call,
    items: &ArrayRef,
    kernel: impl FnMut(usize) -> KernelResult<usize>,
) -> Result<ArrayRef> {
    let indices: UInt32Array = call.each(kernel)?.into_iter().map(|index| index.map(|i| i as u32)).collect();
    represent(&take(items, &indices, None)?, &call.returns)
}

/// Gathers lists: for each row the indices of its items (`None` for a NULL item), or NULL.
pub fn gather(
    call: &Call,
    items: &ArrayRef,
    kernel: impl FnMut(usize) -> KernelResult<Vec<Option<usize>>>,
) -> Result<ArrayRef> {
    let rows = call.each(kernel)?;
    let (offsets, valid) = shape(&rows);
    let indices: UInt32Array = rows.into_iter().flatten().flatten().map(|i| i.map(|i| i as u32)).collect();
    let items = take(items, &indices, None)?;
    let of = types::item_type(&call.returns)
        .ok_or_else(|| DataFusionError::Internal(format!("{} is not a list", call.returns)))?;
    let items = represent(&items, of)?;
    Ok(Arc::new(ListArray::try_new(types::item(of.clone()), offsets, items, Some(valid))?))
}

/// Gathers maps: for each row the indices of its keys and values, or NULL.
pub fn gather_map(
    call: &Call,
    keys: &ArrayRef,
    values: &ArrayRef,
    kernel: impl FnMut(usize) -> KernelResult<Vec<(usize, Option<usize>)>>,
) -> Result<ArrayRef> {
    let rows = call.each(kernel)?;
    let (offsets, valid) = shape(&rows);
    let flat: Vec<_> = rows.into_iter().flatten().flatten().collect();
    let at_keys: UInt32Array = flat.iter().map(|(key, _)| Some(*key as u32)).collect();
    let at_values: UInt32Array = flat.iter().map(|(_, value)| value.map(|v| v as u32)).collect();
    build_map(&call.returns, take(keys, &at_keys, None)?, take(values, &at_values, None)?, offsets, valid)
}

/// Builds a map array.
pub fn build_map(
    map_type: &DataType,
    keys: ArrayRef,
    values: ArrayRef,
    offsets: OffsetBuffer<i32>,
    valid: NullBuffer,
) -> Result<ArrayRef> {
    let (key, value) = types::entry_types(map_type)
        .ok_or_else(|| DataFusionError::Internal(format!("{map_type} is not a map")))?;
    if keys.null_count() > 0 {
        // Casts report such keys before; Arrow cannot hold them.
        return Err(FunctionError::cast("map key is null").into());
    }
    let fields = vec![Field::new("key", key.clone(), false), Field::new("value", value.clone(), true)];
    let entries =
        StructArray::try_new(fields.into(), vec![represent(&keys, key)?, represent(&values, value)?], None)?;
    let DataType::Map(field, sorted) = types::map(key.clone(), value.clone()) else { unreachable!() };
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, Some(valid), sorted)?))
}

/// The offsets and validity of rows of this many items.
pub fn shape<T>(rows: &[Option<Vec<T>>]) -> (OffsetBuffer<i32>, NullBuffer) {
    let lengths = rows.iter().map(|row| row.as_ref().map_or(0, Vec::len));
    (OffsetBuffer::from_lengths(lengths), rows.iter().map(Option::is_some).collect())
}

/// Several arrays of one type end to end, and where each begins.
pub fn join(arrays: &[&ArrayRef]) -> Result<(ArrayRef, Vec<usize>)> {
    let starts = arrays
        .iter()
        .scan(0, |at, array| {
            let start = *at;
            *at += array.len();
            Some(start)
        })
        .collect();
    let arrays: Vec<&dyn Array> = arrays.iter().map(|array| array.as_ref()).collect();
    Ok((concat(&arrays)?, starts))
}
