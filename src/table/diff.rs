//! What has to change in a table, and what stays as it is.
//!
//! Parameters and columns that somebody else added are kept. A table is never dropped and created again.

use std::collections::BTreeSet;

use super::{Column, Definition, MARK};

/// One thing that has to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is no such table.
    Create,
    /// A value of the table: its name, what it is, what it should be. `None` if it is not there.
    Value {
        /// The parameter, column or property.
        what: String,
        /// As it is.
        from: Option<String>,
        /// As it should be.
        to: Option<String>,
    },
    /// A list of accounts or regions.
    List {
        /// The parameter.
        what: String,
        /// The values to add.
        added: Vec<String>,
        /// The values to remove.
        removed: Vec<String>,
    },
}

/// What has to change, and the whole table after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Every change; none if the table is up to date.
    pub changes: Vec<Change>,
    /// The table after the changes, with what others added.
    pub result: Definition,
}

/// The table was made by somebody else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table `{database}.{name}` was not made by trailbrief: it lacks the parameter `{MARK}`")]
pub struct NotOurs {
    /// Its database.
    pub database: String,
    /// Its name.
    pub name: String,
}

/// Parameters that hold a list.
const LISTS: [&str; 2] = ["projection.account.values", "projection.region.values"];

/// Compares a table with what it should be.
///
/// # Errors
///
/// If somebody else made the table and it is not to be adopted.
pub fn difference(
    wanted: &Definition,
    actual: Option<&Definition>,
    adopt: bool,
) -> Result<Difference, NotOurs> {
    let Some(actual) = actual else {
        return Ok(Difference { changes: vec![Change::Create], result: wanted.clone() });
    };
    if !adopt && !actual.parameters.contains_key(MARK) {
        return Err(NotOurs { database: actual.database.clone(), name: actual.name.clone() });
    }
    let mut changes = Vec::new();
    let columns = columns(&wanted.columns, &actual.columns, &mut changes);
    let partitions = if wanted.partitions == actual.partitions {
        actual.partitions.clone()
    } else {
        changes.push(value(
            "partition columns",
            Some(&names(&actual.partitions)),
            Some(&names(&wanted.partitions)),
        ));
        wanted.partitions.clone()
    };
    for (what, to, from) in [
        ("location", &wanted.location, &actual.location),
        ("input format", &wanted.input_format, &actual.input_format),
        ("output format", &wanted.output_format, &actual.output_format),
        ("serde", &wanted.serde, &actual.serde),
    ] {
        if to != from {
            changes.push(value(what, Some(from), Some(to)));
        }
    }
    let mut serde_parameters = actual.serde_parameters.clone();
    for (key, to) in &wanted.serde_parameters {
        let from = serde_parameters.insert(key.clone(), to.clone());
        if from.as_ref() != Some(to) {
            changes.push(value(&format!("serde {key}"), from.as_deref(), Some(to)));
        }
    }
    let mut parameters = actual.parameters.clone();
    for (key, to) in &wanted.parameters {
        let from = parameters.insert(key.clone(), to.clone());
        if from.as_ref() == Some(to) {
            continue;
        }
        changes.push(match from {
            Some(from) if LISTS.contains(&key.as_str()) => list(key, &from, to),
            from => value(key, from.as_deref(), Some(to)),
        });
    }
    // Athena refuses a table with the rest of another projection.
    let stale: Vec<String> = parameters
        .keys()
        .filter(|key| key.starts_with("projection.") && !wanted.parameters.contains_key(*key))
        .cloned()
        .collect();
    for key in stale {
        let from = parameters.remove(&key);
        changes.push(value(&key, from.as_deref(), None));
    }
    let result = Definition { columns, partitions, serde_parameters, parameters, ..wanted.clone() };
    Ok(Difference { changes, result })
}

fn value(what: &str, from: Option<&str>, to: Option<&str>) -> Change {
    Change::Value { what: what.to_owned(), from: from.map(str::to_owned), to: to.map(str::to_owned) }
}

/// Our columns in their order, then those of others.
fn columns(wanted: &[Column], actual: &[Column], changes: &mut Vec<Change>) -> Vec<Column> {
    let find = |name: &str| actual.iter().find(|column| column.name == name);
    for column in wanted {
        let from = find(&column.name).map(|column| column.hive_type.as_str());
        if from != Some(&column.hive_type) {
            changes.push(value(&format!("column {}", column.name), from, Some(&column.hive_type)));
        }
    }
    let foreign = actual.iter().filter(|column| !wanted.iter().any(|ours| ours.name == column.name));
    wanted.iter().chain(foreign).cloned().collect()
}

fn names(columns: &[Column]) -> String {
    let names: Vec<_> =
        columns.iter().map(|column| format!("{} {}", column.name, column.hive_type)).collect();
    names.join(", ")
}

fn list(what: &str, from: &str, to: &str) -> Change {
    let set = |text: &str| {
        text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (from, to) = (set(from), set(to));
    Change::List {
        what: what.to_owned(),
        added: to.difference(&from).cloned().collect(),
        removed: from.difference(&to).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::wanted::{tests::spec, wanted},
        *,
    };

    #[test]
    fn a_table_that_is_up_to_date_needs_no_change() {
        let table = wanted(&spec(&["111122223333"], &["eu-west-1"])).unwrap();
        let found = difference(&table, Some(&table), false).unwrap();
        assert_eq!(found, Difference { changes: Vec::new(), result: table.clone() });
        assert_eq!(difference(&table, None, false).unwrap().changes, [Change::Create]);
    }

    #[test]
    fn accounts_come_and_go_and_what_others_added_stays() {
        let mut actual = wanted(&spec(&["111122223333", "222233334444"], &["eu-west-1"])).unwrap();
        actual.parameters.insert("owner".to_owned(), "security".to_owned());
        actual.parameters.insert("projection.day.type".to_owned(), "date".to_owned());
        actual.columns.push(Column { name: "theirs".to_owned(), hive_type: "string".to_owned() });
        actual.columns.retain(|column| column.name != "tlsdetails");
        let table = wanted(&spec(&["111122223333", "333344445555"], &["eu-west-1"])).unwrap();
        let found = difference(&table, Some(&actual), false).unwrap();
        let tls = table.columns.iter().find(|column| column.name == "tlsdetails").unwrap();
        assert_eq!(
            found.changes,
            [
                value("column tlsdetails", None, Some(&tls.hive_type)),
                Change::List {
                    what: "projection.account.values".to_owned(),
                    added: vec!["333344445555".to_owned()],
                    removed: vec!["222233334444".to_owned()],
                },
                value("projection.day.type", Some("date"), None),
            ]
        );
        assert_eq!(found.result.parameters["owner"], "security");
        assert_eq!(found.result.columns.last().unwrap().name, "theirs");
        assert_eq!(difference(&table, Some(&found.result), false).unwrap().changes, []);
    }

    #[test]
    fn a_table_of_somebody_else_is_changed_only_on_purpose() {
        let table = wanted(&spec(&[], &[])).unwrap();
        let mut theirs = table.clone();
        theirs.parameters.remove(MARK);
        assert!(difference(&table, Some(&theirs), false).is_err());
        assert_eq!(difference(&table, Some(&theirs), true).unwrap().changes, [value(MARK, None, Some("1"))]);
    }
}
