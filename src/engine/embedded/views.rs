//! The relations of one query with the views over them.
//!
//! A view is planned once for all queries, over relations that hold nothing; for each query that reads it, the relations in
//! its plan are replaced by the query's own. DataFusion then puts the plan in place of the view, so that filters and
//! projections reach the relations as if they stood in the query itself.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use datafusion::{
    catalog::{SchemaProvider, TableProvider, default_table_source::provider_as_source, view::ViewTable},
    common::{
        Column, DFSchema, TableReference,
        tree_node::{Transformed, TreeNode as _, TreeNodeRecursion},
    },
    error::{DataFusionError, Result},
    logical_expr::{Expr, Filter, LogicalPlan, Projection, SubqueryAlias, TableScan, TableScanBuilder},
};
use datafusion_trino::SqlError;
use tokio::sync::OnceCell;

use super::{relations, session::Sessions};
use crate::{
    domain::{time::Timestamp, view::Views},
    plan::Sql,
};

/// The views that the queries of an engine may read, each planned when a query reads it first.
#[derive(Debug, Default)]
pub(super) struct PlannedViews {
    views: Views,
    plans: Vec<OnceCell<Result<LogicalPlan, SqlError>>>,
}

impl PlannedViews {
    pub(super) fn new(views: Views) -> Self {
        let plans = views.iter().map(|_| OnceCell::new()).collect();
        Self { views, plans }
    }

    pub(super) fn views(&self) -> &Views {
        &self.views
    }

    /// The plan of the view with this number, over relations that hold nothing.
    async fn plan(&self, number: usize, sessions: &Sessions) -> Result<&LogicalPlan> {
        let view = self.views.iter().nth(number).expect("the number is that of a view");
        let plan = async || {
            let empty = relations::empty().map_err(|error| SqlError::of_execution(&error))?;
            let epoch = Timestamp::from_unix_s(0);
            Ok(sessions.plan(empty, &Sql::of_view(view), epoch).await?.1)
        };
        let planned = self.plans[number].get_or_init(plan).await;
        planned.as_ref().map_err(|error| {
            let message = format!("the view `{}` is broken: {}", view.name, error.message);
            DataFusionError::External(Box::new(SqlError::new(error.class, message)))
        })
    }
}

/// Relations and the views over them.
#[derive(Debug)]
pub(super) struct Relations {
    tables: HashMap<&'static str, Arc<dyn TableProvider>>,
    sessions: Sessions,
    wanted: Option<BTreeSet<String>>,
}

impl Relations {
    /// These relations. Views show only the columns with the wanted names, if there are any: the others would be planned in
    /// vain.
    pub(super) fn new(
        tables: HashMap<&'static str, Arc<dyn TableProvider>>,
        sessions: Sessions,
        wanted: Option<BTreeSet<String>>,
    ) -> Self {
        Self { tables, sessions, wanted }
    }

    /// The relation that a scan in a view's plan stands for.
    fn meant(&self, scan: &TableScan, past: bool) -> Option<(&'static str, Arc<dyn TableProvider>)> {
        let name = match scan.table_name.table() {
            "events" if past => "history",
            name => name,
        };
        self.tables.get_key_value(name).map(|(name, table)| (*name, table.clone()))
    }

    /// A view's plan without the columns that nobody wants, as far as that is plain: planning them would take most of the time.
    fn pruned(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        let Some(wanted) = &self.wanted else { return Ok(plan.clone()) };
        let columns = plan.schema().columns();
        let mut kept: HashSet<&Column> = columns.iter().filter(|it| wanted.contains(&it.name)).collect();
        if kept.is_empty() {
            // Rows are rows, even if only their number matters.
            kept.extend(columns.first());
        }
        with_columns(plan, &kept)
    }

