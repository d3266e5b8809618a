//! `try(x)`: NULL in the rows in which any part of `x` fails, even if its result would not be used.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, UInt32Array, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{HigherOrderFunctionArgs, LambdaParametersProgress, ValueOrLambda};

use super::{Higher, apply, lambda, parameter};
use crate::functions::error::{ErrorClass, FunctionError};

/// `$try(row -> x)`; the parameter only counts the rows.
pub(super) const TRY: Higher = Higher {
    name: "$try",
    args: &[ValueOrLambda::Lambda(())],
    parameters: |_| Ok(LambdaParametersProgress::Complete(vec![vec![parameter(DataType::Boolean)]])),
    returns: |known| Ok(known[0].clone()),
    eval,
};

fn eval(args: &HigherOrderFunctionArgs) -> Result<ArrayRef> {
    part(args, 0..args.number_rows as u32)
}

/// Evaluates all of these rows at once; if one fails, each half alone.
fn part(args: &HigherOrderFunctionArgs, rows: Range<u32>) -> Result<ArrayRef> {
    let count = rows.len();
    let counted: ArrayRef = Arc::new(BooleanArray::from(vec![true; count]));
    let places = UInt32Array::from_iter_values(rows.clone());
    match apply(lambda(args, 0)?, &[counted], &places, args.return_type()) {
        Err(error) if is_caught(&error) && count == 1 => Ok(new_null_array(args.return_type(), 1)),
        Err(error) if is_caught(&error) && count > 1 => {
            let middle = rows.start + (rows.end - rows.start) / 2;
            let halves = [part(args, rows.start..middle)?, part(args, middle..rows.end)?];
            Ok(concat(&[halves[0].as_ref(), halves[1].as_ref()])?)
        }
        other => other,
    }
}

fn is_caught(error: &DataFusionError) -> bool {
    FunctionError::behind(error).is_some_and(|error| {
        matches!(
            error.class,
            ErrorClass::DivisionByZero
                | ErrorClass::InvalidCastArgument
                | ErrorClass::InvalidFunctionArgument
                | ErrorClass::NumericValueOutOfRange
        )
    })
}
