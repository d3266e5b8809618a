//! A session with a fixed clock, and a statement's rows as text.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::{arrow::array::ArrayRef, prelude::SessionContext};
use datafusion_trino::{SqlError, format_value, plan, session_config, session_state};

/// The clock of every test.
pub fn now() -> DateTime<Utc> {
    "2024-05-10T12:34:56.789Z".parse().unwrap()
}

/// A session with Athena's functions and no tables.
pub fn session() -> SessionContext {
    SessionContext::new_with_state(
        session_state(session_config().with_target_partitions(1), Arc::default()).unwrap(),
    )
}

/// Runs a query: the header, then the rows; NULL is `∅`.
pub async fn run(context: &SessionContext, sql: &str) -> Result<Vec<Vec<String>>, SqlError> {
    let plan = plan(&context.state(), sql, now()).await?;
    let frame = context.execute_logical_plan(plan).await.map_err(|e| SqlError::of_execution(&e))?;
    let mut rows = vec![frame.schema().fields().iter().map(|f| f.name().clone()).collect()];
    for batch in frame.collect().await.map_err(|e| SqlError::of_execution(&e))? {
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| format_value(column, row).unwrap_or_else(|| "∅".into());
            rows.push(batch.columns().iter().map(cell).collect());
        }
    }
    Ok(rows)
}
