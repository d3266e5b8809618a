//! The crate under test, asked as Trino is.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray as _, RecordBatch},
        compute::cast,
        datatypes::{DataType, Field, SchemaRef},
    },
    datasource::MemTable,
    prelude::SessionContext,
};
use datafusion_trino::{SqlError, format_value, plan, session_config, session_state, type_name};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::{Answer, Failure, Outcome};

/// The clock of all statements.
pub const NOW: &str = "2024-05-10T12:34:56.789Z";

/// An answer of more rows is a mistake in the statement.
const MOST: usize = 1_000_000;

/// A session without tables.
pub fn session() -> SessionContext {
    let state = session_state(session_config().with_target_partitions(1), Arc::default());
    SessionContext::new_with_state(state.expect("the functions can be registered"))
}

/// Gives a session a table.
pub fn add(context: &SessionContext, table: &str, schema: SchemaRef, batches: Vec<RecordBatch>) {
    let data = MemTable::try_new(schema, vec![batches]).expect("the batches are of the schema");
    let _ = context.deregister_table(table);
    context.register_table(table, Arc::new(data)).expect("no other table has this name");
}

/// Asks a statement.
pub async fn ask(context: &SessionContext, sql: &str, now: &str) -> Outcome {
    let failure = |error: SqlError| Failure {
        class: error.class.to_string(),
        message: error.message.clone(),
        place: error.line.zip(error.column),
    };
    let now = now.parse().expect("the clock is a time");
    let planned = plan(&context.state(), sql, now).await.map_err(failure)?;
    let fields: Vec<(String, String)> = planned
        .schema()
        .fields()
        .iter()
        .map(|field| (field.name().clone(), type_name(field.data_type())))
        .collect();
    let failed = |error| failure(SqlError::of_execution(&error));
    let frame = context.execute_logical_plan(planned).await.map_err(failed)?;
    let mut batches = frame.execute_stream().await.map_err(failed)?;
    let mut all = Vec::new();
    while let Some(batch) = batches.next().await {
        all.extend(rows(&batch.map_err(failed)?));
        if all.len() > MOST {
            let message = format!("more than {MOST} rows");
            return Err(Failure { class: "TOO_MANY_ROWS".to_owned(), message, place: None });
        }
    }
    let (columns, types) = fields.into_iter().unzip();
    Ok(Answer { columns, types, rows: all })
}

/// The rows of a batch, in the oracle's form.
fn rows(batch: &RecordBatch) -> Vec<Vec<Value>> {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|column| value(column, row)).collect())
        .collect()
}

fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Value::Null;
    }
    match array.data_type() {
        // The oracle prints bytes in groups of eight, four to a line.
        DataType::Binary => {
            let bytes = array.as_binary::<i32>().value(row);
            let group = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
            let line = |bytes: &[u8]| bytes.chunks(8).map(group).collect::<Vec<_>>().join("   ");
            Value::String(bytes.chunks(32).map(line).collect::<Vec<_>>().join("\n"))
        }
        DataType::Struct(_) => array.as_struct().columns().iter().map(|field| value(field, row)).collect(),
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let mut pairs: Vec<Value> = (0..entries.len())
                .map(|at| json!([value(entries.column(0), at), value(entries.column(1), at)]))
                .collect();
            pairs.sort_by_key(ToString::to_string);
            json!({ "map": pairs })
        }
        _ => match items(array, row) {
            Some(items) => (0..items.len()).map(|at| value(&items, at)).collect(),
            None => format_value(array, row).map_or(Value::Null, Value::String),
        },
    }
}

fn items(array: &dyn Array, row: usize) -> Option<ArrayRef> {
    let (DataType::List(item)
    | DataType::LargeList(item)
    | DataType::FixedSizeList(item, _)
    | DataType::ListView(item)
    | DataType::LargeListView(item)) = array.data_type()
    else {
        return None;
    };
    let plain = DataType::List(Arc::new(Field::new("item", item.data_type().clone(), true)));
    let one = cast(&array.slice(row, 1), &plain).expect("every list is a list");
    Some(one.as_list::<i32>().value(0))
}
