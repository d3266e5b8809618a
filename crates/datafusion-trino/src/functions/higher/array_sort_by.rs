//! `array_sort(array, (a, b) -> -1, 0 or 1)`.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{HigherOrderFunctionArgs, LambdaParametersProgress, ValueOrLambda};

use super::{Higher, apply, item_of, lambda, parameter, value};
use crate::functions::error::FunctionError;
use crate::functions::types;

/// Arrays with more items are refused: every item is compared with every other.
const MOST: usize = 2_000;

pub(super) const ARRAY_SORT_BY: Higher = Higher {
    name: "$array_sort_by",
    args: &[ValueOrLambda::Value(()), ValueOrLambda::Lambda(())],
    parameters: |known| {
        let item = item_of(known.first())?;
        Ok(LambdaParametersProgress::Complete(vec![vec![parameter(item.clone()), parameter(item)]]))
    },
    returns: |known| {
        if !known[1].is_integer() {
            return Err(FunctionError::mismatch("The comparator of array_sort must return an integer"));
        }
        Ok(types::list(types::item_type(&known[0]).unwrap_or(&DataType::Null).clone()))
    },
    eval,
};

fn eval(args: &HigherOrderFunctionArgs) -> Result<ArrayRef> {
    let lists = value(args, 0, args.return_type())?;
    let lists = lists.as_list::<i32>();
    let mut order: Vec<u32> = Vec::with_capacity(lists.values().len());
    let mut lengths = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        let offsets = lists.value_offsets();
        let range = if lists.is_null(row) { 0..0 } else { offsets[row] as u32..offsets[row + 1] as u32 };
        lengths.push(range.len());
        if range.len() > MOST {
            let message = format!("array_sort with a comparator takes at most {MOST} items");
            return Err(FunctionError::unsupported(message).into());
        }
        if range.len() < 2 {
            order.extend(range);
            continue;
        }
        let answers = compared(args, lists, row as u32, &range)?;
        order.extend(sorted(range.len(), &answers).into_iter().map(|at| range.start + at as u32));
    }
    let items = take(lists.values(), &UInt32Array::from(order), None)?;
    let offsets = datafusion::arrow::buffer::OffsetBuffer::from_lengths(lengths);
    let list = ListArray::try_new(types::item(lists.value_type()), offsets, items, lists.nulls().cloned())?;
    Ok(std::sync::Arc::new(list))
}

/// The comparator's results for each pair of items of an array, the later item first.
fn compared(
    args: &HigherOrderFunctionArgs,
    lists: &ListArray,
    row: u32,
    range: &std::ops::Range<u32>,
) -> Result<Vec<i64>> {
    let pairs = range.clone().flat_map(|later| (range.start..later).map(move |earlier| (later, earlier)));
    let (later, earlier): (Vec<u32>, Vec<u32>) = pairs.unzip();
    let rows = UInt32Array::from(vec![row; later.len()]);
    let given = [
        take(lists.values(), &UInt32Array::from(later), None)?,
        take(lists.values(), &UInt32Array::from(earlier), None)?,
    ];
    let answers = apply(lambda(args, 1)?, &given, &rows, &DataType::Int64)?;
    let answers = answers.as_primitive::<Int64Type>();
    if answers.null_count() > 0 || answers.values().iter().any(|answer| !(-1..=1).contains(answer)) {
        return Err(FunctionError::argument("Lambda comparator must return either -1, 0, or 1").into());
    }
    Ok(answers.values().to_vec())
}

/// The order of the items, by insertion from the right, which ends even if the comparator contradicts itself.
fn sorted(count: usize, answers: &[i64]) -> Vec<usize> {
    let compare = |a: usize, b: usize| {
        let (later, earlier) = (a.max(b), a.min(b));
        let answer = answers[later * (later - 1) / 2 + earlier];
        if a > b { answer } else { -answer }
    };
    let mut order: Vec<usize> = Vec::with_capacity(count);
    for item in 0..count {
        let behind = order.iter().rev().take_while(|other| compare(item, **other) < 0).count();
        order.insert(order.len() - behind, item);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_a_stable_sort_does(values in prop::collection::vec(0_i64..5, 0..12)) {
            let mut answers = Vec::new();
            for later in 0..values.len() {
                answers.extend((0..later).map(|earlier| (values[later] - values[earlier]).signum()));
            }
            let mut expected: Vec<usize> = (0..values.len()).collect();
            expected.sort_by_key(|at| values[*at]);
            prop_assert_eq!(sorted(values.len(), &answers), expected);
        }
    }
}
