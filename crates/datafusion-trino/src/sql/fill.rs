//! Values in the places of `?`: a value is parsed alone and put into the parsed statement, so it stays one expression.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, ObjectNamePart, OrderByKind, Query, Select, Value, ValueWithSpan, Visit, VisitMut,
    Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};

use super::error::SqlError;
use super::params::Parameter;
use super::parse::Parsed;
use super::tokens::syntax;
use crate::functions::ErrorClass;

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
    let mut positions = Positions(Vec::new());
    let _ = parsed.statement.visit(&mut positions);
    let number = |(place, value): &(&Location, &Parameter)| value.is_number() && positions.0.contains(*place);
    if let Some((place, _)) = marks.iter().zip(&values).find(number) {
        let error = SqlError::new(ErrorClass::NotSupported, "a value is no position in the SELECT list");
        return Err(error.at(*place).hint(Some("write the position into the statement".into())));
    }
    let mut fill = Fill { places: &marks, values: &values, kept: Vec::new() };
    let _ = VisitMut::visit(&mut parsed.statement, &mut fill);
    match Marks::of(parsed).first() {
        None => Ok(()),
        Some((first, _)) => Err(syntax(*first, "mismatched input '?': it stands for a whole value")),
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

/// Where a `?` stands alone in GROUP BY or ORDER BY, as the position of a column would.
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
