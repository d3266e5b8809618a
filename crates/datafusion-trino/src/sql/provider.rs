//! What DataFusion's SQL planner asks for: the session's tables and functions, and the planners of this
//! crate.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{ResolvedTableReference, TableReference};
use datafusion::config::ConfigOptions;
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::planner::{ExprPlanner, RelationPlanner};
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};
use datafusion::sql::planner::ContextProvider;

/// A session as the SQL planner sees it.
pub(super) struct Provider<'a> {
    /// The session.
    pub state: &'a SessionState,
    /// Tables the statement reads.
    pub tables: HashMap<ResolvedTableReference, Arc<dyn TableSource>>,
    /// Athena's rules, then DataFusion's.
    pub expr_planners: Vec<Arc<dyn ExprPlanner>>,
    /// UNNEST.
    pub relation_planners: Vec<Arc<dyn RelationPlanner>>,
}

impl Provider<'_> {
    /// A table's name with the session's catalog and schema.
    fn resolve(state: &SessionState, name: TableReference) -> ResolvedTableReference {
        let catalog = &state.config_options().catalog;
        name.resolve(&catalog.default_catalog, &catalog.default_schema)
    }
}

/// Looks a table up, or the one that its name means, and keeps it under its name; `None` if there is none.
pub(super) async fn load(
    state: &SessionState,
    tables: &mut HashMap<ResolvedTableReference, Arc<dyn TableSource>>,
    name: TableReference,
    meant: Option<TableReference>,
) -> Result<Option<Arc<dyn TableSource>>> {
    let name = Provider::resolve(state, name);
    if let Some(known) = tables.get(&name) {
        return Ok(Some(Arc::clone(known)));
    }
    let meant = meant.map_or_else(|| name.clone(), |meant| Provider::resolve(state, meant));
    let Ok(schema) = state.schema_for_ref(TableReference::from(meant.clone())) else { return Ok(None) };
    let Some(table) = schema.table(&meant.table).await? else { return Ok(None) };
    let source = provider_as_source(table);
    tables.insert(name, Arc::clone(&source));
    Ok(Some(source))
}

impl ContextProvider for Provider<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let name = Self::resolve(self.state, name);
        let found = self.tables.get(&name).cloned();
        found.ok_or_else(|| DataFusionError::Plan(format!("table '{}' not found", name.table)))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.expr_planners
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        &self.relation_planners
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.state.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }
}
