//! Time zones, and dates and timestamps as milliseconds since 1970.
//!
//! The session zone is UTC, as Athena's is. A timestamp with time zone has one zone for the whole column: the
//! zone is
//! part of its Arrow type, so `at_timezone` needs a constant zone to be seen in the text of a result.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use datafusion::arrow::array::{Array, AsArray, PrimitiveArray};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;

use crate::functions::adapter::{Call, represent};
use crate::functions::error::FunctionError;
use crate::functions::types;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// A fixed offset.
    Fixed(FixedOffset),
    /// A region of the time zone database.
    Region(chrono_tz::Tz),
}

impl Zone {
    /// Reads `UTC`, `Z`, `GMT`, `+05:30`, `America/New_York`.
    ///
    /// # Errors
    /// INVALID_FUNCTION_ARGUMENT for anything else.
    pub fn parse(text: &str) -> Result<Self, FunctionError> {
        let bad = || FunctionError::argument(format!("'{text}' is not a valid time zone"));
        if matches!(text, "UTC" | "Z" | "z" | "GMT" | "UT" | "Etc/UTC" | "+00:00" | "-00:00") {
            return Ok(Self::Utc);
        }
        if text.starts_with(['+', '-']) {
            let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
            let number =
                |range: std::ops::Range<usize>| digits.get(range).and_then(|d| d.parse::<i32>().ok());
            let (hours, minutes) = match digits.len() {
                1 | 2 => (digits.parse().map_err(|_| bad())?, 0),
                4 => (number(0..2).ok_or_else(bad)?, number(2..4).ok_or_else(bad)?),
                _ => return Err(bad()),
            };
            if hours > 14 || minutes > 59 {
                return Err(bad());
            }
            let seconds = (hours * 60 + minutes) * 60 * if text.starts_with('-') { -1 } else { 1 };
            return FixedOffset::east_opt(seconds)
                .map(|offset| if seconds == 0 { Self::Utc } else { Self::Fixed(offset) })
                .ok_or_else(bad);
        }
        text.parse().map(Self::Region).map_err(|_| bad())
    }

    /// Its name, as results print it.
    pub fn name(self) -> String {
        match self {
            Self::Utc => "UTC".into(),
            Self::Fixed(offset) => offset.to_string(),
            Self::Region(region) => region.name().into(),
        }
    }

    /// Its distance from UTC at this instant, in seconds to the east.
    pub fn offset_s(self, at_ms: i64) -> i64 {
        match self {
            Self::Utc => 0,
            Self::Fixed(offset) => i64::from(offset.local_minus_utc()),
            Self::Region(region) => {
                i64::from(region.offset_from_utc_datetime(&from_ms(at_ms)).fix().local_minus_utc())
            }
        }
    }

    /// The local time at this instant.
    pub fn local(self, at_ms: i64) -> NaiveDateTime {
        from_ms(at_ms + self.offset_s(at_ms) * 1000)
    }

    /// The instant of this local time: the earlier of two; in a gap, as far after its start as the local time
    /// is.
    pub fn instant(self, local: NaiveDateTime) -> i64 {
        let as_utc = ms(local);
        match self {
            Self::Utc => as_utc,
            Self::Fixed(offset) => as_utc - i64::from(offset.local_minus_utc()) * 1000,
            Self::Region(region) => match region.from_local_datetime(&local).earliest() {
                Some(found) => found.timestamp_millis(),
                None => as_utc - self.offset_s(as_utc - DAY_MS / 8) * 1000,
            },
        }
    }
}

/// Refuses an instant that a timestamp with time zone cannot hold.
///
/// # Errors
/// INVALID_FUNCTION_ARGUMENT
pub fn in_range(ms: i64) -> std::result::Result<i64, FunctionError> {
    const LIMIT: i64 = 1 << 51;
    if (-LIMIT..LIMIT).contains(&ms) {
        return Ok(ms);
    }
    Err(FunctionError::argument(format!("Millis overflow: {ms}")))
}

/// The date and time this many milliseconds after 1970, clamped to the range of dates.
pub fn from_ms(ms: i64) -> NaiveDateTime {
    DateTime::<Utc>::from_timestamp_millis(ms)
        .map_or(if ms < 0 { NaiveDateTime::MIN } else { NaiveDateTime::MAX }, |time| time.naive_utc())
}

/// Milliseconds since 1970, rounded down.
pub fn ms(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp_millis()
}

/// Days since 1970.
pub fn days(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

/// The date this many days after 1970.
pub fn from_days(days: i64) -> NaiveDate {
    TimeDelta::try_days(days)
        .and_then(|delta| NaiveDate::default().checked_add_signed(delta))
        .unwrap_or(NaiveDate::MAX)
}

/// `2001-08-22 03:04:05.321`
pub fn timestamp_text(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// `3 19:26:24.000`
pub fn day_second_text(ms: i64) -> String {
    let (sign, ms) = (if ms < 0 { "-" } else { "" }, ms.unsigned_abs());
    let (s, m, h) = (ms / 1000 % 60, ms / 60_000 % 60, ms / 3_600_000 % 24);
    format!("{sign}{} {h:02}:{m:02}:{s:02}.{:03}", ms / 86_400_000, ms % 1000)
}

/// `1-2`: years and months.
pub fn year_month_text(months: i32) -> String {
    let (sign, months) = (if months < 0 { "-" } else { "" }, months.unsigned_abs());
    format!("{sign}{}-{}", months / 12, months % 12)
}

/// A date or timestamp argument.
pub struct Moments {
    array: PrimitiveArray<Int64Type>,
    constant: bool,
    /// Its zone.
    pub zone: Zone,
    /// Whether it is a date.
    pub is_date: bool,
}

impl Moments {
    /// Argument `index`.
    pub fn read(call: &Call, index: usize) -> Result<Self> {
        let column = call.array(index)?;
        let (zone, is_date) = match column.array.data_type() {
            DataType::Timestamp(_, Some(zone)) => (Zone::parse(zone)?, false),
            DataType::Date32 => (Zone::Utc, true),
            _ => (Zone::Utc, false),
        };
        let as_type = match column.array.data_type() {
            DataType::Timestamp(_, Some(zone)) => types::zoned(zone),
            _ => types::TIMESTAMP,
        };
        let ticks = represent(&represent(&column.array, &as_type)?, &DataType::Int64)?;
        Ok(Self {
            array: ticks.as_primitive::<Int64Type>().clone(),
            constant: column.constant,
            zone,
            is_date,
        })
    }

    /// The instant in this row, in ms.
    pub fn at(&self, row: usize) -> Option<i64> {
        let index = if self.constant { 0 } else { row };
        self.array.is_valid(index).then(|| self.array.value(index))
    }

    /// The local time in this row.
    pub fn local(&self, row: usize) -> Option<NaiveDateTime> {
        self.at(row).map(|ms| self.zone.local(ms))
    }

    /// A local time as ticks of the type that was read: days of a date, else ms.
    pub fn ticks(&self, local: NaiveDateTime) -> i64 {
        if self.is_date { days(local.date()) } else { self.zone.instant(local) }
    }
}
