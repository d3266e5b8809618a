//! Lifting the correlated conditions out of a subquery, so that they become the condition of a join.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::utils::{conjunction, merge_schema, split_conjunction_owned};
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, Expr, Filter, Join, JoinType, Limit, LogicalPlan, LogicalPlanBuilder,
    Operator, Projection,
};

use super::{correlated, has_subquery, outer_of, outer_references};

/// What a subquery is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Only whether it has rows.
    Exists,
    /// Which values it has, however often.
    Set,
    /// Its rows.
    Rows,
}

/// Whether DataFusion's own lifting is right: no more than filters, projections and inner joins stand above the
/// correlated conditions, which hold no further subqueries.
pub(super) fn is_plain(plan: &LogicalPlan) -> bool {
    if outer_references(plan).is_empty() {
        return true;
    }
    let schema = merge_schema(&plan.inputs());
    let own = |expr: &Expr| outer_of(expr, &schema).is_empty();
    let is_plain_node = match plan {
        LogicalPlan::Filter(filter) => {
            let parts = split_conjunction_owned(filter.predicate.clone());
            parts.iter().all(|part| own(part) || !has_subquery(part))
        }
        LogicalPlan::Projection(_) => plan.expressions().iter().all(own),
        LogicalPlan::SubqueryAlias(_) => true,
        LogicalPlan::Join(join) => join.join_type == JoinType::Inner && plan.expressions().iter().all(own),
        _ => false,
    };
    is_plain_node && plan.inputs().into_iter().all(is_plain)
}

/// Replaces columns.
pub(super) fn renamed(expr: Expr, new: impl Fn(&Column) -> Option<Expr>) -> Result<Expr> {
    let renamed = expr.transform(|expr| match &expr {
        Expr::Column(column) => {
            Ok(new(column).map_or_else(|| Transformed::no(expr.clone()), Transformed::yes))
        }
        _ => Ok(Transformed::no(expr)),
    })?;
    Ok(renamed.data)
}

/// The plan without its correlated conditions, and these, over its columns.
#[derive(Clone)]
pub(super) struct Lifted {
    pub plan: LogicalPlan,
    pub conditions: Vec<Expr>,
}

/// Lifts all correlated conditions out of a plan; `names` counts the names that are given to columns.
pub(super) fn lift(plan: LogicalPlan, r#use: Use, names: &mut usize) -> Result<Lifted> {
    if outer_references(&plan).is_empty() {
        return Ok(Lifted { plan, conditions: Vec::new() });
    }
    match plan {
        LogicalPlan::Filter(filter) => of_filter(filter, r#use, names),
        LogicalPlan::Projection(projection) => of_projection(projection, r#use, names),
        LogicalPlan::SubqueryAlias(alias) => {
            let Lifted { plan, conditions } = lift(Arc::unwrap_or_clone(alias.input), r#use, names)?;
            let plan = LogicalPlanBuilder::from(plan).alias(alias.alias.clone())?.build()?;
            let qualified = |column: &Column| {
                Some(Expr::Column(Column::new(Some(alias.alias.clone()), column.name.clone())))
            };
            let conditions = conditions.into_iter().map(|condition| renamed(condition, qualified));
            Ok(Lifted { plan, conditions: conditions.collect::<Result<_>>()? })
        }
        LogicalPlan::Join(join) => of_join(join, r#use, names),
        LogicalPlan::Aggregate(aggregate) => of_aggregate(aggregate, r#use, names),
        LogicalPlan::Distinct(Distinct::All(input)) if r#use != Use::Rows => {
            let Lifted { plan, conditions } = lift(Arc::unwrap_or_clone(input), r#use, names)?;
            Ok(Lifted { plan: LogicalPlanBuilder::from(plan).distinct()?.build()?, conditions })
        }
        // The order of rows means nothing without a LIMIT.
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
            lift(Arc::unwrap_or_clone(sort.input), r#use, names)
        }
        LogicalPlan::Limit(limit) if r#use == Use::Exists && keeps_one(&limit) => {
            lift(Arc::unwrap_or_clone(limit.input), r#use, names)
        }
        _ => Err(correlated()),
    }
}

/// Whether a LIMIT leaves a row if there is one.
fn keeps_one(limit: &Limit) -> bool {
    use datafusion::logical_expr::{FetchType, SkipType};
    matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)))
        && matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(rows))) if rows > 0)
}

