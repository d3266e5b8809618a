//! Calls: functions that are another function here, `try`, and the clock.

use chrono::{DateTime, Utc};
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArgumentList, FunctionArguments, Ident, LambdaFunction, NullTreatment,
    ObjectName, OrderByExpr, OrderByOptions, Spanned, UnaryOperator, Value, ValueWithSpan,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::{attempt, call, lambdas, literals, take, text};
use crate::engine::embedded::functions::ErrorClass;
use crate::engine::embedded::sql::error::SqlError;

pub(super) fn name_of(function: &Function) -> Option<&str> {
    match function.name.0.as_slice() {
        [part] => part.as_ident().map(|ident| ident.value.as_str()),
        _ => None,
    }
}

pub(super) fn rename(function: &mut Function, name: &str, span: Span) {
    function.name = ObjectName::from(vec![Ident { value: name.into(), quote_style: Some('"'), span }]);
}

/// The plain arguments of a call.
pub(super) fn plain_args(function: &Function) -> Vec<&Expr> {
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
fn args(function: &mut Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return Vec::new() };
    std::mem::take(&mut list.args)
        .into_iter()
        .filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}

fn set_args(function: &mut Function, args: Vec<Expr>) {
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
    match name.as_str() {
        "now" | "current_timestamp" => {
            let at = now.format("%Y-%m-%d %H:%M:%S%.3f UTC").to_string();
            *expr = call("$cast", vec![text(at, span), text("timestamp with time zone", span)], span);
        }
        "localtimestamp" => {
            let at = now.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
            *expr = call("$cast", vec![text(at, span), text("timestamp", span)], span);
        }
        "current_date" => {
            *expr =
                call("$cast", vec![text(now.format("%Y-%m-%d").to_string(), span), text("date", span)], span);
        }
        "current_timezone" => *expr = text("UTC", span),
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
        "count_if" => {
            let condition =
                args(function).pop().ok_or_else(|| wrong("count_if", "count_if(boolean)", span))?;
            rename(function, "count", span);
            let one = Expr::Value(Value::Number("1".into(), false).with_span(span));
            set_args(function, vec![case(None, vec![(condition, one)], None)]);
        }
        "sum" | "avg" if is_real(function) => {
            *expr = call("$cast", vec![take(expr), text("real", span)], span);
        }
        "approx_distinct" => {
            rename(function, "count", span);
            let mut args = args(function);
            args.truncate(1);
            set_args(function, args);
            if let FunctionArguments::List(list) = &mut function.args {
                list.duplicate_treatment = Some(DuplicateTreatment::Distinct);
            }
        }
        "arbitrary" | "any_value" => rename(function, "min", span),
        "every" => rename(function, "bool_and", span),
        "max_by" | "min_by" => extreme(expr, &name, span)?,
        "approx_percentile" => {
            let mut given = args(function);
            if given.len() != 2 {
                return Err(wrong("approx_percentile", "approx_percentile(number, double)", span));
            }
            let percentage = given.pop().expect("two arguments");
            rename(function, "array_agg", span);
            set_args(function, given);
            *expr = call("$percentile", vec![take(expr), percentage], span);
        }
        "histogram" => {
            rename(function, "array_agg", span);
            *expr = call("$histogram", vec![take(expr)], span);
        }
        "map_union" => {
            rename(function, "array_agg", span);
            for given in plain_args(function).into_iter().take(1).cloned().collect::<Vec<_>>() {
                and_filter(function, Expr::IsNotNull(Box::new(given)));
            }
            *expr = call("$map_union", vec![take(expr)], span);
        }
        "array_histogram" => rename(function, "$histogram", span),
        "bitwise_and_agg" | "bitwise_or_agg" => {
            let wide = |arg| call("$cast", vec![arg, text("bigint", span)], span);
            let given = args(function).into_iter().map(wide).collect();
            rename(function, if name == "bitwise_and_agg" { "bit_and" } else { "bit_or" }, span);
            set_args(function, given);
        }
        "geometric_mean" => {
            let logs = args(function).into_iter().map(|arg| call("ln", vec![arg], span)).collect();
            rename(function, "avg", span);
            set_args(function, logs);
            *expr = call("exp", vec![take(expr)], span);
        }
        "max" | "min" if plain_args(function).len() == 2 => {
            let mut given = args(function);
            given.insert(0, given[0].clone());
            set_args(function, given);
            extreme(expr, if name == "max" { "max_by" } else { "min_by" }, span)?;
        }
        "map_agg" | "multimap_agg" => {
            let [key, value] = <[Expr; 2]>::try_from(args(function))
                .map_err(|_| wrong(&name, &format!("{name}(key, value)"), span))?;
            rename(function, "array_agg", span);
            and_filter(function, Expr::IsNotNull(Box::new(key.clone())));
            let mut values = function.clone();
            set_args(function, vec![key]);
            set_args(&mut values, vec![value]);
            let build = if name == "map_agg" { "$map_of_pairs" } else { "$multimap_of_pairs" };
            *expr = call(build, vec![take(expr), Expr::Function(values)], span);
        }
        "map" => {
            rename(function, "$map", span);
        }
        "listagg" => listagg(expr, span)?,
        "array_sort" if lambdas::has_lambda(function) => rename(function, "$array_sort_by", span),
        "transform" => rename(function, "array_transform", span),
        "filter" => rename(function, "array_filter", span),
        "any_match" => rename(function, "array_any_match", span),
        "none_match" => {
            rename(function, "array_any_match", span);
            *expr = not(take(expr));
        }
        "all_match" => {
            rename(function, "array_any_match", span);
            if let FunctionArguments::List(list) = &mut function.args {
                for arg in &mut list.args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(LambdaFunction {
                        body,
                        ..
                    }))) = arg
                    {
                        let inner = take(body);
                        **body = not(inner);
                    }
                }
            }
            *expr = not(take(expr));
        }
        "zip_with" | "map_filter" | "transform_values" | "transform_keys" => {
            let given = args(function);
            *expr = lambdas::over_pairs(&name, given, span)?;
        }
        "regexp_replace" if lambdas::has_lambda(function) => {
            let given = args(function);
            *expr = lambdas::regexp_replace(given, span)?;
        }
        "mod" => {
            let [a, b] = <[Expr; 2]>::try_from(args(function))
                .map_err(|_| wrong("mod", "mod(number, number)", span))?;
            let nested = |expr| Box::new(Expr::Nested(Box::new(expr)));
            *expr = Expr::BinaryOp { left: nested(a), op: BinaryOperator::Modulo, right: nested(b) };
        }
        "ceiling" => rename(function, "ceil", span),
        _ => {}
    }
    Ok(())
}

