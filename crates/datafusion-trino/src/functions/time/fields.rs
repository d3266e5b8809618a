//! `year`, `month`, `day`, `hour` … and `extract(FIELD FROM x)`, which is rewritten to them.

use chrono::{Datelike, Timelike};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::error::Result;

use super::moment::{DAY_MS, Moments};
use super::of_day;
use crate::functions::adapter::{Call, Overload, Param, Spec, given, int, represent};

macro_rules! fields {
    ($($spec:ident $name:literal $of:ident $(or $interval:ident $(or $time:ident)?)?;)*) => {
        $(pub(super) const $spec: Spec = Spec {
            name: $name,
            overloads: &[
                Overload::new(&[Param::$of], int, |call| field(call, $name)),
                $(Overload::new(&[Param::$interval], int, |call| interval(call, $name)),)?
                $($(Overload::new(&[Param::$time], int, |call| of_day::field(call, $name)),)?)?
            ],
        };)*
    };
}

fields! {
    YEAR "year" Moment or YearMonth;
    QUARTER "quarter" Moment;
    MONTH "month" Moment or YearMonth;
    WEEK "week" Moment;
    WEEK_OF_YEAR "week_of_year" Moment;
    DAY "day" Moment or DaySecond;
    DAY_OF_MONTH "day_of_month" Moment or DaySecond;
    DAY_OF_WEEK "day_of_week" Moment;
    DOW "dow" Moment;
    DAY_OF_YEAR "day_of_year" Moment;
    DOY "doy" Moment;
    YEAR_OF_WEEK "year_of_week" Moment;
    YOW "yow" Moment;
    HOUR "hour" Moment or DaySecond or Time;
    MINUTE "minute" Moment or DaySecond or Time;
    SECOND "second" Moment or DaySecond or Time;
    MILLISECOND "millisecond" Moment or DaySecond or Time;
    TIMEZONE_HOUR "timezone_hour" Timestamp;
    TIMEZONE_MINUTE "timezone_minute" Timestamp;
}

fn field(call: &Call, name: &str) -> Result<ArrayRef> {
    let moments = Moments::read(call, 0)?;
    call.ints(|row| {
        let at = given!(moments.at(row));
        let local = moments.zone.local(at);
        Ok(Some(match name {
            "year" => i64::from(local.year()),
            "quarter" => i64::from(local.month0() / 3 + 1),
            "month" => i64::from(local.month()),
            "week" | "week_of_year" => i64::from(local.iso_week().week()),
            "day" | "day_of_month" => i64::from(local.day()),
            "day_of_week" | "dow" => i64::from(local.weekday().number_from_monday()),
            "day_of_year" | "doy" => i64::from(local.ordinal()),
            "year_of_week" | "yow" => i64::from(local.iso_week().year()),
            "hour" => i64::from(local.hour()),
            "minute" => i64::from(local.minute()),
            "second" => i64::from(local.second()),
            "millisecond" => i64::from(local.nanosecond() / 1_000_000),
            "timezone_hour" => moments.zone.offset_s(at) / 3600,
            _ => moments.zone.offset_s(at) / 60 % 60,
        }))
    })
}

fn interval(call: &Call, name: &str) -> Result<ArrayRef> {
    if matches!(call.types()[0], DataType::Interval(_)) {
        let column = call.array(0)?;
        let months = represent(&column.array, &DataType::Int32)?.as_primitive::<Int32Type>().clone();
        return call.ints(|row| {
            let index = if column.constant { 0 } else { row };
            let months = given!(months.is_valid(index).then(|| i64::from(months.value(index))));
            Ok(Some(if name == "year" { months / 12 } else { months % 12 }))
        });
    }
    let length = call.int(0)?;
    call.ints(|row| {
        let ms = given!(length.at(row));
        Ok(Some(match name {
            "day" | "day_of_month" => ms / DAY_MS,
            "hour" => ms / 3_600_000 % 24,
            "minute" => ms / 60_000 % 60,
            "second" => ms / 1000 % 60,
            _ => ms % 1000,
        }))
    })
}
