//! Which rows of an answer meet a SQL condition: the `where` of suppressions. Reads no logs, only the rows it is given.

use std::sync::Arc;

use datafusion::{catalog::TableProvider, error::DataFusionError, physical_plan::collect};
use datafusion_trino::SqlError;

use super::{judge::failed, relations::text_table, rows, session::Sessions};
use crate::{
    domain::{
        rows::{Rows, Value},
        time::Timestamp,
    },
    engine::NoAnswer,
    plan::Sql,
};

/// The relation that holds the rows.
const RELATION: &str = "findings";
/// The column that numbers the rows.
const ROW: &str = "__row";

/// For each row, whether it meets `condition`. All columns are text, under the names given.
///
/// # Errors
///
/// If the condition is not one SQL condition over these columns.
pub async fn matching(
    sessions: &Sessions,
    columns: &[&str],
    table: Vec<Vec<Option<String>>>,
    condition: &str,
    now: Timestamp,
) -> Result<Vec<bool>, NoAnswer> {
    let count = table.len();
    let mut names = vec![ROW];
    names.extend(columns);
    let mut values: Vec<Vec<Option<String>>> = vec![(0..count).map(|row| Some(row.to_string())).collect()];
    values.extend((0..columns.len()).map(|at| table.iter().map(|row| row[at].clone()).collect()));
    let table: Arc<dyn TableProvider> = Arc::new(text_table(&names, values).map_err(failed)?);
    let sql = Sql::of_condition(condition, RELATION, ROW);
    let refused = |error: &SqlError| NoAnswer { reason: error.message.clone(), hint: error.hint.clone() };
    let planned = sessions.plan([(RELATION, table)], &sql, now).await;
    let (state, plan) = planned.map_err(|error| refused(&error))?;
    let answer = async {
        let plan = state.create_physical_plan(&plan).await?;
        let batches = collect(plan, state.task_ctx()).await?;
        let mut answer = Rows::default();
        for batch in &batches {
            rows::append(&mut answer, batch);
        }
        Ok::<_, DataFusionError>(answer)
    };
    let mut matches = vec![false; count];
    for row in answer.await.map_err(failed)?.rows {
        if let Some(Value::Text(number)) = row.first()
            && let Ok(at) = number.parse::<usize>()
        {
            matches[at] = true;
        }
    }
    Ok(matches)
}
