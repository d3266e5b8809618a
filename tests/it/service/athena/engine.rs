//! Runs a statement as Athena would: over the partitions that the table projects and the statement leaves.

mod trino;

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::DataType;
use regex::Regex;
use tokio::runtime::Runtime;
use trailbrief::testing::{
    app::App,
    aws::glue::Glue,
    domain::{account::Accounts, habits::Habits},
    engine::embedded::{
        adhoc::{self, AdHocError, AnswerStream, Files},
        answer::{self, AnswerFormat, WriteError},
        pack::Surroundings,
        source::{Source, walk::walk},
    },
    plan::Sql,
    table::Definition,
};

use super::reads::Read;
use crate::{common::app, rig};

/// A statement's outcome.
pub(super) struct Ran {
    /// The bytes of its result, or why it failed.
    pub(super) result: Result<Vec<u8>, String>,
    /// Names and types of its columns.
    pub(super) columns: Vec<(String, String)>,
    pub(super) partitions: u64,
    pub(super) scanned_bytes: u64,
}

/// Why a statement is not started.
pub(super) enum Refused {
    Syntax(String),
}

/// The engine; loading it means planning the whole library.
static APP: LazyLock<App> = LazyLock::new(app);

/// It stays: a thread that still reads files would panic when its runtime ends before it.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap());

/// When S3 got a file, from a name such as `…_stored-20260310T1205_….json.gz`; otherwise not known. The emulator's own times are
/// those of the test.
const MODIFIED: &str = r#"from_iso8601_timestamp(regexp_replace(regexp_extract("$path", 'stored-\d{8}T\d{4}'),
    'stored-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})', '$1-$2-$3T$4:$5:00Z'))"#;

pub(super) fn run(sql: &str, params: Vec<String>) -> Result<Ran, Refused> {
    RUNTIME.block_on(ran(&sql.replace("\"$file_modified_time\"", MODIFIED), params))
}

async fn ran(sql: &str, params: Vec<String>) -> Result<Ran, Refused> {
    let table = Regex::new(r#"FROM "([a-z0-9_]+)"\."([a-z0-9_]+)""#).unwrap().captures(sql);
    let table = table.ok_or_else(|| Refused::Syntax("line 1:1: there is no table".to_owned()))?;
    let found = Glue::new(&rig::sdk().await).table(&table[1], &table[2]).await.unwrap();
    let Some(found) = found else {
        let reason = format!(
            "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.{}.{}' does not exist",
            &table[1], &table[2]
        );
        return Ok(Ran { result: Err(reason), columns: Vec::new(), partitions: 0, scanned_bytes: 0 });
    };
    let reading = Reading::of(sql, &table[0], &found.definition).await;
    if trino::is_wanted() { reading.on_trino(&params).await } else { reading.on_own_engine(params).await }
}

/// A statement and what it reads.
struct Reading<'a> {
    sql: &'a str,
    /// How it names its table.
    from: &'a str,
    /// Where the table's files are.
    location: &'a str,
    files: Files,
    partitions: u64,
    scanned_bytes: u64,
}

impl<'a> Reading<'a> {
    /// Finds the files of the partitions that the statement leaves.
    async fn of(sql: &'a str, from: &'a str, definition: &'a Definition) -> Self {
        let reads = Read::all(sql, from, definition);
        let (bucket, prefix) = definition.location.trim_start_matches("s3://").split_once('/').unwrap();
        let source = Source::of_store(
            &definition.location,
            Arc::new(rig::bucket(bucket)),
            object_store::path::Path::from(prefix.trim_end_matches('/')),
        );
        let listing = {
            let source = source.clone();
            tokio::task::spawn_blocking(move || walk(&source, None)).await.unwrap().unwrap()
        };
        let files_of =
            |read: &Read| listing.files.iter().filter(|file| read.holds(file)).cloned().collect::<Vec<_>>();
        let scanned_bytes = reads.iter().map(|read| source.stored_bytes(&files_of(read))).sum();
        let files: Vec<_> =
            listing.files.iter().filter(|file| reads.iter().any(|read| read.holds(file))).cloned().collect();
        Self {
            sql,
            from,
            location: &definition.location,
            files: Files {
                source,
                files: Arc::new(files),
                window: None,
                names: datafusion_trino::TableNames::default(),
                partitions: std::collections::BTreeMap::new(),
                reads_lake: false,
                as_detections: false,
                progress: Arc::default(),
            },
            partitions: reads.iter().map(Read::partitions).sum(),
            scanned_bytes,
        }
    }

