//! The same on a real Trino, by the switch `TRAILBRIEF_TEST_ENGINE=trino`: the partitions' records become a table of it.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use datafusion::arrow::{array::RecordBatch, compute::concat_batches};
use datafusion_trino_oracle::{Answer, Failure, Oracle};
use futures::StreamExt as _;
use serde_json::Value;
use trailbrief::testing::engine::embedded::adhoc::AnswerStream;

/// The switch.
pub(super) fn is_wanted() -> bool {
    match std::env::var("TRAILBRIEF_TEST_ENGINE").as_deref() {
        Err(_) | Ok("embedded") => false,
        Ok("trino") => true,
        Ok(other) => panic!("TRAILBRIEF_TEST_ENGINE is `{other}`: embedded and trino are known"),
    }
}

static TRINO: LazyLock<Mutex<Oracle>> =
    LazyLock::new(|| Mutex::new(Oracle::start(env!("CARGO_TARGET_TMPDIR")).unwrap()));
/// The schema in which the records of these files are a table `logs`.
static LOADED: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// The records of the partitions that are read; the file that is damaged, if one is.
pub(super) async fn records(arriving: AnswerStream) -> Result<RecordBatch, String> {
    let (stats, schema) = (arriving.stats.clone(), arriving.schema.clone());
    let batches: Vec<_> = arriving.batches.collect().await;
    let batches: Vec<RecordBatch> = batches.into_iter().map(Result::unwrap).collect();
    match stats.lock().unwrap().problems.first() {
        Some(problem) => Err(problem.file.clone()),
        None => Ok(concat_batches(&schema, &batches).unwrap()),
    }
}

/// The schema that holds the records of these files, if one does.
pub(super) fn schema(files: &str) -> Option<String> {
    LOADED.lock().unwrap().get(files).cloned()
}

/// Gives Trino the records of these files.
pub(super) fn load(files: String, records: &RecordBatch) -> String {
    let mut loaded = LOADED.lock().unwrap();
    // A request that is repeated meanwhile finds them.
    if let Some(schema) = loaded.get(&files) {
        return schema.clone();
    }
    let schema = format!("athena{}", loaded.len());
    datafusion_trino_oracle::load(&mut TRINO.lock().unwrap(), &schema, "logs", records).unwrap();
    loaded.insert(files, schema.clone());
    schema
}

/// Names and types.
type Columns = Vec<(String, String)>;

/// Runs a statement over the table `logs` of a schema: names and types of its columns, and its result's bytes.
pub(super) fn run(sql: &str, params: &[String], schema: &str) -> Result<(Columns, Vec<u8>), Failure> {
    let mut sql = sql.to_owned();
    for param in params {
        sql = sql.replacen('?', param, 1);
    }
    let asked = TRINO.lock().unwrap().ask(&sql, schema, Some("2026-03-12T00:00:00Z")).unwrap();
    let Answer { columns, types, rows } = asked?;
    let kinds = types.iter().map(|name| name.split('(').next().unwrap_or_default().trim().to_owned());
    let mut bytes = line(columns.iter().map(|name| Some(name.clone())));
    for row in &rows {
        bytes.extend(line(row.iter().map(text)));
    }
    Ok((columns.iter().cloned().zip(kinds).collect(), bytes))
}

/// A line of Athena's result file: values in quotes, NULL as nothing.
fn line(cells: impl Iterator<Item = Option<String>>) -> Vec<u8> {
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let cells: Vec<String> = cells.map(|cell| cell.map(quoted).unwrap_or_default()).collect();
    (cells.join(",") + "\n").into_bytes()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| text(item).unwrap_or_else(|| "null".to_owned())).collect();
            Some(format!("[{}]", items.join(", ")))
        }
        other => panic!("no text is known for {other}"),
    }
}
