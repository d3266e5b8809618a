//! A table that lacks columns, or fields of a struct, which views read: what it lacks is NULL.
//!
//! A view names every column of an event, and Athena refuses a name that does not exist, whoever needs it.

use super::text::name;
use crate::{
    domain::cloudtrail::{COLUMNS, Column, ColumnKind},
    table::Definition,
};

/// The value of a column of events with all of its fields, under its own name; `None` if the table's own value will do.
pub(super) fn completed(column: &Column, table: &Definition) -> Option<String> {
    let hive_type = table.columns.iter().find(|known| known.name == column.name);
    let own = name(column.name);
    match (column.kind, hive_type) {
        (_, None) => Some(format!("CAST(NULL AS {}) AS {own}", type_of(column.kind))),
        (ColumnKind::Struct(inner), Some(known)) if lacks(inner, &known.hive_type) => {
            Some(format!("{} AS {own}", value(&own, column, Some(&known.hive_type))))
        }
        _ => None,
    }
}

/// What an ad hoc statement that reads views selects of a table, so that nothing is missing; `None` for all that is there.
#[must_use]
pub fn selection(table: &Definition) -> Option<String> {
    let completed: Vec<(&str, Option<String>)> =
        COLUMNS.iter().map(|column| (column.name, completed(column, table))).collect();
    if completed.iter().all(|(_, completed)| completed.is_none()) {
        return None;
    }
    let is_completed = |of: &str| completed.iter().any(|(name, value)| *name == of && value.is_some());
    let own = table.columns.iter().chain(&table.partitions).map(|column| column.name.as_str());
    let own = own.filter(|own| !is_completed(own)).map(name);
    let parts: Vec<String> = own.chain(completed.iter().filter_map(|(_, value)| value.clone())).collect();
    Some(parts.join(", "))
}

/// The fields of a Hive struct with their types; none for another type.
fn fields(hive_type: &str) -> Vec<(&str, &str)> {
    let inner = hive_type.strip_prefix("struct<").and_then(|rest| rest.strip_suffix('>'));
    let Some(inner) = inner else { return Vec::new() };
    let (mut found, mut depth, mut begin) = (Vec::new(), 0_i32, 0);
    for (at, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(inner[begin..at].split_once(':').map(|(name, of)| (name.trim(), of.trim())));
                begin = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn field<'a>(hive_type: &'a str, wanted: &str) -> Option<&'a str> {
    fields(hive_type).into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, of)| of)
}

/// Whether a Hive struct lacks one of these fields, at any depth.
fn lacks(wanted: &[Column], hive_type: &str) -> bool {
    wanted.iter().any(|column| match (field(hive_type, column.name), column.kind) {
        (None, _) => true,
        (Some(of), ColumnKind::Struct(inner)) => lacks(inner, of),
        _ => false,
    })
}

/// The value at a path with all of its fields.
fn value(path: &str, column: &Column, hive_type: Option<&str>) -> String {
    let whole = type_of(column.kind);
    match (column.kind, hive_type) {
        (_, None) => format!("CAST(NULL AS {whole})"),
        (ColumnKind::Struct(inner), Some(of)) => {
            let values: Vec<String> = inner
                .iter()
                .map(|column| value(&format!("{path}.{}", name(column.name)), column, field(of, column.name)))
                .collect();
            format!("CASE WHEN {path} IS NOT NULL THEN CAST(ROW({}) AS {whole}) END", values.join(", "))
        }
        (ColumnKind::Text | ColumnKind::Json, Some(of)) if of != "string" => {
            format!("CAST({path} AS {whole})")
        }
        _ => path.to_owned(),
    }
}

/// A type as Athena's SQL.
fn type_of(kind: ColumnKind) -> String {
    let row = |fields: &[Column]| {
        let fields: Vec<String> =
            fields.iter().map(|field| format!("{} {}", name(field.name), type_of(field.kind))).collect();
        format!("ROW({})", fields.join(", "))
    };
    match kind {
        ColumnKind::Text | ColumnKind::Json => "varchar".to_owned(),
        ColumnKind::Struct(inner) => row(inner),
        ColumnKind::StructArray(inner) => format!("ARRAY({})", row(inner)),
        ColumnKind::TextMap => "MAP(varchar, varchar)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: Column = Column {
        name: "useridentity",
        json_key: "userIdentity",
        kind: ColumnKind::Struct(&[
            Column { name: "type", json_key: "type", kind: ColumnKind::Text },
            Column {
                name: "sessioncontext",
                json_key: "sessionContext",
                kind: ColumnKind::Struct(&[
                    Column { name: "sourceidentity", json_key: "sourceIdentity", kind: ColumnKind::Text },
                    Column { name: "attributes", json_key: "attributes", kind: ColumnKind::TextMap },
                ]),
            },
        ]),
    };

    #[test]
    fn a_struct_gets_the_fields_that_it_lacks() {
        let ColumnKind::Struct(inner) = IDENTITY.kind else { unreachable!() };
        let whole = "struct<x:int,sessioncontext:struct<attributes:map<string,string>,sourceidentity:string>,type:string>";
        assert!(!lacks(inner, whole));
        let older = "struct<type:string,sessioncontext:struct<attributes:map<string,string>>>";
        assert!(lacks(inner, older));
        assert_eq!(
            value("\"useridentity\"", &IDENTITY, Some(older)),
            "CASE WHEN \"useridentity\" IS NOT NULL THEN CAST(ROW(\"useridentity\".\"type\", CASE WHEN \
             \"useridentity\".\"sessioncontext\" IS NOT NULL THEN CAST(ROW(CAST(NULL AS varchar), \
             \"useridentity\".\"sessioncontext\".\"attributes\") AS ROW(\"sourceidentity\" varchar, \"attributes\" \
             MAP(varchar, varchar))) END) AS ROW(\"type\" varchar, \"sessioncontext\" ROW(\"sourceidentity\" varchar, \
             \"attributes\" MAP(varchar, varchar)))) END"
        );
    }

    #[test]
    fn a_column_that_a_table_lacks_is_null() {
        let table = |columns: &[(&str, &str)]| Definition {
            database: String::new(),
            name: String::new(),
            columns: columns
                .iter()
                .map(|(name, of)| crate::table::Column {
                    name: (*name).to_owned(),
                    hive_type: (*of).to_owned(),
                })
                .collect(),
            partitions: Vec::new(),
            location: String::new(),
            input_format: String::new(),
            output_format: String::new(),
            serde: String::new(),
            serde_parameters: Default::default(),
            parameters: Default::default(),
        };
        let column = Column { name: "eventcontext", json_key: "eventContext", kind: ColumnKind::Json };
        let null = "CAST(NULL AS varchar) AS \"eventcontext\"";
        assert_eq!(completed(&column, &table(&[])).as_deref(), Some(null));
        assert_eq!(completed(&column, &table(&[("eventcontext", "string")])), None);
        let selected = selection(&table(&[("eventname", "string"), ("theirs", "int")])).unwrap();
        assert!(selected.starts_with("\"eventname\", \"theirs\", ") && selected.contains(null), "{selected}");
    }
}
