//! `reduce(array, start, (state, item) -> state, state -> result)`: all arrays of a batch are processed
//! together: their
//! first items, then their second items, and so on.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{HigherOrderFunctionArgs, LambdaParametersProgress, ValueOrLambda};

use super::{Higher, Known, apply, item_of, lambda, parameter, value};
use crate::functions::error::FunctionError;
use crate::functions::types;

pub(super) const REDUCE: Higher = Higher {
    name: "reduce",
    args: &[
        ValueOrLambda::Value(()),
        ValueOrLambda::Value(()),
        ValueOrLambda::Lambda(()),
        ValueOrLambda::Lambda(()),
    ],
    parameters,
    returns: |known| known.get(3).cloned().ok_or_else(|| FunctionError::mismatch("reduce takes two lambdas")),
    eval,
};

/// The state's type holds both the start value and the first lambda's result, which is known once that lambda
/// has been planned.
fn parameters(known: &[Known]) -> Result<LambdaParametersProgress> {
    let item = item_of(known.first())?;
    let [_, ValueOrLambda::Value(start), ValueOrLambda::Lambda(step), ValueOrLambda::Lambda(_)] = known
    else {
        let expected = "reduce(array, state, function(state, item), function(state))";
        return Err(FunctionError::parameters(format!("Unexpected parameters. Expected: {expected}")).into());
    };
    let start = start.data_type();
    let Some(step) = step else {
        let first = vec![parameter(start.clone()), parameter(item)];
        return Ok(LambdaParametersProgress::Partial(vec![Some(first), None]));
    };
    let state = types::common(start, step.data_type()).ok_or_else(|| {
        let (start, step) = (types::name(start), types::name(step.data_type()));
        FunctionError::mismatch(format!(
            "The state of reduce starts as {start}, but the lambda returns {step}"
        ))
    })?;
    Ok(LambdaParametersProgress::Complete(vec![
        vec![parameter(state.clone()), parameter(item)],
        vec![parameter(state)],
    ]))
}

fn field(args: &HigherOrderFunctionArgs, at: usize) -> DataType {
    match &args.arg_fields[at] {
        ValueOrLambda::Value(field) | ValueOrLambda::Lambda(field) => field.data_type().clone(),
    }
}

fn eval(args: &HigherOrderFunctionArgs) -> Result<ArrayRef> {
    let item = types::item_type(&field(args, 0)).unwrap_or(&DataType::Null).clone();
    let of = types::common(&field(args, 1), &field(args, 2)).unwrap_or_else(|| field(args, 1));
    let lists = value(args, 0, &types::list(item))?;
    let lists = lists.as_list::<i32>();
    let mut state = value(args, 1, &of)?;
    let offsets = lists.value_offsets();
    let length = |row: u32| {
        let at = row as usize;
        if lists.is_null(at) { 0 } else { offsets[at + 1] - offsets[at] }
    };
    let rows = 0..args.number_rows as u32;
    for step in 0..rows.clone().map(length).max().unwrap_or(0) {
        let places: UInt32Array = rows.clone().filter(|row| length(*row) > step).collect::<Vec<_>>().into();
        let items: UInt32Array = places
            .values()
            .iter()
            .map(|row| (offsets[*row as usize] + step) as u32)
            .collect::<Vec<_>>()
            .into();
        let given = [take(&state, &places, None)?, take(lists.values(), &items, None)?];
        let new = apply(lambda(args, 2)?, &given, &places, &of)?;
        // Old states first, then the new ones.
        let mut from: Vec<u32> = rows.clone().collect();
        for (at, row) in places.values().iter().enumerate() {
            from[*row as usize] = rows.end + at as u32;
        }
        state = take(&concat(&[state.as_ref(), new.as_ref()])?, &UInt32Array::from(from), None)?;
    }
    // The last lambda is not evaluated for a NULL array.
    let places: UInt32Array =
        rows.clone().filter(|row| lists.is_valid(*row as usize)).collect::<Vec<_>>().into();
    let results = apply(lambda(args, 3)?, &[take(&state, &places, None)?], &places, args.return_type())?;
    let mut next = 0..;
    let from: UInt32Array =
        rows.map(|row| lists.is_valid(row as usize).then(|| next.next()).flatten()).collect();
    Ok(take(&results, &from, None)?)
}
