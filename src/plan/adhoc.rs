//! Ad hoc SQL over a table on Athena: its relations become CTEs, and a statement that would list every partition is refused.
//!
//! The statement is only cut into tokens: Athena knows more SQL than the embedded engine, and reports errors itself. Starts
//! nothing.

mod lake;
mod tables;

use std::collections::BTreeSet;

use datafusion_trino::{Parameter, TableNames};

use crate::{
    domain::{
        account::{self, Accounts},
        delivery::DeliveryDays,
        habits::{self, Habits},
        time::{Day, Window},
        view::Views,
    },
    plan::{Sql, pasted::Pasted, words::Words},
    text::sql_tokens::{TokenKind, tokens},
};

/// The longest statement that Athena takes, in bytes.
const LONGEST_BYTES: usize = 262_144;

/// The longest value of a `?` that Athena takes, in characters.
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
    /// The relation `habits`.
    pub habits: &'a Habits,
    /// Other names of `events`.
    pub names: &'a TableNames,
    /// The views over the relations.
    pub views: &'a Views,
    /// What to select of the table for them, if it lacks what they read.
    pub for_views: Option<&'a str>,
    /// Whether the statement may list every partition that the table projects.
    pub all_partitions: bool,
}

/// Why a statement is not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// It would list every partition.
    #[error("the statement has no condition on `\"timestamp\"`: it would list every day of the table")]
    EveryDay,
    /// A window was given, but the statement does not read `events`.
    #[error("the window applies to `events`, which the statement does not read")]
    WindowUnused,
    /// Its own `WITH` has a name that also means `events`.
    #[error("`{0}` is a query of the statement's own WITH, and `--table {0}` makes it mean `events`")]
    NamedTwice(String),
    /// A value of a `?` is too long.
    #[error("value {0} has {1} characters, and Athena takes {LONGEST_VALUE}")]
    ValueTooLong(usize, usize),
    /// It is too long.
    #[error("the statement has {0} bytes with its relations, and Athena takes {LONGEST_BYTES}")]
    TooLong(usize),
}

impl BindingError {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::EveryDay => Some(
                "add `--last 24h`, or `--from` and `--to`; or a condition such as \"timestamp\" >= '2026/03/10'; \
                 `--all-partitions` runs it anyway",
            ),
            Self::WindowUnused => {
                Some("read `events` instead of the table, or give the table's name with `--table`")
            }
            Self::TooLong(_) => Some(
                "write the values that it needs into the statement, instead of reading `accounts`, `watchlist` or `habits`",
            ),
            Self::NamedTwice(_) => Some("rename it in the statement"),
            Self::ValueTooLong(..) => Some("write it into the statement, instead of its `?`"),
        }
    }
}

/// Whether a statement reads a relation of this name, by itself or through a view.
#[must_use]
pub fn reads(sql: &str, relation: &str, views: &Views) -> bool {
    let words = Words::of(sql);
    words.reads(relation) || through(views, &words.views(views)).contains(relation)
}

/// The relations that these views read in the end.
fn through(views: &Views, read: &BTreeSet<String>) -> BTreeSet<String> {
    views.sources(read.iter().map(String::as_str))
}

/// The statement that Athena runs: with its relations, and with the values of its `?`.
///
/// # Errors
///
/// If it would list every partition, or is too long.
pub fn bind(pasted: &Pasted, relations: &Relations<'_>) -> Result<Sql, BindingError> {
    let named = Words::of(pasted.text());
    if let Some(twice) = named.named_twice(relations.names) {
        return Err(BindingError::NamedTwice(twice));
    }
    let reads_lake = !pasted.data_stores().is_empty();
    let text = named.shortened(relations.names);
    let text = if reads_lake { lake::with_times(&text) } else { text };
    let words = Words::of(&text);
    let names: Vec<&str> =
        relations.names.iter().filter(|name| *name != "events" && words.reads(name)).collect();
    let views = words.views(relations.views);
    let through = through(relations.views, &views);
    let reads = |relation: &str| words.reads(relation) || through.contains(relation);
    let reads_events = reads("events");
    // Also where a default database leaves only the name.
    let reads_table = !relations.names.mean(&["", &relations.table.to_lowercase()])
        && (words.names_qualified(relations.table)
            || (words.reads(relations.table) && !relations.table.eq_ignore_ascii_case("events")));
    let is_meant = reads_events || !names.is_empty();
    if relations.window.is_some() && !is_meant {
        return Err(BindingError::WindowUnused);
    }
    let windowed = relations.window.is_some() && !reads_table;
    let is_bounded = windowed || !(is_meant || reads_table) || words.has_days();
    if !is_bounded && !relations.all_partitions {
        return Err(BindingError::EveryDay);
    }
    let mut bound = Vec::new();
    if reads_events {
        let columns = relations.for_views.filter(|_| !views.is_empty());
        bound.push(format!("events AS ({})", events(relations, columns)));
    }
    let lake_columns = lake::columns();
    bound.extend(names.into_iter().map(|other| {
        let is_lake = pasted.data_stores().iter().any(|store| store == other);
        format!("{} AS ({})", name(other), events(relations, is_lake.then_some(lake_columns.as_str())))
    }));
    if reads("accounts") {
        let rows = relations.accounts.iter().map(|account| account.row().map(literal));
        bound.push(values("accounts", &account::COLUMNS, rows));
    }
    if reads("watchlist") {
        let rows = relations.watchlist.iter().map(|(list, value)| [list, value].map(|text| literal(text)));
        bound.push(values("watchlist", &["list", "value"], rows));
    }
    if reads("habits") {
        let text = |value: Option<String>| {
            value.map_or_else(|| "CAST(NULL AS VARCHAR)".to_owned(), |text| literal(&text))
        };
        let rows = relations.habits.rows().map(|row| row.map(text));
        bound.push(values("habits", &habits::COLUMNS, rows));
    }
    bound.extend(super::views::bound(relations.views, &views));
    let text = words.with(&bound);
    if text.len() > LONGEST_BYTES {
        return Err(BindingError::TooLong(text.len()));
    }
    Ok(Sql::ad_hoc(text).with_params(execution_parameters(pasted.params())?))
}

/// The values of `?` as execution parameters. Athena reads each as SQL by the same rule; quoting them here leaves nothing
/// to it.
fn execution_parameters(params: &[String]) -> Result<Vec<String>, BindingError> {
    let value = |(number, param): (usize, &String)| {
        let read = Parameter::read(param).ok();
        let value = match read.as_ref().map(Parameter::as_text) {
            Some(None) => {
                let without_comments = tokens(param).into_iter().map(|token| match token.kind {
                    TokenKind::Comment => " ",
                    _ => token.text(param),
                });
                without_comments.collect::<String>().trim().to_owned()
            }
            Some(Some(text)) => literal(text),
            None => literal(param),
        };
        match value.chars().count() {
            length if length > LONGEST_VALUE => Err(BindingError::ValueTooLong(number + 1, length)),
            _ => Ok(value),
        }
    };
    params.iter().enumerate().map(value).collect()
}

fn events(relations: &Relations<'_>, columns: Option<&str>) -> String {
    let (database, table) = (name(relations.database), name(relations.table));
    let mut text = format!("SELECT {} FROM {database}.{table}", columns.unwrap_or("*"));
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

/// A relation of these rows; without rows, `VALUES` is not possible.
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
