//! `GetQueryResults`: rows by pages, the header on the first, NULL as a datum without a value.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Inner, invalid};

/// A result as its pages show it.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Names and types.
    pub(super) columns: Vec<(String, String)>,
    /// The rows, without the header.
    pub(super) rows: Vec<Vec<Option<String>>>,
}

impl Table {
    /// Reads the bytes of a result: every value that is not NULL stands in quotes.
    pub(super) fn of(columns: Vec<(String, String)>, csv: &[u8]) -> Self {
        let text = std::str::from_utf8(csv).unwrap();
        let (mut rows, mut row) = (Vec::new(), Vec::new());
        let mut rest = text;
        while !rest.is_empty() {
            let value;
            (value, rest) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let mut end = 0;
                    while !quoted[end..].starts_with('"') || quoted[end..].starts_with("\"\"") {
                        end += if quoted[end..].starts_with("\"\"") { 2 } else { 1 };
                        while !quoted.is_char_boundary(end) {
                            end += 1;
                        }
                    }
                    (Some(quoted[..end].replace("\"\"", "\"")), &quoted[end + 1..])
                }
                None => (None, rest),
            };
            row.push(value);
            if rest.starts_with('\n') {
                rows.push(std::mem::take(&mut row));
            }
            rest = &rest[1..];
        }
        Self { columns, rows: rows.into_iter().skip(1).collect() }
    }
}

pub(super) fn answer(body: &Value, inner: &Mutex<Inner>) -> Result<Value, Value> {
    let id = body["QueryExecutionId"].as_str().unwrap_or_default();
    let most = body["MaxResults"].as_u64().unwrap_or(1_000);
    if most > 1_000 {
        return Err(invalid("INVALID_INPUT", "MaxResults is more than maximum allowed length 1000"));
    }
    let mut inner = inner.lock().unwrap();
    inner.pages += 1;
    let Some(execution) = inner.executions.get(id) else {
        return Err(invalid("QUERY_EXECUTION_NOT_FOUND", &format!("QueryExecution {id} was not found")));
    };
    if execution.states != ["SUCCEEDED"] {
        return Err(invalid(
            "INVALID_QUERY_EXECUTION_STATE",
            "Query has not yet finished. Current state: RUNNING",
        ));
    }
    if execution.gone {
        return Err(invalid("RESULT_NOT_FOUND", "Could not find results"));
    }
    let table = &execution.table;
    let header: Vec<Option<String>> = table.columns.iter().map(|(name, _)| Some(name.clone())).collect();
    let all: Vec<&Vec<Option<String>>> = std::iter::once(&header).chain(&table.rows).collect();
    let from: usize = match body["NextToken"].as_str() {
        Some(token) => token
            .parse()
            .map_err(|_| invalid("INVALID_INPUT", &format!("Malformed nextPageToken {token}")))?,
        None => 0,
    };
    let to = all.len().min(from + usize::try_from(most).unwrap());
    let datum = |value: &Option<String>| match value {
        Some(text) => json!({"VarCharValue": text}),
        None => json!({}),
    };
    let rows: Vec<Value> =
        all[from..to].iter().map(|row| json!({"Data": row.iter().map(datum).collect::<Vec<_>>()})).collect();
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|(name, kind)| {
            json!({"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind,
                "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar"})
        })
        .collect();
    let mut answer =
        json!({"UpdateCount": 0, "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}});
    if to < all.len() {
        answer["NextToken"] = json!(to.to_string());
    }
    Ok(answer)
}
