//! Patterns that print and read dates and times; the two pattern languages (MySQL's and Joda's) compile to
//! these items.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

use super::moment::Zone;
use crate::functions::error::FunctionError;

/// What a number in a pattern counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Calendar year.
    Year,
    /// The last two digits of the year.
    ShortYear,
    /// Year of the ISO week.
    WeekYear,
    /// 1–12
    Month,
    /// Day of month.
    Day,
    /// Day of year.
    DayOfYear,
    /// ISO week.
    Week,
    /// 1 (Monday) – 7
    DayOfWeek,
    /// 0–23
    Hour,
    /// 1–24
    Hour24,
    /// 1–12
    Hour12,
    /// 0–11
    Hour11,
    /// 0–59
    Minute,
    /// 0–59
    Second,
}

/// What a word in a pattern names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// `January`
    Month,
    /// `Jan`
    ShortMonth,
    /// `Tuesday`
    Day,
    /// `Tue`
    ShortDay,
    /// `AM`, `PM`
    HalfDay,
    /// `AD`, `BC`
    Era,
}

/// How a zone is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneStyle {
    /// `+0545`
    Offset,
    /// `+05:45`
    OffsetColon,
    /// `Asia/Kathmandu`
    Id,
}

/// One item of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Text as it is.
    Literal(String),
    /// A number of at least (printing) `min` and at most (reading) `max` digits.
    Number(Field, usize, usize),
    /// A fraction of a second: digits printed, digits read at most.
    Fraction(usize, usize),
    /// A name.
    Word(Word),
    /// A zone.
    Zone(ZoneStyle),
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Prints a local time; `at_ms` is its instant, for the zone.
pub fn print(items: &[Item], local: NaiveDateTime, zone: Zone, at_ms: i64) -> String {
    let mut text = String::new();
    for item in items {
        match item {
            Item::Literal(literal) => text.push_str(literal),
            Item::Number(field, min, _) => {
                let number = number(*field, local);
                let sign = if number < 0 { "-" } else { "" };
                text.push_str(&format!("{sign}{:0min$}", number.unsigned_abs()));
            }
            Item::Fraction(count, _) => {
                let digits = format!("{:09}", local.nanosecond());
                text.extend(digits.chars().chain(std::iter::repeat('0')).take(*count));
            }
            Item::Word(word) => text.push_str(match word {
                Word::Month => MONTHS[local.month0() as usize],
                Word::ShortMonth => &MONTHS[local.month0() as usize][..3],
                Word::Day => DAYS[local.weekday().num_days_from_monday() as usize],
                Word::ShortDay => &DAYS[local.weekday().num_days_from_monday() as usize][..3],
                Word::HalfDay if local.hour() < 12 => "AM",
                Word::HalfDay => "PM",
                Word::Era => "AD",
            }),
            Item::Zone(ZoneStyle::Id) => text.push_str(&zone.name()),
            Item::Zone(style) => {
                let offset = zone.offset_s(at_ms);
                let colon = if *style == ZoneStyle::OffsetColon { ":" } else { "" };
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.abs() / 60;
                text.push_str(&format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60));
            }
        }
    }
    text
}

fn number(field: Field, local: NaiveDateTime) -> i64 {
    let hour = i64::from(local.hour());
    match field {
        Field::Year => i64::from(local.year()),
        Field::ShortYear => i64::from(local.year().rem_euclid(100)),
        Field::WeekYear => i64::from(local.iso_week().year()),
        Field::Month => i64::from(local.month()),
        Field::Day => i64::from(local.day()),
        Field::DayOfYear => i64::from(local.ordinal()),
        Field::Week => i64::from(local.iso_week().week()),
        Field::DayOfWeek => i64::from(local.weekday().number_from_monday()),
        Field::Hour => hour,
        Field::Hour24 => {
            if hour == 0 {
                24
            } else {
                hour
            }
        }
        Field::Hour12 => {
            if hour % 12 == 0 {
                12
            } else {
                hour % 12
            }
        }
        Field::Hour11 => hour % 12,
        Field::Minute => i64::from(local.minute()),
        Field::Second => i64::from(local.second()),
    }
}

/// What has been read so far.
#[derive(Default)]
struct FieldsRead {
    numbers: Vec<(Field, i64)>,
    afternoon: Option<bool>,
    nanos: u32,
    zone: Option<Zone>,
}

impl FieldsRead {
    /// The last value read for a field.
    fn last(&self, field: Field) -> Option<i64> {
        self.numbers.iter().rev().find(|(found, _)| *found == field).map(|(_, number)| *number)
    }

