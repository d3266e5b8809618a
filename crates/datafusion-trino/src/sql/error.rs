//! Errors about a query, with the place in its text.

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, SchemaError, TableReference};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::tokenizer::Location;
use thiserror::Error;

use super::inspect::Places;
use crate::functions::{ErrorClass, FunctionError};

/// Why a query was refused, or failed while it ran.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{class}: {message}", .line.zip(*.column).map(|(l, c)| format!("line {l}:{c}: ")).unwrap_or_default())]
pub struct SqlError {
    /// Line in the SQL text, from 1.
    pub line: Option<u64>,
    /// Column in the line, from 1, in characters.
    pub column: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// A correction, where one can be guessed.
    pub hint: Option<String>,
    /// The class that Athena gives to the error.
    pub class: ErrorClass,
}

impl SqlError {
    /// An error without a place.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self { line: None, column: None, message: message.into(), hint: None, class }
    }

    /// The same error at this place.
    #[must_use]
    pub fn at(mut self, place: Location) -> Self {
        if place.line > 0 {
            self.line = Some(place.line);
            self.column = Some(place.column);
        }
        self
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// The column that cannot be resolved, with its relation or row before it and its fields behind it; empty for
    /// other errors.
    #[must_use]
    pub fn unknown_column(&self) -> Vec<&str> {
        let path =
            self.message.strip_prefix("Column '").and_then(|rest| rest.strip_suffix("' cannot be resolved"));
        let is_one = self.class == ErrorClass::ColumnNotFound;
        path.filter(|_| is_one).map(|path| path.split('.').collect()).unwrap_or_default()
    }

    /// Converts an error that happened while a query ran; its place is no longer known.
    #[must_use]
    pub fn of_execution(error: &DataFusionError) -> Self {
        Self::of(error, &Places::default())
    }

    /// Converts an error of DataFusion and finds its place.
    pub(super) fn of(error: &DataFusionError, places: &Places) -> Self {
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        let place = span.map(|span| Location { line: span.start.line, column: span.start.column });
        let root = error.find_root();
        let mut found = match FunctionError::behind(error) {
            Some(failure) => Self::new(failure.class, failure.message),
            None => of_root(root, places),
        };
        let place = place.filter(|place| place.line > 0);
        if let (DataFusionError::SchemaError(..), Some(place)) = (root, place) {
            return found.at(place);
        }
        if found.line.is_none()
            && let Some(place) = place.or_else(|| places.mentioned(&found.message))
        {
            found = found.at(place);
        }
        found
    }
}

/// The cause of an error that is not a failure of a function.
fn of_root(root: &DataFusionError, places: &Places) -> SqlError {
    match root {
        DataFusionError::External(inner) => match inner.downcast_ref::<SqlError>() {
            Some(error) => error.clone(),
            None => SqlError::new(ErrorClass::Internal, inner.to_string()),
        },
        DataFusionError::SchemaError(schema, _) => of_schema(schema, places),
        DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
            ArrowError::ExternalError(inner) => match inner.downcast_ref::<DataFusionError>() {
                Some(inner) => SqlError::of(inner, &Places::default()),
                None => SqlError::new(ErrorClass::Internal, inner.to_string()),
            },
            other => SqlError::new(ErrorClass::Internal, other.to_string()),
        },
        DataFusionError::NotImplemented(message) if message.contains("Lambda") => {
            SqlError::new(ErrorClass::TypeMismatch, "a lambda expression is not allowed here")
        }
        DataFusionError::NotImplemented(message) => of_missing(message),
        DataFusionError::Plan(message) => of_message(message),
        DataFusionError::Execution(message) if message.contains("more than one row") => {
            SqlError::new(ErrorClass::SubqueryMultipleRows, "Scalar sub-query has returned multiple rows")
        }
        DataFusionError::Internal(message) => {
            SqlError::new(ErrorClass::Internal, message.lines().next().unwrap_or_default())
        }
        other => of_message(&other.strip_backtrace()),
    }
}

/// What DataFusion cannot plan, without its plans and expressions.
fn of_missing(message: &str) -> SqlError {
    let of = |part: &str| message.contains(part);
    if of("logical expression AggregateFunction") {
        let message = "an aggregate function cannot stand here: in WHERE, GROUP BY or inside another one";
        return SqlError::new(ErrorClass::ExpressionNotScalar, message)
            .hint(Some("a number in GROUP BY must not be that of an aggregate".into()));
    }
    if of("logical expression WindowFunction") {
        let message = "a window function can stand in SELECT and ORDER BY only";
        return SqlError::new(ErrorClass::ExpressionNotScalar, message)
            .hint(Some("compute it in a subquery, and filter that".into()));
    }
    if ["OuterReferenceColumn", "InSubquery", "Exists", "SetComparison", "ScalarSubquery"]
        .iter()
        .any(|part| of(part))
    {
        return SqlError::new(ErrorClass::NotSupported, "a subquery of this form is not supported here")
            .hint(Some("join the two relations".into()));
    }
    SqlError::new(ErrorClass::NotSupported, message)
}

