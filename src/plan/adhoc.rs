//! Ad hoc SQL over a table on Athena: its relations become CTEs, and nobody lists every partition by accident.
//!
//! The statement is only cut into tokens: Athena knows more SQL than the embedded engine, and says itself what is wrong.

mod words;

use self::words::Words;
use crate::{
    domain::{
        account::Accounts,
        delivery::DeliveryDays,
        time::{Day, Window},
    },
    engine::embedded::sql::Parameter,
    library::tokens::{TokenKind, tokens},
    plan::{
        Sql,
        paste::{Pasted, TableNames},
    },
};

/// Athena takes statements of so many bytes.
const LONGEST_BYTES: usize = 262_144;

/// And values of `?` of so many characters.
const LONGEST_VALUE: usize = 1_024;

/// What the relations of a statement stand for.
#[derive(Clone, Copy, Debug)]
pub struct Relations<'a> {
    /// The database.
    pub database: &'a str,
    /// The table.
    pub table: &'a str,
    /// What `events` holds; `None` for all that the table has.
    pub window: Option<Window>,
    /// The relation `accounts`.
    pub accounts: &'a Accounts,
    /// The relation `watchlist`.
    pub watchlist: &'a [(String, String)],
    /// Names that mean `events`, other than that.
    pub names: &'a TableNames,
    /// Whether the statement may list every partition that the table projects.
    pub all_partitions: bool,
}

/// Why a statement is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// It would list every partition.
    #[error(
        "the statement has no condition on `\"timestamp\"`: it would list every day that the table knows"
    )]
    EveryDay,
    /// A window was given, but the statement does not read what it is for.
    #[error("the window holds for `events`, which the statement does not read")]
    WindowUnused,
    /// Its own `WITH` has a name that means `events` elsewhere.
    #[error("`{0}` is a query of the statement's own WITH, and `--table {0}` makes it mean `events`")]
    NamedTwice(String),
    /// A value of a `?` is too long.
    #[error("value {0} has {1} characters, and Athena takes {LONGEST_VALUE}")]
    ValueTooLong(usize, usize),
    /// It is too long.
    #[error("the statement has {0} bytes with its relations, and Athena takes {LONGEST_BYTES}")]
    TooLong(usize),
}

impl NotAsked {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::EveryDay => Some(
                "add `--last 24h`, or `--from` and `--to`; or a condition such as \"timestamp\" >= '2026/03/10'; \
                 `--all-partitions` asks in spite of it",
            ),
            Self::WindowUnused => {
                Some("read `events` in place of the table, or give the table's name with `--table`")
            }
            Self::TooLong(_) => {
                Some("list what it needs in the statement, in place of `accounts` or `watchlist`")
            }
            Self::NamedTwice(_) => Some("rename it in the statement"),
            Self::ValueTooLong(..) => Some("write it into the statement, in place of its `?`"),
        }
    }
}

/// Whether a statement reads a relation of this name.
#[must_use]
pub fn reads(sql: &str, relation: &str) -> bool {
    Words::of(sql).reads(relation)
}

/// A statement as Athena is asked it.
///
/// # Errors
///
/// If it would list every partition, or is too long.
pub fn bind(pasted: &Pasted, relations: &Relations<'_>) -> Result<Sql, NotAsked> {
    let named = Words::of(pasted.text());
    if let Some(twice) = named.named_twice(relations.names) {
        return Err(NotAsked::NamedTwice(twice));
    }
    let text = named.shortened(relations.names);
    let words = Words::of(&text);
    let names: Vec<&str> =
        relations.names.iter().filter(|name| *name != "events" && words.reads(name)).collect();
    let reads_events = words.reads("events");
    // Also where a default database leaves only the name.
    let reads_table = !relations.names.mean(&["", &relations.table.to_lowercase()])
        && (words.names_qualified(relations.table)
            || (words.reads(relations.table) && !relations.table.eq_ignore_ascii_case("events")));
    let is_meant = reads_events || !names.is_empty();
    if relations.window.is_some() && !is_meant {
        return Err(NotAsked::WindowUnused);
    }
    let windowed = relations.window.is_some() && !reads_table;
    let is_bounded = windowed || !(is_meant || reads_table) || words.has_days();
    if !is_bounded && !relations.all_partitions {
        return Err(NotAsked::EveryDay);
    }
    let mut bound = Vec::new();
    if reads_events {
        bound.push(format!("events AS ({})", events(relations)));
    }
    bound.extend(names.into_iter().map(|other| format!("{} AS ({})", name(other), events(relations))));
    if words.reads("accounts") {
        let rows = relations.accounts.iter().map(|account| {
            [account.id.as_str(), &account.name, &account.email, &account.ou, &account.state].map(literal)
        });
        bound.push(values("accounts", &["account_id", "name", "email", "ou", "state"], rows));
    }
    if words.reads("watchlist") {
        let rows = relations.watchlist.iter().map(|(list, value)| [list, value].map(|text| literal(text)));
        bound.push(values("watchlist", &["list", "value"], rows));
    }
    let text = words.with(&bound);
    if text.len() > LONGEST_BYTES {
        return Err(NotAsked::TooLong(text.len()));
    }
    Ok(Sql::ad_hoc(text).with_params(given(pasted.params())?))
}

/// Values as Athena is given them: it reads each as SQL by the rule that is ours, too, but is not left to.
fn given(params: &[String]) -> Result<Vec<String>, NotAsked> {
    let value = |(number, param): (usize, &String)| {
        let read = Parameter::read(param).ok();
        let value = match read.as_ref().map(Parameter::as_text) {
            Some(None) => {
                let spoken = tokens(param).into_iter().map(|token| match token.kind {
                    TokenKind::Comment => " ",
                    _ => token.text(param),
                });
                spoken.collect::<String>().trim().to_owned()
            }
            Some(Some(text)) => literal(text),
            None => literal(param),
        };
        match value.chars().count() {
            length if length > LONGEST_VALUE => Err(NotAsked::ValueTooLong(number + 1, length)),
            _ => Ok(value),
        }
    };
    params.iter().enumerate().map(value).collect()
}

fn events(relations: &Relations<'_>) -> String {
    let mut text = format!("SELECT * FROM {}.{}", name(relations.database), name(relations.table));
    if let Some(window) = relations.window {
        let days: Vec<Day> = DeliveryDays::of(window).iter().collect();
        let (first, last) = (days[0], days[days.len() - 1]);
        text += &format!(
            " WHERE \"timestamp\" BETWEEN {} AND {} AND eventtime >= {} AND eventtime < {}",
            literal(&first.path()),
            literal(&last.path()),
            literal(&window.start().to_string()),
            literal(&window.end().to_string()),
        );
    }
    text
}

/// A relation of given rows; one without rows has no `VALUES`.
fn values<const N: usize>(
    relation: &str,
    columns: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let rows: Vec<String> = rows.map(|row| format!("({})", row.join(", "))).collect();
    let body = if rows.is_empty() {
        let nothing = vec!["CAST(NULL AS VARCHAR)"; N].join(", ");
        format!("SELECT * FROM (VALUES ({nothing})) WHERE FALSE")
    } else {
        format!("VALUES {}", rows.join(", "))
    };
    format!("{relation} ({}) AS ({body})", columns.join(", "))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
