//! Decisions that need types, made while DataFusion plans: which operators exist for which types, and access
//! to the fields of a
//! row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::common::{Column, DFSchema, Spans, TableReference};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, RawDictionaryExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, ScalarUDF, lit};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use datafusion::sql::sqlparser::tokenizer::Location;

use super::compare;
use super::error::{SqlError, nearest};
use super::inspect::Places;
use super::rewrite::{INTEGER, TOO_LARGE, arithmetic as operator_function};
use super::time_texts;
use crate::functions::{ErrorClass, get_field, types};

/// Athena's rules for operators and rows.
#[derive(Debug)]
pub(super) struct Planner {
    /// The functions for operators, by name.
    pub functions: Vec<Arc<ScalarUDF>>,
    /// Names that are not typed in lower case, as typed.
    pub spelling: HashMap<String, String>,
    /// The statement's operators.
    pub operators: Vec<(String, Location)>,
    /// The places of its names.
    pub places: Places,
    /// The last error, which DataFusion drops.
    pub dropped: Arc<Mutex<Option<SqlError>>>,
    /// Whether a text that is compared with a timestamp is read as one.
    pub texts_are_times: bool,
}

fn external(error: SqlError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The places of the columns of an expression.
fn places(expr: &Expr) -> impl Iterator<Item = Location> {
    let spans = expr.column_refs().into_iter().map(Column::spans);
    let starts = spans.filter_map(Spans::first).map(|span| span.start);
    starts.map(|start| Location { line: start.line, column: start.column })
}

/// A type mismatch in `exprs[0] operator exprs[1]…`, placed at the operator if the columns beside it identify
/// it.
pub(super) fn mismatch(
    message: String,
    operator: &str,
    exprs: &[&Expr],
    operators: &[(String, Location)],
) -> SqlError {
    let error = SqlError::new(ErrorClass::TypeMismatch, message);
    let same = || operators.iter().filter(|(text, _)| text == operator).map(|(_, place)| *place);
    let left = exprs.first().and_then(|expr| places(expr).max());
    let others = exprs.iter().skip(1).flat_map(|expr| places(expr)).min();
    let place = match (left, others) {
        _ if operator.is_empty() => None,
        (Some(left), _) => same().find(|place| *place > left),
        (None, Some(right)) => same().rfind(|place| *place < right),
        (None, None) => same().next(),
    };
    match place.or(left).or(others) {
        Some(place) => error.at(place),
        None => error,
    }
}

/// A hint for two types that cannot be compared.
pub(super) fn conversion_hint(a: &DataType, b: &DataType) -> Option<String> {
    let other = if types::is_text(a) {
        b
    } else if types::is_text(b) {
        a
    } else {
        return None;
    };
    Some(match other {
        DataType::Timestamp(_, Some(_)) | DataType::Date32 => {
            "eventtime and other texts become times with from_iso8601_timestamp(…)".into()
        }
        DataType::Boolean => "compare with the text 'true' or 'false'".into(),
        DataType::LargeUtf8 => "use json_extract_scalar, or CAST(… AS varchar)".into(),
        other if other.is_integer() => "write the number as text, or TRY_CAST(… AS bigint)".into(),
        other if other.is_numeric() => {
            format!("write the number as text, or TRY_CAST(… AS {})", types::name(other))
        }
        other if *other == types::IPADDRESS => "use TRY_CAST(… AS ipaddress)".into(),
        _ => return None,
    })
}

impl Planner {
    fn function(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.functions.iter().find(|function| function.name() == name).cloned()
    }

    fn call(&self, name: &str, raw: RawBinaryExpr) -> PlannerResult<RawBinaryExpr> {
        match self.function(name) {
            Some(function) => PlannerResult::Planned(function.call(vec![raw.left, raw.right])),
            None => PlannerResult::Original(raw),
        }
    }
}

impl ExprPlanner for Planner {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        // An unknown column is reported by DataFusion, with its place.
        let (Ok(left), Ok(right)) = (raw.left.get_type(schema), raw.right.get_type(schema)) else {
            return Ok(PlannerResult::Original(raw));
        };
        let refuse = |raw: &RawBinaryExpr| {
            let message =
                format!("Cannot apply operator: {} {} {}", types::name(&left), raw.op, types::name(&right));
            let operator = raw.op.to_string();
            let error = mismatch(message, &operator, &[&raw.left, &raw.right], &self.operators);
            Err(external(error.hint(conversion_hint(&left, &right))))
        };
        match raw.op {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => {
                let is_time_text = self.texts_are_times
                    && match (&left, &right) {
                        (DataType::Timestamp(..), _) => time_texts::is_text(&raw.right),
                        (_, DataType::Timestamp(..)) => time_texts::is_text(&raw.left),
                        _ => false,
                    };
                if is_time_text {
                    return Ok(PlannerResult::Original(raw));
                }
                let Some(common) = types::common(&left, &right) else { return refuse(&raw) };
                let ordered = !matches!(raw.op, BinaryOperator::Eq | BinaryOperator::NotEq);
                if ordered && matches!(common, DataType::Map(_, _)) {
                    return refuse(&raw);
                }
                // DataFusion treats NaN as equal to itself and larger than every number.
                let large = match raw.op {
                    BinaryOperator::Lt | BinaryOperator::LtEq => &raw.right,
                    BinaryOperator::Gt | BinaryOperator::GtEq => &raw.left,
                    _ if compare::is_number(&raw.left) => &raw.left,
                    _ => &raw.right,
                };
                let is_number = compare::is_number(large) || !large.get_type(schema)?.is_floating();
                match compare::function(&raw.op) {
                    Some(name) if compare::is_nested(&common) || common.is_floating() && !is_number => {
                        Ok(self.call(name, raw))
                    }
                    // DataFusion cannot compare times of day of two precisions.
                    Some(name) if matches!(common, DataType::Time32(_)) && left != right => {
                        Ok(self.call(name, raw))
                    }
                    _ => Ok(PlannerResult::Original(raw)),
                }
            }
            BinaryOperator::And | BinaryOperator::Or => {
                let truth = |data_type: &DataType| matches!(data_type, DataType::Boolean | DataType::Null);
                if !truth(&left) || !truth(&right) {
                    return refuse(&raw);
                }
                Ok(PlannerResult::Original(raw))
            }
            BinaryOperator::StringConcat => {
                let nested = |data_type: &DataType| types::item_type(data_type).is_some();
                let text = |data_type: &DataType| types::is_text(data_type) || *data_type == DataType::Null;
                if nested(&left) || nested(&right) || text(&left) && text(&right) {
                    return Ok(self.call("concat", raw));
                }
                refuse(&raw)
            }
            ref op => match operator_function(op) {
                Some(_) if types::is_text(&left) || types::is_text(&right) => refuse(&raw),
                // Floating-point arithmetic is the same, so DataFusion's operator stays visible in the plan.
                Some(_)
                    if left.is_floating() && right.is_numeric()
                        || right.is_floating() && left.is_numeric() =>
                {
                    Ok(PlannerResult::Original(raw))
                }
                Some(name) => Ok(self.call(name, raw)),
                None => Ok(PlannerResult::Original(raw)),
            },
        }
    }

    fn plan_dictionary_literal(
        &self,
        expr: RawDictionaryExpr,
        _: &DFSchema,
    ) -> Result<PlannerResult<RawDictionaryExpr>> {
        if let ([key], [Expr::Literal(ScalarValue::Int64(Some(value)), _)]) =
            (expr.keys.as_slice(), expr.values.as_slice())
            && *key == lit(INTEGER)
            && let Ok(value) = i32::try_from(*value)
        {
            return Ok(PlannerResult::Planned(lit(value)));
        }
        if let ([key], [Expr::Literal(value, _)]) = (expr.keys.as_slice(), expr.values.as_slice())
            && *key == lit(TOO_LARGE)
        {
            let message = format!("Invalid numeric literal: {value}");
            return Err(external(SqlError::new(ErrorClass::SyntaxError, message)));
        }
        Ok(PlannerResult::Original(expr))
    }

    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let mut expr = Expr::Column(Column::from((qualifier, &Arc::new(field.clone()))));
        let mut data_type = field.data_type().clone();
        let mut path = field.name().clone();
        for name in nested {
            let DataType::Struct(fields) = &data_type else {
                let message = format!("Expression {path} is not of type ROW");
                let mut error = SqlError::new(ErrorClass::TypeMismatch, message);
                if types::is_text(&data_type) {
                    let name = self.spelling.get(name).unwrap_or(name);
                    error = error.hint(Some(format!(
                        "{path} holds JSON text: json_extract_scalar({path}, '$.{name}')"
                    )));
                }
                return Err(self.refuse(error, field, nested));
            };
            let Some(found) = fields.iter().find(|field| field.name() == name) else {
                let names = fields.iter().map(|field| field.name().as_str());
                let hint = nearest(name, names).map(|near| format!("did you mean '{near}'?"));
                let message = format!("Column '{path}.{name}' cannot be resolved");
                let error = SqlError::new(ErrorClass::ColumnNotFound, message).hint(hint);
                return Err(self.refuse(error, field, nested));
            };
            expr = get_field(expr, name);
            data_type = found.data_type().clone();
            path = format!("{path}.{name}");
        }
        Ok(PlannerResult::Planned(expr))
    }
}

impl Planner {
    /// DataFusion drops the errors of this hook, so they are kept here.
    fn refuse(&self, error: SqlError, field: &Field, nested: &[String]) -> DataFusionError {
        let mut path = vec![field.name().as_str()];
        path.extend(nested.iter().map(String::as_str));
        let place = self.places.path(&path).or_else(|| self.places.path(&path[..1]));
        let error = match place {
            Some(place) => error.at(place),
            None => error,
        };
        if let Ok(mut dropped) = self.dropped.lock() {
            dropped.get_or_insert(error.clone());
        }
        external(error)
    }
}
