//! Correlated `EXISTS`, `IN`, `ANY` and `ALL`: joins that mark the outer rows for which something matches.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::{
    BinaryExpr, Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit, not, when,
};

use super::lift::{Lifted, Use, lift, renamed};
use super::values::kind;
use super::{Replacer, correlated, function};
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
        also: impl Fn(&Self, Expr) -> Result<Option<Expr>>,
        input: &mut LogicalPlan,
    ) -> Result<Expr> {
        let side = self.side(lifted, input)?;
        let value = side.columns.first().map(|(_, value)| value.clone()).ok_or_else(correlated)?;
        let found = side.plan.schema().qualified_field(side.columns.len());
        let mark = Expr::Column(Column::new(found.0.cloned(), "mark"));
        let mut on = side.conditions;
        on.extend(also(self, value)?);
        *input =
            LogicalPlanBuilder::from(input.clone()).join_on(side.plan, JoinType::LeftMark, on)?.build()?;
        Ok(mark)
    }

    /// Whether the subquery has a row for a row of `input`.
    pub(super) fn found(&mut self, of: Subquery, input: &mut LogicalPlan) -> Result<Expr> {
        let plan = Arc::unwrap_or_clone(of.subquery);
        let lifted = lift(plan, Use::Exists, &mut self.aliases)?;
        self.marked(lifted, |_, _| Ok(None), input)
    }

    /// `x op ANY (…)`: whether it holds for a value; `x op ALL (…)`: whether it does not for none.
    pub(super) fn quantified_of_row(
        &mut self,
        x: Expr,
        op: Operator,
        of: Subquery,
        is_all: bool,
        input: &mut LogicalPlan,
    ) -> Result<Expr> {
        let kind = kind(&x, &of, input.schema())?;
        let lifted = lift(Arc::unwrap_or_clone(of.subquery), Use::Set, &mut self.aliases)?;
        let decides = |this: &Self, value: Expr| {
            let holds = this.compare(x.clone(), op, value.clone(), &kind)?;
            let decides = if is_all { not(holds) } else { holds };
            let is_number = kind.is_floating().then(|| this.is_number(&value)).transpose()?;
            Ok(Some(match is_number {
                Some(is_number) => is_number.and(decides),
                None => decides,
            }))
        };
        let mut yes = self.marked(lifted.clone(), decides, input)?;
        // If all values are NaN, they decide: every comparison with them is false. `=` and `<>` do not depend on x then,
        // because NaN equals nothing.
        if kind.is_floating() && (is_all || op == Operator::NotEq) {
            let any = self.marked(lifted.clone(), |_, value| Ok(Some(value.is_not_null())), input)?;
            let number =
                self.marked(lifted.clone(), |this, value| this.is_number(&value).map(Some), input)?;
            let is_ordered = !matches!(op, Operator::Eq | Operator::NotEq);
            let known = if is_ordered { x.clone().is_not_null() } else { lit(true) };
            yes = yes.or(known.and(any).and(not(number)));
        }
        self.unless_unknown(x, yes, lifted, is_all, input)
    }

    /// `x [NOT] IN (…)`
    pub(super) fn member_of_row(
        &mut self,
        x: Expr,
        of: Subquery,
        negated: bool,
        input: &mut LogicalPlan,
    ) -> Result<Expr> {
        let kind = kind(&x, &of, input.schema())?;
        let lifted = lift(Arc::unwrap_or_clone(of.subquery), Use::Set, &mut self.aliases)?;
        let equals = |this: &Self, value: Expr| this.compare(x.clone(), Operator::Eq, value, &kind).map(Some);
        let yes = self.marked(lifted.clone(), equals, input)?;
        self.unless_unknown(x, yes, lifted, negated, input)
    }

    /// Whether something is found, or its negation: unknown if it is not, but NULL is compared.
    fn unless_unknown(
        &mut self,
        x: Expr,
        yes: Expr,
        lifted: Lifted,
        negated: bool,
        input: &mut LogicalPlan,
    ) -> Result<Expr> {
        // Trino looks for NULL itself only, not for NULL inside of a row.
        let unknown = |_: &Self, value: Expr| Ok(Some(x.clone().is_null().or(value.is_null())));
        let open = self.marked(lifted, unknown, input)?;
        let found = when(yes, lit(true)).when(open, lit(ScalarValue::Boolean(None))).otherwise(lit(false))?;
        Ok(if negated { not(found) } else { found })
    }

    /// A comparison of values of this type.
    pub(super) fn compare(&self, x: Expr, op: Operator, value: Expr, kind: &DataType) -> Result<Expr> {
        match name(op).filter(|_| is_nested(kind) || kind.is_floating()) {
            Some(name) => function(self.functions, name, vec![x, value]),
            None => Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(x), op, Box::new(value)))),
        }
    }

    /// Whether a floating-point number is not NaN, which equals nothing.
    pub(super) fn is_number(&self, value: &Expr) -> Result<Expr> {
        function(self.functions, "$equal", vec![value.clone(), value.clone()])
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
