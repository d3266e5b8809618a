//! Calls of aggregate functions that DataFusion has by another name, with other arguments, or not at all.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArgumentClause, FunctionArguments,
    NullTreatment, OrderByExpr, OrderByOptions, Value, ValueWithSpan,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::calls::{args, case, name_of, plain_args, rename, set_args, wrong};
use super::{call, take, text};
use crate::sql::error::SqlError;

/// Rewrites a call of an aggregate function; `false` if there is nothing to rewrite in it.
pub(super) fn rewrite(expr: &mut Expr, name: &str, span: Span) -> Result<bool, SqlError> {
    let Expr::Function(function) = expr else { return Ok(false) };
    match name {
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
        "approx_distinct" => count_distinct(function, span),
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
        "max_by" | "min_by" => extreme(expr, name, span)?,
        "max" | "min" if plain_args(function).len() == 2 => {
            let mut given = args(function);
            given.insert(0, given[0].clone());
            set_args(function, given);
            extreme(expr, if name == "max" { "max_by" } else { "min_by" }, span)?;
        }
        "map_agg" | "multimap_agg" => collect_map(expr, name, span)?,
        "listagg" => listagg(expr, span)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// `approx_distinct(x[, error])` counts exactly.
fn count_distinct(function: &mut Function, span: Span) {
    rename(function, "count", span);
    let mut args = args(function);
    args.truncate(1);
    set_args(function, args);
    if let FunctionArguments::List(list) = &mut function.args {
        list.duplicate_treatment = Some(DuplicateTreatment::Distinct);
    }
}

/// `map_agg(key, value)`: a map of two arrays, of the rows whose key is not NULL.
fn collect_map(expr: &mut Expr, name: &str, span: Span) -> Result<(), SqlError> {
    let Expr::Function(function) = expr else { return Ok(()) };
    let [key, value] = <[Expr; 2]>::try_from(args(function))
        .map_err(|_| wrong(name, &format!("{name}(key, value)"), span))?;
    rename(function, "array_agg", span);
    and_filter(function, Expr::IsNotNull(Box::new(key.clone())));
    let mut values = function.clone();
    set_args(function, vec![key]);
    set_args(&mut values, vec![value]);
    let build = if name == "map_agg" { "$map_of_pairs" } else { "$multimap_of_pairs" };
    *expr = call(build, vec![take(expr), Expr::Function(values)], span);
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
