//! Calls: functions that become other functions, `try`, and the clock.

use chrono::{DateTime, Utc};
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, LambdaFunction, ObjectName, Spanned, UnaryOperator,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::{aggregates, attempt, call, lambdas, literals, take, text};
use crate::functions::ErrorClass;
use crate::sql::error::SqlError;

pub(in crate::sql) fn name_of(function: &Function) -> Option<&str> {
    match function.name.0.as_slice() {
        [part] => part.as_ident().map(|ident| ident.value.as_str()),
        _ => None,
    }
}

pub(super) fn rename(function: &mut Function, name: &str, span: Span) {
    function.name = ObjectName::from(vec![Ident { value: name.into(), quote_style: Some('"'), span }]);
}

/// The plain arguments of a call.
pub(in crate::sql) fn plain_args(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    list.args
        .iter()
        .filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}

/// Whether a call's only argument is a column.
pub(super) fn is_column(function: &Function) -> bool {
    matches!(plain_args(function).as_slice(), [Expr::Identifier(_) | Expr::CompoundIdentifier(_)])
}

/// Takes the plain arguments of a call out of it.
pub(super) fn args(function: &mut Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return Vec::new() };
    std::mem::take(&mut list.args)
        .into_iter()
        .filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}

pub(super) fn set_args(function: &mut Function, args: Vec<Expr>) {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    match &mut function.args {
        FunctionArguments::List(list) => list.args = args,
        other => {
            *other = FunctionArguments::List(FunctionArgumentList {
                duplicate_treatment: None,
                args,
                clauses: vec![],
            });
        }
    }
}

pub(super) fn wrong(name: &str, expected: &str, span: Span) -> SqlError {
    SqlError::new(
        ErrorClass::FunctionNotFound,
        format!("Unexpected parameters for function {name}. Expected: {expected}"),
    )
    .at(span.start)
}

/// Rewrites a call whose arguments are rewritten already.
pub(super) fn rewrite(expr: &mut Expr, now: DateTime<Utc>) -> Result<(), SqlError> {
    let span = expr.span();
    let Expr::Function(function) = expr else { return Ok(()) };
    let Some(name) = name_of(function).map(String::from) else { return Ok(()) };
    literals::unwrap_window(function);
    if let Some(other) = other_name(function, &name) {
        rename(function, other, span);
        return Ok(());
    }
    let is_rewritten = clock(expr, &name, now, span)
        || with_lambda(expr, &name, span)?
        || aggregates::rewrite(expr, &name, span)?;
    if is_rewritten { Ok(()) } else { scalar(expr, &name, span) }
}

/// The name by which DataFusion or this crate has the same function.
fn other_name(function: &Function, name: &str) -> Option<&'static str> {
    Some(match name {
        "arbitrary" | "any_value" => "min",
        "every" => "bool_and",
        "array_histogram" => "$histogram",
        "map" => "$map",
        "array_sort" if lambdas::has_lambda(function) => "$array_sort_by",
        "transform" => "array_transform",
        "filter" => "array_filter",
        "any_match" => "array_any_match",
        "ceiling" => "ceil",
        "pow" => "power",
        _ => return None,
    })
}

/// The clock and its zone as constants.
fn clock(expr: &mut Expr, name: &str, now: DateTime<Utc>, span: Span) -> bool {
    let (format, of) = match name {
        "now" | "current_timestamp" => ("%Y-%m-%d %H:%M:%S%.3f UTC", "timestamp with time zone"),
        "localtimestamp" => ("%Y-%m-%d %H:%M:%S%.3f", "timestamp"),
        "current_date" => ("%Y-%m-%d", "date"),
        "current_timezone" => {
            *expr = text("UTC", span);
            return true;
        }
        _ => return false,
    };
    *expr = call("$cast", vec![text(now.format(format).to_string(), span), text(of, span)], span);
    true
}

/// Calls with a lambda that are another call with another lambda.
fn with_lambda(expr: &mut Expr, name: &str, span: Span) -> Result<bool, SqlError> {
    let Expr::Function(function) = expr else { return Ok(false) };
    match name {
        "none_match" => {
            rename(function, "array_any_match", span);
            *expr = not(take(expr));
        }
        "all_match" => {
            rename(function, "array_any_match", span);
            negate_lambdas(function);
            *expr = not(take(expr));
        }
        "zip_with" | "map_filter" | "transform_values" | "transform_keys" => {
            let given = args(function);
            *expr = lambdas::over_pairs(name, given, span)?;
        }
        "regexp_replace" if lambdas::has_lambda(function) => {
            let given = args(function);
            *expr = lambdas::regexp_replace(given, span)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Turns each lambda among the arguments into its negation.
fn negate_lambdas(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    for arg in &mut list.args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(LambdaFunction { body, .. }))) = arg {
            let inner = take(body);
            **body = not(inner);
        }
    }
}

/// Calls of scalar functions that are another expression.
fn scalar(expr: &mut Expr, name: &str, span: Span) -> Result<(), SqlError> {
    let Expr::Function(function) = expr else { return Ok(()) };
    match name {
        "date" => {
            let mut args = args(function);
            args.push(text("date", span));
            *expr = call("$cast", args, span);
        }
        "if" => *expr = if_case(args(function), span)?,
        "try" => {
            let [inner] =
                <[Expr; 1]>::try_from(args(function)).map_err(|_| wrong("try", "try(any)", span))?;
            *expr = attempt::attempt(inner, span);
        }
        "mod" => {
            let [a, b] = <[Expr; 2]>::try_from(args(function))
                .map_err(|_| wrong("mod", "mod(number, number)", span))?;
            let nested = |expr| Box::new(Expr::Nested(Box::new(expr)));
            *expr = Expr::BinaryOp { left: nested(a), op: BinaryOperator::Modulo, right: nested(b) };
        }
        _ => {}
    }
    Ok(())
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
}

pub(super) fn case(operand: Option<Expr>, conditions: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: operand.map(Box::new),
        conditions: conditions
            .into_iter()
            .map(|(condition, result)| CaseWhen { condition, result })
            .collect(),
        else_result: otherwise.map(Box::new),
    }
}

fn if_case(args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
    let mut args = args.into_iter();
    match (args.next(), args.next(), args.next(), args.next()) {
        (Some(condition), Some(then), otherwise, None) => Ok(case(None, vec![(condition, then)], otherwise)),
        _ => Err(wrong("if", "if(boolean, any[, any])", span)),
    }
}
