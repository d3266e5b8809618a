//! Uncorrelated subqueries: what they find becomes one value, which DataFusion computes once.

use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::functions_aggregate::array_agg::array_agg;
use datafusion::functions_aggregate::count::count;
use datafusion::functions_aggregate::min_max::{max, min};
use datafusion::logical_expr::expr::InSubquery;
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Expr, ExprFunctionExt, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator,
    Subquery, lit, not, when,
};
use std::sync::Arc;

use super::{Replacer, function, subquery_of, unsupported};
use crate::functions::get_field;
use crate::sql::compare::is_nested;

/// The only column of a subquery.
pub(super) fn column(plan: &LogicalPlan) -> Expr {
    Expr::Column(Column::from(plan.schema().qualified_field(0)))
}

/// A plan of one row with this value, computed by aggregates of another plan's rows.
fn aggregated(
    plan: LogicalPlan,
    aggregates: Vec<Expr>,
    value: impl Fn(Vec<Expr>) -> Result<Expr>,
) -> Result<Expr> {
    let named =
        aggregates.into_iter().enumerate().map(|(at, aggregate)| aggregate.alias(format!("$value{at}")));
    let aggregate = Aggregate::try_new(Arc::new(plan), vec![], named.collect())?;
    let plan = LogicalPlan::Aggregate(aggregate);
    let columns = plan.schema().columns().into_iter().map(Expr::from).collect();
    let plan = LogicalPlanBuilder::from(plan).project(vec![value(columns)?.alias("$value")])?.build()?;
    Ok(Expr::ScalarSubquery(subquery_of(plan)))
}

/// `EXISTS (…)`
pub(super) fn exists(of: Subquery) -> Result<Expr> {
    let first = LogicalPlanBuilder::from(of.subquery).limit(0, Some(1))?.build()?;
    aggregated(first, vec![count(lit(1_i64))], |mut columns| Ok(columns.remove(0).gt(lit(0_i64))))
}

impl Replacer<'_> {
    /// `x [NOT] IN (…)`: whether the array of its values contains x.
    pub(super) fn member(&self, of: InSubquery) -> Result<Expr> {
        let plan = Arc::unwrap_or_clone(of.subquery.subquery);
        let all = array_agg(column(&plan)).distinct().build()?;
        let all = aggregated(plan, vec![all], |mut columns| Ok(columns.remove(0)))?;
        let found = function(self.functions, "$in", vec![*of.expr, all])?;
        Ok(if of.negated { not(found) } else { found })
    }

    /// `x < ANY (…)` and the like: the comparison with the greatest or the least value decides, unless there is
    /// none or NULL is among them. `= ALL` and `<> ANY` need both.
    pub(super) fn quantified(&self, x: Expr, op: Operator, of: Subquery, is_all: bool) -> Result<Expr> {
        let plan = Arc::unwrap_or_clone(of.subquery);
        let of = column(&plan);
        if is_nested(&of.get_type(plan.schema())?) {
            return Err(unsupported("this comparison of rows or arrays", "compare their parts"));
        }
        let aggregates = vec![min(of.clone()), max(of.clone()), count(lit(1_i64)), count(of)];
        let found = aggregated(plan, aggregates, |columns| function(self.functions, "row", columns))?;
        let [least, greatest, all, known] =
            [0, 1, 2, 3].map(|at| get_field(found.clone(), &format!("field{at}")));
        let compare =
            |op, with| Expr::BinaryExpr(BinaryExpr { left: Box::new(x.clone()), op, right: Box::new(with) });
        // Whether it holds for all, or for any, of the known values.
        let holds = match (op, is_all) {
            (Operator::Eq, true) => compare(op, least).and(compare(op, greatest)),
            (Operator::NotEq, false) => compare(op, least).or(compare(op, greatest)),
            (Operator::Lt | Operator::LtEq, true) | (Operator::Gt | Operator::GtEq, false) => {
                compare(op, least)
            }
            _ => compare(op, greatest),
        };
        let unknown = lit(ScalarValue::Boolean(None));
        let decided = if is_all { not(holds) } else { holds };
        when(all.clone().eq(lit(0_i64)), lit(is_all))
            .when(x.clone().is_null(), unknown.clone())
            .when(decided, lit(!is_all))
            .when(known.lt(all), unknown)
            .otherwise(lit(is_all))
    }
}
