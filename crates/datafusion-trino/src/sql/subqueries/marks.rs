//! Correlated `EXISTS`, `IN`, `ANY` and `ALL`: joins that mark the outer rows for which something matches.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit, not,
    when,
};

use super::lift::{Lifted, Use, lift, renamed};
use super::{Replacer, correlated, function, scalar};
use crate::sql::compare::is_nested;

/// The references to the query of this schema as columns.
pub(super) fn bound(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let bound = expr.transform(|expr| match expr {
        Expr::OuterReferenceColumn(_, column) if schema.has_column(&column) => {
            Ok(Transformed::yes(Expr::Column(column)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(bound.data)
}

/// The right side of a join: a lifted subquery under a name of its own.
pub(super) struct Side {
    pub plan: LogicalPlan,
    /// The columns of the subquery with their names here.
    pub columns: Vec<(Column, Expr)>,
    /// The correlated conditions.
    pub conditions: Vec<Expr>,
}

impl Side {
    /// An expression over the subquery's columns, over those of the join.
    pub(super) fn expr(&self, expr: Expr) -> Result<Expr> {
        renamed(expr, |column| {
            self.columns.iter().find(|(known, _)| known == column).map(|(_, new)| new.clone())
        })
    }
}

impl Replacer<'_> {
    /// The right side of a join with `input`. Its last column is true in every row.
    pub(super) fn side(&mut self, lifted: Lifted, input: &LogicalPlan) -> Result<Side> {
        let alias = self.name("sub");
        let columns = lifted.plan.schema().columns();
        let named = columns.iter().enumerate();
        let mut exprs: Vec<Expr> =
            named.map(|(at, column)| Expr::Column(column.clone()).alias(format!("c{at}"))).collect();
        exprs.push(lit(true).alias("found"));
        let plan = LogicalPlanBuilder::from(lifted.plan).project(exprs)?.alias(alias.as_str())?.build()?;
        let new = |at: usize| Expr::Column(Column::new(Some(alias.as_str()), format!("c{at}")));
        let columns = columns.into_iter().enumerate().map(|(at, column)| (column, new(at))).collect();
        let mut side = Side { plan, columns, conditions: Vec::new() };
        for condition in lifted.conditions {
            side.conditions.push(bound(side.expr(condition)?, input.schema())?);
        }
        Ok(side)
    }

    /// Joins `input` with a side, and returns the column that says whether something in it meets its conditions
    /// and one more.
    fn marked(
        &mut self,
        lifted: Lifted,
        also: impl Fn(Expr) -> Result<Option<Expr>>,
        input: &mut LogicalPlan,
    ) -> Result<Expr> {
        let side = self.side(lifted, input)?;
        let value = side.columns.first().map(|(_, value)| value.clone()).ok_or_else(correlated)?;
        let found = side.plan.schema().qualified_field(side.columns.len());
        let mark = Expr::Column(Column::new(found.0.cloned(), "mark"));
        let mut on = side.conditions;
        on.extend(also(value)?);
        *input =
            LogicalPlanBuilder::from(input.clone()).join_on(side.plan, JoinType::LeftMark, on)?.build()?;
        Ok(mark)
    }

    /// Whether the subquery has a row for a row of `input`.
    pub(super) fn found(&mut self, of: Subquery, input: &mut LogicalPlan) -> Result<Expr> {
        let plan = Arc::unwrap_or_clone(of.subquery);
        let lifted = lift(plan, Use::Exists, &mut self.aliases)?;
        self.marked(lifted, |_| Ok(None), input)
    }

    /// `x op ANY (…)`, or its negation.
    pub(super) fn any(
        &mut self,
        x: Expr,
        op: Operator,
        of: Subquery,
        negated: bool,
        input: &mut LogicalPlan,
    ) -> Result<Expr> {
        let (functions, kind) = (self.functions, x.get_type(input.schema())?);
        let nested = is_nested(&kind);
        let compare = |x: Expr, value: Expr| match name(op).filter(|_| nested || kind.is_floating()) {
            Some(name) => function(functions, name, vec![x, value]),
            None => Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(x), op, Box::new(value)))),
        };
        if scalar::is_one_row(&of.subquery) {
            let value = self.scalar(of, input)?;
            let equal = compare(x, value)?;
            return Ok(if negated { not(equal) } else { equal });
        }
        let lifted = lift(Arc::unwrap_or_clone(of.subquery), Use::Set, &mut self.aliases)?;
        let yes = self.marked(lifted.clone(), |value| compare(x.clone(), value).map(Some), input)?;
        let unknown = |value: Expr| match nested {
            true => compare(x.clone(), value).map(Expr::is_null),
            false => Ok(x.clone().is_null().or(value.is_null())),
        };
        let open = self.marked(lifted, |value| unknown(value).map(Some), input)?;
        let found = when(yes, lit(true)).when(open, lit(ScalarValue::Boolean(None))).otherwise(lit(false))?;
        Ok(if negated { not(found) } else { found })
    }
}

/// The function for a comparison of values that DataFusion's operators compare otherwise.
fn name(op: Operator) -> Option<&'static str> {
    Some(match op {
        Operator::Eq => "$equal",
        Operator::NotEq => "$not_equal",
        Operator::Lt => "$less",
        Operator::LtEq => "$less_equal",
        Operator::Gt => "$greater",
        Operator::GtEq => "$greater_equal",
        _ => return None,
    })
}
