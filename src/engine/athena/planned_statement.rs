//! A statement that is to run on Athena, before anything is started.

use super::batches::Batch;
use crate::plan::Sql;

/// A statement, and how much it lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStatement {
    /// The statement.
    pub sql: Sql,
    /// Partitions that it lists.
    pub partitions: u64,
    /// The partitions that it may be split by; `None` if its answer is not the union of the answers over parts.
    pub batch: Option<Batch>,
    /// The same statement over both halves of its time, to run if it returns too much; empty if it cannot be halved.
    pub halves: Vec<PlannedStatement>,
}

impl PlannedStatement {
    /// The same over other partitions.
    pub(super) fn over(&self, batch: &Batch) -> Self {
        let own = self.batch.as_ref().map(Batch::condition).unwrap_or_default();
        Self {
            sql: self.sql.clone().with_condition(&own, &batch.condition()),
            partitions: batch.partitions,
            batch: Some(batch.clone()),
            halves: self.halves.iter().map(|half| half.over(batch)).collect(),
        }
    }
}
