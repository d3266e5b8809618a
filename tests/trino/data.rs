//! Sets of records, as tables of both engines.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array as _, AsArray as _, RecordBatch, UInt32Array},
        compute::concat_batches,
        datatypes::{DataType, SchemaRef},
    },
    prelude::SessionContext,
};
use futures::StreamExt as _;
use serde_json::{Map, Value};
use trailbrief::{
    app::App,
    demo,
    engine::embedded::{
        adhoc::{self, Files},
        pack::Surroundings,
        reader,
        source::{Source, walk::walk},
        sql::{to_json, type_name},
    },
    plan::Sql,
};

use crate::{oracle::Oracle, ours};

/// The shipped library, with a configuration that says nothing.
pub fn app() -> App {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/empty.toml");
    App::load(Some(&config)).expect("the shipped library loads")
}

/// Every record below a place, as the reader reads it: one batch.
pub async fn read(app: &App, source: &Source) -> RecordBatch {
    let listing = walk(source, None).expect("the place can be listed");
    let files = Files {
        source: source.clone(),
        files: Arc::new(listing.files),
        window: None,
        names: Default::default(),
        progress: Arc::default(),
    };
    let now = ours::NOW[..10].parse().expect("the clock is a day");
    let surroundings = Surroundings { accounts: &app.desk.accounts, watchlist: &[], now };
    let sql = Sql::ad_hoc("SELECT * FROM events".to_owned());
    let asked = adhoc::ask(&app.desk.sessions, &sql, &files, &app.desk.limits, &surroundings).await;
    let arriving = asked.unwrap_or_else(|error| panic!("{error:?}"));
    let batches: Vec<_> = arriving.batches.collect().await;
    let batches: Vec<RecordBatch> = batches.into_iter().map(|batch| batch.expect("records")).collect();
    concat_batches(&reader::schema(), &batches).expect("batches of one schema")
}

/// The events of a set, each once, in order of time.
pub fn distinct(batch: &RecordBatch) -> RecordBatch {
    let text = |name: &str| {
        let column = batch.column_by_name(name).expect("a column of events").as_string::<i32>().clone();
        move |row: usize| column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let (time, id, account) = (text("eventtime"), text("eventid"), text("recipientaccountid"));
    let mut met = std::collections::HashSet::new();
    let mut rows: Vec<usize> = (0..batch.num_rows())
        .filter(|row| id(*row).is_none_or(|id| met.insert((id, account(*row)))))
        .collect();
    rows.sort_by_key(|row| time(*row));
    of_rows(batch, &rows)
}

/// Some rows of a batch.
pub fn of_rows(batch: &RecordBatch, rows: &[usize]) -> RecordBatch {
    let rows: UInt32Array = rows.iter().map(|row| *row as u32).collect();
    datafusion::arrow::compute::take_record_batch(batch, &rows).expect("rows of the batch")
}

/// The sample organization of `trailbrief demo`.
pub fn generated() -> (tempfile::TempDir, Source) {
    let folder = tempfile::tempdir().expect("a directory");
    let written = demo::write(folder.path(), 7).expect("the sample organization");
    let source = Source::open(&written.logs.display().to_string()).expect("its logs");
    (folder, source)
}

/// The sets of real records in a directory: each file of records, each tree of log files.
pub fn real(folders: &[PathBuf]) -> Vec<(String, Source)> {
    let mut found = Vec::new();
    for folder in folders {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_records = name.ends_with(".ndjson.gz") && !name.contains(".labels.");
            if is_records || path.is_dir() {
                let place = path.display().to_string();
                let source = Source::open(&place).unwrap_or_else(|error| panic!("{place}: {error}"));
                found.push((name.split('.').next().unwrap_or_default().to_owned(), source));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Gives both engines a table.
pub fn load(
    oracle: &mut Oracle,
    context: &SessionContext,
    set: &str,
    table: &str,
    batch: &RecordBatch,
) -> Result<(), String> {
    let mut file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let schema = batch.schema();
    for row in 0..batch.num_rows() {
        let cells = schema.fields().iter().zip(batch.columns());
        let object: Map<String, Value> =
            cells.map(|(field, column)| (field.name().clone(), to_json(column, row))).collect();
        writeln!(file, "{}", Value::Object(object)).map_err(|error| error.to_string())?;
    }
    let loaded = oracle.load(set, table, &row_type(&schema), file.path())?;
    if loaded != batch.num_rows() as u64 {
        return Err(format!("Trino has {loaded} of {} rows of {table}", batch.num_rows()));
    }
    ours::add(context, table, schema, vec![batch.clone()]);
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
