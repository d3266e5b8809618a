//! What a real SQL parser says about a detection's body. The library asks; it does not parse.

use std::fmt;

use super::place::Place;

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
    /// The relations that are read, without the body's own `WITH` names.
    pub relations: Vec<Named>,
    /// The functions that are called.
    pub functions: Vec<Named>,
    /// Every `*` and `x.*` that stands for columns (not `count(*)`).
    pub stars: Vec<Place>,
    /// The columns of the answer, in order, in lower case.
    pub outputs: Vec<String>,
    /// Columns that are read from `events` or `history`: dotted paths such as `useridentity.arn`, without the
    /// relation's name or alias. The parser leaves out what it cannot attribute; what is here is checked.
    pub columns: Vec<Named>,
    /// Whether the body is one `SELECT` or `WITH … SELECT`, and nothing else.
    pub single_select: bool,
}

/// Why a body has no shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlProblem {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
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
