//! The session in which planned queries give the same answers as on Athena.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, SessionStateBuilder, SessionStateDefaults};
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::SessionConfig;

use crate::functions;

/// Settings of a session for the same answers as on Athena: NULLs last, UTC, plain strings, names in the case
/// that [`super::plan`] gives
/// them. Expressions are not computed before a filter that drops rows, because they may fail in such a row.
#[must_use]
pub fn session_config() -> SessionConfig {
    let mut config = SessionConfig::new().with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.default_null_ordering = "nulls_last".into();
    options.sql_parser.enable_ident_normalization = false;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.parse_float_as_decimal = false;
    options.sql_parser.collect_spans = true;
    options.execution.time_zone = Some("UTC".into());
    options.optimizer.enable_leaf_expression_pushdown = false;
    options.optimizer.max_passes = 1;
    config
}

/// Rules that are applied a second time once filters have been pushed down: an expression of a subquery that took
/// a column's place in a filter is simplified, and what it falls into is pushed down further.
const AGAIN: [&str; 3] = ["simplify_expressions", "eliminate_filter", "push_down_filter"];

/// DataFusion's rules for logical plans, in an order that needs one pass over a plan where DataFusion's own needs
/// three: most of the time of planning goes into rules that change nothing any more.
fn optimizer_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    // Both do nothing unless they are enabled.
    rules.retain(|rule| !["extract_leaf_expressions", "push_down_leaf_projections"].contains(&rule.name()));
    let again: Vec<_> =
        AGAIN.iter().filter_map(|name| rules.iter().find(|rule| rule.name() == *name).cloned()).collect();
    let pushed = rules.iter().position(|rule| rule.name() == "push_down_filter").unwrap_or(rules.len() - 1);
    rules.splice(pushed + 1..pushed + 1, again);
    rules
}

/// A session with these settings and all functions; `config` begins as [`session_config`].
///
/// It lacks the physical rule that moves projections below filters, for the same reason, and DataFusion's
/// file formats and table
/// functions, which Athena's SQL cannot reach; without them the program is smaller.
///
/// # Errors
///
/// If a function cannot be registered.
pub fn session_state(config: SessionConfig, runtime: Arc<RuntimeEnv>) -> Result<SessionState> {
    let rules: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> = PhysicalOptimizer::default()
        .rules
        .into_iter()
        .filter(|rule| rule.name() != "ProjectionPushdown")
        .collect();
    let mut state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(SessionStateDefaults::default_scalar_functions())
        .with_higher_order_functions(SessionStateDefaults::default_higher_order_functions())
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .with_optimizer_rules(optimizer_rules())
        .with_physical_optimizer_rules(rules)
        .build();
    functions::register(&mut state)?;
    // Else every call in a physical plan gets settings of its own, and comparing two calls compares them all.
    state.execution_props_mut().config_options = Some(Arc::clone(state.config_options()));
    Ok(state)
}
