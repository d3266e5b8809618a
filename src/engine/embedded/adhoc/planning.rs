//! Plans an ad hoc statement over log files: with the columns that it calls by the names of another table, if `events` alone
//! cannot answer it. Reads no file.

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{catalog::TableProvider, execution::SessionState, logical_expr::LogicalPlan};
use datafusion_trino::{Bindings, ErrorClass, SqlError, TableNames, column_uses};

use super::{AdHocError, LogTable, Shape};
use crate::{
    domain::view::Views,
    engine::embedded::{judge::failed, pack::Surroundings, relations, session::Sessions},
    plan::{
        Sql,
        foreign::{OtherType, Statement, Wanted},
    },
};

/// The relations of an ad hoc statement.
const RELATIONS: [&str; 4] = ["events", "accounts", "watchlist", "habits"];

/// The plan of a statement. A column that `events` lacks is added if it has a meaning in other tables; the table's own columns
/// stay as they are where the statement does not show that another type is meant.
pub(super) async fn planned(
    sessions: &Sessions,
    sql: &Sql,
    table: &LogTable,
    surroundings: &Surroundings<'_>,
) -> Result<(SessionState, LogicalPlan), AdHocError> {
    let files = &table.files;
    let uses = column_uses(sql.text(), sql.params()).unwrap_or_default();
    let statement = Statement { uses: &uses, named: &files.partitions, reads_lake: files.reads_lake };
    let mut wanted = if reads_views(sql, sessions.views()) { Wanted::default() } else { statement.wanted() };
    loop {
        match with(sessions, sql, table, surroundings, &wanted).await? {
            Ok(planned) => return Ok(planned),
            Err(error) => {
                let is_added =
                    error.unknown_column().iter().rev().any(|name| statement.add(name, &mut wanted));
                // An error is to be about our own table.
                if !is_added && (files.reads_lake || !wanted.give_up()) {
                    let error = with_partition_hint(error, &statement);
                    return Err(AdHocError::Refused(with_table_hint(
                        error,
                        sql.text(),
                        &files.names,
                        sessions.views(),
                    )));
                }
            }
        }
    }
}

async fn with(
    sessions: &Sessions,
    sql: &Sql,
    table: &LogTable,
    surroundings: &Surroundings<'_>,
    wanted: &Wanted,
) -> Result<Result<(SessionState, LogicalPlan), SqlError>, AdHocError> {
    let failure = |error| AdHocError::Failed(failed(error));
    let entries = surroundings.watchlist.iter().map(|(list, value)| (list.as_str(), value.as_str()));
    let events = LogTable { shape: Shape::of(wanted, sql.text()), ..table.clone() };
    let relations: [(&str, Arc<dyn TableProvider>); 4] = [
        ("events", Arc::new(events)),
        ("accounts", Arc::new(relations::accounts(surroundings.accounts).map_err(failure)?)),
        ("watchlist", Arc::new(relations::watchlist(entries).map_err(failure)?)),
        ("habits", Arc::new(relations::habits(surroundings.habits).map_err(failure)?)),
    ];
    let bindings = Bindings {
        typed: |text| format!("--param \"'{text}'\""),
        texts_are_times: wanted.types.get("eventtime") == Some(&OtherType::Time),
        ..Bindings::new(sql.params(), &table.files.names)
    };
    Ok(sessions.plan_with(relations, sql, surroundings.now, &bindings).await)
}

/// Whether a statement reads a view: views read `events` as it is.
fn reads_views(sql: &Sql, views: &Views) -> bool {
    let inspected = datafusion_trino::inspect(sql.text());
    inspected.is_ok_and(|it| it.relations.iter().any(|relation| views.find(&relation.name).is_some()))
}

/// The error of an unknown column that a condition uses like a partition column, with the option that makes it one.
fn with_partition_hint(error: SqlError, statement: &Statement<'_>) -> SqlError {
    let path = error.unknown_column();
    let [.., name] = path.as_slice() else { return error };
    if error.hint.is_some() || path.len() > 2 || !statement.compares(name) {
        return error;
    }
    let hint = format!(
        "if it is a partition column of your table, `--partition {name}=yyyy/MM/dd` or another form names it"
    );
    error.hint(Some(hint))
}

/// The error of a statement with one unknown relation, perhaps the name of a table of logs, with the option that makes it
/// mean `events`.
fn with_table_hint(error: SqlError, text: &str, names: &TableNames, views: &Views) -> SqlError {
    if error.class != ErrorClass::TableNotFound {
        return error;
    }
    let Ok(inspected) = datafusion_trino::inspect(text) else { return error };
    let is_view = |name: &str| views.find(name).is_some();
    let known = |name: &str| {
        RELATIONS.contains(&name) || is_view(name) || names.mean(&name.split('.').collect::<Vec<_>>())
    };
    let unknown: BTreeSet<String> = inspected.relations.into_iter().map(|relation| relation.name).collect();
    let mut unknown = unknown.into_iter().filter(|name| !known(name));
    let (Some(name), None) = (unknown.next(), unknown.next()) else { return error };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let argument = if name.chars().all(plain) { name } else { format!("'{}'", name.replace('\'', "'\\''")) };
    let hint = format!("`--table {argument}` makes it mean `events`");
    let hint = error.hint.as_ref().map_or(hint.clone(), |near| format!("{near} {hint}"));
    error.hint(Some(hint))
}
