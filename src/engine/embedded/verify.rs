//! Whether the engine would accept a detection's SQL: columns, types, functions. Reads nothing.

use std::sync::Arc;

use datafusion::{catalog::TableProvider, error::DataFusionError};
use datafusion_trino::SqlError;

use super::{
    chosen::Choice,
    relations::{self, CandidateTable, EventRelation, Slot},
    session::Sessions,
};
use crate::{
    domain::{account::Accounts, time::Timestamp},
    plan::Sql,
};

/// Plans a statement over empty relations.
///
/// # Errors
///
/// If the engine refuses it; with the place in the statement.
pub async fn verify(sessions: &Sessions, sql: &Sql) -> Result<(), SqlError> {
    let failed = |error: DataFusionError| SqlError::of_execution(&error);
    let slot = Slot::default();
    let day = Timestamp::from_unix_s(0);
    let events: Arc<dyn TableProvider> =
        Arc::new(CandidateTable::new(0, EventRelation::Events, slot, Choice::default()));
    let accounts = relations::accounts(&Accounts::default()).map_err(failed)?;
    let watchlist = relations::watchlist(std::iter::empty()).map_err(failed)?;
    let state = sessions
        .with_relations([
            ("events", events.clone()),
            ("history", events),
            ("accounts", Arc::new(accounts)),
            ("watchlist", Arc::new(watchlist)),
        ])
        .map_err(failed)?;
    let plan = datafusion_trino::plan(&state, sql.text(), day.to_utc()).await?;
    state.optimize(&plan).map(drop).map_err(failed)
}