    /// A view's plan over these relations; `None` if one that it reads is not among them.
    fn over(&self, plan: LogicalPlan, past: bool) -> Result<Option<LogicalPlan>> {
        let mut is_complete = true;
        let _ = plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                is_complete &= self.meant(scan, past).is_some();
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        if !is_complete {
            return Ok(None);
        }
        let plan = plan.transform_up_with_subqueries(|node| {
            let LogicalPlan::TableScan(scan) = &node else { return Ok(Transformed::no(node)) };
            let Some((name, table)) = self.meant(scan, past) else { return Ok(Transformed::no(node)) };
            let (known, source) = (scan.table_name.clone(), provider_as_source(table));
            let scan = TableScanBuilder::new(TableReference::bare(name), source).build()?;
            let scan = LogicalPlan::TableScan(scan);
            Ok(Transformed::yes(match known.table() == name {
                true => scan,
                false => LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(scan), known)?),
            }))
        })?;
        Ok(Some(plan.data))
    }
}

/// A plan that has these columns, and as few others as can be told without a rule of the optimizer.
fn with_columns(plan: &LogicalPlan, kept: &HashSet<&Column>) -> Result<LogicalPlan> {
    let has_subquery = plan.expressions().iter().any(|expr| {
        let is_query = |expr: &Expr| {
            matches!(
                expr,
                Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) | Expr::SetComparison(_)
            )
        };
        expr.exists(|expr| Ok(is_query(expr))).unwrap_or(true)
    });
    match plan {
        _ if has_subquery => Ok(plan.clone()),
        LogicalPlan::Projection(projection) => {
            let columns = projection.schema.columns();
            let places: Vec<usize> = (0..columns.len()).filter(|at| kept.contains(&columns[*at])).collect();
            let exprs: Vec<Expr> = places.iter().map(|at| projection.expr[*at].clone()).collect();
            let fields = places.iter().map(|at| projection.schema.qualified_field(*at));
            let fields = fields.map(|(table, field)| (table.cloned(), field.clone())).collect();
            let schema = DFSchema::new_with_metadata(fields, projection.schema.metadata().clone())?;
            let read = exprs.iter().flat_map(Expr::column_refs).collect();
            let input = with_columns(&projection.input, &read)?;
            let pruned = Projection::try_new_with_schema(exprs, Arc::new(input), Arc::new(schema))?;
            Ok(LogicalPlan::Projection(pruned))
        }
        LogicalPlan::Filter(filter) => {
            let read = kept.iter().copied().chain(filter.predicate.column_refs()).collect();
            let input = with_columns(&filter.input, &read)?;
            Ok(LogicalPlan::Filter(Filter::try_new(filter.predicate.clone(), Arc::new(input))?))
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let (inner, outer) = (alias.input.schema().columns(), alias.schema.columns());
            let read = inner.iter().zip(&outer).filter(|(_, outer)| kept.contains(outer));
            let input = with_columns(&alias.input, &read.map(|(inner, _)| inner).collect())?;
            let pruned = SubqueryAlias::try_new(Arc::new(input), alias.alias.clone())?;
            Ok(LogicalPlan::SubqueryAlias(pruned))
        }
        _ => Ok(plan.clone()),
    }
}

#[async_trait]
impl SchemaProvider for Relations {
    fn table_names(&self) -> Vec<String> {
        let views = self.sessions.views();
        let is_there = |name: &String| {
            views.sources([name.as_str()]).iter().all(|source| self.tables.contains_key(source.as_str()))
        };
        let names = views.names().into_iter().filter(is_there);
        self.tables.keys().map(|name| (*name).to_owned()).chain(names).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = self.tables.get(name) {
            return Ok(Some(table.clone()));
        }
        let Some((number, past)) = self.sessions.views().find(name) else { return Ok(None) };
        let plan = self.sessions.planned_views().plan(number, &self.sessions).await?;
        let plan = self.over(self.pruned(plan)?, past)?;
        Ok(plan.map(|plan| Arc::new(ViewTable::new(plan, None)) as _))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.table_names().iter().any(|known| known == name)
    }
}
