//! Runs a statement as Athena would: over the partitions that the table projects and the statement leaves.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use regex::Regex;
use trailbrief::{
    aws::glue::Glue,
    domain::account::Accounts,
    engine::embedded::{
        adhoc::{self, AdHocError, Files},
        answer::{self, Form, WriteError},
        pack::Surroundings,
        source::{Source, walk::walk},
    },
    plan::Sql,
};

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

pub(super) fn run(sql: &str) -> Result<Ran, Refused> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(ran(sql))
}

async fn ran(sql: &str) -> Result<Ran, Refused> {
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
    let listed = |name: &str| -> Vec<String> {
        definition.parameters[&format!("projection.{name}.values")].split(',').map(str::to_owned).collect()
    };
    let days = Regex::new(r#""timestamp" BETWEEN '(\d{4}/\d\d/\d\d)' AND '(\d{4}/\d\d/\d\d)'"#).unwrap();
    let days = days.captures(sql).map_or_else(
        || {
            let since =
                definition.parameters["projection.timestamp.range"].split(',').next().unwrap_or_default();
            [since.to_owned(), "2026/03/12".to_owned()]
        },
        |days| [days[1].to_owned(), days[2].to_owned()],
    );
    let accounts = Regex::new(r"AND account IN \(([^)]*)\)").unwrap().captures(sql).map_or_else(
        || listed("account"),
        |some| some[1].split(", ").map(|id| id.trim_matches('\'').to_owned()).collect(),
    );
    let regions = listed("region");

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
    let files: Vec<_> = listing
        .files
        .into_iter()
        .filter(|file| {
            let Some(partition) = &file.partition else { return false };
            let day = partition.day.path();
            let projected = accounts.contains(&partition.account) && regions.contains(&partition.region);
            let inside = days[0] <= day && day <= days[1];
            projected && inside
        })
        .collect();
    let day = |text: &str| {
        text.replace('/', "-").parse::<trailbrief::domain::time::Timestamp>().unwrap().unix_s() / 86_400
    };
    let partitions =
        accounts.len() as u64 * regions.len() as u64 * (day(&days[1]) - day(&days[0]) + 1).unsigned_abs();
    let scanned_bytes = source.stored_bytes(&files);

    let app = app();
    // The engine's one table is called `events`, too.
    let own = Regex::new(r"\bevents\b").unwrap();
    let sql = if sql.starts_with("WITH events AS") { own.replace_all(sql, "bound") } else { sql.into() };
    let text = sql.replace(&table[0], "FROM events");
    let files = Files { source, files: Arc::new(files), window: None, progress: Arc::default() };
    let surroundings =
        Surroundings { accounts: &Accounts::default(), watchlist: &[], now: "2026-03-12".parse().unwrap() };
    let asked =
        adhoc::ask(&app.desk.sessions, &Sql::ad_hoc(text), &files, &app.desk.limits, &surroundings).await;
    let arriving = match asked {
        Ok(arriving) => arriving,
        Err(AdHocError::Refused(error)) => return Err(Refused::Syntax(error.to_string())),
        Err(AdHocError::Failed(error)) => {
            return Ok(Ran { result: Err(error.reason), columns: Vec::new(), partitions, scanned_bytes });
        }
    };
    let stats = arriving.stats.clone();
    let columns = arriving.schema.fields().iter();
    let columns = columns.map(|field| (field.name().clone(), kind(field.data_type()).to_owned())).collect();
    let mut bytes = Vec::new();
    let written = answer::write(arriving, Form::Csv, &mut bytes).await;
    // A damaged file fails the whole statement.
    let damaged = stats.lock().unwrap().problems.first().map(|problem| problem.file.clone());
    let result = match (written, damaged) {
        (Ok(()), None) => Ok(bytes),
        (_, Some(file)) => Err(format!("HIVE_CURSOR_ERROR: Failed to read file: {file}")),
        (Err(WriteError::Failed(error)), None) => Err(error.reason),
        (Err(WriteError::Io(error)), None) => Err(error.to_string()),
    };
    Ok(Ran { result, columns, partitions, scanned_bytes })
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
