//! `from_unixtime` and `to_unixtime`: seconds since 1970, as doubles; `from_unixtime_nanos`.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Decimal128Type};
use datafusion::error::Result;

use super::moment::{Moments, Zone, in_range};
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, double, given};
use crate::functions::error::FunctionError;
use crate::functions::types;

pub(super) const FROM_UNIXTIME: Spec = Spec {
    name: "from_unixtime",
    overloads: &[
        Overload::new(&[Param::Number, Param::Text], from_type, from).optional(1),
        Overload::new(&[Param::Number, Param::Bigint, Param::Bigint], from_type, from),
    ],
};
/// Times have milliseconds; smaller units are cut off.
pub(super) const FROM_UNIXTIME_NANOS: Spec = Spec {
    name: "from_unixtime_nanos",
    overloads: &[Overload::new(&[Param::Number], |_| Ok(types::zoned("UTC")), from_nanos)],
};
pub(super) const TO_UNIXTIME: Spec =
    Spec { name: "to_unixtime", overloads: &[Overload::new(&[Param::Timestamp], double, to)] };

fn from_type(given: &Arguments) -> Returns {
    let zone = match (given.text(1), given.int(1), given.int(2)) {
        (Some(zone), _, _) => Zone::parse(zone)?,
        (_, Some(hours), Some(minutes)) => {
            let minutes = hours * 60 + minutes;
            let sign = if minutes < 0 { '-' } else { '+' };
            Zone::parse(&format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60))?
        }
        _ => Zone::Utc,
    };
    Ok(types::zoned(&zone.name()))
}

fn from(call: &Call) -> Result<ArrayRef> {
    let seconds = call.double(0)?;
    call.ticks(|row| {
        let seconds = given!(seconds.at(row));
        if !seconds.is_finite() {
            return if seconds.is_nan() {
                Ok(Some(0))
            } else {
                Err(FunctionError::argument(format!("Millis overflow: {seconds}")))
            };
        }
        in_range((seconds * 1000.0).round() as i64).map(Some)
    })
}

fn from_nanos(call: &Call) -> Result<ArrayRef> {
    let nanos = call.full(0, &DataType::Decimal128(38, 0))?;
    let nanos = nanos.as_primitive::<Decimal128Type>();
    call.ticks(|row| {
        let nanos = given!(nanos.is_valid(row).then(|| nanos.value(row)));
        in_range(i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX)).map(Some)
    })
}

fn to(call: &Call) -> Result<ArrayRef> {
    let moments = Moments::read(call, 0)?;
    call.doubles(|row| Ok(Some(given!(moments.at(row)) as f64 / 1000.0)))
}
