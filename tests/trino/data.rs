//! Sets of records, as tables of both engines.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array as _, AsArray as _, RecordBatch, UInt32Array},
        compute::concat_batches,
    },
    prelude::SessionContext,
};
use datafusion_trino_oracle::{Oracle, local};
use futures::StreamExt as _;
use trailbrief::testing::{
    app::App,
    demo,
    domain::habits::Habits,
    engine::embedded::{
        adhoc::{self, Files},
        pack::Surroundings,
        reader,
        source::{Source, walk::walk},
    },
    plan::Sql,
};

/// The shipped library, with a configuration that says nothing.
pub fn app() -> App {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/empty.toml");
    App::load(Some(&config)).expect("the shipped library loads")
}

/// Every record below a place, as the reader reads it or `as_detections` see it: one batch.
pub async fn read(app: &App, source: &Source, as_detections: bool) -> RecordBatch {
    let listing = walk(source, None).expect("the place can be listed");
    let files = Files {
        source: source.clone(),
        files: Arc::new(listing.files),
        window: None,
        names: Default::default(),
        partitions: Default::default(),
        reads_lake: false,
        as_detections,
        progress: Arc::default(),
    };
    let now = local::NOW[..10].parse().expect("the clock is a day");
    let habits = Habits::default();
    let surroundings = Surroundings { accounts: &app.context.accounts, watchlist: &[], habits: &habits, now };
    let sql = Sql::ad_hoc("SELECT * FROM events".to_owned());
    let asked = adhoc::run(&app.context.sessions, &sql, &files, &app.context.limits, &surroundings).await;
    let arriving = asked.unwrap_or_else(|error| panic!("{error:?}"));
    let batches: Vec<_> = arriving.batches.collect().await;
    let batches: Vec<RecordBatch> = batches.into_iter().map(|batch| batch.expect("records")).collect();
    concat_batches(&reader::schema(), &batches).expect("batches of one schema")
}

/// The events of a set, in order of time.
pub fn in_order(batch: &RecordBatch) -> RecordBatch {
    let times = batch.column_by_name("eventtime").expect("a column of events").as_string::<i32>();
    let mut rows: Vec<usize> = (0..batch.num_rows()).collect();
    rows.sort_by_key(|row| times.is_valid(*row).then(|| times.value(*row)));
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
    datafusion_trino_oracle::load(oracle, set, table, batch)?;
    local::add(context, table, batch.schema(), vec![batch.clone()]);
    Ok(())
}
