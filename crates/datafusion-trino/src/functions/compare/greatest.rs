//! `greatest` and `least`: NULL if any argument is NULL; NaN counts only if all are NaN.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec};
use crate::functions::error::FunctionError;
use crate::functions::lists::{comparable, gather_items, join, nan_as_least};
use crate::functions::types;

pub(super) const GREATEST: Spec = Spec {
    name: "greatest",
    overloads: &[Overload::new(&[Param::Any], common, |call| eval(call, true)).variadic()],
};
pub(super) const LEAST: Spec = Spec {
    name: "least",
    overloads: &[Overload::new(&[Param::Any], common, |call| eval(call, false)).variadic()],
};

fn common(given: &Arguments) -> Returns {
    let mut all = given.types.iter();
    let first = all.next().cloned().unwrap_or(DataType::Null);
    all.try_fold(first, |a, b| types::common(&a, b)).ok_or_else(|| {
        let names: Vec<_> = given.types.iter().map(types::name).collect();
        FunctionError::mismatch(format!("No common type of {}", names.join(", ")))
    })
}

fn eval(call: &Call, greatest: bool) -> Result<ArrayRef> {
    let arrays = (0..call.len()).map(|i| call.full(i, &call.returns)).collect::<Result<Vec<_>>>()?;
    let compared: Vec<ArrayRef> =
        if greatest { arrays.iter().map(nan_as_least).collect() } else { arrays.clone() };
    let rows = comparable(&compared)?;
    let (items, starts) = join(&arrays.iter().collect::<Vec<_>>())?;
    gather_items(call, &items, |row| {
        if arrays.iter().any(|array| array.is_null(row)) {
            return Ok(None);
        }
        let places = 0..arrays.len();
        let by = |place: &usize| rows[*place].row(row);
        let best = if greatest { places.max_by_key(by) } else { places.min_by_key(by) };
        Ok(best.map(|place| starts[place] + row))
    })
}
