//! `EXISTS (SELECT … FROM UNNEST(x) AS t(e) WHERE …)`, `y IN (SELECT e FROM UNNEST(x) AS t(e))` and
//! `(SELECT count(*) FROM UNNEST(x) AS t(e) WHERE …)`: questions about the elements of an array of the outer row,
//! which functions answer.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Query, Select, SelectItem, SetExpr,
    Spanned, TableFactor, UnaryOperator, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::call;
use super::calls::name_of;
use super::lambdas::of_one;

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
        Expr::InSubquery { expr: of, subquery, negated } => elements(subquery).and_then(|elements| {
            let is_element = matches!(elements.item, Expr::Identifier(ident) if ident.value == elements.name);
            let found =
                is_element.then(|| call("$in", vec![of.as_ref().clone(), elements.filtered(span)], span))?;
            Some(if *negated { not(found) } else { found })
        }),
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

/// The elements of an array that meet a condition.
struct Elements<'a> {
    array: &'a Expr,
    /// What an element is called.
    name: String,
    condition: Option<Expr>,
    /// What the subquery selects.
    item: &'a Expr,
}

impl Elements<'_> {
    fn filtered(&self, span: Span) -> Expr {
        match &self.condition {
            Some(condition) => {
                let lambda = of_one(&self.name, condition.clone(), span);
                call("array_filter", vec![self.array.clone(), lambda], span)
            }
            None => self.array.clone(),
        }
    }

    fn counted(&self, span: Span) -> Expr {
        let count = call("cardinality", vec![self.filtered(span)], span);
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
    let ([array], [column]) = (array_exprs.as_slice(), alias.columns.as_slice()) else { return None };
    let is_column =
        matches!(array, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. });
    if !table.joins.is_empty() || !is_plain(query, select) || !is_column {
        return None;
    }
    let mut condition = select.selection.clone();
    if let Some(condition) = &mut condition {
        if has_query(condition) {
            return None;
        }
        let _ = VisitMut::visit(condition, &mut Unqualified(&alias.name.value, &column.name.value));
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
    Some(Elements { array, name: column.name.value.clone(), condition, item })
}

fn is_plain(query: &Query, select: &Select) -> bool {
    query.with.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && select.having.is_none()
        && select.distinct.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
}

fn has_query(expr: &Expr) -> bool {
    struct Find;
    impl Visitor for Find {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    expr.visit(&mut Find).is_break()
}

/// Takes the alias of the UNNEST off the name of an element: `t.e.arn` is `e.arn`.
struct Unqualified<'a>(&'a str, &'a str);

impl VisitorMut for Unqualified<'_> {
    type Break = ();
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(path) = expr
            && let [table, column, rest @ ..] = path.as_slice()
            && table.value == self.0
            && column.value == self.1
        {
            *expr = match rest {
                [] => Expr::Identifier(column.clone()),
                _ => Expr::CompoundIdentifier(path[1..].to_vec()),
            };
        }
        ControlFlow::Continue(())
    }
}
