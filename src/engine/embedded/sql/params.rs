//! Values of `?`, as Athena reads execution parameters: a text that is an expression without a column is that expression,
//! every other text is itself.
//!
//! A value is parsed alone and put into the parsed statement: it can be no more than one expression or one text.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, OneOrManyWithParens, UnaryOperator, Value, ValueWithSpan, Visit, VisitMut, Visitor,
    VisitorMut,
};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token};

use super::dialect::Athena;
use super::error::SqlError;
use super::parse::{MAX_DEPTH, Parsed};
use super::tokens::{prepare, syntax};
use crate::engine::embedded::functions::ErrorClass;

/// What a value of a `?` is.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter(Expr);

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

    fn pre_visit_query(&mut self, _: &datafusion::sql::sqlparser::ast::Query) -> ControlFlow<()> {
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

/// Puts values in the places of `?`.
pub(super) fn fill(parsed: &mut Parsed, values: &[String]) -> Result<(), SqlError> {
    // A statement is visited by its structure, which has not everything in the order of the text.
    let mut marks = Marks::of(parsed);
    marks.sort_by_key(|(place, _)| (place.line, place.column));
    if let Some((place, mark)) = marks.iter().find(|(_, mark)| mark != "?") {
        return Err(syntax(*place, format!("mismatched input '{mark}'")));
    }
    let marks: Vec<Location> = marks.into_iter().map(|(place, _)| place).collect();
    if let Some(first) = marks.get(values.len()) {
        return Err(syntax(*first, "mismatched input '?': it has no value"));
    }
    if marks.len() < values.len() {
        let message = format!("{} values are given for {} `?`", values.len(), marks.len());
        return Err(SqlError::new(ErrorClass::SyntaxError, message));
    }
    let read =
        |(place, value): (&Location, &String)| Parameter::read(value).map_err(|error| error.at(*place));
    let values = marks.iter().zip(values).map(read).collect::<Result<Vec<_>, _>>()?;
    let _ = VisitMut::visit(
        &mut parsed.statement,
        &mut Fill { places: &marks, values: &values, kept: Vec::new() },
    );
    match Marks::of(parsed).first() {
        None => Ok(()),
        Some((first, _)) => Err(syntax(*first, "mismatched input '?'").hint(Some(
            "a `?` stands for a whole value: give DATE '…' or INTERVAL '1' day, in place of DATE ? and INTERVAL ? day"
                .into(),
        ))),
    }
}

/// Whoever gives a number may have meant a text, such as an account's id.
pub(super) fn hinted(error: SqlError, values: &[String]) -> SqlError {
    let number = values.iter().find(|value| value.parse::<f64>().is_ok());
    match number {
        Some(number) if error.class == ErrorClass::TypeMismatch => error
            .hint(Some(format!("a value that is a text stands in single quotes: `--param \"'{number}'\"`"))),
        _ => error,
    }
}

/// Where a statement has `?` and what else stands for a value.
struct Marks(Vec<(Location, String)>);

impl Marks {
    fn of(parsed: &Parsed) -> Vec<(Location, String)> {
        let mut marks = Self(Vec::new());
        let _ = parsed.statement.visit(&mut marks);
        marks.0
    }
}

impl Visitor for Marks {
    type Break = ();

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(mark) = &value.value {
            self.0.push((value.span.start, mark.clone()));
        }
        ControlFlow::Continue(())
    }
}

struct Fill<'a> {
    places: &'a [Location],
    values: &'a [Parameter],
    /// Places where no value may stand.
    kept: Vec<Location>,
}

impl VisitorMut for Fill<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        // `INTERVAL ? day` is no SQL of Athena.
        if let Expr::Interval(interval) = expr
            && let Expr::Value(ValueWithSpan { span, .. }) = interval.value.as_ref()
        {
            self.kept.push(span.start);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(ValueWithSpan { value: Value::Placeholder(_), span }) = expr
            && let Some(at) = self.places.iter().position(|place| *place == span.start)
            && !self.kept.contains(&span.start)
        {
            let span = *span;
            *expr = self.values[at].0.clone();
            let _ = VisitMut::visit(expr, &mut Respan(span));
        }
        ControlFlow::Continue(())
    }
}

/// Says that all of an expression is where its `?` was.
struct Respan(Span);

impl VisitorMut for Respan {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        value.span = self.0;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => ident.span = self.0,
            Expr::CompoundIdentifier(idents) => idents.iter_mut().for_each(|ident| ident.span = self.0),
            Expr::Function(function) => {
                for part in &mut function.name.0 {
                    if let datafusion::sql::sqlparser::ast::ObjectNamePart::Identifier(ident) = part {
                        ident.span = self.0;
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
