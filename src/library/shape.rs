//! What the library needs to know about a detection's SQL. The engine's parser answers; the library does not parse SQL.

use std::fmt;

use crate::text::Place;

/// A name in SQL and where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name; unquoted names in lower case, parts joined by dots.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// The facts about a body that the lints need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlShape {
    /// The relations that it reads, without the names of its own `WITH`.
    pub relations: Vec<Named>,
    /// The functions that it calls.
    pub functions: Vec<Named>,
    /// Every `*` and `x.*` that stands for columns (not `count(*)`).
    pub stars: Vec<Place>,
    /// The output columns, in order, in lower case.
    pub outputs: Vec<String>,
}

/// Why a body cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlProblem {
    /// Where it stands in the file; `None` if the parser cannot say.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

/// The SQL knowledge that the library is given from outside.
#[derive(Clone, Copy)]
pub struct Inspector<'a> {
    /// Reads a body; gets the file's SQL with its header blanked out, parameters unbound (`:name`).
    pub inspect: &'a dyn Fn(&str) -> Result<SqlShape, SqlProblem>,
    /// The functions that every engine has, in lower case.
    pub known_functions: &'a [&'a str],
}

impl fmt::Debug for Inspector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("known_functions", &self.known_functions).finish_non_exhaustive()
    }
}
