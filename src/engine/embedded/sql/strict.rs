//! What DataFusion would convert without a word and Athena refuses: `IN`, `BETWEEN`, `IS DISTINCT FROM`, `CASE` and
//! `coalesce` over types that have nothing in common.

use std::collections::HashSet;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::error::SqlError;
use super::planner::{conversion_hint, mismatch};
use crate::engine::embedded::functions::types;

/// Checks every expression of a plan that is not coerced yet.
pub(super) fn check(
    plan: &LogicalPlan,
    operators: &[(String, Location)],
) -> std::result::Result<(), SqlError> {
    let mut refused = None;
    let walked = plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                // Types of what refers to an outer query are not known here, and are let through.
                if let Some(error) = one(expr, &schema, operators).unwrap_or_default() {
                    refused = Some(error);
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    match (refused, walked) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(SqlError::of(&error, &super::inspect::Places::default())),
        (None, Ok(_)) => Ok(()),
    }
}

fn common(types_seen: &[DataType]) -> Option<DataType> {
    let (first, rest) = types_seen.split_first()?;
    rest.iter().try_fold(first.clone(), |a, b| types::common(&a, b))
}

fn names(types_seen: &[DataType]) -> String {
    let mut seen = HashSet::new();
    let names = types_seen.iter().map(types::name).filter(|name| seen.insert(name.clone()));
    names.collect::<Vec<_>>().join(" and ")
}

fn one(expr: &Expr, schema: &DFSchema, operators: &[(String, Location)]) -> Result<Option<SqlError>> {
    let types_of = |exprs: &[&Expr]| exprs.iter().map(|e| e.get_type(schema)).collect::<Result<Vec<_>>>();
    Ok(match expr {
        Expr::InList(list) => {
            let mut exprs = vec![list.expr.as_ref()];
            exprs.extend(&list.list);
            let seen = types_of(&exprs)?;
            if common(&seen).is_some() {
                return Ok(None);
            }
            let message = format!(
                "IN value and list items must be the same type or coercible to a common type. \
                 Cannot find common type between {}",
                names(&seen)
            );
            let other = seen.iter().find(|t| types::common(&seen[0], t).is_none()).unwrap_or(&seen[0]);
            Some(mismatch(message, "in", &exprs, operators).hint(conversion_hint(&seen[0], other)))
        }
        Expr::Between(between) => {
            let exprs = [between.expr.as_ref(), between.low.as_ref(), between.high.as_ref()];
            let seen = types_of(&exprs)?;
            if common(&seen).is_some() {
                return Ok(None);
            }
            let message = format!(
                "Cannot check if {} is BETWEEN {} and {}",
                types::name(&seen[0]),
                types::name(&seen[1]),
                types::name(&seen[2])
            );
            Some(mismatch(message, "between", &exprs, operators).hint(conversion_hint(&seen[0], &seen[1])))
        }
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::IsDistinctFrom | Operator::IsNotDistinctFrom,
            right,
        }) => refuse_mixed("IS DISTINCT FROM", &[left, right], schema, operators)?,
        Expr::Like(like) => {
            let seen = types_of(&[&like.expr, &like.pattern])?;
            let text = |data_type: &DataType| types::is_text(data_type) || *data_type == DataType::Null;
            if seen.iter().all(text) {
                return Ok(None);
            }
            let message = format!(
                "Left side of LIKE expression must evaluate to a varchar (actual: {})",
                types::name(&seen[0])
            );
            Some(mismatch(message, "", &[&like.expr, &like.pattern], operators))
        }
        Expr::Case(case) => {
            let mut results: Vec<&Expr> = case.when_then_expr.iter().map(|(_, then)| then.as_ref()).collect();
            results.extend(case.else_expr.as_deref());
            let error = refuse_mixed("CASE", &results, schema, operators)?;
            if error.is_some() {
                return Ok(error);
            }
            match &case.expr {
                Some(operand) => {
                    let mut whens = vec![operand.as_ref()];
                    whens.extend(case.when_then_expr.iter().map(|(when, _)| when.as_ref()));
                    refuse_mixed("CASE", &whens, schema, operators)?
                }
                None => None,
            }
        }
        Expr::ScalarFunction(function) if matches!(function.name(), "coalesce" | "nullif") => {
            refuse_mixed(function.name(), &function.args.iter().collect::<Vec<_>>(), schema, operators)?
        }
        _ => None,
    })
}

fn refuse_mixed(
    what: &str,
    exprs: &[&Expr],
    schema: &DFSchema,
    operators: &[(String, Location)],
) -> Result<Option<SqlError>> {
    let seen = exprs.iter().map(|e| e.get_type(schema)).collect::<Result<Vec<_>>>()?;
    if seen.is_empty() || common(&seen).is_some() {
        return Ok(None);
    }
    let message =
        format!("All values of {what} must be of one type. Cannot find common type between {}", names(&seen));
    let other = seen.iter().find(|t| types::common(&seen[0], t).is_none()).unwrap_or(&seen[0]);
    let operator = if what.starts_with("IS") { "is" } else { what };
    Ok(Some(mismatch(message, operator, exprs, operators).hint(conversion_hint(&seen[0], other))))
}
