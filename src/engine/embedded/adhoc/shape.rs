//! The columns of `events` for one statement: those of the table, those that it calls by other people's names, and hidden ones.
//!
//! What the reader does not give is made of what it gives, batch by batch. Decides nothing about a statement: `plan::foreign` does.

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{
    arrow::{
        array::{
            ArrayRef, AsArray as _, BooleanArray, RecordBatch, RecordBatchOptions, StringArray, StructArray,
            TimestampMillisecondArray, new_null_array,
        },
        datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit},
    },
    error::Result,
};

use super::place::{self, Places};
use crate::{
    domain::{
        cloudtrail::{PARTITION_COLUMNS, PATH_COLUMN, RECORD_COLUMN},
        normal::event_time,
        partition::PartitionForm,
    },
    engine::embedded::{
        reader::{self, ColumnSet},
        source::{LogFile, Source},
    },
    plan::foreign::{OF_LAKE, OtherType, Wanted, rank},
};

/// Athena's hidden columns.
const HIDDEN: [&str; 4] = [PATH_COLUMN, "$file_size", "$file_modified_time", "$partition"];

/// Where a column's values come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// The reader gives it.
    Reader,
    /// A partition column.
    Partition(PartitionForm),
    /// A column of the reader, as another type.
    Typed(OtherType),
    /// Another column of the reader.
    Column(&'static str),
    /// What is known of the file.
    File(place::FileColumn),
    /// A row of other columns, each under its name.
    Row(Vec<(FieldRef, Origin)>),
    /// Nothing: log files do not have it.
    Nothing,
}

/// The columns of `events` for one statement.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) schema: SchemaRef,
    origins: Vec<Origin>,
}

/// The files of a pass, and the source that holds them.
#[derive(Clone, Copy)]
pub(super) struct Listed<'a> {
    pub(super) source: &'a Source,
    pub(super) files: &'a [LogFile],
}

impl Shape {
    /// The columns that a statement wants, with the hidden ones that its text names.
    pub(super) fn of(wanted: &Wanted, text: &str) -> Self {
        let mut columns: Vec<(FieldRef, Origin)> = Vec::new();
        for field in reader::schema().fields() {
            let name = field.name().as_str();
            columns.push(match (wanted.types.get(name), wanted.partitions.get(name)) {
                (Some(other), _) => (nullable(name, data_type(*other)), Origin::Typed(*other)),
                (None, Some(form)) => {
                    (nullable(name, place::data_type(form)), Origin::Partition(form.clone()))
                }
                (None, None) => (Arc::clone(field), Origin::Reader),
            });
        }
        columns
            .extend(OF_LAKE.iter().filter(|name| wanted.of_lake.contains(*name)).map(|name| of_lake(name)));
        let mut partitions: Vec<_> = wanted
            .partitions
            .iter()
            .filter(|(name, _)| !PARTITION_COLUMNS.contains(&name.as_str()))
            .collect();
        partitions.sort_by_key(|(name, _)| rank(name));
        columns.extend(
            partitions.into_iter().map(|(name, form)| {
                (nullable(name, place::data_type(form)), Origin::Partition(form.clone()))
            }),
        );
        let is_named = |name: &&&str| text.contains(&format!("\"{name}\""));
        columns.extend(HIDDEN.iter().filter(is_named).map(|name| {
            let column = place::FileColumn::of(name).expect("it is one of the hidden columns");
            (nullable(name, column.data_type()), Origin::File(column))
        }));
        let (fields, origins): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        Self { schema: Arc::new(Schema::new(fields)), origins }
    }

    /// Where a column comes from.
    pub(super) fn origin(&self, name: &str) -> Option<&Origin> {
        self.schema.index_of(name).ok().map(|at| &self.origins[at])
    }

    /// What the reader has to decode for these columns.
    pub(super) fn reads(&self, schema: &Schema) -> ColumnSet {
        let mut names = BTreeSet::new();
        for field in schema.fields() {
            if let Some(origin) = self.origin(field.name()) {
                origin.reads(field.name(), &mut names);
            }
        }
        ColumnSet::named(names.iter().map(String::as_str))
    }

