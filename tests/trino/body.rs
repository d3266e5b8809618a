//! Queries as people write them, over the generated organization and the real records: `queries/*.sql`, each statement ended
//! by a `;` at the end of its line; those of `views.sql` read views. A directory of further ones is given with `--queries`, one a file.

use std::{fs, path::Path, sync::Arc};

use datafusion::arrow::{
    array::{RecordBatch, new_null_array},
    datatypes::{DataType, Field, FieldRef, Schema},
};

use datafusion_trino_oracle::{
    Comparison, KnownDifferences, Oracle, Order, Outcome, difference, for_trino, judge, local,
};

use trailbrief::testing::plan::views::with_views;

use crate::{data, options::Options};

/// Compares all of them on all sets.
pub async fn run(oracle: &mut Oracle, options: &Options) -> Vec<Comparison> {
    let known = KnownDifferences::read().expect("the list can be read");
    let app = data::app();
    let (_folder, generated) = data::generated();
    let mut sets = vec![("generated".to_owned(), generated)];
    sets.extend(data::real(&options.data));
    let mut found = Vec::new();
    for (name, source) in sets {
        let mut batch = data::read(&app, &source, false).await;
        if options.queries.is_some() {
            batch = widened(&batch);
        }
        let context = local::session();
        data::load(oracle, &context, &name, "events", &batch).expect("both engines take the records");
        let mut of_set = Comparison {
            title: format!("queries on {name}"),
            about: "queries as people write them, and such that Athena refuses".to_owned(),
            ..Comparison::default()
        };
        for (file, sql) in queries(options) {
            // Neither engine knows the views here.
            let sql = if file.starts_with("views ") { with_views(app.library.views(), &sql) } else { sql };
            let (sql, trino) = resolved(oracle, &name, sql);
            let ours = local::ask(&context, &sql, local::NOW).await;
            let order = order(&sql, &trino, &ours);
            judge(
                &mut of_set,
                &known,
                &format!("-- {file}\n{sql}"),
                &trino,
                &ours,
                order,
                options.shared.all,
            );
        }
        found.push(of_set);
    }
    found
}

fn queries(options: &Options) -> Vec<(String, String)> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trino/queries");
    let folder = options.queries.as_deref().unwrap_or(&shipped);
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if options.queries.is_some() {
            all.push((name, text.trim().trim_end_matches(';').to_owned()));
            continue;
        }
        let statements = text.split(";\n").map(str::trim).filter(|statement| !statement.is_empty());
        all.extend(statements.enumerate().map(|(at, sql)| (format!("{name} {}", at + 1), sql.to_owned())));
    }
    all
}

/// Trino's answer; a table that it does not know is `events`.
fn resolved(oracle: &mut Oracle, set: &str, sql: String) -> (String, Outcome) {
    let mut sql = sql;
    for _ in 0..20 {
        let answer = oracle.ask(&for_trino(&sql), set, Some(local::NOW)).expect("Trino runs");
        let Err(error) = &answer else { return (sql, answer) };
        let Some((line, column)) = error.place else { return (sql, answer) };
        let is_unknown =
            ["TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND"].contains(&error.class.as_str());
        match is_unknown.then(|| as_events(&sql, line, column)).flatten() {
            Some(other) => sql = other,
            None => return (sql, answer),
        }
    }
    let answer = oracle.ask(&for_trino(&sql), set, Some(local::NOW)).expect("Trino runs");
    (sql, answer)
}

/// The name at a place becomes `events`, under its own last part.
fn as_events(sql: &str, line: u64, column: u64) -> Option<String> {
    let start: usize = sql.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let start = start + sql[start..].chars().take(column as usize - 1).map(char::len_utf8).sum::<usize>();
    let pattern =
        regex::Regex::new(r#"^("[^"]+"|[\w-]+)(\s*\.\s*("[^"]+"|\w+))*"#).expect("the pattern is one");
    let name = pattern.find(&sql[start..])?;
    Some(format!("{}events{}", &sql[..start], &sql[start + name.end()..]))
}

/// How the answers can be compared: exactly where that succeeds, else as far as the statement fixes them.
fn order(sql: &str, trino: &Outcome, ours: &Outcome) -> Order {
    let lower = sql.to_lowercase();
    let is_same = |order| difference(trino, ours, order).is_none();
    if is_same(Order::Any) {
        Order::Any
    } else if lower.contains("array_agg") && is_same(Order::Loose) {
        Order::Loose
    } else if lower.contains("limit") || lower.contains("fetch first") {
        Order::Count
    } else {
        Order::Any
    }
}

/// Names of partition columns that other tables over the same logs have.
const OTHER_COLUMNS: &[&str] = &[
    "year",
    "month",
    "day",
    "hour",
    "dt",
    "date",
    "accountid",
    "account_id",
    "aws_region",
    "log_date",
    "p_date",
    "partition_date",
    "date_partition",
    "eventdate",
    "event_date",
    "datehour",
    "partition_0",
    "partition_1",
    "partition_2",
    "partition_3",
];

/// The records as another table would show them, with those columns.
fn widened(batch: &RecordBatch) -> RecordBatch {
    let mut fields: Vec<FieldRef> = batch.schema().fields().iter().cloned().collect();
    let mut columns = batch.columns().to_vec();
    for name in OTHER_COLUMNS {
        fields.push(Arc::new(Field::new(*name, DataType::Utf8, true)));
        columns.push(new_null_array(&DataType::Utf8, batch.num_rows()));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}