    fn local(&self) -> Option<NaiveDateTime> {
        let year = self.numbers.iter().rev().find_map(|(field, number)| match field {
            Field::Year => Some(*number),
            Field::ShortYear => Some(if *number < 70 { 2000 + number } else { 1900 + number }),
            _ => None,
        });
        let part = |field| self.last(field).map(u32::try_from).transpose().ok();
        let (week, day_of_week) = (part(Field::Week)?, part(Field::DayOfWeek)?);
        let (month, day) = (part(Field::Month)?, part(Field::Day)?);
        let date = if let Some(ordinal) = part(Field::DayOfYear)? {
            NaiveDate::from_yo_opt(year.unwrap_or(1970).try_into().ok()?, ordinal)?
        } else if (week.is_some() || self.last(Field::WeekYear).is_some()) && month.is_none() && day.is_none()
        {
            let year = self.last(Field::WeekYear).or(year).unwrap_or(1970).try_into().ok()?;
            let day = Weekday::try_from(u8::try_from(day_of_week.unwrap_or(1).checked_sub(1)?).ok()?).ok()?;
            NaiveDate::from_isoywd_opt(year, week.unwrap_or(1), day)?
        } else {
            NaiveDate::from_ymd_opt(
                year.unwrap_or(1970).try_into().ok()?,
                month.unwrap_or(1),
                day.unwrap_or(1),
            )?
        };
        let half = |hour: u32| match (hour, self.afternoon) {
            (0..12, Some(true)) => hour + 12,
            _ => hour,
        };
        let hour = if let Some(hour) = part(Field::Hour)? {
            hour
        } else if let Some(hour) = part(Field::Hour24)? {
            (1..=24).contains(&hour).then_some(hour % 24)?
        } else if let Some(hour) = part(Field::Hour12)? {
            (1..=12).contains(&hour).then(|| half(hour % 12))?
        } else if let Some(hour) = part(Field::Hour11)? {
            (0..=11).contains(&hour).then(|| half(hour))?
        } else {
            half(0)
        };
        let (minute, second) = (part(Field::Minute)?.unwrap_or(0), part(Field::Second)?.unwrap_or(0));
        Some(date.and_time(NaiveTime::from_hms_nano_opt(hour, minute, second, self.nanos)?))
    }
}

/// Reads a local time and the zone it names, if the pattern has one; all of the text must be used.
///
/// # Errors
/// INVALID_FUNCTION_ARGUMENT with the position where the text differs from the pattern.
pub fn read(items: &[Item], text: &str) -> Result<(NaiveDateTime, Option<Zone>), FunctionError> {
    let mut found = FieldsRead::default();
    let mut rest = text;
    for item in items {
        rest = step(item, rest, &mut found).ok_or_else(|| malformed(text, rest))?;
    }
    if !rest.is_empty() {
        return Err(malformed(text, rest));
    }
    let local = found
        .local()
        .ok_or_else(|| FunctionError::argument(format!("Cannot parse \"{text}\": Value is out of range")))?;
    Ok((local, found.zone))
}

fn malformed(text: &str, rest: &str) -> FunctionError {
    FunctionError::argument(match rest {
        "" => format!("Invalid format: \"{text}\" is too short"),
        rest if rest.len() == text.len() => format!("Invalid format: \"{text}\""),
        rest => format!("Invalid format: \"{text}\" is malformed at \"{rest}\""),
    })
}

fn strip<'a>(rest: &'a str, prefix: &str) -> Option<&'a str> {
    let head = rest.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &rest[prefix.len()..])
}

fn step<'a>(item: &Item, rest: &'a str, found: &mut FieldsRead) -> Option<&'a str> {
    let run = |rest: &str, max: usize| rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
    match item {
        Item::Literal(literal) => strip(rest, literal),
        Item::Number(field, _, max) => {
            let signed = matches!(field, Field::Year | Field::WeekYear) && rest.starts_with(['-', '+']);
            let count = run(&rest[usize::from(signed)..], *max);
            if count == 0 {
                return None;
            }
            let (digits, after) = rest.split_at(count + usize::from(signed));
            found.numbers.push((*field, digits.parse().ok()?));
            Some(after)
        }
        Item::Fraction(_, max) => {
            let (digits, after) = rest.split_at(run(rest, *max));
            if digits.is_empty() {
                return None;
            }
            found.nanos = format!("{digits:0<9}")[..9].parse().ok()?;
            found.nanos -= found.nanos % 1_000_000;
            Some(after)
        }
        Item::Word(word) => {
            let named = |names: &[&str], field: Field, found: &mut FieldsRead| {
                let full = names.iter().enumerate().find_map(|(i, name)| Some((i, strip(rest, name)?)));
                let short =
                    || names.iter().enumerate().find_map(|(i, name)| Some((i, strip(rest, &name[..3])?)));
                let (index, after) = full.or_else(short)?;
                found.numbers.push((field, index as i64 + 1));
                Some(after)
            };
            match word {
                Word::Month | Word::ShortMonth => named(&MONTHS, Field::Month, found),
                Word::Day | Word::ShortDay => named(&DAYS, Field::DayOfWeek, found),
                Word::HalfDay => {
                    found.afternoon = Some(strip(rest, "PM").is_some());
                    strip(rest, "PM").or_else(|| strip(rest, "AM"))
                }
                Word::Era => strip(rest, "AD"),
            }
        }
        Item::Zone(style) => {
            let end = match style {
                ZoneStyle::Id => rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !"/_+-:".contains(c))
                    .unwrap_or(rest.len()),
                _ if rest.starts_with('Z') => 1,
                _ => rest
                    .char_indices()
                    .find(|(at, c)| *at > 0 && !c.is_ascii_digit() && *c != ':')
                    .map_or(rest.len(), |(at, _)| at),
            };
            let (zone, after) = rest.split_at(end);
            if *style != ZoneStyle::Id && !zone.starts_with(['+', '-', 'Z']) {
                return None;
            }
            found.zone = Some(Zone::parse(zone).ok()?);
            Some(after)
        }
    }
}
