//! Rows that another engine returns as texts, as an answer of this engine, so that both are printed alike.
//!
//! Only converts; knows neither Athena's API nor how an answer is printed.

use std::sync::{Arc, Mutex};

use datafusion::{
    arrow::{
        array::{
            ArrayRef, BooleanArray, Float64Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
        },
        datatypes::{DataType, Field, Schema, SchemaRef},
    },
    error::{DataFusionError, Result},
    physical_plan::stream::RecordBatchStreamAdapter,
};
use datafusion_trino::JSON_TYPE;
use futures::{Stream, StreamExt as _};

use super::{adhoc::AnswerStream, scan::Stats};

/// A row: texts in the order of the columns, `None` for NULL.
pub type TextRow = Vec<Option<String>>;

/// The answer that consists of these rows. Columns are names and types of Athena; a value that is not of its column's type
/// ends the answer with an error.
#[must_use]
pub fn answer(
    columns: &[(String, String)],
    pages: impl Stream<Item = Result<Vec<TextRow>, String>> + Send + 'static,
) -> AnswerStream {
    let fields: Vec<Field> =
        columns.iter().map(|(name, kind)| Field::new(name, arrow_type(kind), true)).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let of = schema.clone();
    let batches = pages.map(move |page| match page {
        Ok(rows) => batch(&of, &rows),
        Err(reason) => Err(DataFusionError::Execution(reason)),
    });
    let batches = Box::pin(RecordBatchStreamAdapter::new(schema.clone(), batches));
    AnswerStream { schema, batches, stats: Arc::new(Mutex::new(Stats::default())) }
}

/// Whether values of this type of Athena are nested, so that their text cannot be parsed.
#[cfg(feature = "aws")]
#[must_use]
pub fn is_nested(kind: &str) -> bool {
    ["array", "map", "row", "struct"].iter().any(|nested| kind.to_ascii_lowercase().starts_with(nested))
}

fn arrow_type(kind: &str) -> DataType {
    match kind.to_ascii_lowercase().as_str() {
        "tinyint" | "smallint" | "integer" | "int" | "bigint" => DataType::Int64,
        "float" | "real" | "double" => DataType::Float64,
        "boolean" => DataType::Boolean,
        // As JSON a decimal keeps every digit.
        "json" => JSON_TYPE,
        kind if kind.starts_with("decimal") => JSON_TYPE,
        _ => DataType::Utf8,
    }
}

fn batch(schema: &SchemaRef, rows: &[TextRow]) -> Result<RecordBatch> {
    let columns = schema.fields().iter().enumerate().map(|(at, field)| {
        let texts = rows.iter().map(|row| row.get(at).and_then(Option::as_deref));
        let column: Result<ArrayRef> = match field.data_type() {
            DataType::Int64 => parsed(texts, field).map(|values| Arc::new(Int64Array::from(values)) as _),
            DataType::Float64 => parsed(texts, field).map(|values| Arc::new(Float64Array::from(values)) as _),
            DataType::Boolean => parsed(texts, field).map(|values| Arc::new(BooleanArray::from(values)) as _),
            DataType::LargeUtf8 => Ok(Arc::new(texts.collect::<LargeStringArray>())),
            _ => Ok(Arc::new(texts.collect::<StringArray>())),
        };
        column
    });
    let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

fn parsed<'a, T: std::str::FromStr>(
    texts: impl Iterator<Item = Option<&'a str>>,
    field: &Field,
) -> Result<Vec<Option<T>>> {
    let value = |text: &str| {
        text.parse().map_err(|_| {
            let (name, kind) = (field.name(), field.data_type());
            DataFusionError::Execution(format!(
                "the column `{name}` has the type {kind}, but the value `{text}`"
            ))
        })
    };
    texts.map(|text| text.map(value).transpose()).collect()
}
