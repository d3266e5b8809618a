//! Casts from varchar to scalars, and scalars as varchar.

use chrono::{NaiveDate, NaiveDateTime};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int64Type,
    IntervalYearMonthType, Time32MillisecondType, Time32SecondType, TimeUnit, TimestampMillisecondType,
};
use datafusion::error::Result;

use crate::functions::adapter::represent;
use crate::functions::error::FunctionError;
use crate::functions::network::ip;
use crate::functions::number::text::{java_double, java_float, sql_double, sql_float};
use crate::functions::time::moment::{Zone, day_second_text, from_days, timestamp_text, year_month_text};
use crate::functions::{types, uuid};

/// The seconds of a day.
pub const SECONDS: i32 = 86_400;

/// The two ways a floating number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    /// In a result: `37.7`
    Java,
    /// In a cast: `3.77E1`
    Sql,
}

/// Writes one scalar of an array as text; `None` if the type has no text form of its own.
pub fn scalar_text(array: &dyn Array, index: usize, floats: Floats) -> Option<String> {
    Some(match array.data_type() {
        DataType::Boolean => array.as_boolean().value(index).to_string(),
        DataType::Utf8 => array.as_string::<i32>().value(index).to_string(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(index).to_string(),
        DataType::Utf8View => array.as_string_view().value(index).to_string(),
        DataType::Float32 => {
            let number = array.as_primitive::<Float32Type>().value(index);
            if floats == Floats::Sql { sql_float(number) } else { java_float(number) }
        }
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(index);
            if floats == Floats::Sql { sql_double(number) } else { java_double(number) }
        }
        DataType::Decimal128(_, _) => array.as_primitive::<Decimal128Type>().value_as_string(index),
        DataType::Date32 => from_days(i64::from(array.as_primitive::<Date32Type>().value(index)))
            .format("%Y-%m-%d")
            .to_string(),
        DataType::Time32(TimeUnit::Second) => {
            time_text(array.as_primitive::<Time32SecondType>().value(index))
        }
        DataType::Time32(TimeUnit::Millisecond) => {
            let ms = array.as_primitive::<Time32MillisecondType>().value(index);
            format!("{}.{:03}", time_text(ms / 1000), ms % 1000)
        }
        DataType::Timestamp(TimeUnit::Millisecond, None) => {
            let ms = array.as_primitive::<TimestampMillisecondType>().value(index);
            timestamp_text(Zone::Utc.local(ms))
        }
        DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) => {
            let ms = array.as_primitive::<TimestampMillisecondType>().value(index);
            let zone = Zone::parse(zone).unwrap_or(Zone::Utc);
            format!("{} {}", timestamp_text(zone.local(ms)), zone.name())
        }
        DataType::Duration(TimeUnit::Millisecond) => {
            day_second_text(array.as_primitive::<DurationMillisecondType>().value(index))
        }
        DataType::Interval(_) if *array.data_type() == types::YEAR_MONTH => {
            year_month_text(array.as_primitive::<IntervalYearMonthType>().value(index))
        }
        DataType::FixedSizeBinary(17) => uuid::print(array.as_fixed_size_binary().value(index)),
        DataType::FixedSizeBinary(16) => ip::print(array.as_fixed_size_binary().value(index)),
        DataType::Binary => hex(array.as_binary::<i32>().value(index)),
        DataType::LargeBinary => hex(array.as_binary::<i64>().value(index)),
        data_type if data_type.is_integer() => {
            let one = array.slice(index, 1);
            represent(&one, &DataType::Int64).ok()?.as_primitive::<Int64Type>().value(0).to_string()
        }
        DataType::Timestamp(_, zone) => {
            let as_type = DataType::Timestamp(TimeUnit::Millisecond, zone.clone());
            return scalar_text(&represent(&array.slice(index, 1), &as_type).ok()?, 0, floats);
        }
        DataType::Duration(_) => {
            return scalar_text(&represent(&array.slice(index, 1), &types::DAY_SECOND).ok()?, 0, floats);
        }
        DataType::Dictionary(_, value) => {
            return scalar_text(&represent(&array.slice(index, 1), value).ok()?, 0, floats);
        }
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Reads `t f true false 1 0`, in any case.
pub fn parse_boolean(text: &str) -> std::result::Result<bool, FunctionError> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Ok(true),
        "f" | "false" | "0" => Ok(false),
        _ => Err(FunctionError::cast(format!("Cannot cast '{text}' to BOOLEAN"))),
    }
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i32; N]> {
    let parts = text.split(separator).map(|part| {
        let plain = !part.is_empty() && part.len() < 10 && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse().ok()).flatten()
    });
    parts.collect::<Option<Vec<i32>>>()?.try_into().ok()
}

fn date(text: &str) -> Option<NaiveDate> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let [year, month, day] = numbers(text, '-')?;
    if text.rsplitn(3, '-').take(2).any(|part| part.len() > 2) {
        return None;
    }
    NaiveDate::from_ymd_opt(if negative { -year } else { year }, month as u32, day as u32)
}

