//! `$in(value, array)`: whether a subquery, whose values the array holds, found a value; and `$single(array)`: the
//! one value that it found.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::equality::Pair;
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, boolean, given};
use crate::functions::error::{ErrorClass, FunctionError};
use crate::functions::lists::{Lists, comparable, gather_items};
use crate::functions::types;

pub(super) const IN: Spec =
    Spec { name: "$in", overloads: &[Overload::new(&[Param::Any, Param::List], boolean, is_in)] };
pub(super) const SINGLE: Spec =
    Spec { name: "$single", overloads: &[Overload::new(&[Param::List], item, single)] };

fn item(given: &Arguments) -> Returns {
    Ok(types::item_type(&given.types[0]).cloned().unwrap_or(DataType::Null))
}

/// An array that is NULL holds nothing.
fn is_in(call: &Call) -> Result<ArrayRef> {
    let given_types = call.types();
    let item = types::item_type(&given_types[1]).unwrap_or(&given_types[0]);
    let of = types::common(item, &given_types[0]).unwrap_or_else(|| item.clone());
    let list = Lists::read(call, 1, &of)?;
    let (items, value) = (list.items(), call.full(0, &of)?);
    let nested = types::item_type(&of).is_some() || matches!(of, DataType::Struct(_) | DataType::Map(_, _));
    if of == DataType::Null {
        return call.booleans(|row| {
            Ok(if list.at(row).is_none_or(|all| all.is_empty()) { Some(false) } else { None })
        });
    }
    if nested || of.is_floating() {
        let pair = Pair::new(items, &value)?;
        return call.booleans(|row| {
            let mut answer = Some(false);
            for at in list.at(row).unwrap_or_default() {
                match pair.equal(at, row) {
                    Some(true) => return Ok(Some(true)),
                    Some(false) => {}
                    None => answer = None,
                }
            }
            Ok(answer)
        });
    }
    let [items_as_rows, values] = <[_; 2]>::try_from(comparable(&[items.clone(), value.clone()])?)
        .map_err(|_| FunctionError::unsupported("comparison of these"))?;
    let mut set = HashSet::new();
    let mut seen = None;
    let mut has_null = false;
    call.booleans(|row| {
        let range = list.at(row).unwrap_or_default();
        if seen.as_ref() != Some(&range) {
            set = range.clone().filter(|at| items.is_valid(*at)).map(|at| items_as_rows.row(at)).collect();
            has_null = set.len() < range.len() && range.clone().any(|at| items.is_null(at));
            seen = Some(range.clone());
        }
        Ok(if range.is_empty() {
            Some(false)
        } else if value.is_null(row) {
            None
        } else if set.contains(&values.row(row)) {
            Some(true)
        } else {
            (!has_null).then_some(false)
        })
    })
}

fn single(call: &Call) -> Result<ArrayRef> {
    let list = Lists::read(call, 0, &call.returns)?;
    gather_items(call, list.items(), |row| {
        let range = given!(list.at(row));
        if range.len() > 1 {
            let message = "Scalar sub-query has returned multiple rows".to_owned();
            return Err(FunctionError { class: ErrorClass::SubqueryMultipleRows, message });
        }
        Ok((!range.is_empty()).then_some(range.start))
    })
}
