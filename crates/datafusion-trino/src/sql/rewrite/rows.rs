//! `(a, b) IN (SELECT x, y …)`: a subquery of several columns is one of rows.

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Query, SelectItem, SetExpr, Spanned, Statement, TableFactor,
};
use datafusion::sql::sqlparser::parser::Parser;

use super::calls::{name_of, plain_args};
use super::take;
use crate::functions::ErrorClass;
use crate::sql::dialect::Athena;
use crate::sql::error::SqlError;

/// Makes one column of the columns of a subquery that a row is compared with.
pub(super) fn of_subquery(expr: &mut Expr) -> Result<(), SqlError> {
    let Expr::InSubquery { expr: row, subquery: query, .. } = expr else { return Ok(()) };
    let Some(width) = width(row).filter(|width| *width > 1) else { return Ok(()) };
    if let Some(found) = columns(&query.body).filter(|found| *found != width) {
        let message = format!("a row of {width} values is compared with a subquery of {found} columns");
        return Err(SqlError::new(ErrorClass::TypeMismatch, message).at(row.span().start));
    }
    if has_rows(&query.body) {
        return Ok(());
    }
    if let Some(rows) = as_rows(query, width) {
        *query = rows;
    }
    Ok(())
}

/// How many columns a query has, unless one of its items is `*`.
fn columns(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => {
            let is_known = |item: &SelectItem| {
                matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. })
            };
            select.projection.iter().all(is_known).then_some(select.projection.len())
        }
        SetExpr::Values(values) => match values.rows.first()?.as_slice() {
            [only] => Some(width(only).unwrap_or(1)),
            several => Some(several.len()),
        },
        SetExpr::Query(query) => columns(&query.body),
        SetExpr::SetOperation { left, .. } => columns(left),
        _ => None,
    }
}

/// Whether a query is `VALUES ROW(1, 2)`, which has one column of rows already.
fn has_rows(body: &SetExpr) -> bool {
    let SetExpr::Values(values) = body else { return false };
    values.rows.iter().all(|row| row.len() == 1 && width(&row[0]).is_some())
}

/// How many values a row has that is spelt out.
fn width(row: &Expr) -> Option<usize> {
    match row {
        Expr::Nested(inner) => width(inner),
        Expr::Tuple(parts) => Some(parts.len()),
        Expr::Function(function) if name_of(function) == Some("row") => Some(plain_args(function).len()),
        _ => None,
    }
}

/// Gives the columns different names, unless one of them is `*`.
fn name(body: &mut SetExpr) {
    match body {
        SetExpr::SetOperation { left, .. } => name(left),
        SetExpr::Query(query) => name(&mut query.body),
        SetExpr::Select(select) => {
            for (at, item) in select.projection.iter_mut().enumerate() {
                if let SelectItem::UnnamedExpr(expr) = item {
                    let alias = Ident::with_quote('"', format!("$field{at}"));
                    *item = SelectItem::ExprWithAlias { expr: take(expr), alias };
                }
            }
        }
        _ => {}
    }
}

/// `SELECT row(…) FROM (query)`
fn as_rows(query: &Query, width: usize) -> Option<Box<Query>> {
    let columns = (0..width).map(|at| format!("\"$field{at}\"")).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT \"row\"({columns}) FROM (SELECT 1) AS \"$rows\"({columns})");
    let Some(Statement::Query(mut rows)) = Parser::parse_sql(&Athena, &sql).ok()?.pop() else { return None };
    let SetExpr::Select(select) = rows.body.as_mut() else { return None };
    let TableFactor::Derived { subquery, .. } = &mut select.from.first_mut()?.relation else { return None };
    **subquery = query.clone();
    name(&mut subquery.body);
    Some(rows)
}
