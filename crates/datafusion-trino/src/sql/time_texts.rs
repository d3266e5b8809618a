//! Texts that stand for times: some services that speak this SQL read a text as a time where it is compared
//! with one. Athena does not; a caller asks for it.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, ExprSchemable, LogicalPlan};
use datafusion::scalar::ScalarValue;

use crate::functions::{FunctionError, read_time};

/// Makes timestamps of the texts of a plan that are compared with timestamps.
pub(super) fn read(plan: LogicalPlan) -> Result<LogicalPlan> {
    let node = |node: LogicalPlan| {
        let schema = merge_schema(&node.inputs());
        node.map_expressions(|expr| expr.transform_up(|expr| one(expr, &schema)))
    };
    plan.transform_up_with_subqueries(node).map(|read| read.data)
}

/// A text literal.
pub(super) fn is_text(expr: &Expr) -> bool {
    text_of(expr).is_some()
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}

/// The type of a timestamp.
fn time_type(expr: &Expr, schema: &DFSchema) -> Option<DataType> {
    expr.get_type(schema).ok().filter(|found| matches!(found, DataType::Timestamp(TimeUnit::Millisecond, _)))
}

/// The text as a literal of this type; anything else as it is.
fn as_time(expr: Expr, kind: &DataType) -> Result<Expr> {
    let (DataType::Timestamp(_, zone), Some(text)) = (kind, text_of(&expr)) else { return Ok(expr) };
    match read_time(text) {
        Some(ms) => Ok(Expr::Literal(ScalarValue::TimestampMillisecond(Some(ms), zone.clone()), None)),
        None => Err(FunctionError::cast(format!("Value cannot be cast to timestamp: {text}")).into()),
    }
}

fn one(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if op.supports_propagation() || is_distinct(op) => {
            let (left, right) = match (time_type(&left, schema), time_type(&right, schema)) {
                (Some(kind), None) if is_text(&right) => (left, Box::new(as_time(*right, &kind)?)),
                (None, Some(kind)) if is_text(&left) => (Box::new(as_time(*left, &kind)?), right),
                _ => (left, right),
            };
            Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right }))
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            let kind = time_type(&expr, schema);
            let read = |bound: Box<Expr>| match &kind {
                Some(kind) => as_time(*bound, kind).map(Box::new),
                None => Ok(bound),
            };
            let (low, high) = (read(low)?, read(high)?);
            Transformed::yes(Expr::Between(Between { expr, negated, low, high }))
        }
        Expr::InList(mut list) => {
            if let Some(kind) = time_type(&list.expr, schema) {
                list.list = list.list.into_iter().map(|item| as_time(item, &kind)).collect::<Result<_>>()?;
            }
            Transformed::yes(Expr::InList(list))
        }
        other => Transformed::no(other),
    })
}

fn is_distinct(op: datafusion::logical_expr::Operator) -> bool {
    use datafusion::logical_expr::Operator::{IsDistinctFrom, IsNotDistinctFrom, NotEq};
    matches!(op, IsDistinctFrom | IsNotDistinctFrom | NotEq)
}
