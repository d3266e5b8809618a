//! Number literals: one that fits 32 bits is an `integer` to Athena, and a `bigint` to DataFusion.
//!
//! Such a literal is wrapped, so that `planner` gives it its type. A number that is a position or a count
//! stays as it is.

use datafusion::sql::sqlparser::ast::{
    DictionaryField, Expr, Function, GroupByExpr, Ident, Interval, LimitClause, NamedWindowExpr, OrderByKind,
    Query, Select, UnaryOperator, Value, ValueWithSpan, WindowFrame, WindowFrameBound, WindowSpec,
    WindowType,
};

use super::calls::{name_of, plain_args};
use super::take;

/// The name of the wrapper; a statement cannot contain it.
pub(in crate::sql) const INTEGER: &str = "$integer";

/// The name of the wrapper around an integer that fits no type.
pub(in crate::sql) const TOO_LARGE: &str = "$too_large";

/// Wraps a literal, with its sign, unless it is a `bigint`.
pub(super) fn wrap(expr: &mut Expr) {
    if let Expr::Value(ValueWithSpan { value: Value::HexStringLiteral(bytes), .. }) = expr {
        // Athena allows spaces between the digits.
        bytes.retain(|c| !c.is_whitespace());
        return;
    }
    let digits = match expr {
        Expr::Value(_) => number(expr).map(String::from),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr: of } => {
            // The inner one is wrapped already, unless it does not fit without its sign.
            number(wrapped(of).unwrap_or(of)).map(|digits| format!("-{digits}"))
        }
        _ => None,
    };
    let Some(digits) = digits.filter(|digits| !digits.contains(['.', 'e', 'E'])) else { return };
    if let Expr::UnaryOp { expr: of, .. } = expr {
        unwrap(of);
    }
    let key = match digits.parse::<i64>() {
        Ok(number) if i32::try_from(number).is_ok() => INTEGER,
        Ok(_) => return,
        Err(_) => TOO_LARGE,
    };
    let value = Box::new(take(expr));
    *expr = Expr::Dictionary(vec![DictionaryField { key: Ident::new(key), value }]);
}

fn number(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(digits, false), .. }) => Some(digits),
        _ => None,
    }
}

/// The wrapped literal.
pub(super) fn wrapped(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Dictionary(fields) => match fields.as_slice() {
            [field] if [INTEGER, TOO_LARGE].contains(&field.key.value.as_str()) => Some(&field.value),
            _ => None,
        },
        _ => None,
    }
}

fn unwrap(expr: &mut Expr) {
    if let Some(inner) = wrapped(expr).cloned() {
        *expr = inner;
    }
}

/// `ORDER BY 1`, `LIMIT 1`.
pub(super) fn unwrap_query(query: &mut Query) {
    if let Some(order_by) = &mut query.order_by
        && let OrderByKind::Expressions(keys) = &mut order_by.kind
    {
        keys.iter_mut().for_each(|key| unwrap(&mut key.expr));
    }
    if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause {
        limit.iter_mut().for_each(unwrap);
        offset.iter_mut().for_each(|offset| unwrap(&mut offset.value));
    }
}

/// `GROUP BY 1`, and the frames of named windows.
pub(super) fn unwrap_select(select: &mut Select) {
    if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
        keys.iter_mut().for_each(unwrap);
    }
    for window in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
            unwrap_frame(spec);
        }
    }
}

/// `ROWS 1 PRECEDING`, `RANGE INTERVAL '5' minute PRECEDING`.
pub(super) fn unwrap_window(function: &mut Function) {
    if let Some(WindowType::WindowSpec(spec)) = &mut function.over {
        unwrap_frame(spec);
    }
}

fn unwrap_frame(spec: &mut WindowSpec) {
    let Some(WindowFrame { start_bound, end_bound, .. }) = &mut spec.window_frame else { return };
    for bound in std::iter::once(start_bound).chain(end_bound) {
        if let WindowFrameBound::Preceding(Some(count)) | WindowFrameBound::Following(Some(count)) = bound {
            unwrap(count);
            if let Some(length) = interval(count) {
                **count = length;
            }
        }
    }
}

/// An interval as DataFusion wants it in a frame. A day is 24 hours, as on Athena.
fn interval(expr: &Expr) -> Option<Expr> {
    let Expr::Function(function) = expr else { return None };
    let unit = match name_of(function)? {
        "$day_second" => "milliseconds",
        "$year_month" => "months",
        _ => return None,
    };
    let [Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(length), span })] =
        plain_args(function).as_slice()
    else {
        return None;
    };
    let value = Box::new(super::text(format!("{length} {unit}"), *span));
    Some(Expr::Interval(Interval {
        value,
        leading_field: None,
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    }))
}
