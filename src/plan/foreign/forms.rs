//! The partition columns of people's tables: their usual names, and the form that a statement shows.

use datafusion_trino::Usage;

use crate::domain::partition::{PartitionForm, PartitionType, Piece};

/// What a partition column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    /// A whole date, in this form where the statement does not show another.
    Date(&'static str),
    Account,
    Region,
    Organization,
}

const KNOWN: &[(&[&str], Unit)] = &[
    (
        &[
            "org",
            "orgid",
            "org_id",
            "organization",
            "organizationid",
            "organization_id",
            "org_partition",
            "organization_partition",
            "p_org",
        ],
        Unit::Organization,
    ),
    (
        &[
            "account",
            "accountid",
            "account_id",
            "p_account",
            "p_accountid",
            "account_partition",
            "accountnumber",
            "account_number",
            "awsaccount",
            "awsaccountid",
            "aws_account",
            "aws_account_id",
        ],
        Unit::Account,
    ),
    (&["region", "awsregion_partition", "region_partition", "p_region", "aws_region"], Unit::Region),
    (&["year", "p_year", "year_partition"], Unit::Year),
    (&["month", "p_month", "month_partition"], Unit::Month),
    (&["day", "p_day", "day_partition"], Unit::Day),
    (&["hour", "p_hour", "hour_partition"], Unit::Hour),
    (&["timestamp", "date_partition", "p_date", "partition_date"], Unit::Date("yyyy/MM/dd")),
    (
        &["date", "dt", "ds", "eventdate", "event_date", "eventday", "event_day", "logdate", "log_date"],
        DASHES,
    ),
    (&["datehour"], Unit::Date("yyyy/MM/dd/HH")),
];

const DASHES: Unit = Unit::Date("yyyy-MM-dd");

fn unit(name: &str) -> Option<Unit> {
    KNOWN.iter().find(|(names, _)| names.contains(&name)).map(|(_, unit)| *unit)
}

/// The place of a column of this name in the table above; unknown names come last.
pub(super) fn rank(name: &str) -> usize {
    KNOWN.iter().position(|(names, _)| names.contains(&name)).unwrap_or(KNOWN.len())
}

/// The form of a column of this name where a statement does not show another; `None` for an unknown name.
pub(super) fn usual(name: &str) -> Option<PartitionForm> {
    unit(name).map(Unit::usual)
}

/// The form of a column of this name that a statement uses so; `None` for an unknown name.
pub(super) fn used(name: &str, uses: &[&Usage]) -> Option<PartitionForm> {
    let unit = unit(name)?;
    let texts: Vec<&str> = uses
        .iter()
        .filter_map(|with| match with {
            Usage::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let of_texts = || texts.iter().find_map(|text| unit.of_text(text, &texts));
    let of_formats = || {
        uses.iter().find_map(|with| match with {
            Usage::Format(format) if format.contains('%') => PartitionForm::of_mysql(format),
            Usage::Format(format) => PartitionForm::of_java(format),
            _ => None,
        })
    };
    let has = |what: &Usage| uses.contains(&what);
    Some(match of_texts().or_else(of_formats) {
        Some(form) => form,
        None if has(&Usage::Number) => unit.number(),
        None if has(&Usage::Time) && unit.may_be_date() => unit.usual().of_type(PartitionType::Date),
        None if has(&Usage::NumberText) => unit.plain(false),
        None => unit.usual(),
    })
}

impl Unit {
    fn usual(self) -> PartitionForm {
        self.plain(true)
    }

    /// As text; its numbers with two digits if the flag is set.
    fn plain(self, zeros: bool) -> PartitionForm {
        let piece = match self {
            Self::Date(pattern) => {
                return PartitionForm::of_java(pattern).expect("a usual form is a pattern of dates");
            }
            Self::Year => Piece::Year,
            Self::Month => Piece::Month(zeros),
            Self::Day => Piece::Day(zeros),
            Self::Hour => Piece::Hour(zeros),
            Self::Account => Piece::Account,
            Self::Region => Piece::Region,
            Self::Organization => Piece::Organization,
        };
        PartitionForm::new(vec![piece], PartitionType::Text)
    }

    /// As a number; what is none stays a text.
    fn number(self) -> PartitionForm {
        match self {
            Self::Date(_) => {
                let pieces = vec![Piece::Year, Piece::Month(true), Piece::Day(true)];
                PartitionForm::new(pieces, PartitionType::Number)
            }
            Self::Region | Self::Organization => self.usual(),
            _ => self.usual().of_type(PartitionType::Number),
        }
    }

    /// Whether a whole date stands under such a name.
    fn may_be_date(self) -> bool {
        matches!(self, Self::Date(_) | Self::Day)
    }

    /// The form that a text shows, among all that the column is compared with.
    fn of_text(self, text: &str, all: &[&str]) -> Option<PartitionForm> {
        let is_number =
            |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Account | Self::Region | Self::Organization | Self::Year => Some(self.usual()),
            Self::Month | Self::Day | Self::Hour if is_number(text) => {
                Some(self.plain(!all.iter().any(|text| text.len() == 1)))
            }
            Self::Month | Self::Day | Self::Hour | Self::Date(_) => date_form(text),
        }
    }
}

/// The form of a date that a text shows: `2026/03/10`, `2026-3-1`, `20260310`, `2026/03/10/05`; a LIKE pattern that begins so
/// stands for the whole date.
fn date_form(text: &str) -> Option<PartitionForm> {
    let (text, is_pattern) = match text.find('%') {
        Some(at) => (&text[..at], true),
        None => (text, false),
    };
    let Some(mark) = text.chars().find(|c| !c.is_ascii_digit()) else {
        let form = match text.len() {
            6 => "yyyyMM",
            8 => "yyyyMMdd",
            10 => "yyyyMMddHH",
            _ => return None,
        };
        return PartitionForm::of_java(form);
    };
    let mut parts: Vec<&str> = text.split(mark).collect();
    if is_pattern {
        // It may be cut within a number.
        parts.pop();
    }
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|_| digits.len() <= 2);
    let fits = |(at, digits): (usize, &&str)| match at {
        0 => digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()),
        1 => number(digits).is_some_and(|month| (1..=12).contains(&month)),
        2 => number(digits).is_some_and(|day| (1..=31).contains(&day)),
        3 => number(digits).is_some_and(|hour| hour < 24),
        _ => false,
    };
    if parts.is_empty() || !parts.iter().enumerate().all(fits) {
        return None;
    }
    let zero = |at: usize| parts.get(at).is_none_or(|digits| digits.len() == 2);
    let numbers = [Piece::Year, Piece::Month(zero(1)), Piece::Day(zero(2)), Piece::Hour(zero(3))];
    let count = if is_pattern { parts.len().max(3) } else { parts.len() };
    let mut pieces = Vec::new();
    for number in numbers.into_iter().take(count) {
        if !pieces.is_empty() {
            pieces.push(Piece::Mark(mark.to_string()));
        }
        pieces.push(number);
    }
    Some(PartitionForm::new(pieces, PartitionType::Text))
}
