//! `date_trunc`, `date_add`, `date_diff`, `last_day_of_month`: arithmetic in calendar units.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::moment::{Moments, days, ms};
use super::of_day;
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, int};
use crate::functions::error::FunctionError;

pub(super) const DATE_TRUNC: Spec = Spec {
    name: "date_trunc",
    overloads: &[
        Overload::new(&[Param::Text, Param::Moment], second, trunc),
        Overload::new(&[Param::Text, Param::Time], |given| of_day::of(given, 1), of_day::trunc),
    ],
};
pub(super) const DATE_ADD: Spec = Spec {
    name: "date_add",
    overloads: &[
        Overload::new(&[Param::Text, Param::Bigint, Param::Moment], third, add),
        Overload::new(&[Param::Text, Param::Bigint, Param::Time], |given| of_day::of(given, 2), of_day::add),
    ],
};
pub(super) const DATE_DIFF: Spec = Spec {
    name: "date_diff",
    overloads: &[
        Overload::new(&[Param::Text, Param::Moment, Param::Moment], int, diff),
        Overload::new(
            &[Param::Text, Param::Time, Param::Time],
            |given| of_day::of(given, 1).and_then(|_| int(given)),
            of_day::diff,
        ),
    ],
};
pub(super) const LAST_DAY_OF_MONTH: Spec = Spec {
    name: "last_day_of_month",
    overloads: &[Overload::new(&[Param::Moment], |_| Ok(DataType::Date32), last_day)],
};

fn checked(given: &Arguments, at: usize) -> Returns {
    let moment = &given.types[at];
    if let Some(unit) = given.text(0) {
        Unit::parse(unit, *moment == DataType::Date32)?;
    }
    Ok(if *moment == DataType::Null { crate::functions::types::TIMESTAMP } else { moment.clone() })
}

fn second(given: &Arguments) -> Returns {
    checked(given, 1)
}

fn third(given: &Arguments) -> Returns {
    checked(given, 2)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// A fixed length in ms.
    Ms(i64),
    Day,
    Week,
    /// A number of months.
    Months(u32),
}

impl Unit {
    fn parse(text: &str, of_date: bool) -> std::result::Result<Self, FunctionError> {
        let found = match text.to_ascii_lowercase().as_str() {
            "millisecond" => Self::Ms(1),
            "second" => Self::Ms(1000),
            "minute" => Self::Ms(60_000),
            "hour" => Self::Ms(3_600_000),
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Months(1),
            "quarter" => Self::Months(3),
            "year" => Self::Months(12),
            _ => {
                let kind = if of_date { "DATE" } else { "TIMESTAMP" };
                return Err(FunctionError::argument(format!("'{text}' is not a valid {kind} field")));
            }
        };
        if of_date && matches!(found, Self::Ms(_)) {
            return Err(FunctionError::argument(format!("'{text}' is not a valid DATE field")));
        }
        Ok(found)
    }

    fn trunc(self, local: NaiveDateTime) -> NaiveDateTime {
        let date = local.date();
        let date = match self {
            Self::Ms(length) => {
                // By local time, so that zones with odd offsets keep their minutes.
                let of_day = i64::from(local.num_seconds_from_midnight()) * 1000
                    + i64::from(local.nanosecond() / 1_000_000);
                return date.and_time(NaiveTime::MIN) + TimeDelta::milliseconds(of_day - of_day % length);
            }
            Self::Day => date,
            Self::Week => date - Days::new(u64::from(date.weekday().num_days_from_monday())),
            Self::Months(count) => {
                let month = date.month0() - date.month0() % count;
                date.with_day(1).and_then(|date| date.with_month0(month)).unwrap_or(date)
            }
        };
        date.and_time(NaiveTime::MIN)
    }

    fn add(self, count: i64, local: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Ms(length) => {
                local.checked_add_signed(TimeDelta::try_milliseconds(count.checked_mul(length)?)?)
            }
            Self::Day => local.checked_add_signed(TimeDelta::try_days(count)?),
            Self::Week => local.checked_add_signed(TimeDelta::try_weeks(count)?),
            Self::Months(months) => add_months(local, count.checked_mul(i64::from(months))?),
        }
    }

    /// Complete units from `a` to `b`.
    fn between(self, a: NaiveDateTime, b: NaiveDateTime) -> i64 {
        match self {
            Self::Ms(length) => (ms(b) - ms(a)) / length,
            Self::Day => (ms(b) - ms(a)) / super::moment::DAY_MS,
            Self::Week => (ms(b) - ms(a)) / (7 * super::moment::DAY_MS),
            Self::Months(months) => {
                let index = |t: NaiveDateTime| i64::from(t.year()) * 12 + i64::from(t.month0());
                let mut whole = index(b) - index(a);
                let reached = |whole| add_months(a, whole).unwrap_or(b);
                if whole > 0 && reached(whole) > b {
                    whole -= 1;
                } else if whole < 0 && reached(whole) < b {
                    whole += 1;
                }
                whole / i64::from(months)
            }
        }
    }
}

/// Months later, the day clamped to the month's last.
pub fn add_months(local: NaiveDateTime, months: i64) -> Option<NaiveDateTime> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { local.checked_sub_months(count) } else { local.checked_add_months(count) }
}

fn trunc(call: &Call) -> Result<ArrayRef> {
    let (unit, moments) = (call.text(0)?, Moments::read(call, 1)?);
    call.ticks(|row| {
        let unit = Unit::parse(given!(unit.at(row)), moments.is_date)?;
        Ok(Some(moments.ticks(unit.trunc(given!(moments.local(row))))))
    })
}

fn add(call: &Call) -> Result<ArrayRef> {
    let (unit, count, moments) = (call.text(0)?, call.int(1)?, Moments::read(call, 2)?);
    call.ticks(|row| {
        let unit = Unit::parse(given!(unit.at(row)), moments.is_date)?;
        let (count, at) = (given!(count.at(row)), given!(moments.at(row)));
        let far = || FunctionError::argument("Timestamp is out of range");
        if let Unit::Ms(length) = unit {
            return Ok(Some(count.checked_mul(length).and_then(|d| at.checked_add(d)).ok_or_else(far)?));
        }
        Ok(Some(moments.ticks(unit.add(count, moments.zone.local(at)).ok_or_else(far)?)))
    })
}

fn diff(call: &Call) -> Result<ArrayRef> {
    let (unit, a, b) = (call.text(0)?, Moments::read(call, 1)?, Moments::read(call, 2)?);
    call.ints(|row| {
        let unit = Unit::parse(given!(unit.at(row)), a.is_date && b.is_date)?;
        let (from, to) = (given!(a.at(row)), given!(b.at(row)));
        Ok(Some(match unit {
            Unit::Ms(length) => (to - from) / length,
            unit => unit.between(a.zone.local(from), a.zone.local(to)),
        }))
    })
}

fn last_day(call: &Call) -> Result<ArrayRef> {
    let moments = Moments::read(call, 0)?;
    call.ticks(|row| {
        let date: NaiveDate = given!(moments.local(row)).date();
        let last =
            date.with_day(1).and_then(|d| d.checked_add_months(Months::new(1))).map(|d| d - Days::new(1));
        Ok(last.map(days))
    })
}
