//! Names of a table that all mean `events`.

use std::collections::BTreeSet;

/// Relations that have these names always.
const RELATIONS: [&str; 3] = ["events", "accounts", "watchlist"];

/// Names that mean `events`: also behind a database and a catalog, in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableNames(BTreeSet<String>);

/// A text that names no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It is none.
    #[error("`{0}` is not the name of a table: `table`, `database.table` or `catalog.database.table`")]
    NoName(String),
    /// A relation has it.
    #[error("`{0}` is a relation of its own and cannot mean `events`")]
    Taken(String),
}

impl TableNames {
    /// Reads names as `--table` takes them.
    ///
    /// # Errors
    ///
    /// If one names no table.
    pub fn read(given: &[String]) -> Result<Self, BadName> {
        let mut names = Self::default();
        for text in given {
            let parts = parts(text).ok_or_else(|| BadName::NoName(text.clone()))?;
            let last = parts.last().cloned().unwrap_or_default();
            if last != RELATIONS[0] && RELATIONS.contains(&last.as_str()) {
                return Err(BadName::Taken(last));
            }
            names.0.insert(last);
        }
        Ok(names)
    }

    /// The same and one more.
    #[must_use]
    pub fn and(mut self, name: &str) -> Self {
        self.0.insert(name.to_lowercase());
        self
    }

    /// Whether a relation means `events` by one of these names; its parts are in lower case.
    #[must_use]
    pub fn mean(&self, parts: &[&str]) -> bool {
        match parts {
            [only] => !RELATIONS.contains(only) && self.0.contains(*only),
            [_, last] | [_, _, last] => self.0.contains(*last),
            _ => false,
        }
    }

    /// The names, without databases.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A name's parts in lower case; a dot inside of quotes is none between parts.
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