fn of_schema(error: &SchemaError, places: &Places) -> SqlError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let known = valid_fields.iter().map(Column::name);
            let hint = nearest(&field.name, known).map(|near| format!("did you mean '{near}'?"));
            of_column(ErrorClass::ColumnNotFound, "cannot be resolved", field, places).hint(hint)
        }
        SchemaError::AmbiguousReference { field } => {
            of_column(ErrorClass::AmbiguousName, "is ambiguous", field, places)
        }
        other => SqlError::new(ErrorClass::Internal, other.to_string()),
    }
}

fn of_column(class: ErrorClass, what: &str, column: &Column, places: &Places) -> SqlError {
    let mut path: Vec<&str> = column.relation.iter().map(TableReference::table).collect();
    path.push(&column.name);
    let error = SqlError::new(class, format!("Column '{}' {what}", path.join(".")));
    match places.path(&path).or_else(|| places.path(&[&column.name])) {
        Some(place) => error.at(place),
        None => error,
    }
}

fn of_message(message: &str) -> SqlError {
    let quoted = || message.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name);
    if let Some(name) = quoted().filter(|_| message.contains("must appear in the GROUP BY clause")) {
        let name = name.rsplit('.').next().unwrap_or(name);
        let message = format!("'{name}' must be an aggregate expression or appear in GROUP BY clause");
        return SqlError::new(ErrorClass::ExpressionNotAggregate, message);
    }
    if message.contains("require unique expression names") {
        return SqlError::new(
            ErrorClass::NotSupported,
            "a column is selected twice, and both have the same name",
        )
        .hint(Some("give one of them an alias".into()));
    }
    if let Some((_, qualifier)) = message.split_once("Invalid qualifier ") {
        let message = format!("Unable to resolve reference {}", qualifier.trim_matches('"'));
        return SqlError::new(ErrorClass::TableNotFound, message);
    }
    // DataFusion lists all signatures, in many lines.
    if let Some((_, rest)) = message.split_once("No function matches the given name and argument types '")
        && let Some((call, _)) = rest.split_once('\'')
    {
        return SqlError::new(ErrorClass::FunctionNotFound, format!("Unexpected parameters: {call}"));
    }
    let class = CLASSES.iter().find(|(part, _)| message.contains(part)).map(|(_, class)| *class);
    let class = class.unwrap_or(ErrorClass::Internal);
    SqlError::new(class, message)
}

/// The classes of DataFusion's messages, by a part of the message.
const CLASSES: &[(&str, ErrorClass)] = &[
    ("must be in GROUP BY or an aggregate function", ErrorClass::ExpressionNotAggregate),
    ("must appear in the GROUP BY clause", ErrorClass::ExpressionNotAggregate),
    ("Aggregate functions are not allowed", ErrorClass::ExpressionNotScalar),
    ("logical expression WindowFunction", ErrorClass::ExpressionNotScalar),
    ("For SELECT DISTINCT, ORDER BY expressions", ErrorClass::ExpressionNotInDistinct),
    ("aggregate with DISTINCT, ORDER BY expressions", ErrorClass::ExpressionNotInDistinct),
    ("Order by column out of bounds", ErrorClass::InvalidColumnReference),
    ("Cannot find column with position", ErrorClass::InvalidColumnReference),
    ("given as column alias", ErrorClass::MismatchedColumnAliases),
    ("have different number of columns", ErrorClass::TypeMismatch),
    ("Inconsistent data length across values", ErrorClass::TypeMismatch),
    ("should only return one column", ErrorClass::TypeMismatch),
    ("non-boolean predicate", ErrorClass::TypeMismatch),
    ("requires a boolean expression", ErrorClass::TypeMismatch),
    ("lambda must return boolean", ErrorClass::TypeMismatch),
    ("expected a lambda", ErrorClass::TypeMismatch),
    ("does not support", ErrorClass::NotSupported),
    ("not supported", ErrorClass::NotSupported),
    ("Invalid function", ErrorClass::FunctionNotFound),
    ("coerce", ErrorClass::TypeMismatch),
    ("type", ErrorClass::TypeMismatch),
];

/// The known name that is most similar to an unknown one, if it is similar enough.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let name = name.to_lowercase();
    let near = known.into_iter().map(|known| (strsim::osa_distance(&name, known), known)).min()?;
    (near.0 > 0 && near.0 <= (name.chars().count() / 3).max(1)).then(|| near.1.to_string())
}