    /// What Athena says of a file that it cannot read; it does not name every one.
    fn damaged(&self, file: &str) -> String {
        match file.contains("nameless") {
            true => "HIVE_CURSOR_ERROR: Row is not a valid JSON Object".to_owned(),
            false => format!(
                "HIVE_CURSOR_ERROR: Failed to read file: {}/{file}",
                self.location.trim_end_matches('/')
            ),
        }
    }

    /// How it ended.
    fn ran(&self, columns: Vec<(String, String)>, result: Result<Vec<u8>, String>) -> Ran {
        Ran { result, columns, partitions: self.partitions, scanned_bytes: self.scanned_bytes }
    }

    /// Runs a text on the embedded engine, over the statement's files.
    async fn ask(&self, sql: Sql) -> Result<AnswerStream, AdHocError> {
        let surroundings = Surroundings {
            accounts: &Accounts::default(),
            watchlist: &[],
            habits: &Habits::default(),
            now: "2026-03-12".parse().unwrap(),
        };
        let context = &APP.context;
        adhoc::run(&context.sessions, &sql, &self.files, &context.limits, &surroundings).await
    }

    /// Runs the statement on a real Trino that is given the records of the files.
    async fn on_trino(&self, params: &[String]) -> Result<Ran, Refused> {
        let listed = format!("{} {:?}", self.location, self.files.files);
        let schema = match trino::schema(&listed) {
            Some(schema) => schema,
            None => {
                // The column that Athena hides is an ordinary one here.
                let all = "SELECT *, \"$path\" FROM events".to_owned();
                let all = self.ask(Sql::ad_hoc(all)).await.unwrap();
                match trino::records(all).await {
                    Ok(records) => trino::load(listed, &records),
                    Err(file) => return Ok(self.ran(Vec::new(), Err(self.damaged(&file)))),
                }
            }
        };
        let text = self.sql.replace(self.from, "FROM logs");
        match trino::run(&text, params, &schema) {
            Ok((columns, bytes)) => Ok(self.ran(columns, Ok(bytes))),
            Err(error) if error.class == "SYNTAX_ERROR" => Err(Refused::Syntax(error.to_string())),
            Err(error) => Ok(self.ran(Vec::new(), Err(error.to_string()))),
        }
    }

    /// Runs the statement on the embedded engine.
    async fn on_own_engine(&self, params: Vec<String>) -> Result<Ran, Refused> {
        // The engine's one table is called `events`, too.
        let own = Regex::new(r"\bevents\b").unwrap();
        let sql = if self.sql.starts_with("WITH events AS (SELECT *") {
            own.replace_all(self.sql, "bound")
        } else {
            self.sql.into()
        };
        let text = sql.replace(self.from, "FROM events");
        let arriving = match self.ask(Sql::ad_hoc(text).with_params(params)).await {
            Ok(arriving) => arriving,
            Err(AdHocError::Refused(error)) => return Err(Refused::Syntax(error.to_string())),
            Err(AdHocError::Failed(error)) => return Ok(self.ran(Vec::new(), Err(error.reason))),
        };
        let stats = arriving.stats.clone();
        let columns = arriving.schema.fields().iter();
        let columns =
            columns.map(|field| (field.name().clone(), kind(field.data_type()).to_owned())).collect();
        let mut bytes = Vec::new();
        let written = answer::write(arriving, AnswerFormat::Csv, &mut bytes).await;
        // A damaged file fails the whole statement.
        let problem = stats.lock().unwrap().problems.first().map(|problem| problem.file.clone());
        let result = match (written, problem) {
            (Ok(()), None) => Ok(bytes),
            (_, Some(file)) => Err(self.damaged(&file)),
            (Err(WriteError::Failed(error)), None) => Err(error.reason),
            (Err(WriteError::Io(error)), None) => Err(error.to_string()),
        };
        Ok(self.ran(columns, result))
    }
}

/// What Athena calls a type.
fn kind(of: &DataType) -> &'static str {
    match of {
        DataType::Boolean => "boolean",
        DataType::Int32 => "integer",
        DataType::Int64 => "bigint",
        DataType::Float64 => "double",
        DataType::LargeUtf8 => "json",
        DataType::List(_) => "array",
        DataType::Struct(_) => "row",
        _ => "varchar",
    }
}
