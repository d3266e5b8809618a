//! The statement that selects the candidates: one JSON document per event, with the columns and events that a pack needs.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
};

use super::batches::{Accounts, Batch};
use crate::{
    domain::{cloudtrail::COLUMNS, time::Window},
    engine::embedded::{
        pack::Needs,
        reader::{ACCOUNT_KEY, REGION_KEY},
        scan::condition::{Condition, Field, Pattern, Test},
    },
    plan::Sql,
};

/// The name of the statement's one column.
pub const RECORD: &str = "record";

/// Columns that the embedded engine needs of every event: its identity and its time.
const ALWAYS: [&str; 3] = ["eventid", "eventtime", "recipientaccountid"];

/// Whether these needs let a statement leave events out.
#[must_use]
pub fn is_selective(needs: &Needs) -> bool {
    needs.conditions.iter().all(|condition| *condition != Condition::Unknown)
}

/// The statement for one batch of a table's partitions, with at most `limit` events.
#[must_use]
pub fn statement(
    database: &str,
    table: &str,
    batch: &Batch,
    window: Window,
    needs: &[&Needs],
    limit: u64,
) -> Sql {
    let mut wanted: BTreeSet<&str> = ALWAYS.into();
    wanted.extend(needs.iter().flat_map(|needs| &needs.columns).map(String::as_str));
    // The day of delivery is left out: a detection that reads it has a statement of its own.
    wanted.remove("timestamp");
    let names: Vec<String> = wanted.iter().map(|name| literal(key(name))).collect();
    let values: Vec<String> = wanted.iter().map(|column| format!("CAST({} AS JSON)", name(column))).collect();
    let mut text = format!(
        "SELECT json_format(CAST(MAP(ARRAY[{}], ARRAY[{}]) AS JSON)) AS {RECORD}\nFROM {}.{}\nWHERE \"timestamp\" BETWEEN \
         {} AND {}",
        names.join(", "),
        values.join(", "),
        name(database),
        name(table),
        literal(&batch.first.path()),
        literal(&batch.last.path()),
    );
    if let Accounts::Some(accounts) = &batch.accounts {
        let ids: Vec<String> = accounts.iter().map(|id| literal(id)).collect();
        let _ = write!(text, "\n    AND account IN ({})", ids.join(", "));
    }
    let (start, end) = (literal(&window.start().to_string()), literal(&window.end().to_string()));
    let _ = write!(text, "\n    AND eventtime >= {start} AND eventtime < {end}");
    let conditions: BTreeSet<String> = needs
        .iter()
        .flat_map(|needs| &needs.conditions)
        .map(|condition| Printed(condition).to_string())
        .collect();
    let conditions: Vec<String> = conditions.into_iter().collect();
    let _ = write!(text, "\n    AND (\n        {}\n    )\nLIMIT {limit}", conditions.join("\n        OR "));
    Sql::of_candidates(text)
}

/// A column's key in the document. The partition's account and region have keys of their own and never replace the record's:
/// a record without an account has none in log files, either.
fn key(column: &str) -> &str {
    match column {
        "account" => ACCOUNT_KEY,
        "region" => REGION_KEY,
        other => other,
    }
}

pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A condition as Athena's SQL.
pub(super) struct Printed<'a>(pub(super) &'a Condition);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Condition], word: &str| {
            f.write_str("(")?;
            for (at, part) in parts.iter().enumerate() {
                write!(f, "{}{}", if at == 0 { "" } else { word }, Printed(part))?;
            }
            f.write_str(")")
        };
        match self.0 {
            Condition::Unknown => f.write_str("TRUE"),
            Condition::All(parts) => list(f, parts, " AND "),
            Condition::Any(parts) => list(f, parts, " OR "),
            Condition::Is(field, test) => test_of(f, &field_name(field), test),
        }
    }
}

fn field_name(field: &Field) -> String {
    match field {
        Field::Top(column) => name(COLUMNS[*column].name),
        Field::Nested(column, key) => {
            format!("{}.{}", COLUMNS[*column].name, name(&key.to_ascii_lowercase()))
        }
    }
}

fn test_of(f: &mut fmt::Formatter<'_>, field: &str, test: &Test) -> fmt::Result {
    let listed =
        |values: &BTreeSet<String>| values.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    match test {
        Test::In(values) => write!(f, "{field} IN ({})", listed(values)),
        Test::NotIn(values) => write!(f, "{field} NOT IN ({})", listed(values)),
        Test::Like(pattern, true) => write!(f, "lower({field}) LIKE {}", like(pattern)),
        Test::Like(pattern, false) => write!(f, "{field} LIKE {}", like(pattern)),
        Test::Present => write!(f, "{field} IS NOT NULL"),
        Test::Absent => write!(f, "{field} IS NULL"),
    }
}

/// A pattern; Trino has no escape character unless one is named.
fn like(pattern: &Pattern) -> String {
    let escaped = |part: &String| part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let plain = pattern.parts().join("%");
    let text = pattern.parts().iter().map(escaped).collect::<Vec<_>>().join("%");
    if text == plain { literal(&text) } else { format!("{} ESCAPE '\\'", literal(&text)) }
}
