//! Uncorrelated subqueries: what they find becomes one value, which DataFusion computes once.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::functions::expr_fn::coalesce;
use datafusion::functions_aggregate::array_agg::array_agg;
use datafusion::functions_aggregate::count::count;
use datafusion::functions_aggregate::min_max::{max, min};
use datafusion::logical_expr::expr::InSubquery;
use datafusion::logical_expr::{
    Aggregate, Expr, ExprFunctionExt, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, Subquery,
    lit, not, when,
};
use std::sync::Arc;

use super::{Replacer, function, subquery_of, unsupported};
use crate::functions::{get_field, types};
use crate::sql::compare::is_nested;

/// The only column of a subquery.
pub(super) fn column(plan: &LogicalPlan) -> Expr {
    Expr::Column(Column::from(plan.schema().qualified_field(0)))
}

/// The type in which an expression is compared with the values of a subquery.
pub(super) fn kind(x: &Expr, of: &Subquery, schema: &DFSchema) -> Result<DataType> {
    let (x, values) = (x.get_type(schema)?, column(&of.subquery).get_type(of.subquery.schema())?);
    Ok(types::common(&x, &values).unwrap_or(values))
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
    /// none or NULL is among them. `= ALL` and `<> ANY` need both. NaN is neither beside numbers.
    pub(super) fn quantified(
        &self,
        x: Expr,
        op: Operator,
        of: Subquery,
        is_all: bool,
        schema: &DFSchema,
    ) -> Result<Expr> {
        let kind = kind(&x, &of, schema)?;
        let plan = Arc::unwrap_or_clone(of.subquery);
        let of = column(&plan);
        if is_nested(&kind) {
            return Err(unsupported("this comparison of rows or arrays", "compare their parts"));
        }
        let mut aggregates = vec![min(of.clone()), max(of.clone()), count(lit(1_i64)), count(of.clone())];
        if kind.is_floating() {
            let is_number = self.is_number(&of)?;
            aggregates.push(min(of.clone()).filter(is_number.clone()).build()?);
            aggregates.push(max(of).filter(is_number).build()?);
        }
        let found = aggregated(plan, aggregates, |columns| function(self.functions, "row", columns))?;
        let field = |at: usize| get_field(found.clone(), &format!("field{at}"));
        let [mut least, mut greatest, all, known] = [0, 1, 2, 3].map(field);
        if kind.is_floating() {
            least = coalesce(vec![field(4), least]);
            greatest = coalesce(vec![field(5), greatest]);
        }
        let compare = |x: &Expr, op, with: &Expr| self.compare(x.clone(), op, with.clone(), &kind);
        // Whether it holds for all, or for any, of the known values.
        let holds = match (op, is_all) {
            (Operator::Eq, true) => compare(&least, op, &greatest)?.and(compare(&x, op, &least)?),
            (Operator::NotEq, false) => compare(&least, op, &greatest)?.or(compare(&x, op, &least)?),
            (Operator::Lt | Operator::LtEq, true) | (Operator::Gt | Operator::GtEq, false) => {
                compare(&x, op, &least)?
            }
            _ => compare(&x, op, &greatest)?,
        };
        let unknown = lit(ScalarValue::Boolean(None));
        let rest = when(known.lt(all.clone()), unknown).otherwise(lit(is_all))?;
        let holds = if is_all { holds.and(rest) } else { holds.or(rest) };
        when(all.eq(lit(0_i64)), lit(is_all)).otherwise(holds)
    }
}
