//! Whether the engine would accept SQL of the library: columns, types, functions. Reads nothing.

use datafusion::error::DataFusionError;
use datafusion_trino::{SqlError, type_name};

use super::{relations, session::Sessions};
use crate::{domain::time::Timestamp, plan::Sql};

/// Plans a statement over empty relations; returns the columns of its answer with their types as Athena calls them.
///
/// # Errors
///
/// If the engine refuses it; with the place in the statement.
pub async fn verify(sessions: &Sessions, sql: &Sql) -> Result<Vec<(String, String)>, SqlError> {
    let failed = |error: DataFusionError| SqlError::of_execution(&error);
    let day = Timestamp::from_unix_s(0);
    let (state, plan) = sessions.plan(relations::empty().map_err(failed)?, sql, day).await?;
    let plan = state.optimize(&plan).map_err(failed)?;
    let fields = plan.schema().fields().iter();
    Ok(fields.map(|field| (field.name().clone(), type_name(field.data_type()))).collect())
}
