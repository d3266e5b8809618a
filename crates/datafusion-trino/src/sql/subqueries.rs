//! Subqueries that DataFusion cannot evaluate, or evaluates without regard to NULL, as joins and as calls.
//!
//! Two places are left to DataFusion, whose joins are right there and visible to scans: `IN` and `EXISTS` as a
//! whole conjunct of a WHERE, and scalar subqueries that are uncorrelated, or correlated by equality only.
//! Everything else:
//!
//! * uncorrelated: the subquery becomes one value, an array of what it finds (`values`);
//! * correlated: its correlated conditions are lifted out of it (`lift`) and become the condition of a join that
//!   marks the rows of the outer query for which there is a match (`marks`);
//! * correlated and scalar: the outer rows are numbered, joined with what matches, and grouped again (`scalar`).
//!
//! What fits none of these is refused.

mod lift;
mod marks;
mod multiset;
mod scalar;
mod values;

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, ExprSchema, Spans};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{conjunction, merge_schema, split_conjunction_owned};
use datafusion::logical_expr::{
    Expr, ExprSchemable, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, ScalarUDF, Subquery, lit,
};

use super::compare::is_nested;
use super::error::SqlError;
use crate::functions::ErrorClass;

/// Replaces such subqueries in a plan whose types are not coerced yet; `functions` are those of `FUNCTIONS` and
/// of `compare`.
pub(super) fn replace(plan: LogicalPlan, functions: &[Arc<ScalarUDF>]) -> Result<LogicalPlan> {
    let mut replacer = Replacer { functions, aliases: 0 };
    let replaced = plan.transform_up_with_subqueries(|node| replacer.node(node))?;
    Ok(replaced.data)
}

/// Functions that this module calls, beside those of `compare`.
pub(super) const FUNCTIONS: [&str; 3] = ["$in", "$single", "row"];

struct Replacer<'a> {
    functions: &'a [Arc<ScalarUDF>],
    /// How many names it has given.
    aliases: usize,
}

fn unsupported(what: &str, instead: &str) -> DataFusionError {
    let error = SqlError::new(ErrorClass::NotSupported, format!("{what} is not supported here"));
    DataFusionError::External(Box::new(error.hint(Some(instead.to_owned()))))
}

/// The error for a correlated subquery of which no join can be made.
fn correlated() -> DataFusionError {
    unsupported(
        "a correlated subquery of this form",
        "join the two relations; any_match(array, e -> …) asks about the elements of an array",
    )
}

/// The references of a plan to outer queries. A reference of its subqueries to the plan itself does not count.
fn outer_references(plan: &LogicalPlan) -> Vec<Column> {
    let mut found = Vec::new();
    for input in plan.inputs() {
        found.extend(outer_references(input));
    }
    let schema = merge_schema(&plan.inputs());
    for expr in plan.expressions() {
        found.extend(outer_of(&expr, &schema));
    }
    found
}

/// The references of an expression over this schema to outer queries.
fn outer_of(expr: &Expr, schema: &DFSchema) -> Vec<Column> {
    let mut found = Vec::new();
    let _ = expr.apply(|expr| {
        match expr {
            Expr::OuterReferenceColumn(_, column) => found.push(column.clone()),
            _ => {
                let of = subquery(expr).map(|of| outer_references(&of.subquery)).unwrap_or_default();
                found.extend(of.into_iter().filter(|column| !schema.has_column(column)));
            }
        }
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    });
    found
}

fn subquery(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::InSubquery(of) => Some(&of.subquery),
        Expr::Exists(of) => Some(&of.subquery),
        Expr::SetComparison(of) => Some(&of.subquery),
        Expr::ScalarSubquery(of) => Some(of),
        _ => None,
    }
}

fn has_subquery(expr: &Expr) -> bool {
    expr.exists(|expr| Ok(subquery(expr).is_some())).unwrap_or(true)
}

/// A subquery of this plan. DataFusion finds its references to an outer query itself.
fn subquery_of(plan: LogicalPlan) -> Subquery {
    Subquery { subquery: Arc::new(plan), outer_ref_columns: Vec::new(), spans: Spans::new() }
}

fn is_correlated(of: &Subquery) -> bool {
    !outer_references(&of.subquery).is_empty()
}

