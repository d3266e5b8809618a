//! `at_timezone(x, zone)` and `x AT TIME ZONE zone`: the same instant on another clock. `with_timezone(x,
//! zone)`: the instant
//! at which that clock shows it.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::moment::{Moments, Zone};
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given};
use crate::functions::error::FunctionError;
use crate::functions::types;

pub(super) const AT_TIMEZONE: Spec = Spec {
    name: "at_timezone",
    overloads: &[
        Overload::new(&[Param::Timestamp, Param::Text], at_type, eval),
        Overload::new(&[Param::Timestamp, Param::DaySecond], at_type, eval),
    ],
};

pub(super) const WITH_TIMEZONE: Spec = Spec {
    name: "with_timezone",
    overloads: &[Overload::new(&[Param::Timestamp, Param::Text], with_type, shown)],
};

fn with_type(given: &Arguments) -> Returns {
    if matches!(given.types[0], DataType::Timestamp(_, Some(_))) {
        let message =
            "Unexpected parameters for function with_timezone. Expected: with_timezone(timestamp, varchar)";
        return Err(FunctionError::mismatch(message));
    }
    at_type(given)
}

fn shown(call: &Call) -> Result<ArrayRef> {
    let moments = Moments::read(call, 0)?;
    let zone = match &call.returns {
        DataType::Timestamp(_, Some(zone)) => Zone::parse(zone)?,
        _ => Zone::Utc,
    };
    call.ticks(|row| Ok(Some(zone.instant(given!(moments.local(row))))))
}

fn at_type(given: &Arguments) -> Returns {
    let zone = match (given.text(1), given.int(1)) {
        (Some(zone), _) => Zone::parse(zone)?,
        (None, Some(ms)) => {
            let sign = if ms < 0 { '-' } else { '+' };
            Zone::parse(&format!("{sign}{:02}:{:02}", ms.abs() / 3_600_000, ms.abs() / 60_000 % 60))?
        }
        _ => return Err(FunctionError::unsupported("at_timezone needs a constant time zone in this engine")),
    };
    Ok(types::zoned(&zone.name()))
}

fn eval(call: &Call) -> Result<ArrayRef> {
    let moments = Moments::read(call, 0)?;
    call.ticks(|row| Ok(Some(given!(moments.at(row)))))
}
