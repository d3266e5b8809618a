//! `from_iso8601_timestamp`, `from_iso8601_date`, `to_iso8601`.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::moment::{Moments, Zone, days, in_range};
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, text};
use crate::functions::error::FunctionError;
use crate::functions::types;

pub(super) const FROM_ISO8601_TIMESTAMP: Spec = Spec {
    name: "from_iso8601_timestamp",
    overloads: &[Overload::new(&[Param::Text], timestamp_type, from_timestamp)],
};
/// Times have milliseconds.
pub(super) const FROM_ISO8601_TIMESTAMP_NANOS: Spec =
    Spec { name: "from_iso8601_timestamp_nanos", overloads: FROM_ISO8601_TIMESTAMP.overloads };
pub(super) const FROM_ISO8601_DATE: Spec = Spec {
    name: "from_iso8601_date",
    overloads: &[Overload::new(&[Param::Text], |_| Ok(DataType::Date32), from_date)],
};
pub(super) const TO_ISO8601: Spec =
    Spec { name: "to_iso8601", overloads: &[Overload::new(&[Param::Moment], text, to_iso8601)] };

/// A constant keeps the zone it names; the zones of a column's texts become UTC.
fn timestamp_type(given: &Arguments) -> Returns {
    let zone = given.text(0).and_then(timestamp).and_then(|(_, zone)| zone).unwrap_or(Zone::Utc);
    Ok(types::zoned(&zone.name()))
}

/// Reads digits, exactly `width` of them if given.
fn digits<'a>(text: &mut &'a str, width: usize) -> Option<&'a str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end < width {
        return None;
    }
    let (taken, rest) = text.split_at(width);
    *text = rest;
    Some(taken)
}

fn eat(text: &mut &str, c: char) -> bool {
    match text.strip_prefix(c) {
        Some(rest) => {
            *text = rest;
            true
        }
        None => false,
    }
}

/// `2001`, `2001-08`, `2001-08-22`, `2001-W34`, `2001-W34-3`, `2001-234`.
pub(super) fn date(text: &mut &str) -> Option<NaiveDate> {
    let negative = eat(text, '-');
    if !negative {
        eat(text, '+');
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let year: i32 = digits(text, end)?.parse().ok()?;
    let year = if negative { -year } else { year };
    let mut rest = *text;
    if !eat(&mut rest, '-') {
        return NaiveDate::from_ymd_opt(year, 1, 1);
    }
    let found = if eat(&mut rest, 'W') {
        let week = digits(&mut rest, 2)?.parse().ok()?;
        let day = if eat(&mut rest, '-') { digits(&mut rest, 1)?.parse().ok()? } else { 1_u8 };
        let day = Weekday::try_from(day.checked_sub(1)?).ok()?;
        NaiveDate::from_isoywd_opt(year, week, day)?
    } else {
        let count = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        match count {
            3 => NaiveDate::from_yo_opt(year, digits(&mut rest, 3)?.parse().ok()?)?,
            1 | 2 => {
                let month = digits(&mut rest, count)?.parse().ok()?;
                let day = if eat(&mut rest, '-') {
                    let count = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                    digits(&mut rest, count.clamp(1, 2))?.parse().ok()?
                } else {
                    1
                };
                NaiveDate::from_ymd_opt(year, month, day)?
            }
            _ => return None,
        }
    };
    *text = rest;
    Some(found)
}

/// `03`, `03:04`, `03:04:05`, `03:04:05.321` (truncated to ms).
fn time(text: &mut &str) -> Option<NaiveTime> {
    let two = |text: &mut &str| -> Option<u32> { digits(text, 2)?.parse().ok() };
    let hour = two(text)?;
    let (mut minute, mut second, mut milli) = (0, 0, 0);
    if eat(text, ':') {
        minute = two(text)?;
        if eat(text, ':') {
            second = two(text)?;
            if eat(text, '.') || eat(text, ',') {
                let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                let fraction = digits(text, end)?;
                if fraction.is_empty() {
                    return None;
                }
                milli = format!("{fraction:0<3}")[..3].parse().ok()?;
            }
        }
    }
    NaiveTime::from_hms_milli_opt(hour, minute, second, milli)
}

/// Reads a local time and its zone, if it has one.
pub(super) fn timestamp(text: &str) -> Option<(NaiveDateTime, Option<Zone>)> {
    let mut rest = text;
    let date = date(&mut rest)?;
    if rest.is_empty() {
        return Some((date.and_time(NaiveTime::MIN), None));
    }
    eat(&mut rest, 'T').then_some(())?;
    let time = if rest.starts_with(|c: char| c.is_ascii_digit()) { time(&mut rest)? } else { NaiveTime::MIN };
    let zone = match rest {
        "" => None,
        "Z" => Some(Zone::Utc),
        _ if rest.starts_with(['+', '-']) => Some(Zone::parse(rest).ok()?),
        _ => return None,
    };
    Some((date.and_time(time), zone))
}

fn invalid(text: &str) -> FunctionError {
    FunctionError::argument(format!("Invalid format: \"{text}\""))
}

fn from_timestamp(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.ticks(|row| {
        let source = given!(source.at(row));
        let (local, zone) = timestamp(source).ok_or_else(|| invalid(source))?;
        in_range(zone.unwrap_or(Zone::Utc).instant(local)).map(Some)
    })
}

fn from_date(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.ticks(|row| {
        let source = given!(source.at(row));
        let mut rest = source;
        let found = date(&mut rest).filter(|_| rest.is_empty()).ok_or_else(|| invalid(source))?;
        Ok(Some(days(found)))
    })
}

fn to_iso8601(call: &Call) -> Result<ArrayRef> {
    let moments = Moments::read(call, 0)?;
    let zoned = matches!(call.types()[0], DataType::Timestamp(_, Some(_)));
    call.texts(|row| {
        let ms = given!(moments.at(row));
        let local = moments.zone.local(ms);
        if moments.is_date {
            return Ok(Some(format!("{:04}-{:02}-{:02}", local.year(), local.month(), local.day())));
        }
        let text = local.format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
        let offset = moments.zone.offset_s(ms);
        Ok(Some(match (zoned, moments.zone) {
            (false, _) => text,
            (true, Zone::Utc) => text + "Z",
            (true, _) => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.abs() / 60;
                format!("{text}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_what_it_writes(at in -60_000_000_000_000_i64..250_000_000_000_000) {
            let local = crate::functions::time::moment::from_ms(at);
            let text = local.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            prop_assert_eq!(timestamp(&text), Some((local, Some(Zone::Utc))));
        }

        #[test]
        fn never_panics(text in "[0-9TZW:.+é-]{0,24}") {
            timestamp(&text);
        }
    }
}
