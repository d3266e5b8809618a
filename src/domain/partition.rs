//! Partition columns as people's own tables have them: what part of a file's place each holds, and in which form.

use std::{fmt, str::FromStr};

use super::time::Day;

/// Where a record lies: what partition columns are made of. `None` for what is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordPlace<'a> {
    /// The account id.
    pub account: Option<&'a str>,
    /// The region.
    pub region: Option<&'a str>,
    /// The organization's id.
    pub organization: Option<&'a str>,
    /// The day of delivery, as in paths: `2026/03/10`.
    pub day: Option<&'a str>,
    /// The hour of delivery.
    pub hour: Option<u32>,
}

/// A piece of a column's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The year, four digits.
    Year,
    /// The month; two digits if the flag is set.
    Month(bool),
    /// The day of the month; two digits if the flag is set.
    Day(bool),
    /// The hour; two digits if the flag is set.
    Hour(bool),
    /// The account id.
    Account,
    /// The region.
    Region,
    /// The organization's id.
    Organization,
    /// This text.
    Mark(String),
}

/// The type of a partition column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionType {
    /// varchar
    Text,
    /// bigint
    Number,
    /// date
    Date,
}

/// The form of a partition column, written `yyyy/MM/dd`, `number:yyyy`, `date`, `account`, `region` or `organization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionForm {
    pieces: Vec<Piece>,
    /// Its type.
    pub kind: PartitionType,
}

/// The value of a partition column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionValue {
    /// A varchar.
    Text(String),
    /// A bigint.
    Number(i64),
    /// A date, in days since 1970.
    Date(i32),
}

/// A text that is not the form of a partition column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the form of a partition: write a pattern such as yyyy/MM/dd, yyyy, MM, d or HH, or account, region, \
     organization or date; `number:` before it makes a number of it"
)]
pub struct BadPartitionForm(pub String);

impl PartitionForm {
    /// The form of these pieces.
    #[must_use]
    pub fn new(pieces: Vec<Piece>, kind: PartitionType) -> Self {
        Self { pieces, kind }
    }

    /// The same pieces as another type.
    #[must_use]
    pub fn of_type(self, kind: PartitionType) -> Self {
        Self { kind, ..self }
    }

    /// Reads a pattern of dates in Java's letters, as in `projection.NAME.format`: `yyyy-MM-dd/HH`.
    #[must_use]
    pub fn of_java(pattern: &str) -> Option<Self> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let run = rest.len() - rest.trim_start_matches(first).len();
            let (piece, length) = match (first, run) {
                ('y' | 'u', 4) => (Piece::Year, run),
                ('M', 1 | 2) => (Piece::Month(run == 2), run),
                ('d', 1 | 2) => (Piece::Day(run == 2), run),
                ('H', 1 | 2) => (Piece::Hour(run == 2), run),
                ('\'', 1) => {
                    let end = rest[1..].find('\'')?;
                    (Piece::Mark(rest[1..=end].to_owned()), end + 2)
                }
                (other, _) if other.is_ascii_alphanumeric() => return None,
                (other, _) => (Piece::Mark(other.to_string()), other.len_utf8()),
            };
            pieces.push(piece);
            rest = &rest[length..];
        }
        Self::of_dates(pieces)
    }

    /// Reads a pattern of dates in MySQL's letters, as `date_format` takes it: `%Y-%m-%d`.
    #[must_use]
    pub fn of_mysql(pattern: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            pieces.push(match letter {
                '%' => match letters.next()? {
                    'Y' => Piece::Year,
                    'm' => Piece::Month(true),
                    'c' => Piece::Month(false),
                    'd' => Piece::Day(true),
                    'e' => Piece::Day(false),
                    'H' => Piece::Hour(true),
                    'k' => Piece::Hour(false),
                    _ => return None,
                },
                other => Piece::Mark(other.to_string()),
            });
        }
        Self::of_dates(pieces)
    }

    /// A text of these pieces, if one of them is a part of a date.
    fn of_dates(pieces: Vec<Piece>) -> Option<Self> {
        let is_date =
            |piece: &Piece| matches!(piece, Piece::Year | Piece::Month(_) | Piece::Day(_) | Piece::Hour(_));
        pieces.iter().any(is_date).then(|| Self::new(pieces, PartitionType::Text))
    }

    /// Whether it needs the hour of delivery.
    #[must_use]
    pub fn has_hour(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Hour(_)))
    }

    /// The value for a record; `None` if something that it is made of is not known.
    #[must_use]
    pub fn value(&self, place: &RecordPlace<'_>) -> Option<PartitionValue> {
        let day = |range: std::ops::Range<usize>| place.day.and_then(|day| day.get(range));
        if self.kind == PartitionType::Date {
            let number = |range| day(range).and_then(|digits| digits.parse::<u32>().ok());
            let found = Day::from_ymd(number(0..4)?.try_into().ok()?, number(5..7)?, number(8..10)?)?;
            return i32::try_from(found.start().unix_s() / 86_400).ok().map(PartitionValue::Date);
        }
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Year => text.push_str(day(0..4)?),
                Piece::Month(zero) => text.push_str(digits(day(5..7)?, *zero)),
                Piece::Day(zero) => text.push_str(digits(day(8..10)?, *zero)),
                Piece::Hour(zero) => text.push_str(digits(&format!("{:02}", place.hour?), *zero)),
                Piece::Account => text.push_str(place.account?),
                Piece::Region => text.push_str(place.region?),
                Piece::Organization => text.push_str(place.organization?),
                Piece::Mark(mark) => text.push_str(mark),
            }
        }
        match self.kind {
            PartitionType::Number => text.parse().ok().map(PartitionValue::Number),
            PartitionType::Text | PartitionType::Date => Some(PartitionValue::Text(text)),
        }
    }
}

