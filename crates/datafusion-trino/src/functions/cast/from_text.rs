//! Casts of varchar columns.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Int32Array, LargeStringArray,
    PrimitiveArray, StringArray,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, TimeUnit, TimestampMillisecondType,
};
use datafusion::error::Result;

use super::{Errors, narrow, primitive, text};
use crate::functions::adapter::{given, represent};
use crate::functions::error::FunctionError;
use crate::functions::json::text::quote;
use crate::functions::network::ip;
use crate::functions::number::text::{parse_bigint, parse_double};
use crate::functions::time::moment::{Zone, days, ms};
use crate::functions::types::{self, fits};
use crate::functions::uuid;

/// Casts texts to a scalar type.
pub(super) fn from_text(source: &StringArray, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    let count = source.len();
    let at = |row: usize| source.is_valid(row).then(|| source.value(row));
    Ok(match to {
        DataType::Utf8 | DataType::Utf8View => return represent(&(Arc::new(source.clone()) as ArrayRef), to),
        DataType::LargeUtf8 => {
            let quoted = source.iter().map(|text| {
                text.map(|text| {
                    let mut quoted = String::new();
                    quote(text, &mut quoted);
                    quoted
                })
            });
            Arc::new(quoted.collect::<LargeStringArray>())
        }
        DataType::Boolean => Arc::new(BooleanArray::from(
            errors.rows(count, |row| text::parse_boolean(given!(at(row))).map(Some)),
        )),
        DataType::Float32 | DataType::Float64 => {
            let name = types::name(to).to_uppercase();
            let rows = errors.rows(count, |row| {
                let text = given!(at(row));
                parse_double(text)
                    .map(Some)
                    .ok_or_else(|| FunctionError::cast(format!("Cannot cast '{text}' to {name}")))
            });
            represent(&primitive::<Float64Type>(rows), to)?
        }
        DataType::Decimal128(precision, scale) => {
            let rows = errors.rows(count, |row| {
                let text = given!(at(row));
                text::parse_decimal(text, *precision, *scale).map(Some).ok_or_else(|| {
                    FunctionError::cast(format!("Cannot cast '{text}' to {}", types::name(to).to_uppercase()))
                })
            });
            Arc::new(
                PrimitiveArray::<Decimal128Type>::from(rows).with_precision_and_scale(*precision, *scale)?,
            )
        }
        DataType::Date32 => {
            let rows = errors.rows(count, |row| Ok(Some(days(text::parse_date(given!(at(row)))?) as i32)));
            primitive::<Date32Type>(rows)
        }
        DataType::Time32(unit) => {
            let digits = if *unit == TimeUnit::Second { 0 } else { 3 };
            let rows = errors.rows(count, |row| text::parse_time(given!(at(row)), digits).map(Some));
            represent(&(Arc::new(Int32Array::from(rows)) as ArrayRef), to)?
        }
        DataType::Timestamp(_, zone) => {
            let named = zone.is_some();
            let rows = errors.rows(count, |row| {
                let (local, zone) = text::parse_timestamp(given!(at(row)))?;
                // Without a zone in the type the text's zone is dropped.
                Ok(Some(if named { zone.unwrap_or(Zone::Utc).instant(local) } else { ms(local) }))
            });
            represent(&primitive::<TimestampMillisecondType>(rows), &types::TIMESTAMP)
                .and_then(|array| relabel(&array, to))?
        }
        to if *to == types::UUID => uuids(source, errors)?,
        DataType::FixedSizeBinary(16) => {
            let rows = errors.rows(count, |row| {
                let text = given!(at(row));
                ip::parse(text)
                    .map(Some)
                    .ok_or_else(|| FunctionError::cast(format!("Cannot cast value to IPADDRESS: {text}")))
            });
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(rows.into_iter(), 16)?)
        }
        to => {
            let name = types::name(to).to_uppercase();
            let rows = errors.rows(count, |row| {
                let text = given!(at(row));
                parse_bigint(text)
                    .filter(|number| fits(*number, to))
                    .map(Some)
                    .ok_or_else(|| FunctionError::cast(format!("Cannot cast '{text}' to {name}")))
            });
            narrow(rows, to)?
        }
    })
}

fn uuids(source: &StringArray, errors: &mut Errors) -> Result<ArrayRef> {
    let rows = errors.rows(source.len(), |row| {
        let text = given!(source.is_valid(row).then(|| source.value(row)));
        let refused = || FunctionError::cast(format!("Cannot cast value to UUID: {text}"));
        uuid::parse(text).map(Some).ok_or_else(refused)
    });
    uuid::array(rows.into_iter())
}

/// The same instants with a zone in the type.
fn relabel(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let DataType::Timestamp(_, zone) = to else { return represent(array, to) };
    let times = array.as_primitive::<TimestampMillisecondType>().clone();
    Ok(Arc::new(times.with_timezone_opt(zone.clone())))
}
