//! Values of a result as text: as Athena writes them into its result files, and as JSON.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;

use super::json::{Rows, write};
use super::text::{Floats, scalar_text};
use crate::functions::{lists::comparable, types};

/// The text that Athena writes for a value: arrays `[a, b]`, rows `{a=1, b=x}`, maps `{k=v}` by key; `None`
/// for NULL.
///
/// Text inside arrays, rows and maps is neither quoted nor escaped.
pub fn format_value(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return None;
    }
    if let Some(text) = scalar_text(array, row, Floats::Java) {
        return Some(text);
    }
    let inner = |array: &dyn Array, row| format_value(array, row).unwrap_or_else(|| "null".into());
    Some(match array.data_type() {
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let parts = fields.iter().zip(columns).enumerate().map(|(at, (field, column))| {
                let value = inner(column, row);
                // An unnamed field is shown without a name.
                if types::is_unnamed(field, at) { value } else { format!("{}={value}", field.name()) }
            });
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let mut order: Vec<usize> = (0..keys.len()).collect();
            if let Ok(rows) = comparable(std::slice::from_ref(keys)) {
                order.sort_by(|a, b| rows[0].row(*a).cmp(&rows[0].row(*b)));
            }
            let parts = order.into_iter().map(|at| format!("{}={}", inner(keys, at), inner(values, at)));
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
        data_type => {
            let items = items(array, row, types::item_type(data_type)?)?;
            let parts = (0..items.len()).map(|at| inner(&items, at));
            format!("[{}]", parts.collect::<Vec<_>>().join(", "))
        }
    })
}

fn items(array: &dyn Array, row: usize, of: &DataType) -> Option<ArrayRef> {
    let list = datafusion::arrow::compute::cast(&array.slice(row, 1), &types::list(of.clone())).ok()?;
    Some(list.as_list::<i32>().value(0))
}

/// A value for JSON output: rows as objects, json columns as what they hold, NULL as `null`, dates and times
/// as text.
pub fn to_json(array: &dyn Array, row: usize) -> serde_json::Value {
    let mut text = String::new();
    write(array, row, Rows::Result, &mut text);
    serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
}
