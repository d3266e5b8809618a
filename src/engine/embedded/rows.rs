//! Arrow arrays as the values of an answer, for everything outside of the engine. Only converts.

use datafusion::arrow::{
    array::{Array, AsArray as _, RecordBatch},
    datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type},
};
use datafusion_trino::format_value;

use crate::domain::rows::{Rows, Value};

/// Appends the rows of a batch.
pub fn append(rows: &mut Rows, batch: &RecordBatch) {
    let first = rows.rows.len();
    rows.rows.resize_with(first + batch.num_rows(), || Vec::with_capacity(batch.num_columns()));
    for column in batch.columns() {
        for (row, values) in rows.rows[first..].iter_mut().enumerate() {
            values.push(value(column.as_ref(), row));
        }
    }
}

fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::Int8 => Value::Integer(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Value::Integer(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Value::Integer(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => Value::Number(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Value::Number(array.as_primitive::<Float64Type>().value(row)),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Value::List((0..items.len()).map(|item| value(items.as_ref(), item)).collect())
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct();
            let field = |(index, name): (usize, &str)| (name.to_owned(), value(columns.column(index), row));
            Value::Fields(fields.iter().map(|field| field.name().as_str()).enumerate().map(field).collect())
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let key = |at: usize| value(keys.as_ref(), at).text().unwrap_or_default();
            Value::Fields((0..entries.len()).map(|at| (key(at), value(values.as_ref(), at))).collect())
        }
        _ => format_value(array, row).map_or(Value::Null, Value::Text),
    }
}
