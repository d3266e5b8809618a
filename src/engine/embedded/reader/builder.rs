//! Collects chosen columns of chosen records into Arrow batches. `columns` decodes the values; which records are chosen is the
//! caller's decision.

use std::borrow::Cow;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};

use super::columns::Growing;
use super::record::RawRecord;
use super::schema::ColumnSet;
use crate::domain::cloudtrail::{COLUMNS, ColumnKind};

/// Rough size of one value beside its text: offset, validity.
const VALUE_BYTES: usize = 5;

/// How many plain columns a column is made of.
fn leaves(kind: ColumnKind) -> usize {
    match kind {
        ColumnKind::Text | ColumnKind::Json => 1,
        ColumnKind::Struct(fields) => fields.iter().map(|field| leaves(field.kind)).sum(),
        ColumnKind::StructArray(_) | ColumnKind::TextMap => 2,
    }
}

/// The values of a record's columns.
pub trait Values {
    /// The JSON text of a column's value, by its index in `COLUMNS`; `None` if it is absent.
    fn json(&self, column: usize) -> Option<Cow<'_, [u8]>>;
}

impl Values for RawRecord<'_> {
    fn json(&self, column: usize) -> Option<Cow<'_, [u8]>> {
        self.raw(column).map(Cow::Borrowed)
    }
}

/// The values of a record's partition columns and hidden columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition<'a> {
    /// The account id.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// The day as `yyyy/MM/dd`.
    pub timestamp: &'a str,
    /// The path of the file.
    pub path: &'a str,
    /// The record as JSON text.
    pub record: &'a [u8],
}

/// Collects chosen columns of chosen records into Arrow batches.
///
/// Finish a batch long before a column holds 2 GiB of text, beyond which `append` panics: [`bytes`](Self::bytes) shows its
/// size.
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
        let kind = |index: &usize| COLUMNS.get(*index).map_or(ColumnKind::Text, |column| column.kind);
        let growing = columns.indices().iter().map(|index| Growing::new(kind(index))).collect();
        let leaves = columns.indices().iter().map(|index| leaves(kind(index))).sum();
        Self { columns: columns.clone(), growing, leaves, rows: 0, text_bytes: 0 }
    }

    /// Adds one record as a row; what is absent or of the wrong type is NULL.
    pub fn append(&mut self, record: &impl Values, partition: Partition<'_>) {
        for (index, column) in self.columns.indices().iter().zip(&mut self.growing) {
            self.text_bytes += match index.checked_sub(COLUMNS.len()) {
                None => column.append(record.json(*index).as_deref()),
                Some(0) => column.append_plain(partition.account),
                Some(1) => column.append_plain(partition.region),
                Some(2) => column.append_plain(partition.timestamp),
                Some(3) => column.append_plain(partition.path),
                Some(_) => column.append_plain(&String::from_utf8_lossy(partition.record)),
            };
        }
        self.rows += 1;
    }

    /// How many rows were added since the last batch.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// About how many bytes the next batch takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text_bytes + self.rows * self.leaves * VALUE_BYTES
    }

    /// The rows as one batch; the builder is empty afterwards.
    ///
    /// Its schema is [`schema_with_hidden`](super::schema_with_hidden) projected to the chosen columns.
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
