//! Runs a statement as Athena would: over the partitions that the table projects and the statement leaves.

mod trino;

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use regex::Regex;
use trailbrief::testing::{
    aws::glue::Glue,
    domain::account::Accounts,
    engine::embedded::{
        adhoc::{self, AdHocError, Files},
        answer::{self, AnswerFormat, WriteError},
        pack::Surroundings,
        source::{Source, walk::walk},
    },
    plan::Sql,
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

pub(super) fn run(sql: &str, params: Vec<String>) -> Result<Ran, Refused> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(ran(sql, params))
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
    let definition = found.definition;
    let reads = Read::all(sql, &table[0], &definition);

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
    let partitions = reads.iter().map(Read::partitions).sum();
    let scanned_bytes = reads.iter().map(|read| source.stored_bytes(&files_of(read))).sum();
    let files: Vec<_> =
        listing.files.iter().filter(|file| reads.iter().any(|read| read.holds(file))).cloned().collect();

    let app = app();
    let ran = |columns, result| Ran { result, columns, partitions, scanned_bytes };
    let damaged = |file: String| Err(format!("HIVE_CURSOR_ERROR: Failed to read file: {file}"));
    let files = Files {
        source,
        files: Arc::new(files),
        window: None,
        names: datafusion_trino::TableNames::default(),
        progress: Arc::default(),
    };
    let surroundings =
        Surroundings { accounts: &Accounts::default(), watchlist: &[], now: "2026-03-12".parse().unwrap() };
    let ask = async |sql: Sql| {
        adhoc::run(&app.context.sessions, &sql, &files, &app.context.limits, &surroundings).await
    };
    if trino::is_wanted() {
        let listed = format!("{} {:?}", definition.location, files.files);
        let schema = match trino::schema(&listed) {
            Some(schema) => schema,
            None => {
                let all = ask(Sql::ad_hoc("SELECT * FROM events".to_owned())).await.unwrap();
                match trino::records(all).await {
                    Ok(records) => trino::load(listed, &records),
                    Err(file) => return Ok(ran(Vec::new(), damaged(file))),
                }
            }
        };
        let text = sql.replace(&table[0], "FROM logs");
        return match trino::run(&text, &params, &schema) {
            Ok((columns, bytes)) => Ok(ran(columns, Ok(bytes))),
            Err(error) if error.class == "SYNTAX_ERROR" => Err(Refused::Syntax(error.to_string())),
            Err(error) => Ok(ran(Vec::new(), Err(error.to_string()))),
        };
    }
    // The engine's one table is called `events`, too.
    let own = Regex::new(r"\bevents\b").unwrap();
    let sql =
        if sql.starts_with("WITH events AS (SELECT *") { own.replace_all(sql, "bound") } else { sql.into() };
    let text = sql.replace(&table[0], "FROM events");
    let asked = ask(Sql::ad_hoc(text).with_params(params)).await;
    let arriving = match asked {
        Ok(arriving) => arriving,
        Err(AdHocError::Refused(error)) => return Err(Refused::Syntax(error.to_string())),
        Err(AdHocError::Failed(error)) => {
            return Ok(ran(Vec::new(), Err(error.reason)));
        }
    };
    let stats = arriving.stats.clone();
    let columns = arriving.schema.fields().iter();
    let columns = columns.map(|field| (field.name().clone(), kind(field.data_type()).to_owned())).collect();
    let mut bytes = Vec::new();
    let written = answer::write(arriving, AnswerFormat::Csv, &mut bytes).await;
    // A damaged file fails the whole statement.
    let problem = stats.lock().unwrap().problems.first().map(|problem| problem.file.clone());
    let result = match (written, problem) {
        (Ok(()), None) => Ok(bytes),
        (_, Some(file)) => damaged(file),
        (Err(WriteError::Failed(error)), None) => Err(error.reason),
        (Err(WriteError::Io(error)), None) => Err(error.to_string()),
    };
    Ok(ran(columns, result))
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
