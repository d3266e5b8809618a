//! Hands rows to Trino, as a table.

use std::io::Write as _;

use datafusion::arrow::{
    array::RecordBatch,
    datatypes::{DataType, SchemaRef},
};
use datafusion_trino::{to_json, type_name};
use serde_json::{Map, Value};

use crate::Oracle;

/// Gives Trino a table of these rows.
///
/// # Errors
///
/// If Trino does not take them.
pub fn load(oracle: &mut Oracle, schema: &str, table: &str, batch: &RecordBatch) -> Result<(), String> {
    let mut file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let fields = batch.schema();
    for row in 0..batch.num_rows() {
        let cells = fields.fields().iter().zip(batch.columns());
        let object: Map<String, Value> =
            cells.map(|(field, column)| (field.name().clone(), to_json(column, row))).collect();
        writeln!(file, "{}", Value::Object(object)).map_err(|error| error.to_string())?;
    }
    let loaded = oracle.load(schema, table, &row_type(&fields), file.path())?;
    if loaded != batch.num_rows() as u64 {
        return Err(format!("Trino has {loaded} of {} rows of {table}", batch.num_rows()));
    }
    Ok(())
}

/// A relation's row as Trino's SQL names its type.
fn row_type(schema: &SchemaRef) -> String {
    let fields: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| format!("\"{}\" {}", field.name(), named(field.data_type())))
        .collect();
    format!("ROW({})", fields.join(", "))
}

fn named(of: &DataType) -> String {
    match of {
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("\"{}\" {}", field.name(), named(field.data_type())))
                .collect();
            format!("ROW({})", fields.join(", "))
        }
        DataType::List(item) => format!("ARRAY({})", named(item.data_type())),
        other => type_name(other),
    }
}
