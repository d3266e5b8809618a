//! `date_format` and `date_parse`: MySQL's pattern letters, and only those.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::moment::{Moments, ms};
use super::pattern::{Field, Item, Word, print, read};
use crate::functions::adapter::{Arguments, Call, Memo, Overload, Param, Returns, Spec, given, text};
use crate::functions::error::FunctionError;
use crate::functions::types;

pub(super) const DATE_FORMAT: Spec = Spec {
    name: "date_format",
    overloads: &[Overload::new(&[Param::Moment, Param::Text], |given| checked(given, text), format)],
};
pub(super) const DATE_PARSE: Spec = Spec {
    name: "date_parse",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text],
        |given| checked(given, |_| Ok(types::TIMESTAMP)),
        parse,
    )],
};

/// A constant format is read when the query is planned.
fn checked(given: &Arguments, returns: fn(&Arguments) -> Returns) -> Returns {
    if let Some(format) = given.text(1) {
        compile(format)?;
    }
    returns(given)
}

fn compile(format: &str) -> std::result::Result<Vec<Item>, FunctionError> {
    let mut items = Vec::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            items.push(Item::Literal(c.into()));
            continue;
        }
        let Some(directive) = chars.next() else { break };
        items.push(match directive {
            'a' => Item::Word(Word::ShortDay),
            'b' => Item::Word(Word::ShortMonth),
            'c' => Item::Number(Field::Month, 1, 2),
            'd' => Item::Number(Field::Day, 2, 2),
            'e' => Item::Number(Field::Day, 1, 2),
            'f' => Item::Fraction(6, 9),
            'H' => Item::Number(Field::Hour, 2, 2),
            'h' | 'I' => Item::Number(Field::Hour12, 2, 2),
            'i' => Item::Number(Field::Minute, 2, 2),
            'j' => Item::Number(Field::DayOfYear, 3, 3),
            'k' => Item::Number(Field::Hour, 1, 2),
            'l' => Item::Number(Field::Hour12, 1, 2),
            'M' => Item::Word(Word::Month),
            'm' => Item::Number(Field::Month, 2, 2),
            'p' => Item::Word(Word::HalfDay),
            'r' => {
                items.extend(compile("%h:%i:%s %p")?);
                continue;
            }
            'S' | 's' => Item::Number(Field::Second, 2, 2),
            'T' => {
                items.extend(compile("%H:%i:%s")?);
                continue;
            }
            'v' => Item::Number(Field::Week, 2, 2),
            'x' => Item::Number(Field::WeekYear, 4, 4),
            'W' => Item::Word(Word::Day),
            'Y' => Item::Number(Field::Year, 4, 4),
            'y' => Item::Number(Field::ShortYear, 2, 2),
            'D' | 'U' | 'u' | 'V' | 'w' | 'X' => {
                return Err(FunctionError::argument(format!(
                    "%{directive} not supported in date format string"
                )));
            }
            other => Item::Literal(other.into()),
        });
    }
    Ok(items)
}

fn format(call: &Call) -> Result<ArrayRef> {
    let (moments, format) = (Moments::read(call, 0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.texts(|row| {
        let (ms, format) = (given!(moments.at(row)), given!(format.at(row)));
        Ok(Some(print(memo.get(format, compile)?, moments.zone.local(ms), moments.zone, ms)))
    })
}

fn parse(call: &Call) -> Result<ArrayRef> {
    let (source, format) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    call.ticks(|row| {
        let (source, format) = (given!(source.at(row)), given!(format.at(row)));
        Ok(Some(ms(read(memo.get(format, compile)?, source)?.0)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::functions::time::moment::{Zone, from_ms};

    proptest! {
        #[test]
        fn reads_what_it_prints(
            at in -2_000_000_000_000_i64..4_000_000_000_000,
            format in prop::sample::select(vec!["%Y-%m-%d %H:%i:%s.%f", "%d %M %Y %r %f", "%Y %j %T.%f", "%c/%e/%Y %k:%i:%S,%f"]),
        ) {
            let items = compile(format).unwrap();
            let local = from_ms(at);
            let text = print(&items, local, Zone::Utc, at);
            prop_assert_eq!(read(&items, &text).unwrap().0, local, "{}", text);
        }

        #[test]
        fn never_panics(text in "[0-9 :%AMéJan-]{0,16}", format in "[%a-zA-Zé :]{0,12}") {
            if let Ok(items) = compile(&format) {
                let _ = read(&items, &text);
            }
        }
    }
}
