//! Correlated scalar subqueries: the outer rows get numbers, are joined with what matches, and are grouped again.

use std::sync::Arc;

use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::functions_aggregate::array_agg::array_agg;
use datafusion::functions_aggregate::first_last::first_value;
use datafusion::functions_window::row_number::row_number;
use datafusion::logical_expr::expr::{AggregateFunction, Sort};
use datafusion::logical_expr::{
    Expr, ExprFunctionExt, FetchType, JoinType, Limit, LogicalPlan, LogicalPlanBuilder, SkipType, Subquery,
};

use super::lift::{Use, equated, is_plain, lift, renamed};
use super::marks::{Side, bound};
use super::values::column;
use super::{Replacer, correlated, function, has_subquery, outer_references};

/// Whether DataFusion evaluates such a subquery rightly: an aggregate without keys over rows that are correlated
/// by equality.
pub(super) fn suits_datafusion(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => suits_datafusion(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => suits_datafusion(&alias.input),
        LogicalPlan::Aggregate(aggregate) => {
            let lifted = || lift(aggregate.input.as_ref().clone(), Use::Rows, &mut 0);
            aggregate.group_expr.is_empty()
                && is_plain(&aggregate.input)
                && lifted().is_ok_and(|lifted| lifted.conditions.iter().all(|one| equated(one).is_some()))
        }
        _ => false,
    }
}

/// Whether a subquery has one row, whatever matches: an aggregate without keys.
pub(super) fn is_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => is_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_one_row(&alias.input),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        _ => false,
    }
}

/// Whether a LIMIT leaves the first row.
fn is_first(limit: &Limit) -> bool {
    matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)))
        && matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(1))))
}

/// What a scalar subquery computes from the rows that match.
struct Shape {
    /// The rows, with correlated conditions.
    rows: LogicalPlan,
    /// The value, over `aggregates` or, without these, over a row.
    value: Expr,
    /// The aggregates with their columns.
    aggregates: Option<Vec<(Column, Expr)>>,
    /// The order in which the first row is the result, if there is a LIMIT 1.
    first: Option<Vec<Sort>>,
}

/// Goes down through projections to the aggregate, or to the rows.
fn shape(plan: LogicalPlan) -> Result<Shape> {
    let aggregated = has_aggregate(&plan);
    let mut shape = Shape { value: column(&plan), rows: plan, aggregates: None, first: None };
    loop {
        match shape.rows {
            LogicalPlan::Projection(projection) => {
                let columns = projection.schema.columns();
                shape.value = through(shape.value, &columns, &projection.expr)?;
                shape.rows = Arc::unwrap_or_clone(projection.input);
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let columns = alias.schema.columns();
                let below: Vec<Expr> = alias.input.schema().columns().into_iter().map(Expr::from).collect();
                shape.value = through(shape.value, &columns, &below)?;
                shape.rows = Arc::unwrap_or_clone(alias.input);
            }
            // Trino refuses HAVING here.
            LogicalPlan::Filter(_) if aggregated => return Err(correlated()),
            LogicalPlan::Sort(sort) if aggregated => shape.rows = Arc::unwrap_or_clone(sort.input),
            LogicalPlan::Sort(sort) if shape.first.is_some() => {
                shape.first = Some(sort.expr);
                shape.rows = Arc::unwrap_or_clone(sort.input);
                return Ok(shape);
            }
            LogicalPlan::Limit(ref limit) if is_first(limit) && shape.first.is_none() => {
                shape.first = Some(vec![]);
                shape.rows = limit.input.as_ref().clone();
            }
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => {
                let columns = aggregate.schema.columns();
                let aggregates = Some(columns.into_iter().zip(aggregate.aggr_expr).collect());
                let rows = Arc::unwrap_or_clone(aggregate.input);
                // One row is the first one.
                return Ok(Shape { rows, value: shape.value, aggregates, first: None });
            }
            rows => return Ok(Shape { rows, ..shape }),
        }
    }
}

fn has_aggregate(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_) => plan.inputs().into_iter().all(has_aggregate),
        LogicalPlan::Limit(limit) => is_first(limit) && has_aggregate(&limit.input),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        _ => false,
    }
}

/// An expression over the columns of a node, over those of its input.
fn through(expr: Expr, columns: &[Column], exprs: &[Expr]) -> Result<Expr> {
    renamed(expr, |column| {
        let at = columns.iter().position(|known| known == column)?;
        exprs.get(at).cloned().map(Expr::unalias)
    })
}

