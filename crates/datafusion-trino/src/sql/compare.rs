//! `BETWEEN` and `IN` over floating-point numbers, rows, arrays and maps, which DataFusion compares by bytes,
//! and over dates and
//! timestamps of several types.
//!
//! Single comparisons are handled in `planner`; the types of these are known only after planning.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, ScalarUDF, lit, not};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::moments;
use crate::functions::types;

/// Functions for comparisons in which DataFusion's operators differ from Athena's.
pub(super) const FUNCTIONS: [&str; 6] =
    ["$equal", "$not_equal", "$less", "$less_equal", "$greater", "$greater_equal"];

/// The function for a comparison operator.
pub(super) fn function(op: &BinaryOperator) -> Option<&'static str> {
    Some(match op {
        BinaryOperator::Eq => "$equal",
        BinaryOperator::NotEq => "$not_equal",
        BinaryOperator::Lt => "$less",
        BinaryOperator::LtEq => "$less_equal",
        BinaryOperator::Gt => "$greater",
        BinaryOperator::GtEq => "$greater_equal",
        _ => return None,
    })
}

/// Whether values of this type hold others.
pub(super) fn is_nested(data_type: &DataType) -> bool {
    types::item_type(data_type).is_some() || matches!(data_type, DataType::Struct(_) | DataType::Map(_, _))
}

/// Whether an expression is a number that cannot be NaN.
pub(super) fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Float64(Some(number)), _) => !number.is_nan(),
        Expr::Literal(ScalarValue::Float32(Some(number)), _) => !number.is_nan(),
        Expr::Literal(value, _) => !value.is_null(),
        _ => false,
    }
}

/// Replaces them in a plan whose types are not coerced yet.
pub(super) fn replace(plan: LogicalPlan, functions: &[Arc<ScalarUDF>]) -> Result<LogicalPlan> {
    let mut any = false;
    let replaced = plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let preserver = NamePreserver::new(&node);
        let replaced = node.map_expressions(|expr| {
            let name = preserver.save(&expr);
            let expr = expr.transform_up(|expr| {
                moments::aligned(expr, &schema).transform_data(|expr| one(expr, &schema, functions))
            })?;
            Ok(if expr.transformed { expr.update_data(|expr| name.restore(expr)) } else { expr })
        })?;
        // What stands above a change may see another type; computing types is most of the work.
        any |= replaced.transformed;
        if any { replaced.map_data(|node| node.recompute_schema()) } else { Ok(replaced) }
    })?;
    Ok(replaced.data)
}

fn one(expr: Expr, schema: &DFSchema, functions: &[Arc<ScalarUDF>]) -> Result<Transformed<Expr>> {
    let call = |name: &str, a: &Expr, b: &Expr| {
        let function = functions.iter().find(|function| function.name() == name)?;
        Some(function.call(vec![a.clone(), b.clone()]))
    };
    let affected = |exprs: &[&Expr]| {
        exprs.iter().any(|expr| {
            expr.get_type(schema).is_ok_and(|of| is_nested(&of) || of.is_floating() && !is_number(expr))
        })
    };
    let new = match &expr {
        Expr::Between(between) if affected(&[&between.expr, &between.low, &between.high]) => {
            let low = call("$greater_equal", &between.expr, &between.low);
            let high = call("$less_equal", &between.expr, &between.high);
            low.zip(high).map(|(low, high)| {
                let within = low.and(high);
                if between.negated { not(within) } else { within }
            })
        }
        Expr::InList(list)
            if affected(&[&list.expr]) && !list.list.iter().all(is_number)
                || affected(&list.list.iter().collect::<Vec<_>>()) =>
        {
            let tests: Option<Vec<_>> =
                list.list.iter().map(|item| call("$equal", &list.expr, item)).collect();
            tests.map(|tests| {
                let any = tests.into_iter().reduce(Expr::or).unwrap_or_else(|| lit(false));
                if list.negated { not(any) } else { any }
            })
        }
        _ => None,
    };
    Ok(new.map_or_else(|| Transformed::no(expr), Transformed::yes))
}
