//! The Arrow schema of `events`, and a choice of its columns. Reads no data.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use crate::domain::cloudtrail::{COLUMNS, Column, ColumnKind, PARTITION_COLUMNS, PATH_COLUMN, RECORD_COLUMN};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let record = COLUMNS.iter().map(field);
    let partition = PARTITION_COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8, true));
    Arc::new(Schema::new(record.chain(partition).collect::<Vec<_>>()))
});

static WITH_HIDDEN: LazyLock<SchemaRef> = LazyLock::new(|| {
    let hidden = [PATH_COLUMN, RECORD_COLUMN].map(|name| Arc::new(Field::new(name, DataType::Utf8, true)));
    Arc::new(Schema::new([schema().fields().to_vec(), hidden.to_vec()].concat()))
});

/// The Arrow schema of `events`: all of `COLUMNS`, then `PARTITION_COLUMNS`; every column may be NULL.
///
/// Text and JSON are `Utf8`, rows `Struct`, arrays of rows `List<Struct>`, maps `Map<Utf8, Utf8>`.
#[must_use]
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// [`schema`], and after it the path of a record's file, and the record itself as JSON text.
#[must_use]
pub fn schema_with_hidden() -> SchemaRef {
    Arc::clone(&WITH_HIDDEN)
}

/// Some columns of [`schema_with_hidden`], by index, in the schema's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSet {
    indices: Vec<usize>,
    schema: SchemaRef,
}

impl ColumnSet {
    /// The columns with these indices, in any order; an index beyond the schema is left out.
    #[must_use]
    pub fn new(indices: impl IntoIterator<Item = usize>) -> Self {
        let whole = schema_with_hidden();
        let mut indices: Vec<usize> =
            indices.into_iter().filter(|index| *index < whole.fields().len()).collect();
        indices.sort_unstable();
        indices.dedup();
        let fields: Fields = indices.iter().map(|index| Arc::clone(&whole.fields()[*index])).collect();
        Self { indices, schema: Arc::new(Schema::new(fields)) }
    }

    /// The columns with these names; names that `events` does not have are left out.
    #[must_use]
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let whole = schema_with_hidden();
        Self::new(names.into_iter().filter_map(|name| whole.index_of(name).ok()))
    }

    /// The indices into [`schema_with_hidden`], ascending.
    #[must_use]
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// [`schema_with_hidden`] projected to these columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// The Arrow field of a column or of a struct's field.
fn field(column: &Column) -> Field {
    Field::new(column.name, data_type(column.kind), true)
}

/// The fields of a struct.
pub(super) fn fields(columns: &[Column]) -> Fields {
    columns.iter().map(field).collect()
}

/// The type of a map from text to text.
#[must_use]
pub fn text_map() -> DataType {
    data_type(ColumnKind::TextMap)
}

/// The entries of a map.
pub(super) fn entry_fields() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)])
}

/// The Arrow type of a kind of column.
pub(super) fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text | ColumnKind::Json => DataType::Utf8,
        ColumnKind::Struct(columns) => DataType::Struct(fields(columns)),
        ColumnKind::StructArray(columns) => {
            DataType::List(Arc::new(Field::new_list_field(DataType::Struct(fields(columns)), true)))
        }
        ColumnKind::TextMap => {
            let entries = Field::new("entries", DataType::Struct(entry_fields()), false);
            DataType::Map(Arc::new(entries), false)
        }
    }
}
