//! `EXCEPT ALL` and `INTERSECT ALL`: DataFusion's joins forget how often a row occurs.

use std::sync::Arc;

use datafusion::common::{Column, NullEquality};
use datafusion::error::Result;
use datafusion::functions_window::row_number::row_number;
use datafusion::logical_expr::{
    Distinct, Expr, ExprFunctionExt, Join, JoinType, LogicalPlan, LogicalPlanBuilder,
};

/// Numbers equal rows on both sides, and compares the numbers, too; any other join is given back.
///
/// Before the plan is optimized, a semi or anti join in which NULLs are equal is one of these operations.
/// Without ALL its left side is DISTINCT, and then the numbers would make no difference.
pub(super) fn counted(join: Join) -> Result<std::result::Result<LogicalPlan, Join>> {
    let is_set = matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti)
        && join.null_equality == NullEquality::NullEqualsNull;
    if !is_set || is_distinct(&join.left) {
        return Ok(Err(join));
    }
    let columns = join.left.schema().columns();
    let (left, mut keys) = numbered(Arc::unwrap_or_clone(join.left))?;
    let (right, others) = numbered(Arc::unwrap_or_clone(join.right))?;
    let rest = keys.split_off(keys.len().min(others.len()));
    debug_assert!(rest.is_empty(), "both sides have the same number of columns");
    let plan = LogicalPlanBuilder::from(left)
        .join_detailed(right, join.join_type, (keys, others), None, NullEquality::NullEqualsNull)?
        .project(columns.into_iter().map(Expr::from))?
        .build()?;
    Ok(Ok(plan))
}

fn is_distinct(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Distinct(Distinct::All(_)) => true,
        LogicalPlan::SubqueryAlias(alias) => is_distinct(&alias.input),
        _ => false,
    }
}

/// The rows with a number among their equals, and all columns.
fn numbered(plan: LogicalPlan) -> Result<(LogicalPlan, Vec<Column>)> {
    let mut columns = plan.schema().columns();
    let keys = columns.iter().cloned().map(Expr::from).collect();
    let number = row_number().partition_by(keys).build()?;
    let plan = LogicalPlanBuilder::from(plan).window(vec![number])?.build()?;
    let added = plan.schema().columns().pop().unwrap_or_else(|| Column::new_unqualified("$number"));
    let mut exprs: Vec<Expr> = columns.iter().cloned().map(Expr::from).collect();
    exprs.push(Expr::Column(added).alias("$number"));
    columns.push(Column::new_unqualified("$number"));
    Ok((LogicalPlanBuilder::from(plan).project(exprs)?.build()?, columns))
}
