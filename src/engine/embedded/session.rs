//! DataFusion sessions: settings, functions, the relations of one query, and the memory that all queries may use together.
//!
//! Plans statements; runs nothing.

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    catalog::{
        CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, TableProvider,
    },
    error::Result,
    execution::{
        SessionState,
        memory_pool::{FairSpillPool, TrackConsumersPool},
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::LogicalPlan,
};
use datafusion_trino::{Bindings, SqlError, TableNames};

use super::{
    error::EngineError,
    views::{PlannedViews, Relations},
};
use crate::{
    domain::{time::Timestamp, view::Views},
    plan::Sql,
};

/// What each sort keeps free for its merge, in bytes. A view such as `sessions` has a dozen sorts, of which one runs at a time.
const SORT_RESERVATION: usize = 1 << 20;

/// The resources that the queries of an engine may use.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    /// Memory for sorting, joining and aggregating, of all queries together, in bytes.
    pub memory_bytes: usize,
    /// Threads that one query may use.
    pub threads_per_query: usize,
}

/// What every session of an engine shares.
#[derive(Clone, Debug)]
pub struct Sessions {
    base: SessionState,
    views: Arc<PlannedViews>,
}

impl Sessions {
    /// Sets up settings, functions and the memory pool.
    ///
    /// # Errors
    ///
    /// If DataFusion cannot be set up.
    pub fn new(resources: Resources) -> Result<Self, EngineError> {
        let consumers = std::num::NonZeroUsize::new(5).expect("five is not zero");
        let pool = TrackConsumersPool::new(FairSpillPool::new(resources.memory_bytes), consumers);
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?;
        let config = datafusion_trino::session_config()
            .with_target_partitions(resources.threads_per_query.max(1))
            .with_sort_spill_reservation_bytes(SORT_RESERVATION);
        let base = datafusion_trino::session_state(config, runtime)?;
        Ok(Self { base, views: Arc::default() })
    }

    /// The same with these views.
    #[must_use]
    pub fn with_views(self, views: Views) -> Self {
        Self { views: Arc::new(PlannedViews::new(views)), ..self }
    }

    /// The views that queries may read.
    #[must_use]
    pub fn views(&self) -> &Views {
        self.views.views()
    }

    pub(super) fn planned_views(&self) -> &PlannedViews {
        &self.views
    }

    /// Plans a statement over these relations, the views over them, and no others. The plan is not optimized.
    ///
    /// # Errors
    ///
    /// If the statement is refused.
    pub async fn plan<const N: usize>(
        &self,
        relations: [(&'static str, Arc<dyn TableProvider>); N],
        sql: &Sql,
        now: Timestamp,
    ) -> Result<(SessionState, LogicalPlan), SqlError> {
        self.plan_with(relations, sql, now, &Bindings::new(&[], &TableNames::default())).await
    }

    /// Plans a statement as [`Sessions::plan`] does, with values for its `?` and other names for a relation.
    ///
    /// # Errors
    ///
    /// If the statement is refused.
    pub async fn plan_with<const N: usize>(
        &self,
        relations: [(&'static str, Arc<dyn TableProvider>); N],
        sql: &Sql,
        now: Timestamp,
        bindings: &Bindings<'_>,
    ) -> Result<(SessionState, LogicalPlan), SqlError> {
        let session = |wanted| {
            let relations = Relations::new(HashMap::from(relations.clone()), self.clone(), wanted);
            self.with_schema(relations).map_err(|error| SqlError::of_execution(&error))
        };
        let names = sql.names();
        let (state, is_pruned) = (session(names.clone())?, names.is_some());
        match datafusion_trino::plan_with(&state, sql.text(), now.to_utc(), bindings).await {
            // Its error is to know every column.
            Err(_) if is_pruned => {
                let state = session(None)?;
                let plan = datafusion_trino::plan_with(&state, sql.text(), now.to_utc(), bindings).await?;
                Ok((state, plan))
            }
            planned => Ok((state, planned?)),
        }
    }

    /// A session with these relations and views.
    fn with_schema(&self, schema: Relations) -> Result<SessionState> {
        let options = &self.base.config_options().catalog;
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(&options.default_schema, Arc::new(schema))?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(options.default_catalog.clone(), Arc::new(catalog));
        // Not through a builder: it would register the functions anew, in no order, and aliases of DataFusion's would
        // take the place of ours.
        let mut state = self.base.clone();
        state.register_catalog_list(Arc::new(catalogs));
        Ok(state)
    }
}
