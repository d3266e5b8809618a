//! `EXISTS (SELECT … FROM UNNEST(x) AS t(e))` and `(SELECT count(*) FROM UNNEST(x) AS t(e))`: how many elements an
//! array of the outer row has. With a WHERE, Trino refuses them.

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Query, Select, SelectItem, SetExpr,
    Spanned, TableFactor, UnaryOperator, Value,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::call;
use super::calls::name_of;

/// Replaces such a question by a call.
pub(super) fn of_array(expr: &mut Expr) {
    let span = expr.span();
    let new = match expr {
        // With `count(*)` there is always a row.
        Expr::Exists { subquery, negated } => {
            elements(subquery).filter(|of| !is_count(of.item)).map(|elements| {
                let found = elements.counted(span);
                let is_none = is_zero(found, span);
                if *negated { is_none } else { not(is_none) }
            })
        }
        Expr::Subquery(subquery) => elements(subquery)
            .filter(|elements| is_count(elements.item))
            .map(|elements| elements.counted(span)),
        _ => None,
    };
    if let Some(new) = new {
        *expr = new;
    }
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
}

fn number(text: &str, span: Span) -> Expr {
    Expr::Value(Value::Number(text.into(), false).with_span(span))
}

/// `x = 0`
fn is_zero(of: Expr, span: Span) -> Expr {
    let zero = Box::new(number("0", span));
    let equal = datafusion::sql::sqlparser::ast::BinaryOperator::Eq;
    Expr::Nested(Box::new(Expr::BinaryOp { left: Box::new(of), op: equal, right: zero }))
}

/// Whether an item is `count(*)`.
fn is_count(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    let all = |arg: &FunctionArg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
    name_of(function) == Some("count")
        && function.over.is_none()
        && function.filter.is_none()
        && matches!(&function.args, FunctionArguments::List(list) if list.args.len() == 1 && list.args.iter().all(all))
}

/// The elements of an array.
struct Elements<'a> {
    array: &'a Expr,
    /// What the subquery selects.
    item: &'a Expr,
}

impl Elements<'_> {
    fn counted(&self, span: Span) -> Expr {
        let count = call("cardinality", vec![self.array.clone()], span);
        call("coalesce", vec![count, number("0", span)], span)
    }
}

/// The elements that a subquery is about, if it is about nothing else.
fn elements(query: &Query) -> Option<Elements<'_>> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let [table] = select.from.as_slice() else { return None };
    let TableFactor::UNNEST { alias: Some(alias), array_exprs, with_ordinality: false, .. } = &table.relation
    else {
        return None;
    };
    let ([array], [_]) = (array_exprs.as_slice(), alias.columns.as_slice()) else { return None };
    let is_column =
        matches!(array, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. });
    if !table.joins.is_empty() || !is_plain(query, select) || !is_column {
        return None;
    }
    let [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] =
        select.projection.as_slice()
    else {
        return None;
    };
    // Other functions may be aggregates.
    if matches!(item, Expr::Function(_)) && !is_count(item) {
        return None;
    }
    Some(Elements { array, item })
}

fn is_plain(query: &Query, select: &Select) -> bool {
    query.with.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && select.selection.is_none()
        && select.having.is_none()
        && select.distinct.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
}
