//! `format` and `format_number`: values as text for people.

use chrono::{NaiveDateTime, NaiveTime, Timelike};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, TimestampMillisecondType};
use datafusion::error::Result;

use super::format::{Value, parse, write};
use crate::functions::adapter::{Call, Memo, Overload, Param, Spec, given, represent, text};
use crate::functions::cast::text::{Floats, scalar_text};
use crate::functions::error::FunctionError;
use crate::functions::time::moment::{Zone, from_days};

pub(super) const FORMAT: Spec = Spec {
    name: "format",
    overloads: &[Overload::new(&[Param::Text, Param::Any], text, formatted).variadic()],
};
pub(super) const FORMAT_NUMBER: Spec = Spec {
    name: "format_number",
    overloads: &[
        Overload::new(&[Param::Bigint], text, short_number),
        Overload::new(&[Param::Number], text, short_number),
    ],
};

/// A value of an array, as a pattern writes it.
fn value(values: &ArrayRef, row: usize) -> std::result::Result<Value, FunctionError> {
    if values.is_null(row) {
        return Ok(Value::Null);
    }
    let as_text = || {
        scalar_text(values.as_ref(), row, Floats::Java).ok_or_else(|| {
            let kind = crate::functions::types::name(values.data_type());
            FunctionError::unsupported(format!("format with a value of type {kind}"))
        })
    };
    Ok(match values.data_type() {
        DataType::Boolean => Value::Boolean(values.as_boolean().value(row)),
        kind if kind.is_integer() => {
            let number = represent(values, &DataType::Int64)
                .map_err(|error| FunctionError::range(error.to_string()))?;
            Value::Integer(number.as_primitive::<Int64Type>().value(row))
        }
        DataType::Float32 | DataType::Float64 => Value::Double(as_text()?.parse().unwrap_or(f64::NAN)),
        DataType::Decimal128(..) => Value::Digits(as_text()?),
        DataType::Date32 => {
            let day = from_days(i64::from(values.as_primitive::<Date32Type>().value(row)));
            Value::Time(day.and_time(NaiveTime::MIN), as_text()?)
        }
        DataType::Timestamp(_, zone) => {
            let ms = values.as_primitive::<TimestampMillisecondType>().value(row);
            let (local, suffix) = match zone.as_deref() {
                None => (Zone::Utc.local(ms), String::new()),
                Some(name) => {
                    let zone = Zone::parse(name)?;
                    (zone.local(ms), zone_text(zone, zone.offset_s(ms)))
                }
            };
            Value::Time(local, iso(local) + &suffix)
        }
        _ => Value::Text(as_text()?),
    })
}

/// A local time as Java writes it: without seconds and milliseconds that are zero.
fn iso(local: NaiveDateTime) -> String {
    let format = match (local.second(), local.nanosecond()) {
        (0, 0) => "%Y-%m-%dT%H:%M",
        (_, 0) => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    local.format(format).to_string()
}

/// A zone as Java writes it behind a time: its offset, and its name if it has another.
fn zone_text(zone: Zone, offset_s: i64) -> String {
    let sign = if offset_s < 0 { '-' } else { '+' };
    let minutes = offset_s.abs() / 60;
    let offset = match minutes {
        0 => "Z".to_owned(),
        _ => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
    };
    match zone.name() {
        name if name.starts_with(['+', '-']) => offset,
        name => format!("{offset}[{name}]"),
    }
}

fn formatted(call: &Call) -> Result<ArrayRef> {
    let patterns = call.text(0)?;
    let types = call.types();
    let columns = (1..call.len()).map(|at| call.full(at, &types[at])).collect::<Result<Vec<_>>>()?;
    let mut memo = Memo::new();
    call.texts(|row| {
        let pattern = given!(patterns.at(row));
        let values =
            columns.iter().map(|column| value(column, row)).collect::<std::result::Result<Vec<_>, _>>()?;
        write(memo.get(pattern, parse)?, &values).map(Some)
    })
}

/// The units of large numbers.
const UNITS: [(f64, &str); 5] = [(1e15, "Q"), (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")];

fn short_number(call: &Call) -> Result<ArrayRef> {
    let number = call.double(0)?;
    call.texts(|row| {
        let number = given!(number.at(row));
        if number.is_nan() {
            return Ok(Some("NaN".to_owned()));
        }
        if number.is_infinite() {
            return Ok(Some(if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()));
        }
        // Only with a unit does a fraction show.
        let Some((divisor, unit)) = UNITS.into_iter().find(|(from, _)| number.abs() >= *from) else {
            return Ok(Some(format!("{}", number.trunc() as i64)));
        };
        let value = number / divisor;
        let places = match value.abs() {
            under_10 if under_10 < 10.0 => 2,
            under_100 if under_100 < 100.0 => 1,
            _ => 0,
        };
        let text = format!("{value:.places$}");
        let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        Ok(Some(format!("{text}{unit}")))
    })
}
