//! DataFusion sessions: settings, functions, the relations of one query, and the memory that all queries may use together.
//!
//! Plans and runs nothing itself.

use std::sync::Arc;

use datafusion::{
    catalog::{
        CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
        MemorySchemaProvider, SchemaProvider, TableProvider,
    },
    error::Result,
    execution::{
        SessionState,
        memory_pool::{FairSpillPool, TrackConsumersPool},
        runtime_env::RuntimeEnvBuilder,
    },
};

use super::error::EngineError;

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
        let config =
            datafusion_trino::session_config().with_target_partitions(resources.threads_per_query.max(1));
        let base = datafusion_trino::session_state(config, runtime)?;
        Ok(Self { base })
    }

    /// A session with these relations and no others.
    ///
    /// # Errors
    ///
    /// If DataFusion refuses a relation.
    pub fn with_relations(
        &self,
        relations: impl IntoIterator<Item = (&'static str, Arc<dyn TableProvider>)>,
    ) -> Result<SessionState> {
        let schema = MemorySchemaProvider::new();
        for (name, table) in relations {
            schema.register_table(name.to_owned(), table)?;
        }
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
