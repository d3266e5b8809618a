//! `parse_datetime` and `format_datetime`: Joda's pattern letters.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::moment::{Moments, Zone};
use super::pattern::{Field, Item, Word, ZoneStyle, print, read};
use crate::functions::adapter::{Arguments, Call, Memo, Overload, Param, Returns, Spec, given, text};
use crate::functions::error::FunctionError;
use crate::functions::types;

pub(super) const PARSE_DATETIME: Spec = Spec {
    name: "parse_datetime",
    overloads: &[Overload::new(&[Param::Text, Param::Text], parsed_type, parse)],
};
pub(super) const FORMAT_DATETIME: Spec = Spec {
    name: "format_datetime",
    overloads: &[Overload::new(&[Param::Moment, Param::Text], formatted_type, format)],
};

/// Constants keep the zone the text names; the zones of a column's texts become UTC.
fn parsed_type(given: &Arguments) -> Returns {
    let mut zone = Zone::Utc;
    if let Some(pattern) = given.text(1) {
        let items = compile(pattern, false)?;
        zone = given.text(0).and_then(|text| read(&items, text).ok()?.1).unwrap_or(zone);
    }
    Ok(types::zoned(&zone.name()))
}

fn formatted_type(given: &Arguments) -> Returns {
    if let Some(pattern) = given.text(1) {
        compile(pattern, true)?;
    }
    text(given)
}

/// Refuses a zone in the pattern for a time without zone.
fn zoneless(items: &[Item]) -> std::result::Result<(), FunctionError> {
    if items.iter().any(|item| matches!(item, Item::Zone(_))) {
        let message = "format_datetime of a timestamp without time zone cannot show 'Z' or 'z'";
        return Err(FunctionError::argument(message));
    }
    Ok(())
}

/// Reads a pattern. An open quote ends with the pattern, as in Joda.
fn compile(pattern: &str, printing: bool) -> std::result::Result<Vec<Item>, FunctionError> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut items = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c == '\'' {
            let mut literal = String::new();
            at += 1;
            if chars.get(at) == Some(&'\'') {
                literal.push('\'');
                at += 1;
            } else {
                while at < chars.len() {
                    if chars[at] == '\'' {
                        if chars.get(at + 1) != Some(&'\'') {
                            break;
                        }
                        at += 1;
                    }
                    literal.push(chars[at]);
                    at += 1;
                }
                at += 1;
            }
            items.push(Item::Literal(literal));
            continue;
        }
        let count = chars[at..].iter().take_while(|next| **next == c).count();
        at += count;
        if !c.is_ascii_alphabetic() {
            items.push(Item::Literal(std::iter::repeat_n(c, count).collect()));
            continue;
        }
        // Only a number of fixed width may be followed directly by another.
        let next_is_number = chars.get(at).is_some_and(|next| "yYxwedDHhkKmsS".contains(*next));
        items.push(item(c, count, if next_is_number { count } else { 9.max(count) }, printing)?);
    }
    Ok(items)
}

fn item(c: char, count: usize, max: usize, printing: bool) -> std::result::Result<Item, FunctionError> {
    let narrow = |field| Item::Number(field, count, max.min(count.max(2)));
    Ok(match c {
        'G' => Item::Word(Word::Era),
        'y' | 'Y' if count == 2 => Item::Number(Field::ShortYear, 2, 2),
        'y' | 'Y' => Item::Number(Field::Year, count, max),
        'x' => Item::Number(Field::WeekYear, count, max),
        'w' => narrow(Field::Week),
        'e' => narrow(Field::DayOfWeek),
        'E' if count >= 4 => Item::Word(Word::Day),
        'E' => Item::Word(Word::ShortDay),
        'D' => Item::Number(Field::DayOfYear, count, max.min(3)),
        'M' if count >= 4 => Item::Word(Word::Month),
        'M' if count == 3 => Item::Word(Word::ShortMonth),
        'M' => narrow(Field::Month),
        'd' => narrow(Field::Day),
        'a' => Item::Word(Word::HalfDay),
        'K' => narrow(Field::Hour11),
        'h' => narrow(Field::Hour12),
        'H' => narrow(Field::Hour),
        'k' => narrow(Field::Hour24),
        'm' => narrow(Field::Minute),
        's' => narrow(Field::Second),
        'S' => Item::Fraction(count, count),
        'Z' if count == 1 => Item::Zone(ZoneStyle::Offset),
        'Z' if count == 2 => Item::Zone(ZoneStyle::OffsetColon),
        'Z' => Item::Zone(ZoneStyle::Id),
        'z' if printing || count <= 3 => Item::Zone(ZoneStyle::Id),
        _ => return Err(FunctionError::argument(format!("Illegal pattern component: {c}"))),
    })
}

fn parse(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.ticks(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        let (local, zone) = read(memo.get(pattern, |pattern| compile(pattern, false))?, source)?;
        Ok(Some(zone.unwrap_or(Zone::Utc).instant(local)))
    })
}

fn format(call: &Call) -> Result<ArrayRef> {
    let (moments, pattern) = (Moments::read(call, 0)?, call.text(1)?);
    let is_zoned = matches!(call.types()[0], DataType::Timestamp(_, Some(_)));
    let mut memo = Memo::new();
    call.texts(|row| {
        let (ms, pattern) = (given!(moments.at(row)), given!(pattern.at(row)));
        let items = memo.get(pattern, |pattern| compile(pattern, true))?;
        if !is_zoned {
            zoneless(items)?;
        }
        Ok(Some(print(items, moments.zone.local(ms), moments.zone, ms)))
    })
}
