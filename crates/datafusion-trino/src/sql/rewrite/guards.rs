//! `a AND b` where `b` can fail: Athena evaluates `b` only in rows where `a` is true, DataFusion may evaluate
//! it in all.
//!
//! `b` becomes `CASE a WHEN true THEN b ELSE false END` (DataFusion undoes the form without `true`); `a`
//! stays
//! a conjunct of its own, which scans can use.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, Select, Value, ValueWithSpan, Visit, Visitor,
};

use super::{calls, take};

/// Guards the conjuncts of a WHERE.
pub(super) fn guard(select: &mut Select) {
    let Some(selection) = &mut select.selection else { return };
    if !fallible(selection) {
        return;
    }
    let mut parts = Vec::new();
    split(take(selection), &mut parts);
    let mut seen: Option<Expr> = None;
    for part in parts {
        let part = match &seen {
            Some(before) if fallible(&part) => {
                let yes = Expr::Value(Value::Boolean(true).with_empty_span());
                let no = Expr::Value(Value::Boolean(false).with_empty_span());
                calls::case(Some(before.clone()), vec![(yes, part)], Some(no))
            }
            _ => part,
        };
        seen = Some(match seen {
            Some(before) => {
                Expr::BinaryOp { left: Box::new(before), op: BinaryOperator::And, right: Box::new(part) }
            }
            None => part,
        });
    }
    select.selection = seen;
}

fn split(expr: Expr, into: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            split(*left, into);
            split(*right, into);
        }
        Expr::Nested(inner) if matches!(*inner, Expr::BinaryOp { op: BinaryOperator::And, .. }) => {
            split(*inner, into)
        }
        other => into.push(other),
    }
}

/// Functions that fail for some values, not only for wrong constants.
const FALLIBLE: &[&str] = &[
    "$subscript",
    "$divide",
    "$modulus",
    "date_parse",
    "from_iso8601_date",
    "from_iso8601_timestamp",
    "json_parse",
    "mod",
    "parse_datetime",
    "parse_duration",
];

fn fallible(expr: &Expr) -> bool {
    /// The number of `try` around the expression; inside of one nothing fails.
    struct Find(usize);
    impl Visitor for Find {
        type Break = ();
        fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.0 -= usize::from(is_try(expr));
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.0 += usize::from(is_try(expr));
            let found = match expr {
                _ if self.0 > 0 => false,
                Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, .. } => true,
                Expr::Function(function) => match calls::name_of(function) {
                    Some("$cast") => fallible_cast(function),
                    // A column is taken to hold well-formed times, so that scans see the comparison.
                    Some("from_iso8601_timestamp") => !calls::is_column(function),
                    Some("contains") => of_network(function),
                    Some(name) => FALLIBLE.contains(&name),
                    None => false,
                },
                _ => false,
            };
            if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    expr.visit(&mut Find(0)).is_break()
}

fn is_try(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function) if calls::name_of(function) == Some("$try"))
}

/// Whether a `contains` looks for an address in a network.
fn of_network(function: &Function) -> bool {
    match calls::plain_args(function).as_slice() {
        [Expr::Value(_), _] => true,
        [_, Expr::Function(of)] => calls::name_of(of).is_some_and(|name| name.ends_with("cast")),
        _ => false,
    }
}

/// Whether a cast can fail: those of constants are folded, those to varchar succeed.
fn fallible_cast(function: &Function) -> bool {
    let args = calls::plain_args(function);
    let string =
        |expr: &&Expr| matches!(expr, Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_), .. }));
    let to_text = args.last().is_some_and(|to| matches!(to, Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(name), .. }) if name.starts_with("varchar")));
    !to_text && !args.first().is_some_and(string)
}
