//! `EXISTS (SELECT … FROM UNNEST(x) AS t(e))` and `(SELECT count(*) FROM UNNEST(x) AS t(e))`: how many elements an
//! array of the outer row has. With a WHERE, Trino refuses them.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Spanned, TableAlias, TableFactor, UnaryOperator,
    Value,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::call;
use super::calls::name_of;

/// Replaces such a question by a call.
pub(super) fn of_array(expr: &mut Expr) {
    let span = expr.span();
    let new = match expr {
        Expr::Exists { subquery, negated } => elements(subquery).and_then(|elements| {
            let mentions = elements.mentions()?;
            let is_none = is_zero(elements.counted(span), span);
            let found = if *negated { is_none } else { not(is_none) };
            Some(mentions.into_iter().fold(found, with_mention))
        }),
        Expr::Subquery(subquery) => {
            elements(subquery).filter(Elements::is_count).map(|elements| elements.counted(span))
        }
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
    both(of, BinaryOperator::Eq, number("0", span))
}

/// The same condition, which also mentions a column, so that an unknown one is refused.
fn with_mention(condition: Expr, column: Expr) -> Expr {
    let truth = Expr::Value(Value::Boolean(true).with_empty_span());
    let mention = both(Expr::IsNotNull(Box::new(column)), BinaryOperator::Or, truth);
    both(condition, BinaryOperator::And, mention)
}

fn both(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::Nested(Box::new(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }))
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
    /// `t(e)`
    alias: &'a TableAlias,
    /// What the subquery selects.
    items: &'a [SelectItem],
}

impl Elements<'_> {
    fn is_count(&self) -> bool {
        matches!(self.items, [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] if is_count(item))
    }

    /// The columns of the outer row that the items name; `None` if an item is more than a name, a literal or `*`: then
    /// it can be an aggregate, with which there is always a row.
    fn mentions(&self) -> Option<Vec<Expr>> {
        let (table, [element]) = (&self.alias.name, self.alias.columns.as_slice()) else { return None };
        let is_element = |name: &Ident| name.value == element.name.value;
        let mut found = Vec::new();
        for item in self.items {
            let expr = match item {
                SelectItem::Wildcard(_) => continue,
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(of), _)
                    if of.to_string() == table.value =>
                {
                    continue;
                }
                SelectItem::QualifiedWildcard(..) => return None,
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => expr,
                _ => return None,
            };
            match expr {
                Expr::Value(_) => {}
                Expr::Identifier(name) if is_element(name) => {}
                Expr::CompoundIdentifier(names)
                    if names.len() == 2 && names[0].value == table.value && is_element(&names[1]) => {}
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => found.push(expr.clone()),
                _ => return None,
            }
        }
        Some(found)
    }

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
    Some(Elements { array, alias, items: &select.projection })
}

fn is_plain(query: &Query, select: &Select) -> bool {
    query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && select.selection.is_none()
        && select.having.is_none()
        && select.distinct.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
}