/// Reads `10:00[:05[.321]]` as seconds of the day with so many further digits, rounded half up. The day begins again
/// after its last second.
pub fn parse_time(text: &str, digits: usize) -> std::result::Result<i32, FunctionError> {
    let read = || {
        let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
        let has_fraction = clock.len() < text.len();
        let is_short = clock.split(':').all(|part| part.len() <= 2);
        let [hours, minutes, seconds] = match numbers::<3>(clock, ':') {
            Some(parts) => parts,
            None if has_fraction => return None,
            None => numbers::<2>(clock, ':').map(|[hours, minutes]| [hours, minutes, 0])?,
        };
        let is_fraction = fraction.bytes().all(|digit| digit.is_ascii_digit()) && fraction.len() <= 12;
        if !is_short
            || !is_fraction
            || has_fraction && fraction.is_empty()
            || hours > 23
            || minutes > 59
            || seconds > 59
        {
            return None;
        }
        let fraction = format!("{fraction:0<width$}", width = digits + 1);
        let (kept, next) = fraction.split_at(digits);
        let kept: i32 = format!("0{kept}").parse().ok()?;
        let second = 10_i32.pow(digits as u32);
        let time = ((hours * 60 + minutes) * 60 + seconds) * second + kept + i32::from(next >= "5");
        Some(time % (SECONDS * second))
    };
    read().ok_or_else(|| FunctionError::cast(format!("Value cannot be cast to time: {text}")))
}

/// A second of the day.
fn time_text(second: i32) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Reads `2001-8-22`, with optional spaces around it.
pub fn parse_date(text: &str) -> std::result::Result<NaiveDate, FunctionError> {
    date(text.trim()).ok_or_else(|| FunctionError::cast(format!("Value cannot be cast to date: {text}")))
}

/// Reads `2001-8-22[ 3:04[:05[.321]][ zone]]`: a space, not a `T`.
fn timestamp(text: &str) -> Option<(NaiveDateTime, Option<Zone>)> {
    let text = text.trim();
    let (day, rest) = text.split_once(' ').unwrap_or((text, ""));
    let day = date(day)?;
    let rest = rest.trim_start();
    let (clock, zone) = match rest.find([' ', '+', '-']) {
        _ if !rest.starts_with(|c: char| c.is_ascii_digit()) => ("", rest),
        Some(at) => (&rest[..at], rest[at..].trim_start()),
        None => (rest, ""),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let [hour, minute, second] = match clock {
        "" => [0, 0, 0],
        _ => numbers::<3>(clock, ':').or_else(|| numbers::<2>(clock, ':').map(|[h, m]| [h, m, 0]))?,
    };
    if fraction.len() > 12 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Rounded to milliseconds.
    let micros: i64 = format!("{fraction:0<6}")[..6].parse().ok()?;
    let local = day.and_hms_opt(hour as u32, minute as u32, second as u32)?
        + chrono::TimeDelta::milliseconds((micros + 500) / 1000);
    let zone = match zone {
        "" => None,
        zone => Some(Zone::parse(zone).ok()?),
    };
    Some((local, zone))
}

/// A timestamp text as a local time and the zone it names.
pub fn parse_timestamp(text: &str) -> std::result::Result<(NaiveDateTime, Option<Zone>), FunctionError> {
    timestamp(text).ok_or_else(|| FunctionError::cast(format!("Value cannot be cast to timestamp: {text}")))
}

/// Decimal digits as an integer of the given scale, rounded half up.
pub fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        // An exponent only moves the point.
        let exponent: i32 = exponent.parse().ok().filter(|e: &i32| e.abs() < 100)?;
        let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let zeros = "0".repeat(exponent.unsigned_abs() as usize);
        let digits = if exponent < 0 {
            format!("{zeros}{whole}{fraction}")
        } else {
            format!("{whole}{fraction}{zeros}")
        };
        let point = if exponent < 0 { whole.len() } else { whole.len() + exponent as usize };
        return parse_decimal(&format!("{sign}{}.{}", &digits[..point], &digits[point..]), precision, scale);
    }
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
        return None;
    }
    let scale = usize::try_from(scale).ok()?;
    let kept = format!("{fraction:0<scale$}");
    let mut value: i128 = format!("0{whole}{}", &kept[..scale]).parse().ok()?;
    if kept.as_bytes().get(scale).is_some_and(|digit| *digit >= b'5') {
        value += 1;
    }
    (value < 10_i128.checked_pow(u32::from(precision))?).then_some(sign * value)
}

/// Texts of all rows of a scalar array.
pub fn texts(array: &ArrayRef) -> Result<Vec<Option<String>>> {
    let one = |index| array.is_valid(index).then(|| scalar_text(array, index, Floats::Sql)).flatten();
    Ok((0..array.len()).map(one).collect())
}