/// Two digits, without the zero in front unless that belongs to the form.
fn digits(two: &str, zero: bool) -> &str {
    match two.strip_prefix('0') {
        Some(one) if !zero => one,
        _ => two,
    }
}

impl FromStr for PartitionForm {
    type Err = BadPartitionForm;

    fn from_str(text: &str) -> Result<Self, BadPartitionForm> {
        let (pattern, kind) = match text.split_once(':') {
            Some(("number", pattern)) => (pattern, PartitionType::Number),
            Some(("text", pattern)) => (pattern, PartitionType::Text),
            _ => (text, PartitionType::Text),
        };
        let one = |piece| Some(Self::new(vec![piece], kind));
        let form = match pattern {
            "account" => one(Piece::Account),
            "region" => one(Piece::Region),
            "organization" => one(Piece::Organization),
            "date" if text == "date" => Some(Self::new(Vec::new(), PartitionType::Date)),
            pattern => Self::of_java(pattern).map(|form| form.of_type(kind)),
        };
        let letters_only = |form: &Self| {
            !form
                .pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Mark(_) | Piece::Region | Piece::Organization))
        };
        form.filter(|form| kind != PartitionType::Number || letters_only(form))
            .ok_or_else(|| BadPartitionForm(text.to_owned()))
    }
}

impl fmt::Display for PartitionForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PartitionType::Date => return f.write_str("date"),
            PartitionType::Number => f.write_str("number:")?,
            PartitionType::Text => {}
        }
        self.pieces.iter().try_for_each(|piece| {
            f.write_str(match piece {
                Piece::Year => "yyyy",
                Piece::Month(true) => "MM",
                Piece::Month(false) => "M",
                Piece::Day(true) => "dd",
                Piece::Day(false) => "d",
                Piece::Hour(true) => "HH",
                Piece::Hour(false) => "H",
                Piece::Account => "account",
                Piece::Region => "region",
                Piece::Organization => "organization",
                Piece::Mark(mark) if mark.bytes().all(|byte| !byte.is_ascii_alphanumeric()) => mark,
                Piece::Mark(mark) => return write!(f, "'{mark}'"),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: RecordPlace<'_> = RecordPlace {
        account: Some("012345678901"),
        region: Some("eu-west-1"),
        organization: None,
        day: Some("2026/03/09"),
        hour: Some(7),
    };

    #[test]
    fn a_form_gives_the_value_that_a_table_has() {
        let text = |it: &str| Some(PartitionValue::Text(it.to_owned()));
        for (form, value) in [
            ("yyyy", text("2026")),
            ("MM", text("03")),
            ("M", text("3")),
            ("d", text("9")),
            ("HH", text("07")),
            ("H", text("7")),
            ("yyyy-MM-dd", text("2026-03-09")),
            ("yyyy/M/d/HH", text("2026/3/9/07")),
            ("yyyyMMdd'T'", text("20260309T")),
            ("account", text("012345678901")),
            ("region", text("eu-west-1")),
            ("number:yyyyMMdd", Some(PartitionValue::Number(20_260_309))),
            ("number:MM", Some(PartitionValue::Number(3))),
            ("number:account", Some(PartitionValue::Number(12_345_678_901))),
            ("date", Some(PartitionValue::Date(20_521))),
            ("organization", None),
        ] {
            let read: PartitionForm = form.parse().unwrap();
            assert_eq!(read.value(&PLACE), value, "{form}");
            assert_eq!(read.to_string(), form);
            assert_eq!(read.has_hour(), form.contains('H'), "{form}");
        }
        for (pattern, value) in [
            ("%Y/%m/%e", text("2026/03/9")),
            ("%c %d", text("3 09")),
            ("%H", text("07")),
            ("%k", text("7")),
            ("%Y %j", None),
            ("Y", None),
        ] {
            let read = PartitionForm::of_mysql(pattern).and_then(|form| form.value(&PLACE));
            assert_eq!(read, value, "{pattern}");
        }
        assert_eq!("text:yyyy".parse::<PartitionForm>(), "yyyy".parse());
        let loose = RecordPlace { hour: None, ..PLACE };
        assert_eq!("HH".parse::<PartitionForm>().unwrap().value(&loose), None);
    }

    #[test]
    fn what_is_no_form_is_refused_with_what_to_write() {
        for bad in [
            "",
            "x",
            "yy",
            "MMM",
            "number:yyyy/MM",
            "number:region",
            "date:yyyy",
            "number:date",
            "text:date",
            "accounts",
            "'x",
            "-",
        ] {
            let error = bad.parse::<PartitionForm>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{bad}` is not the form")), "{bad}");
        }
    }
}