/// Whether a call's argument is cast to real: its sum and its mean are reals, too.
fn is_real(function: &Function) -> bool {
    let [Expr::Function(cast)] = plain_args(function).as_slice() else { return false };
    let is_cast = matches!(name_of(cast), Some("$cast" | "$try_cast"));
    let to = plain_args(cast).last().and_then(|to| match to {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(to), .. }) => Some(to.as_str()),
        _ => None,
    });
    is_cast && to == Some("real")
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

fn and_filter(function: &mut Function, condition: Expr) {
    function.filter = Some(Box::new(match function.filter.take() {
        Some(filter) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(filter)),
            op: BinaryOperator::And,
            right: Box::new(condition),
        },
        None => condition,
    }));
}

/// `max_by(x, y)`: the first x by y descending where y is not NULL; with n, the first n as an array.
fn extreme(expr: &mut Expr, name: &str, span: Span) -> Result<(), SqlError> {
    let Expr::Function(function) = expr else { return Ok(()) };
    let mut given = args(function).into_iter();
    let (Some(value), Some(by), count) = (given.next(), given.next(), given.next()) else {
        return Err(wrong(name, &format!("{name}(any, orderable[, bigint])"), span));
    };
    rename(function, if count.is_some() { "array_agg" } else { "first_value" }, span);
    and_filter(function, Expr::IsNotNull(Box::new(by.clone())));
    set_args(function, vec![value]);
    let options = OrderByOptions { asc: Some(name == "min_by"), nulls_first: Some(false) };
    if let FunctionArguments::List(list) = &mut function.args {
        list.clauses.push(FunctionArgumentClause::OrderBy(vec![OrderByExpr {
            expr: by,
            options,
            with_fill: None,
        }]));
        list.clauses.retain(|clause| {
            !matches!(clause, FunctionArgumentClause::IgnoreOrRespectNulls(NullTreatment::IgnoreNulls))
        });
    }
    if let Some(count) = count {
        let one = Expr::Value(Value::Number("1".into(), false).with_span(span));
        *expr = call("slice", vec![take(expr), one, count], span);
    }
    Ok(())
}

/// `listagg(x, sep) WITHIN GROUP (ORDER BY y)` is a joined array_agg.
fn listagg(expr: &mut Expr, span: Span) -> Result<(), SqlError> {
    let Expr::Function(function) = expr else { return Ok(()) };
    let mut given = args(function).into_iter();
    let Some(value) = given.next() else { return Err(wrong("listagg", "listagg(varchar, varchar)", span)) };
    let separator = given.next().unwrap_or_else(|| text("", span));
    rename(function, "array_agg", span);
    and_filter(function, Expr::IsNotNull(Box::new(value.clone())));
    set_args(function, vec![value]);
    let keys = std::mem::take(&mut function.within_group);
    if let FunctionArguments::List(list) = &mut function.args {
        list.clauses.retain(|clause| !matches!(clause, FunctionArgumentClause::OnOverflow(_)));
        if !keys.is_empty() {
            list.clauses.push(FunctionArgumentClause::OrderBy(keys));
        }
    }
    *expr = call("array_join", vec![take(expr), separator], span);
    Ok(())
}
