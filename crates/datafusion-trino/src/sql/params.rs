//! Values for `?`, read as Athena reads execution parameters: a value that is an expression without columns
//! is that expression, any
//! other is a text.
//!
//! A value is parsed alone and put into the parsed statement, so it can only be one expression or one text.

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

/// A value for a `?`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter(pub(super) Expr);

impl Parameter {
    /// Reads a value.
    ///
    /// # Errors
    ///
    /// If it is an invalid expression, such as a date that does not exist, or contains a query.
    pub fn read(text: &str) -> Result<Self, SqlError> {
        let literal = || Self(Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span()));
        let expr = match expression(text) {
            Ok(Some(expr)) => expr,
            Ok(None) => return Ok(literal()),
            Err(error) if error.class == ErrorClass::SyntaxError => return Ok(literal()),
            Err(error) => return Err(error),
        };
        let mut check = Check { scopes: Vec::new(), kind: ParameterKind::Expression };
        let _ = expr.visit(&mut check);
        match check.kind {
            ParameterKind::Expression => Ok(Self(expr)),
            ParameterKind::Text => Ok(literal()),
            ParameterKind::Query => Err(SqlError::new(ErrorClass::NotSupported, "it contains a query")
                .hint(Some("write the query into the statement itself; put text in single quotes".into()))),
        }
    }

    /// The text, if the value is one.
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

/// Reads a value as one expression; `None` if something follows it.
fn expression(text: &str) -> Result<Option<Expr>, SqlError> {
    let tokens = prepare(text)?.tokens;
    let mut parser = Parser::new(&Athena).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(tokens);
    let Ok(expr) = parser.parse_expr() else { return Ok(None) };
    Ok((parser.peek_token_ref().token == Token::EOF).then_some(expr))
}

enum ParameterKind {
    Expression,
    Text,
    Query,
}

/// Looks for columns, queries and syntax that Athena does not have.
struct Check {
    /// Names of lambda parameters.
    scopes: Vec<Vec<String>>,
    kind: ParameterKind,
}

impl Check {
    fn is(&mut self, kind: ParameterKind) -> ControlFlow<()> {
        self.kind = kind;
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
                return self.is(ParameterKind::Query);
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
        if fits { ControlFlow::Continue(()) } else { self.is(ParameterKind::Text) }
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Lambda(_)) {
            self.scopes.pop();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.is(ParameterKind::Query)
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        match value.value {
            Value::Number(_, false) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => {
                ControlFlow::Continue(())
            }
            _ => self.is(ParameterKind::Text),
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
