//! `at_timezone(x, zone)` and `x AT TIME ZONE zone`: the same instant on another clock.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::adapter::{Call, Given, Overload, Param, Returns, Spec, given};
use super::error::FunctionError;
use super::moment::{Moments, Zone};
use super::types;

pub(super) const AT_TIMEZONE: Spec = Spec {
    name: "at_timezone",
    overloads: &[
        Overload::new(&[Param::Timestamp, Param::Text], at_type, eval),
        Overload::new(&[Param::Timestamp, Param::DaySecond], at_type, eval),
    ],
};

fn at_type(given: &Given) -> Returns {
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
