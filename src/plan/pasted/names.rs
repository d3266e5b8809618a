//! Other names of `events`: what a person's statement calls the table of logs.

use datafusion_trino::{TableNameError, TableNames};

/// Reads the names that `--table` gives; all of them mean `events`.
///
/// # Errors
///
/// If a text is not the name of a table, or names another relation.
pub fn names_of_events(given: &[String]) -> Result<TableNames, TableNameError> {
    TableNames::of("events", &["accounts", "watchlist", "habits"]).with(given)
}
