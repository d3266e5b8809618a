//! A statement that is to run on Athena, before anything is started.

use crate::plan::Sql;

/// A statement, and how much it lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStatement {
    /// The statement.
    pub sql: Sql,
    /// Partitions that it lists.
    pub partitions: u64,
    /// The same over both halves of its time, for when it returns too much; none if it is not halved.
    pub halves: Vec<PlannedStatement>,
}
