//! The statement that selects the candidates: one JSON document per event, with the columns and events that a pack needs.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
};

use super::{
    batches::Batch,
    event_times::EventTimes,
    normal,
    selection::{Selection, one_of},
    text::{listed, literal, name},
};
use crate::{
    domain::{
        cloudtrail::{COLUMNS, PATH_COLUMN},
        time::Window,
    },
    engine::embedded::{
        needs::Needs,
        reader::{ACCOUNT_KEY, REGION_KEY, STORED_KEY},
        scan::{
            condition::{Condition, Field, Pattern, Test},
            content::IDENTIFYING,
        },
    },
    plan::Sql,
    table::Definition,
};

/// The name of the statement's one column.
pub const RECORD: &str = "record";

/// Columns that the embedded engine needs of every event, besides those that make up its content. The path of its file says
/// when it was delivered.
const ALWAYS: [&str; 4] = [PATH_COLUMN, "eventid", "eventversion", "recipientaccountid"];

/// Columns, and fields of identities, whose value is not only the record's own text.
const DERIVED: [&str; 8] = [
    "errorcode",
    "readonly",
    "managementevent",
    "sessioncredentialfromconsole",
    "eventtype",
    "eventid",
    "type",
    "username",
];

/// Columns that the embedded engine needs of every event where the table has them: whether the record updates an earlier one,
/// and what the records of one action in several accounts have in common.
const WHERE_THERE: [&str; 2] = ["addendum", "sharedeventid"];

/// Whether these needs let a statement leave events out.
#[must_use]
pub fn is_selective(needs: &Needs) -> bool {
    needs.conditions.iter().all(|condition| *condition != Condition::Unknown)
}

/// The statement for one batch of a table's partitions, with at most `limit` events; `within` leaves out those of other times.
#[must_use]
pub(super) fn statement(
    table: &Definition,
    batch: &Batch,
    (times, within): (&EventTimes, Option<Window>),
    needs: &[&Needs],
    limit: u64,
) -> Sql {
    let mut wanted: BTreeSet<&str> = ALWAYS.into_iter().chain(IDENTIFYING).collect();
    let has = |column: &&str| table.columns.iter().any(|known| known.name == **column);
    wanted.extend(WHERE_THERE.into_iter().filter(has));
    wanted.extend(needs.iter().flat_map(|needs| &needs.columns).map(String::as_str));
    // The day of delivery is left out: a detection that reads it has a statement of its own.
    wanted.remove("timestamp");
    let mut names: Vec<String> = wanted.iter().map(|name| literal(key(name))).collect();
    let mut values: Vec<String> =
        wanted.iter().map(|column| format!("CAST({} AS JSON)", name(column))).collect();
    if let Some(stored) = times.stored() {
        names.push(literal(STORED_KEY));
        values.push(format!("CAST({stored} AS JSON)"));
    }
    let mut text = format!(
        "SELECT json_format(CAST(MAP(ARRAY[{}], ARRAY[{}]) AS JSON)) AS {RECORD}\nFROM {}.{}\nWHERE {}\n    \
         AND {}",
        names.join(", "),
        values.join(", "),
        name(&table.database),
        name(&table.name),
        batch.condition(),
        times.condition("    "),
    );
    if let Some(window) = within {
        let (start, end) = (literal(&window.start().to_string()), literal(&window.end().to_string()));
        let _ = write!(text, "\n    AND eventtime < {end}");
        // What was delivered late may be older than the whole.
        if times.whole().is_some_and(|whole| window.start() > whole.start()) {
            let _ = write!(text, " AND eventtime >= {start}");
        }
    }
    let selected = Selection::of(needs.iter().flat_map(|needs| &needs.conditions));
    let _ = write!(text, "\n    AND (\n        {selected}\n    )\nLIMIT {limit}");
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
            Condition::Is(field, test) => match field_of(field, test) {
                Some(field) => test_of(f, &field, test),
                None => f.write_str("TRUE"),
            },
        }
    }
}

/// The value that a test looks at: the field as it is where it makes no difference, `None` where SQL cannot give it.
fn field_of(field: &Field, test: &Test) -> Option<String> {
    let is_derived = |name: &str| DERIVED.contains(&name);
    let empty_matters = matches!(test, Test::Absent);
    match field {
        Field::Top(column) => {
            let column = COLUMNS[*column].name;
            Some(if empty_matters || is_derived(column) { normal::column(column) } else { name(column) })
        }
        Field::Nested(column, key) => {
            let (column, key) = (COLUMNS[*column].name, key.to_ascii_lowercase());
            match column {
                "useridentity" if empty_matters || is_derived(&key) => normal::identity(&key),
                _ if empty_matters => Some(format!("NULLIF({column}.{}, '')", name(&key))),
                _ => Some(format!("{column}.{}", name(&key))),
            }
        }
    }
}

fn test_of(f: &mut fmt::Formatter<'_>, field: &str, test: &Test) -> fmt::Result {
    let of = |values: &BTreeSet<String>| listed(&values.iter().collect::<Vec<_>>());
    match test {
        Test::In(values) => f.write_str(&one_of(field, values)),
        Test::NotIn(values) => write!(f, "{field} NOT IN ({})", of(values)),
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
