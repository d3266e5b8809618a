//! Collects chosen columns of chosen records into Arrow batches.

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};

use super::columns::Growing;
use super::record::RawRecord;
use super::schema::ColumnSet;
use crate::domain::cloudtrail::{COLUMNS, Kind};

/// Rows after which a batch is of a good size for the engine.
const FULL_ROWS: usize = 8 * 1024;
/// Bytes after which a batch is large enough, whatever its rows.
const FULL_BYTES: usize = 32 * 1024 * 1024;
/// Rough size of one value beside its text: offset, validity.
const VALUE_BYTES: usize = 5;

/// How many plain columns a column is made of.
fn leaves(kind: Kind) -> usize {
    match kind {
        Kind::Text | Kind::Json => 1,
        Kind::Struct(fields) => fields.iter().map(|field| leaves(field.kind)).sum(),
        Kind::StructArray(_) | Kind::TextMap => 2,
    }
}

/// The values of the partition columns for the records of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition<'a> {
    /// The account id.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// The day as `yyyy/MM/dd`.
    pub timestamp: &'a str,
}

/// Collects chosen columns of chosen records into Arrow batches.
///
/// Finish when [`is_full`](Self::is_full); a column holds at most 2 GiB of text, and `append` panics beyond.
pub struct EventBuilder {
    columns: ColumnSet,
    growing: Vec<Growing>,
    leaves: usize,
    rows: usize,
    text_bytes: usize,
}

impl EventBuilder {
    /// An empty builder of these columns.
    #[must_use]
    pub fn new(columns: &ColumnSet) -> Self {
        let kind = |index: &usize| COLUMNS.get(*index).map_or(Kind::Text, |column| column.kind);
        let growing = columns.indices().iter().map(|index| Growing::new(kind(index))).collect();
        let leaves = columns.indices().iter().map(|index| leaves(kind(index))).sum();
        Self { columns: columns.clone(), growing, leaves, rows: 0, text_bytes: 0 }
    }

    /// Adds one record as a row; what is absent or of the wrong type is NULL.
    pub fn append(&mut self, record: &RawRecord<'_>, partition: Partition<'_>) {
        for (index, column) in self.columns.indices().iter().zip(&mut self.growing) {
            self.text_bytes += match index.checked_sub(COLUMNS.len()) {
                None => column.append(record.raw(*index)),
                Some(0) => column.append_plain(partition.account),
                Some(1) => column.append_plain(partition.region),
                Some(_) => column.append_plain(partition.timestamp),
            };
        }
        self.rows += 1;
    }

    /// How many rows were added since the last batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row was added since the last batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// About how many bytes the next batch takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text_bytes + self.rows * self.leaves * VALUE_BYTES
    }

    /// Whether the batch has a good size: it is time to [`finish`](Self::finish).
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.rows >= FULL_ROWS || self.bytes() >= FULL_BYTES
    }

    /// The rows as one batch; the builder is empty afterwards.
    ///
    /// Its schema is [`schema`](super::schema()) projected to the chosen columns.
    #[must_use]
    pub fn finish(&mut self) -> RecordBatch {
        let arrays: Vec<ArrayRef> = self.growing.iter_mut().map(Growing::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = RecordBatch::try_new_with_options(self.columns.schema(), arrays, &options);
        self.rows = 0;
        self.text_bytes = 0;
        batch.expect("every column grew by one value a row and has the type that the schema says")
    }
}
