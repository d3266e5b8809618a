//! `FETCH FIRST n ROWS WITH TIES`: as many rows as are not beyond the nth by the ORDER BY.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionDefinition};
use datafusion::logical_expr::{
    Expr, Limit, LogicalPlan, LogicalPlanBuilder, Projection, Sort, WindowUDF, col, lit,
};
use datafusion::scalar::ScalarValue;

use super::error::SqlError;
use crate::functions::ErrorClass;

/// The function that marks the number of rows in a LIMIT.
pub(super) const COUNT: &str = "$ties";

/// The name of the column with the ranks; a statement cannot contain it.
const RANK: &str = "$rank";

/// Replaces marked limits of a plan.
pub(super) fn replace(plan: LogicalPlan, rank: &Arc<WindowUDF>) -> Result<LogicalPlan> {
    let replaced = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Limit(limit) => match limit.fetch.as_deref().and_then(count) {
            Some(count) => with_ties(&limit, count, rank).map(Transformed::yes),
            None => Ok(Transformed::no(LogicalPlan::Limit(limit))),
        },
        other => Ok(Transformed::no(other)),
    })?;
    Ok(replaced.data)
}

/// The marked number of rows.
fn count(fetch: &Expr) -> Option<&Expr> {
    match fetch {
        Expr::ScalarFunction(call) if call.func.name() == COUNT => call.args.first(),
        Expr::Cast(cast) => count(&cast.expr),
        _ => None,
    }
}

/// A plain number.
fn number(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(number)), _) => usize::try_from(*number).ok(),
        Expr::Literal(ScalarValue::Int32(Some(number)), _) => usize::try_from(*number).ok(),
        Expr::Cast(cast) => number(&cast.expr),
        _ => None,
    }
}

fn with_ties(limit: &Limit, count: &Expr, rank: &Arc<WindowUDF>) -> Result<LogicalPlan> {
    let skip = limit.skip.as_deref().map_or(Some(0), number);
    let (Some(count), Some(skip)) = (number(count), skip) else { return Err(unsupported()) };
    let last = i64::try_from(skip.saturating_add(count)).unwrap_or(i64::MAX);
    let ranked = ranked(&limit.input, last, rank)?;
    if skip == 0 {
        return Ok(ranked);
    }
    LogicalPlanBuilder::from(ranked).limit(skip, None)?.build()
}

fn unsupported() -> DataFusionError {
    let message = "FETCH FIRST … WITH TIES needs a plain number of rows and an ORDER BY of its own";
    DataFusionError::External(Box::new(SqlError::new(ErrorClass::NotSupported, message)))
}

/// The sorted rows up to this rank, below the projections that drop columns of the ORDER BY.
fn ranked(input: &LogicalPlan, last: i64, rank: &Arc<WindowUDF>) -> Result<LogicalPlan> {
    match input {
        LogicalPlan::Projection(projection) => {
            let input = ranked(&projection.input, last, rank)?;
            Projection::try_new(projection.expr.clone(), Arc::new(input)).map(LogicalPlan::Projection)
        }
        LogicalPlan::Sort(sort) => of_sort(sort, last, rank),
        _ => Err(unsupported()),
    }
}

fn of_sort(sort: &Sort, last: i64, rank: &Arc<WindowUDF>) -> Result<LogicalPlan> {
    let mut function = WindowFunction::new(WindowFunctionDefinition::WindowUDF(Arc::clone(rank)), vec![]);
    function.params.order_by.clone_from(&sort.expr);
    function.params.window_frame = datafusion::logical_expr::WindowFrame::new(Some(false));
    let columns: Vec<Expr> = sort.input.schema().columns().into_iter().map(Expr::Column).collect();
    let of_rank = Expr::from(function);
    let name = of_rank.schema_name().to_string();
    let mut with_rank = columns.clone();
    with_rank.push(Expr::Column(datafusion::common::Column::new_unqualified(name)).alias(RANK));
    LogicalPlanBuilder::from(sort.input.as_ref().clone())
        .window(vec![of_rank])?
        .project(with_rank)?
        .filter(col(format!("\"{RANK}\"")).lt_eq(lit(last)))?
        .sort(sort.expr.clone())?
        .project(columns)?
        .build()
}
