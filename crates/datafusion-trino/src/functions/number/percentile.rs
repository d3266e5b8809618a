//! `approx_percentile`, computed exactly: the smallest value that at least this share of the values does not
//! exceed.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given};
use crate::functions::error::FunctionError;
use crate::functions::lists::{Lists, comparable, gather, gather_items};
use crate::functions::types;

pub(super) const PERCENTILE: Spec = Spec {
    name: "$percentile",
    overloads: &[
        Overload::new(&[Param::List, Param::Number], item, one),
        Overload::new(&[Param::List, Param::List], |given| Ok(types::list(item(given)?)), many),
    ],
};

fn item(given: &Arguments) -> Returns {
    match types::item_type(&given.types[0]) {
        Some(item) if item.is_integer() => Ok(DataType::Int64),
        Some(item) if item.is_numeric() || *item == DataType::Null => Ok(item.clone()),
        _ => Err(FunctionError::mismatch("approx_percentile needs numbers")),
    }
}

fn place(sorted: &[usize], share: f64) -> KernelResult<usize> {
    if !(0.0..=1.0).contains(&share) {
        return Err(FunctionError::argument("Percentile must be between 0 and 1"));
    }
    let nth = (share * sorted.len() as f64).ceil() as usize;
    Ok(sorted.get(nth.saturating_sub(1)).copied())
}

fn sorted(lists: &Lists, rows: &datafusion::arrow::row::Rows, row: usize) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = lists.at(row)?.filter(|at| lists.items().is_valid(*at)).collect();
    order.sort_by_key(|at| rows.row(*at));
    (!order.is_empty()).then_some(order)
}

fn one(call: &Call) -> Result<ArrayRef> {
    let (lists, share) = (Lists::read(call, 0, &call.returns)?, call.double(1)?);
    let rows = comparable(&[lists.items().clone()])?;
    gather_items(call, lists.items(), |row| {
        place(&given!(sorted(&lists, &rows[0], row)), given!(share.at(row)))
    })
}

fn many(call: &Call) -> Result<ArrayRef> {
    let of = types::item_type(&call.returns).unwrap_or(&DataType::Null).clone();
    let (lists, shares) = (Lists::read(call, 0, &of)?, Lists::read(call, 1, &DataType::Float64)?);
    let rows = comparable(&[lists.items().clone()])?;
    let wanted = shares.items().as_primitive::<Float64Type>();
    gather(call, lists.items(), |row| {
        let order = given!(sorted(&lists, &rows[0], row));
        given!(shares.at(row))
            .map(|at| place(&order, wanted.value(at)))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map(Some)
    })
}