    /// The columns of `schema`, out of a batch of the reader.
    pub(super) fn made(
        &self,
        batch: &RecordBatch,
        schema: &SchemaRef,
        listed: Listed<'_>,
    ) -> Result<RecordBatch> {
        let places = Places::of(batch, listed);
        let column = |field: &FieldRef| {
            let origin = self.origin(field.name()).expect("a plan reads columns of the table only");
            origin.column(field, batch, &places)
        };
        let columns: Vec<ArrayRef> = schema.fields().iter().map(column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
    }
}

impl Origin {
    /// Adds the names of the columns that the reader has to decode for a column of this name.
    fn reads(&self, name: &str, names: &mut BTreeSet<String>) {
        match self {
            Self::Reader | Self::Typed(_) => {
                names.insert(name.to_owned());
            }
            Self::Column(other) => {
                names.insert((*other).to_owned());
            }
            Self::Partition(_) => names.extend(PARTITION_COLUMNS.map(str::to_owned)),
            Self::Row(columns) => {
                columns.iter().for_each(|(field, origin)| origin.reads(field.name(), names))
            }
            Self::File(_) | Self::Nothing => {}
        }
    }

    fn column(&self, field: &FieldRef, batch: &RecordBatch, places: &Places<'_>) -> ArrayRef {
        let read = |name: &str| {
            batch.column_by_name(name).cloned().expect("a pass decodes every column that a plan needs")
        };
        match self {
            Self::Reader => read(field.name()),
            Self::Column(other) => read(other),
            Self::Typed(other) => typed(*other, read(field.name()).as_string::<i32>()),
            Self::Partition(form) => places.column(form),
            Self::File(column) => places.file_column(*column),
            Self::Row(columns) => {
                let arrays =
                    columns.iter().map(|(field, origin)| origin.column(field, batch, places)).collect();
                let fields: Fields = columns.iter().map(|(field, _)| Arc::clone(field)).collect();
                Arc::new(StructArray::new(fields, arrays, None))
            }
            Self::Nothing => new_null_array(field.data_type(), batch.num_rows()),
        }
    }
}

fn nullable(name: &str, kind: DataType) -> FieldRef {
    Arc::new(Field::new(name, kind, true))
}

fn data_type(other: OtherType) -> DataType {
    match other {
        OtherType::Map => reader::text_map(),
        OtherType::Time => DataType::Timestamp(TimeUnit::Millisecond, None),
        OtherType::Boolean => DataType::Boolean,
    }
}

/// Texts as another type; NULL where they are none of it.
fn typed(other: OtherType, texts: &StringArray) -> ArrayRef {
    match other {
        OtherType::Map => reader::text_maps(texts.iter()),
        OtherType::Time => {
            let ms = |text: &str| event_time(text).map(|time| time.unix_s() * 1_000);
            Arc::new(texts.iter().map(|text| text.and_then(ms)).collect::<TimestampMillisecondArray>())
        }
        OtherType::Boolean => {
            let truth = |text: &str| match text {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            };
            Arc::new(texts.iter().map(|text| text.and_then(truth)).collect::<BooleanArray>())
        }
    }
}

/// A column that only CloudTrail Lake has.
fn of_lake(name: &'static str) -> (FieldRef, Origin) {
    match name {
        "eventjson" => (nullable(name, DataType::Utf8), Origin::Column(RECORD_COLUMN)),
        "eventdata" => {
            let columns = event_data();
            let fields: Fields = columns.iter().map(|(field, _)| Arc::clone(field)).collect();
            (nullable(name, DataType::Struct(fields)), Origin::Row(columns))
        }
        _ => (nullable(name, DataType::Utf8), Origin::Nothing),
    }
}

/// The fields of `eventdata`: a record's own, its parameters as maps.
fn event_data() -> Vec<(FieldRef, Origin)> {
    let renamed = |name: &'static str, of: &'static str| (nullable(name, DataType::Utf8), Origin::Column(of));
    let table = reader::schema();
    let own = table.fields().iter().map(|field| match field.name().as_str() {
        "requestparameters" | "responseelements" | "additionaleventdata" | "serviceeventdetails" => {
            (nullable(field.name(), reader::text_map()), Origin::Typed(OtherType::Map))
        }
        _ => (Arc::clone(field), Origin::Reader),
    });
    own.chain([renamed("version", "eventversion"), renamed("uid", "eventid")]).collect()
}
