//! Values of `?`, as Athena reads execution parameters: a text that is an expression without a column is that expression,
//! every other text is itself.
//!
//! A value is parsed alone and put into the parsed statement: it can be no more than one expression or one text.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, OneOrManyWithParens, Query, UnaryOperator, Value, ValueWithSpan, Visit, Visitor,
};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::dialect::Athena;
use super::error::SqlError;
use super::parse::MAX_DEPTH;
use super::tokens::prepare;
use crate::functions::ErrorClass;

/// What a value of a `?` is.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter(pub(super) Expr);

impl Parameter {
    /// Reads a value.
    ///
    /// # Errors
    ///
    /// If it is an expression that cannot be one, such as a date that there is not, or holds a query.
    pub fn read(text: &str) -> Result<Self, SqlError> {
        let literal = || Self(Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span()));
        let expr = match expression(text) {
            Ok(Some(expr)) => expr,
            Ok(None) => return Ok(literal()),
            Err(error) if error.class == ErrorClass::SyntaxError => return Ok(literal()),
            Err(error) => return Err(error),
        };
        let mut check = Check { scopes: Vec::new(), verdict: Verdict::Expression };
        let _ = expr.visit(&mut check);
        match check.verdict {
            Verdict::Expression => Ok(Self(expr)),
            Verdict::Text => Ok(literal()),
            Verdict::Query => {
                Err(SqlError::new(ErrorClass::NotSupported, "it holds a query, and a value is no query")
                    .hint(Some("write the query into the statement; a text stands in single quotes".into())))
            }
        }
    }

    /// The text that it is, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(&self.0, Expr::Value(ValueWithSpan { value: Value::Number(..), .. }))
    }
}

/// A text as one whole expression; `None` if something is left over.
fn expression(text: &str) -> Result<Option<Expr>, SqlError> {
    let tokens = prepare(text)?.tokens;
    let mut parser = Parser::new(&Athena).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(tokens);
    let Ok(expr) = parser.parse_expr() else { return Ok(None) };
    Ok((parser.peek_token_ref().token == Token::EOF).then_some(expr))
}

enum Verdict {
    Expression,
    Text,
    Query,
}

/// Looks for columns, queries and what only this parser takes.
struct Check {
    /// Names that lambdas give.
    scopes: Vec<Vec<String>>,
    verdict: Verdict,
}

impl Check {
    fn is(&mut self, verdict: Verdict) -> ControlFlow<()> {
        self.verdict = verdict;
        ControlFlow::Break(())
    }
}

impl Visitor for Check {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let known = |name: &str| self.scopes.iter().flatten().any(|own| own == name);
        let fits = match expr {
            Expr::Identifier(name) => known(&name.value),
            Expr::CompoundIdentifier(names) => names.first().is_some_and(|first| known(&first.value)),
            Expr::Lambda(lambda) => {
                let names = match &lambda.params {
                    OneOrManyWithParens::One(one) => vec![one.name.value.clone()],
                    OneOrManyWithParens::Many(many) => {
                        many.iter().map(|one| one.name.value.clone()).collect()
                    }
                };
                self.scopes.push(names);
                true
            }
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                return self.is(Verdict::Query);
            }
            Expr::BinaryOp { op, .. } => is_operator(op),
            Expr::UnaryOp { op, .. } => {
                matches!(op, UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not)
            }
            Expr::Array(array) => array.named,
            Expr::Value(_)
            | Expr::Nested(_)
            | Expr::Tuple(_)
            | Expr::Function(_)
            | Expr::Case { .. }
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::Between { .. }
            | Expr::InList { .. }
            | Expr::Like { .. }
            | Expr::AtTimeZone { .. }
            | Expr::Position { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::CompoundFieldAccess { .. } => true,
            _ => false,
        };
        if fits { ControlFlow::Continue(()) } else { self.is(Verdict::Text) }
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Lambda(_)) {
            self.scopes.pop();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.is(Verdict::Query)
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        match value.value {
            Value::Number(_, false) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => {
                ControlFlow::Continue(())
            }
            _ => self.is(Verdict::Text),
        }
    }
}

fn is_operator(op: &BinaryOperator) -> bool {
    use BinaryOperator::{
        And, Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Modulo, Multiply, NotEq, Or, Plus, StringConcat,
    };
    matches!(
        op,
        Plus | Minus
            | Multiply
            | Divide
            | Modulo
            | StringConcat
            | Eq
            | NotEq
            | Lt
            | LtEq
            | Gt
            | GtEq
            | And
            | Or
    )
}