fn function(functions: &[Arc<ScalarUDF>], name: &str, args: Vec<Expr>) -> Result<Expr> {
    let found = functions.iter().find(|function| function.name() == name);
    let function = found.ok_or_else(|| DataFusionError::Internal(format!("no function {name}")))?;
    Ok(function.call(args))
}

impl Replacer<'_> {
    fn name(&mut self, what: &str) -> String {
        self.aliases += 1;
        format!("${what}{}", self.aliases)
    }

    fn node(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        if let LogicalPlan::Join(join) = node {
            return multiset::counted(join)?
                .map_or_else(|join| self.join(join), |plan| Ok(Transformed::yes(plan)));
        }
        if !node.expressions().iter().any(has_subquery) {
            return Ok(Transformed::no(node));
        }
        match node {
            LogicalPlan::Filter(filter) => {
                let input = Arc::unwrap_or_clone(filter.input);
                let columns = input.schema().columns();
                self.filter(filter.predicate, input, columns).map(Transformed::yes)
            }
            LogicalPlan::Projection(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Window(_)
            | LogicalPlan::Sort(_) => self.over_input(node).map(Transformed::yes),
            other => Ok(Transformed::no(other)),
        }
    }

    /// A filter by a condition with subqueries; `columns` are those that it returns.
    fn filter(
        &mut self,
        predicate: Expr,
        mut input: LogicalPlan,
        columns: Vec<Column>,
    ) -> Result<LogicalPlan> {
        let mut parts = Vec::new();
        for part in split_conjunction_owned(predicate) {
            if !has_subquery(&part) {
                parts.push(part);
                continue;
            }
            let part = as_membership(part)?;
            parts.push(if self.suits_datafusion(&part, input.schema())? {
                part
            } else {
                self.extract(part, &mut input, true)?
            });
        }
        let grown = input.schema().fields().len() != columns.len();
        let mut plan = LogicalPlanBuilder::from(input);
        if let Some(condition) = conjunction(parts) {
            plan = plan.filter(condition)?;
        }
        if grown {
            plan = plan.project(columns.into_iter().map(Expr::from))?;
        }
        plan.build()
    }

    /// A node of one input whose expressions contain subqueries.
    fn over_input(&mut self, node: LogicalPlan) -> Result<LogicalPlan> {
        let [input] = node.inputs()[..] else { return Ok(node) };
        let (mut input, width) = (input.clone(), input.schema().fields().len());
        let is_projection = matches!(node, LogicalPlan::Projection(_));
        let columns = node.schema().columns();
        let preserver = NamePreserver::new(&node);
        let mut exprs = Vec::new();
        for expr in node.expressions() {
            if !has_subquery(&expr) {
                exprs.push(expr);
                continue;
            }
            let name = preserver.save(&expr);
            let expr = self.extract(expr, &mut input, is_projection)?;
            exprs.push(name.restore(expr));
        }
        let passes = matches!(node, LogicalPlan::Window(_) | LogicalPlan::Sort(_));
        let grown = input.schema().fields().len() != width;
        let node = node.with_new_exprs(exprs, vec![input])?.recompute_schema()?;
        if passes && grown {
            return LogicalPlanBuilder::from(node).project(columns.into_iter().map(Expr::from))?.build();
        }
        Ok(node)
    }

    /// The condition of an inner join becomes a filter above it; that of another join can hold subqueries that
    /// are one value.
    fn join(&mut self, mut join: Join) -> Result<Transformed<LogicalPlan>> {
        let Some(condition) = join.filter.take_if(|condition| has_subquery(condition)) else {
            return Ok(Transformed::no(LogicalPlan::Join(join)));
        };
        if join.join_type == JoinType::Inner {
            let input = LogicalPlan::Join(join);
            let columns = input.schema().columns();
            return self.filter(condition, input, columns).map(Transformed::yes);
        }
        let mut inputs = LogicalPlan::Join(join.clone());
        let width = inputs.schema().fields().len();
        join.filter = Some(self.extract(condition, &mut inputs, false)?);
        if inputs.schema().fields().len() != width {
            return Err(correlated());
        }
        Ok(Transformed::yes(LogicalPlan::Join(join)))
    }

    /// Whether DataFusion's own join for a whole conjunct is right.
    fn suits_datafusion(&self, conjunct: &Expr, schema: &DFSchema) -> Result<bool> {
        Ok(match conjunct {
            Expr::Exists(of) => !is_correlated(&of.subquery) || lift::is_plain(&of.subquery.subquery),
            Expr::InSubquery(of) => {
                let is_simple = !is_nested(&of.expr.get_type(schema)?) && !has_subquery(&of.expr);
                let refs = of.expr.column_refs();
                let nullable = |column: &&Column| {
                    schema.field_from_column(column).is_ok_and(|field| field.is_nullable())
                };
                let is_known = matches!(*of.expr, Expr::Column(_)) || refs.iter().any(nullable);
                match (is_correlated(&of.subquery), of.negated) {
                    (false, false) => is_simple && !refs.is_empty(),
                    (false, true) => is_simple && is_known,
                    (true, false) => is_simple && lift::is_plain(&of.subquery.subquery),
                    (true, true) => false,
                }
            }
            _ => false,
        })
    }

    /// Replaces the subqueries of an expression over `input`, which may get further columns for it.
    /// `scalars` says whether DataFusion evaluates correlated scalar subqueries in this place.
    fn extract(&mut self, expr: Expr, input: &mut LogicalPlan, scalars: bool) -> Result<Expr> {
        let replaced = expr.transform_up(|expr| {
            let Some(of) = subquery(&expr) else { return Ok(Transformed::no(expr)) };
            let correlated = is_correlated(of);
            let new = match as_membership(expr)? {
                Expr::Exists(of) => self.exists(of, correlated, input)?,
                Expr::InSubquery(of) if correlated => {
                    self.member_of_row(*of.expr, of.subquery, of.negated, input)?
                }
                Expr::InSubquery(of) => self.member(of)?,
                Expr::SetComparison(of) => self.compared(of, correlated, input)?,
                Expr::ScalarSubquery(of) if !correlated => {
                    Expr::ScalarSubquery(subquery_of(Arc::unwrap_or_clone(of.subquery)))
                }
                Expr::ScalarSubquery(of) if scalars && scalar::suits_datafusion(&of.subquery) => {
                    Expr::ScalarSubquery(of)
                }
                Expr::ScalarSubquery(of) => self.scalar(of, input)?,
                other => other,
            };
            Ok(Transformed::yes(new))
        })?;
        Ok(replaced.data)
    }

    fn exists(&mut self, of: Exists, correlated: bool, input: &mut LogicalPlan) -> Result<Expr> {
        let found = match correlated {
            true if scalar::is_one_row(&of.subquery.subquery) => lit(true),
            true => self.found(of.subquery, input)?,
            false => values::exists(of.subquery)?,
        };
        Ok(if of.negated { Expr::Not(Box::new(found)) } else { found })
    }

    fn compared(&mut self, of: SetComparison, correlated: bool, input: &mut LogicalPlan) -> Result<Expr> {
        let is_all = of.quantifier == SetQuantifier::All;
        if correlated {
            self.quantified_of_row(*of.expr, of.op, of.subquery, is_all, input)
        } else {
            self.quantified(*of.expr, of.op, of.subquery, is_all, input.schema())
        }
    }
}

/// `= ANY` and `<> ALL` as IN, and `NOT (x IN …)` as NOT IN.
fn as_membership(expr: Expr) -> Result<Expr> {
    Ok(match expr {
        Expr::SetComparison(of) if of.op == Operator::Eq && of.quantifier == SetQuantifier::Any => {
            Expr::InSubquery(InSubquery::new(of.expr, of.subquery, false))
        }
        Expr::SetComparison(of) if of.op == Operator::NotEq && of.quantifier == SetQuantifier::All => {
            Expr::InSubquery(InSubquery::new(of.expr, of.subquery, true))
        }
        Expr::Not(of) => match as_membership(*of)? {
            Expr::InSubquery(of) => Expr::InSubquery(InSubquery { negated: !of.negated, ..of }),
            Expr::Exists(of) => Expr::Exists(Exists { negated: !of.negated, ..of }),
            other => Expr::Not(Box::new(other)),
        },
        other => other,
    })
}
