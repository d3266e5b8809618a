//! Comparing dates with timestamps: DataFusion would compare them in nanoseconds, which end in the year 2262,
//! and cannot always compare timestamps of two zones, or times of day of two precisions.

use std::mem;

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{BinaryExpr, Case, Expr, ExprSchemable, cast};

use crate::functions::types;

/// Gives the operands of an expression one type if they are dates and timestamps of several types, with a zone
/// if one of them has one; or times of day.
pub(super) fn aligned(mut expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let mut changed = false;
    for operands in operands(&mut expr) {
        let of: Vec<_> = operands.iter().map(|operand| operand.get_type(schema).ok()).collect();
        let Some(common) = common(&of) else { continue };
        for (operand, of) in operands.into_iter().zip(of) {
            if of.as_ref() != Some(&common) {
                *operand = cast(mem::take(operand), common.clone());
                changed = true;
            }
        }
    }
    if changed { Transformed::yes(expr) } else { Transformed::no(expr) }
}

/// Operands that must have one type, in groups. (Operators that can be negated are comparisons.)
fn operands(expr: &mut Expr) -> Vec<Vec<&mut Expr>> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if op.negate().is_some() => {
            vec![vec![left.as_mut(), right.as_mut()]]
        }
        Expr::Between(between) => {
            vec![vec![between.expr.as_mut(), between.low.as_mut(), between.high.as_mut()]]
        }
        Expr::InList(list) => {
            let mut all = vec![list.expr.as_mut()];
            all.extend(&mut list.list);
            vec![all]
        }
        Expr::Case(Case { expr, when_then_expr, else_expr }) => {
            let is_simple = expr.is_some();
            let (mut whens, mut thens): (Vec<&mut Expr>, Vec<&mut Expr>) =
                when_then_expr.iter_mut().map(|(when, then)| (when.as_mut(), then.as_mut())).unzip();
            whens.extend(expr.as_deref_mut());
            thens.extend(else_expr.as_deref_mut());
            if is_simple { vec![whens, thens] } else { vec![thens] }
        }
        Expr::ScalarFunction(function) if matches!(function.name(), "coalesce" | "nullif") => {
            vec![function.args.iter_mut().collect()]
        }
        _ => Vec::new(),
    }
}

/// The common type of dates and timestamps, or of times of day, if their types differ; NULL fits every type.
fn common(types: &[Option<DataType>]) -> Option<DataType> {
    let mut kinds: Vec<&DataType> = Vec::new();
    for of in types {
        match of.as_ref()? {
            DataType::Null => {}
            of @ (DataType::Date32 | DataType::Timestamp(..) | DataType::Time32(_)) => {
                if !kinds.contains(&of) {
                    kinds.push(of);
                }
            }
            _ => return None,
        }
    }
    let times = kinds.iter().filter(|of| matches!(of, DataType::Time32(_))).count();
    if times > 0 {
        return (times == kinds.len() && times > 1).then_some(types::TIME);
    }
    let has_zone = kinds.iter().any(|of| matches!(of, DataType::Timestamp(_, Some(_))));
    (kinds.len() > 1).then(|| match has_zone {
        true => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        false => types::TIMESTAMP,
    })
}
