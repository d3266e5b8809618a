//! Why a function refused a value: the error classes of Athena, as Athena spells them.
//!
//! Arrow and DataFusion are only used to find such an error inside of theirs.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use thiserror::Error;

/// Athena's classes of user errors that a `SELECT` can cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// A number in GROUP BY or ORDER BY that no column of the SELECT has.
    InvalidColumnReference,
    /// The text is not a statement.
    SyntaxError,
    /// No such column, or row field, in scope.
    ColumnNotFound,
    /// No such table.
    TableNotFound,
    /// No such function.
    FunctionNotFound,
    /// Types that do not fit; Athena converts almost nothing implicitly.
    TypeMismatch,
    /// A name that several columns in scope have.
    AmbiguousName,
    /// A column outside an aggregate that is not grouped by.
    ExpressionNotAggregate,
    /// An aggregate where single rows are evaluated.
    ExpressionNotScalar,
    /// `ORDER BY` of an expression that `SELECT DISTINCT` does not select.
    ExpressionNotInDistinct,
    /// Fewer or more column aliases than columns.
    MismatchedColumnAliases,
    /// A typed literal whose text is not of the type.
    InvalidLiteral,
    /// A cast whose text is not of the type.
    InvalidCastArgument,
    /// An argument that a function does not accept.
    InvalidFunctionArgument,
    /// A number too large for its type.
    NumericValueOutOfRange,
    /// Division of an integer by zero.
    DivisionByZero,
    /// Something that needs an ORDER BY and has none.
    MissingOrderBy,
    /// A path into JSON that cannot be followed.
    PathEvaluation,
    /// A text that is not JSON, where it has to be.
    JsonInputConversion,
    /// What a path into JSON finds is not one scalar.
    JsonValueResult,
    /// A scalar subquery with more than one row.
    SubqueryMultipleRows,
    /// This engine lacks it; Athena may have it.
    NotSupported,
    /// Anything else.
    Internal,
}

impl ErrorClass {
    /// The class as Athena prints it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SyntaxError => "SYNTAX_ERROR",
            Self::ColumnNotFound => "COLUMN_NOT_FOUND",
            Self::TableNotFound => "TABLE_NOT_FOUND",
            Self::FunctionNotFound => "FUNCTION_NOT_FOUND",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::AmbiguousName => "AMBIGUOUS_NAME",
            Self::ExpressionNotAggregate => "EXPRESSION_NOT_AGGREGATE",
            Self::ExpressionNotScalar => "EXPRESSION_NOT_SCALAR",
            Self::ExpressionNotInDistinct => "EXPRESSION_NOT_IN_DISTINCT",
            Self::MismatchedColumnAliases => "MISMATCHED_COLUMN_ALIASES",
            Self::InvalidColumnReference => "INVALID_COLUMN_REFERENCE",
            Self::InvalidLiteral => "INVALID_LITERAL",
            Self::InvalidCastArgument => "INVALID_CAST_ARGUMENT",
            Self::InvalidFunctionArgument => "INVALID_FUNCTION_ARGUMENT",
            Self::NumericValueOutOfRange => "NUMERIC_VALUE_OUT_OF_RANGE",
            Self::DivisionByZero => "DIVISION_BY_ZERO",
            Self::MissingOrderBy => "MISSING_ORDER_BY",
            Self::PathEvaluation => "PATH_EVALUATION_ERROR",
            Self::JsonInputConversion => "JSON_INPUT_CONVERSION_ERROR",
            Self::JsonValueResult => "JSON_VALUE_RESULT_ERROR",
            Self::SubqueryMultipleRows => "SUBQUERY_MULTIPLE_ROWS",
            Self::NotSupported => "NOT_SUPPORTED",
            Self::Internal => "INTERNAL_ERROR",
        }
    }
}

impl std::fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a function refused a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{class}: {message}")]
pub struct FunctionError {
    /// The class of the error.
    pub class: ErrorClass,
    /// What is wrong, with the value.
    pub message: String,
}

impl FunctionError {
    /// An argument that the function does not accept.
    pub fn argument(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::InvalidFunctionArgument, message: message.into() }
    }

    /// A text that cannot be cast to the type.
    pub fn cast(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::InvalidCastArgument, message: message.into() }
    }

    /// A number too large.
    pub fn range(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::NumericValueOutOfRange, message: message.into() }
    }

    /// Types that do not go together.
    pub fn mismatch(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::TypeMismatch, message: message.into() }
    }

    /// Arguments of types that the function does not accept.
    pub fn parameters(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::FunctionNotFound, message: message.into() }
    }

    /// The error of a function or of an Arrow kernel inside an error of DataFusion; `None` for any other
    /// error.
    pub fn behind(error: &DataFusionError) -> Option<Self> {
        match error.find_root() {
            DataFusionError::External(inner) => inner.downcast_ref::<Self>().cloned(),
            DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
                ArrowError::DivideByZero => {
                    Some(Self { class: ErrorClass::DivisionByZero, message: "Division by zero".into() })
                }
                ArrowError::ArithmeticOverflow(message) => Some(Self::range(message)),
                ArrowError::ExternalError(inner) => Self::behind(inner.downcast_ref::<DataFusionError>()?),
                _ => None,
            },
            _ => None,
        }
    }

    /// Something that this engine lacks.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::NotSupported, message: message.into() }
    }
}

impl From<FunctionError> for DataFusionError {
    fn from(error: FunctionError) -> Self {
        Self::External(Box::new(error))
    }
}
