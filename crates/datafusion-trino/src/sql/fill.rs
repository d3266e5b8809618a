//! Replaces each `?` by its value. A value is parsed alone and put into the parsed statement, so it stays one
//! expression.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, ObjectNamePart, OrderByKind, Query, Select, Value, ValueWithSpan, Visit, VisitMut,
    Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};

use super::Bindings;
use super::error::SqlError;
use super::params::Parameter;
use super::parse::Parsed;
use super::tokens::syntax;
use crate::functions::ErrorClass;

/// Replaces the `?` of a statement by values.
pub(super) fn fill(parsed: &mut Parsed, values: &[String]) -> Result<(), SqlError> {
    // A statement is visited by its structure, not in the order of its text.
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
        let message = format!("the statement has {} `?` and got {} values", marks.len(), values.len());
        return Err(SqlError::new(ErrorClass::SyntaxError, message));
    }
    let read =
        |(place, value): (&Location, &String)| Parameter::read(value).map_err(|error| error.at(*place));
    let values = marks.iter().zip(values).map(read).collect::<Result<Vec<_>, _>>()?;
    let mut positions = Positions(Vec::new());
    let _ = parsed.statement.visit(&mut positions);
    let number = |(place, value): &(&Location, &Parameter)| value.is_number() && positions.0.contains(*place);
    if let Some((place, _)) = marks.iter().zip(&values).find(number) {
        let error = SqlError::new(ErrorClass::NotSupported, "a value cannot be the position of a column");
        return Err(error.at(*place).hint(Some("write the position into the statement itself".into())));
    }
    let mut fill = Fill { places: &marks, values: &values, kept: Vec::new() };
    let _ = VisitMut::visit(&mut parsed.statement, &mut fill);
    match Marks::of(parsed).first() {
        None => Ok(()),
        Some((first, _)) => Err(syntax(*first, "mismatched input '?': it can only stand for a whole value")),
    }
}

/// Adds a hint to a type error if a value is a number: text may have been meant, such as an identifier made
/// of digits.
pub(super) fn hinted(error: SqlError, bindings: &Bindings<'_>) -> SqlError {
    let number = bindings.params.iter().find(|value| value.parse::<f64>().is_ok());
    match number {
        Some(number) if error.class == ErrorClass::TypeMismatch => {
            let typed = (bindings.typed)(number);
            error.hint(Some(format!("a value that is text needs single quotes: `{typed}`")))
        }
        _ => error,
    }
}

/// The placeholders of a statement: `?` and others, with their places.
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

/// Places of values that stand alone in GROUP BY or ORDER BY, where a number would be the position of a
/// column.
struct Positions(Vec<Location>);

impl Positions {
    fn of<'a>(&mut self, keys: impl Iterator<Item = &'a Expr>) {
        self.0.extend(keys.filter_map(|key| match key {
            Expr::Value(value) => Some(value.span.start),
            _ => None,
        }));
    }
}

impl Visitor for Positions {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some(OrderByKind::Expressions(keys)) = query.order_by.as_ref().map(|order_by| &order_by.kind) {
            self.of(keys.iter().map(|key| &key.expr));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if let GroupByExpr::Expressions(keys, _) = &select.group_by {
            self.of(keys.iter());
        }
        ControlFlow::Continue(())
    }
}

struct Fill<'a> {
    places: &'a [Location],
    values: &'a [Parameter],
    /// Places where a value is not allowed.
    kept: Vec<Location>,
}

impl VisitorMut for Fill<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        // Athena does not accept `INTERVAL ? day`.
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

/// Gives every part of an expression the place of its `?`.
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
                    if let ObjectNamePart::Identifier(ident) = part {
                        ident.span = self.0;
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