/// An aggregate over the rows that match, which is as over no row if none does.
fn over_found(expr: Expr, side: &Side, found: &Expr, input: &LogicalPlan) -> Result<Expr> {
    let Expr::AggregateFunction(AggregateFunction { func, mut params }) = expr.unalias() else {
        return Err(correlated());
    };
    // Trino refuses columns of the outer row in an aggregate.
    let mut all = params.args.iter().chain(params.order_by.iter().map(|sort| &sort.expr));
    if all.any(Expr::contains_outer) || params.filter.as_ref().is_some_and(|filter| filter.contains_outer()) {
        return Err(correlated());
    }
    let adjusted = |expr: Expr| bound(side.expr(expr)?, input.schema());
    params.args = params.args.into_iter().map(adjusted).collect::<Result<_>>()?;
    for sort in &mut params.order_by {
        sort.expr = adjusted(sort.expr.clone())?;
    }
    let found = found.clone().is_not_null();
    params.filter = Some(Box::new(match params.filter {
        Some(filter) => adjusted(*filter)?.and(found),
        None => found,
    }));
    Ok(Expr::AggregateFunction(AggregateFunction { func, params }))
}

impl Replacer<'_> {
    /// The value of a subquery for every row of `input`.
    pub(super) fn scalar(&mut self, of: Subquery, input: &mut LogicalPlan) -> Result<Expr> {
        let shape = shape(Arc::unwrap_or_clone(of.subquery))?;
        if has_subquery(&shape.value) {
            return Err(correlated());
        }
        let lifted = lift(shape.rows, Use::Rows, &mut self.aliases)?;
        // It refuses the first of several rows, too, unless they are ordered and equality alone correlates.
        let is_equal = lifted.conditions.iter().all(|condition| equated(condition).is_some());
        if shape.first.as_ref().is_some_and(|order| order.is_empty() || !is_equal) {
            return Err(correlated());
        }
        if !outer_references(&lifted.plan).is_empty() {
            return Err(correlated());
        }
        let number = self.name("row");
        let side = self.side(lifted, input)?;
        let (alias, _) = side.plan.schema().qualified_field(0);
        let found = Expr::Column(Column::new(alias.cloned(), "found"));

        let (aggregates, mut value): (Vec<Expr>, Expr) = match shape.aggregates {
            Some(all) => {
                let names: Vec<String> = all.iter().map(|_| self.name("sub")).collect();
                let value = renamed(shape.value, |column| {
                    let at = all.iter().position(|(known, _)| known == column)?;
                    Some(Expr::Column(Column::new_unqualified(names[at].clone())))
                })?;
                let aggregates = all.into_iter().zip(names).map(|((_, aggregate), name)| {
                    Ok(over_found(aggregate, &side, &found, input)?.alias(name))
                });
                (aggregates.collect::<Result<_>>()?, value)
            }
            None => {
                let name = self.name("sub");
                let of = bound(side.expr(shape.value)?, input.schema())?;
                let column = Expr::Column(Column::new_unqualified(name.clone()));
                let found = found.is_not_null();
                let (aggregate, value) = match shape.first {
                    Some(order) => {
                        let order = order.into_iter().map(|sort| {
                            Ok(Sort { expr: bound(side.expr(sort.expr)?, input.schema())?, ..sort })
                        });
                        let first = first_value(of, vec![]).order_by(order.collect::<Result<_>>()?);
                        (first.filter(found), column)
                    }
                    None => {
                        let value = function(self.functions, "$single", vec![column])?;
                        (array_agg(of).filter(found), value)
                    }
                };
                (vec![aggregate.build()?.alias(name)], value)
            }
        };
        value = bound(value, input.schema())?;
        *input = grouped(input.clone(), side, &number, aggregates)?;
        Ok(value)
    }
}

/// The rows of `input` with aggregates of what matches on the other side.
fn grouped(input: LogicalPlan, side: Side, number: &str, aggregates: Vec<Expr>) -> Result<LogicalPlan> {
    let columns = input.schema().columns();
    let numbered = LogicalPlanBuilder::from(input).window(vec![row_number()])?.build()?;
    let added = numbered.schema().columns().pop().ok_or_else(correlated)?;
    let mut exprs: Vec<Expr> = columns.iter().cloned().map(Expr::from).collect();
    exprs.push(Expr::Column(added).alias(number));
    let kept = |at: usize| format!("{number}_{at}");
    let all = columns.iter().enumerate();
    let mut values: Vec<Expr> =
        all.map(|(at, column)| first_value(Expr::Column(column.clone()), vec![]).alias(kept(at))).collect();
    let names: Vec<String> = aggregates.iter().map(|aggregate| aggregate.schema_name().to_string()).collect();
    values.extend(aggregates);
    let key = Expr::Column(Column::new_unqualified(number));
    let mut restored: Vec<Expr> = columns
        .into_iter()
        .enumerate()
        .map(|(at, column)| {
            Expr::Column(Column::new_unqualified(kept(at))).alias_qualified(column.relation, column.name)
        })
        .collect();
    restored.extend(names.into_iter().map(|name| Expr::Column(Column::new_unqualified(name))));
    LogicalPlanBuilder::from(numbered)
        .project(exprs)?
        .join_on(side.plan, JoinType::Left, side.conditions)?
        .aggregate(vec![key], values)?
        .project(restored)?
        .build()
}
