//! Athena's syntax in terms that DataFusion plans: changes to the parsed statement, before any type is known.
//!
//! What needs types is left to `planner`; lateral UNNEST is only normalized here and planned in `unnest`.

mod aggregates;
mod attempt;
mod calls;
mod elements;
mod expressions;
mod guards;
mod lambdas;
mod literals;
mod query;
mod rows;

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName,
    Query, Select, TableFactor, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::error::SqlError;
use super::parse::Parsed;
pub(super) use calls::{name_of, plain_args};
pub(super) use expressions::arithmetic;
pub(super) use literals::{INTEGER, TOO_LARGE};
pub(super) use query::lateral;

/// Rewrites a statement in place.
pub(super) fn rewrite(parsed: &mut Parsed, now: DateTime<Utc>) -> Result<(), SqlError> {
    let mut rewriter = Rewriter { now, depth: 0 };
    match VisitMut::visit(parsed.query_mut(), &mut rewriter) {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Rewriter {
    now: DateTime<Utc>,
    depth: usize,
}

fn flow(result: Result<(), SqlError>) -> ControlFlow<Box<SqlError>> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(Box::new(error)),
    }
}

impl VisitorMut for Rewriter {
    type Break = Box<SqlError>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        self.depth += 1;
        flow(query::shape(query))
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        self.depth -= 1;
        literals::unwrap_query(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        query::name_items(select, self.depth == 1);
        query::fold_unnest(&mut select.from);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        literals::unwrap_select(select);
        guards::guard(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        query::fold_nested(factor);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        elements::of_array(expr);
        expressions::fields_of_parameters(expr);
        flow(rows::of_subquery(expr))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        flow(expressions::rewrite(expr, self.now))
    }
}

/// A call of a function, with a place.
pub(super) fn call(name: &str, args: Vec<Expr>, span: Span) -> Expr {
    let ident = Ident { value: name.into(), quote_style: Some('"'), span };
    Expr::Function(Function {
        name: ObjectName::from(vec![ident]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

/// A varchar literal, with a place.
pub(super) fn text(value: impl Into<String>, span: Span) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.into()).with_span(span))
}

/// Takes an expression, leaving NULL behind.
pub(super) fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, Expr::Value(Value::Null.with_empty_span()))
}
