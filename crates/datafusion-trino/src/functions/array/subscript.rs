//! `x[i]`, which fails out of range, and `element_at`, which gives NULL there.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};

use crate::functions::adapter::{Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given};
use crate::functions::cast::format::format_value;
use crate::functions::error::FunctionError;
use crate::functions::lists::{Lists, Maps, comparable, gather_items};
use crate::functions::types;

pub(super) const ELEMENT_AT: Spec = Spec {
    name: "element_at",
    overloads: &[
        Overload::new(&[Param::List, Param::Bigint], of_item, |call| list(call, element_at)),
        Overload::new(&[Param::Map, Param::Any], of_value, |call| map(call, false)),
    ],
};
pub(super) const SUBSCRIPT: Spec = Spec {
    name: "$subscript",
    overloads: &[
        Overload::new(&[Param::List, Param::Bigint], of_item, |call| list(call, subscript)),
        Overload::new(&[Param::Row, Param::Bigint], of_field, field),
        Overload::new(&[Param::Map, Param::Any], of_value, |call| map(call, true)),
    ],
};

fn of_item(given: &Arguments) -> Returns {
    Ok(types::item_type(&given.types[0]).unwrap_or(&DataType::Null).clone())
}

fn of_value(given: &Arguments) -> Returns {
    let Some((key, value)) = types::entry_types(&given.types[0]) else { return Ok(DataType::Null) };
    if types::common(key, &given.types[1]).is_none() {
        return Err(FunctionError::mismatch(format!(
            "Cannot look up {} in {}",
            types::name(&given.types[1]),
            types::name(&given.types[0])
        )));
    }
    Ok(value.clone())
}

/// The index of an item in a list of `length` items; Athena counts from 1, and from the end if negative.
fn element_at(length: usize, index: i64) -> KernelResult<usize> {
    match index {
        0 => Err(FunctionError::argument("SQL array indices start at 1")),
        1.. => Ok(usize::try_from(index - 1).ok().filter(|at| *at < length)),
        _ => Ok(usize::try_from(length as i64 + index).ok()),
    }
}

fn subscript(length: usize, index: i64) -> KernelResult<usize> {
    if index < 0 {
        return Err(FunctionError::argument(format!("Array subscript is negative: {index}")));
    }
    let at = element_at(length, index)?;
    at.map(Some).ok_or_else(|| {
        FunctionError::argument(format!(
            "Array subscript must be less than or equal to array length: {index} > {length}"
        ))
    })
}

fn list(call: &Call, place: fn(usize, i64) -> KernelResult<usize>) -> Result<ArrayRef> {
    let (list, index) = (Lists::read(call, 0, &call.returns)?, call.int(1)?);
    gather_items(call, list.items(), |row| {
        let range = given!(list.at(row));
        Ok(place(range.len(), given!(index.at(row)))?.map(|at| range.start + at))
    })
}

fn map(call: &Call, strict: bool) -> Result<ArrayRef> {
    let maps = Maps::read(call, 0)?;
    let wanted = call.array(1)?;
    // A key that does not fit the key type is not in the map.
    let options = CastOptions { safe: true, ..Default::default() };
    let as_key = cast_with_options(&wanted.array, maps.keys().data_type(), &options)?;
    let rows = comparable(&[maps.keys().clone(), as_key])?;
    let (keys, sought) = (&rows[0], &rows[1]);
    gather_items(call, maps.values(), |row| {
        let range = given!(maps.at(row));
        let (array, index) = given!(wanted.locate(row));
        if let Some(at) = range.clone().find(|at| keys.row(*at) == sought.row(index)) {
            return Ok(Some(at));
        }
        if strict {
            let key = format_value(array, index).unwrap_or_default();
            return Err(FunctionError::argument(format!("Key not present in map: {key}")));
        }
        Ok(None)
    })
}

fn of_field(given: &Arguments) -> Returns {
    let DataType::Struct(fields) = &given.types[0] else { return Ok(DataType::Null) };
    let index =
        given.int(1).ok_or_else(|| FunctionError::mismatch("Subscript of a row must be a constant"))?;
    usize::try_from(index - 1)
        .ok()
        .and_then(|at| fields.get(at))
        .map(|field| field.data_type().clone())
        .ok_or_else(|| {
            FunctionError::argument(format!(
                "Row index {index} is out of bounds: the row has {} fields",
                fields.len()
            ))
        })
}

fn field(call: &Call) -> Result<ArrayRef> {
    let index = call.int(1)?.at(0).unwrap_or(1);
    let row = call.array(0)?;
    let row = if row.constant && call.rows != 1 {
        call.full(0, &row.array.data_type().clone())?
    } else {
        row.array
    };
    let row = row.as_struct();
    let column = row.column(usize::try_from(index - 1).unwrap_or(usize::MAX));
    // A NULL row has NULL fields, whatever values are stored in it.
    match row.nulls() {
        None => Ok(column.clone()),
        Some(valid) => {
            let masked = datafusion::arrow::compute::nullif(
                column,
                &datafusion::arrow::array::BooleanArray::new(!valid.inner(), None),
            );
            masked.map_err(DataFusionError::from)
        }
    }
}