fn of_projection(projection: Projection, r#use: Use, names: &mut usize) -> Result<Lifted> {
    let Lifted { plan, conditions } = lift(Arc::unwrap_or_clone(projection.input), r#use, names)?;
    own(&projection.expr, plan.schema())?;
    let mut exprs = projection.expr;
    let mut passed: HashMap<Column, Expr> = HashMap::new();
    for column in conditions.iter().flat_map(Expr::column_refs) {
        let of = Expr::Column(column.clone());
        if exprs.contains(&of) || passed.contains_key(column) {
            continue;
        }
        *names += 1;
        let name = format!("$lifted{names}");
        exprs.push(of.alias(name.clone()));
        passed.insert(column.clone(), Expr::Column(Column::new_unqualified(name)));
    }
    let plan = LogicalPlanBuilder::from(plan).project(exprs)?.build()?;
    let conditions =
        conditions.into_iter().map(|condition| renamed(condition, |column| passed.get(column).cloned()));
    Ok(Lifted { plan, conditions: conditions.collect::<Result<_>>()? })
}

fn of_join(mut join: Join, r#use: Use, names: &mut usize) -> Result<Lifted> {
    let is_lifted = match join.join_type {
        JoinType::Inner => true,
        // Rows of the left side stay, so only its own conditions can be applied later.
        JoinType::Left => {
            let on = join.filter.iter().flat_map(|on| outer_of(on, &join.schema));
            outer_references(&join.right).is_empty() && on.count() == 0
        }
        _ => false,
    };
    if !is_lifted {
        return Err(correlated());
    }
    let left = lift(Arc::unwrap_or_clone(join.left), r#use, names)?;
    let right = lift(Arc::unwrap_or_clone(join.right), r#use, names)?;
    let mut conditions = left.conditions;
    conditions.extend(right.conditions);
    let schema = left.plan.schema().join(right.plan.schema())?;
    let mut on: Vec<Expr> = join.on.drain(..).map(|(left, right)| left.eq(right)).collect();
    own(&on, &schema)?;
    for part in join.filter.take().map(split_conjunction_owned).unwrap_or_default() {
        if outer_of(&part, &schema).is_empty() { on.push(part) } else { conditions.push(checked(part)?) }
    }
    let plan = LogicalPlanBuilder::from(left.plan).join_on(right.plan, join.join_type, on)?.build()?;
    Ok(Lifted { plan, conditions })
}

fn of_aggregate(aggregate: Aggregate, r#use: Use, names: &mut usize) -> Result<Lifted> {
    let Lifted { plan, conditions } = lift(Arc::unwrap_or_clone(aggregate.input), r#use, names)?;
    own(&aggregate.aggr_expr, plan.schema())?;
    own(&aggregate.group_expr, plan.schema())?;
    let mut keys = aggregate.group_expr;
    // Without keys there is a row even if nothing matches.
    if keys.is_empty() || keys.iter().any(|key| matches!(key, Expr::GroupingSet(_))) {
        return Err(correlated());
    }
    for condition in &conditions {
        let key = equated(condition).ok_or_else(correlated)?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let plan = LogicalPlanBuilder::from(plan).aggregate(keys, aggregate.aggr_expr)?.build()?;
    Ok(Lifted { plan, conditions })
}

fn of_filter(filter: Filter, r#use: Use, names: &mut usize) -> Result<Lifted> {
    let Lifted { plan, mut conditions } = lift(Arc::unwrap_or_clone(filter.input), r#use, names)?;
    let mut rest = Vec::new();
    for part in split_conjunction_owned(filter.predicate) {
        if outer_of(&part, plan.schema()).is_empty() {
            rest.push(part);
        } else {
            conditions.push(checked(part)?);
        }
    }
    let plan = match conjunction(rest) {
        Some(rest) => LogicalPlanBuilder::from(plan).filter(rest)?.build()?,
        None => plan,
    };
    Ok(Lifted { plan, conditions })
}

/// Refuses a correlated condition that contains a subquery.
fn checked(condition: Expr) -> Result<Expr> {
    if has_subquery(&condition) { Err(correlated()) } else { Ok(condition) }
}

/// Refuses expressions that read from the outer query.
fn own(exprs: &[Expr], schema: &DFSchema) -> Result<()> {
    let is_own = exprs.iter().all(|expr| outer_of(expr, schema).is_empty());
    if is_own { Ok(()) } else { Err(correlated()) }
}

/// The column that a condition fixes to one value of the outer row.
pub(super) fn equated(condition: &Expr) -> Option<Expr> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = condition else { return None };
    match (left.as_ref(), right.as_ref()) {
        (column @ Expr::Column(_), outer) | (outer, column @ Expr::Column(_)) if !outer.any_column_refs() => {
            Some(column.clone())
        }
        _ => None,
    }
}
