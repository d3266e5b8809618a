//! Other names for one table of the session.

use std::collections::BTreeSet;

/// Names that all stand for one table of the session, in any case, with or without a database and a catalog
/// before them.
///
/// With them, a statement written for `security.audit_logs` can be planned in a session that knows the table
/// as `events`.
/// Without names ([`TableNames::default`]) every name stands for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableNames {
    table: String,
    others: Vec<String>,
    names: BTreeSet<String>,
}

/// Why a text cannot be another name for the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableNameError {
    /// The text is not a table name.
    #[error("`{0}` is not a table name: write `table`, `database.table` or `catalog.database.table`")]
    NotAName(String),
    /// Another table of the session has this name.
    #[error("`{name}` is a table of its own and cannot mean `{table}`")]
    Taken {
        /// The name, without database and catalog.
        name: String,
        /// The table that it should stand for.
        table: String,
    },
}

impl TableNames {
    /// Starts without other names for `table`; `others` are tables of the session whose names are taken.
    #[must_use]
    pub fn of(table: &str, others: &[&str]) -> Self {
        Self {
            table: table.to_owned(),
            others: others.iter().map(|other| (*other).to_owned()).collect(),
            names: BTreeSet::new(),
        }
    }

    /// Adds names in any form that SQL allows: `table`, `"table"`, `database.table`,
    /// `catalog.database.table`.
    ///
    /// # Errors
    ///
    /// If a text is not a table name, or names one of the session's other tables.
    pub fn with<S: AsRef<str>>(mut self, names: &[S]) -> Result<Self, TableNameError> {
        for text in names.iter().map(AsRef::as_ref) {
            let parts = parts(text).ok_or_else(|| TableNameError::NotAName(text.to_owned()))?;
            let last = parts.last().cloned().unwrap_or_default();
            if self.others.contains(&last) {
                return Err(TableNameError::Taken { name: last, table: self.table });
            }
            self.names.insert(last);
        }
        Ok(self)
    }

    /// Adds the name of a table, without database and catalog; it is not checked.
    #[must_use]
    pub fn and(mut self, name: &str) -> Self {
        self.names.insert(name.to_lowercase());
        self
    }

    /// The name that the session has for the table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Whether this name, as lower-case parts, stands for the table.
    #[must_use]
    pub fn mean(&self, parts: &[&str]) -> bool {
        match parts {
            [only] => *only != self.table && !self.others.iter().any(|other| other == only) && self.has(only),
            [_, last] | [_, _, last] => self.has(last),
            _ => false,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The names, without databases and catalogs.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// A name's parts in lower case; a dot inside quotes does not separate parts.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.trim().chars() {
        match c {
            '"' | '`' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts.last_mut()?.extend(c.to_lowercase()),
        }
    }
    let fits = |part: &String| !part.trim().is_empty() && !part.contains(char::is_control);
    (!quoted && parts.len() <= 3 && parts.iter().all(fits)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        let names = |given: &[&str]| TableNames::of("events", &["accounts"]).with(given);
        let read = names(&["Logs", "\"AwsDataCatalog\".\"default\".\"Trail-Logs\"", "`a.b`"]).unwrap();
        for (parts, means) in [
            (&["logs"][..], true),
            (&["default", "logs"], true),
            (&["c", "d", "trail-logs"], true),
            (&["x", "a.b"], true),
            (&["a", "b"], false),
            (&["a", "b", "c", "logs"], false),
            (&["events"], false),
            (&["default", "events"], false),
        ] {
            assert_eq!(read.mean(parts), means, "{parts:?}");
        }
        for bad in ["", "a.", "a.b.c.d", "\"a", "a..b"] {
            assert_eq!(names(&[bad]), Err(TableNameError::NotAName(bad.to_owned())));
        }
        let (name, table) = ("accounts".to_owned(), "events".to_owned());
        assert_eq!(names(&["db.Accounts"]), Err(TableNameError::Taken { name, table }));
    }
}
