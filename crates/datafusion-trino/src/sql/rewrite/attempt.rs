//! `try(x)`: NULL where anything in `x` fails.
//!
//! If `x` is NULL whenever a part of it is, every part gives NULL instead of failing, which costs nothing.
//! Anything else becomes the
//! body of a lambda that is evaluated for fewer and fewer rows until the failing ones are found.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Spanned, UnaryOperator, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::calls::{name_of, rename};
use super::expressions::arithmetic;
use super::{call, lambdas, literals, take};
use crate::functions::has_try;
use crate::sql::compare;

/// The name of the lambda's parameter; a statement can contain it only in quotes.
const ROW: &str = "$row";

/// Rewrites `try` of an expression whose parts are rewritten already.
pub(super) fn attempt(mut expr: Expr, span: Span) -> Expr {
    if is_strict(&expr) {
        lenient(&mut expr);
        return expr;
    }
    call("$try", vec![lambdas::of_one(ROW, expr, span)], span)
}

/// Whether an expression is NULL if any part of it is.
fn is_strict(expr: &Expr) -> bool {
    struct Find;
    impl Visitor for Find {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let strict = match expr {
                Expr::Value(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Nested(_) => true,
                Expr::UnaryOp { op, .. } => {
                    matches!(op, UnaryOperator::Minus | UnaryOperator::Plus | UnaryOperator::Not)
                }
                Expr::BinaryOp { op, .. } => {
                    arithmetic(op).is_some()
                        || compare::function(op).is_some()
                        || *op == BinaryOperator::StringConcat
                }
                Expr::Function(function) => {
                    !lambdas::has_lambda(function)
                        && name_of(function).is_some_and(|name| name == "get_field" || has_try(name))
                }
                other => literals::wrapped(other).is_some(),
            };
            if strict { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        }
    }
    expr.visit(&mut Find).is_continue()
}

/// Makes every part of an expression that can fail give NULL instead.
fn lenient(expr: &mut Expr) {
    struct Lenient;
    impl VisitorMut for Lenient {
        type Break = ();
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            let span = expr.span();
            match expr {
                Expr::Function(function) => {
                    if let Some(name) = name_of(function).filter(|name| has_try(name)) {
                        let name = format!("{name}$try");
                        rename(function, &name, span);
                    }
                }
                Expr::BinaryOp { left, op, right } => {
                    if let Some(name) = arithmetic(op) {
                        *expr = call(&format!("{name}$try"), vec![take(left), take(right)], span);
                    }
                }
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let _ = VisitMut::visit(expr, &mut Lenient);
}
