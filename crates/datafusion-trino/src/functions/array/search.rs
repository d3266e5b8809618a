//! Searching in arrays: `cardinality`, `array_max`, `array_min`, `array_position`, `arrays_overlap`,
//! `contains_sequence`, and
//! the numbers of a `WITH ORDINALITY`.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::contains::of_null;
use super::items::common;
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, boolean, given, int};
use crate::functions::compare::equality::Pair;
use crate::functions::error::FunctionError;
use crate::functions::lists::{Lists, Maps, comparable, gather, gather_items, nan_as_least};
use crate::functions::types;

pub(super) const CARDINALITY: Spec = Spec {
    name: "cardinality",
    overloads: &[
        Overload::new(&[Param::List], int, cardinality),
        Overload::new(&[Param::Map], int, map_cardinality),
    ],
};
pub(super) const ARRAY_MAX: Spec =
    Spec { name: "array_max", overloads: &[Overload::new(&[Param::List], item, |call| extreme(call, true))] };
pub(super) const ARRAY_MIN: Spec = Spec {
    name: "array_min",
    overloads: &[Overload::new(&[Param::List], item, |call| extreme(call, false))],
};
pub(super) const ARRAY_POSITION: Spec = Spec {
    name: "array_position",
    overloads: &[Overload::new(&[Param::List, Param::Any, Param::Bigint], searched, position).optional(1)],
};
pub(super) const ARRAYS_OVERLAP: Spec = Spec {
    name: "arrays_overlap",
    overloads: &[Overload::new(&[Param::List, Param::List], compared, overlap)],
};
pub(super) const CONTAINS_SEQUENCE: Spec = Spec {
    name: "contains_sequence",
    overloads: &[Overload::new(&[Param::List, Param::List], compared, contains_sequence)],
};
pub(super) const ORDINALS: Spec = Spec {
    name: "$ordinals",
    overloads: &[Overload::new(&[Param::List], |_| Ok(types::list(DataType::Int64)), ordinals).variadic()],
};

fn item(given: &Arguments) -> Returns {
    Ok(types::item_type(&given.types[0]).unwrap_or(&DataType::Null).clone())
}

fn compared(given: &Arguments) -> Returns {
    common(given).and_then(|_| boolean(given))
}

fn searched(given: &Arguments) -> Returns {
    let of = types::item_type(&given.types[0]).unwrap_or(&DataType::Null);
    types::common(of, &given.types[1]).map(|_| DataType::Int64).ok_or_else(|| {
        FunctionError::mismatch(format!(
            "Cannot look for {} in {}",
            types::name(&given.types[1]),
            types::name(of)
        ))
    })
}

fn any_items(call: &Call, index: usize) -> Result<Lists> {
    let of = types::item_type(&call.types()[index]).unwrap_or(&DataType::Null).clone();
    Lists::read(call, index, &of)
}

fn cardinality(call: &Call) -> Result<ArrayRef> {
    let list = any_items(call, 0)?;
    call.ints(|row| Ok(list.at(row).map(|range| range.len() as i64)))
}

fn map_cardinality(call: &Call) -> Result<ArrayRef> {
    let map = Maps::read(call, 0)?;
    call.ints(|row| Ok(map.at(row).map(|range| range.len() as i64)))
}

fn extreme(call: &Call, max: bool) -> Result<ArrayRef> {
    let list = Lists::read(call, 0, &call.returns)?;
    let compared = if max { nan_as_least(list.items()) } else { list.items().clone() };
    let rows = comparable(&[compared])?;
    gather_items(call, list.items(), |row| {
        let range = given!(list.at(row));
        if range.clone().any(|at| list.items().is_null(at)) {
            return Ok(None);
        }
        let by = |at: &usize| rows[0].row(*at);
        Ok(if max { range.max_by_key(by) } else { range.min_by_key(by) })
    })
}

fn position(call: &Call) -> Result<ArrayRef> {
    let given_types = call.types();
    let of = types::item_type(&given_types[0]).and_then(|item| types::common(item, &given_types[1]));
    let of = of.unwrap_or(DataType::Null);
    let (list, value) = (Lists::read(call, 0, &of)?, call.full(1, &of)?);
    let instance = (call.len() > 2).then(|| call.int(2)).transpose()?;
    let pair = Pair::new(list.items(), &value)?;
    call.ints(|row| {
        let range = given!(list.at(row));
        given!(value.is_valid(row).then_some(()));
        let instance = match &instance {
            Some(instance) => given!(instance.at(row)),
            None => 1,
        };
        if instance == 0 {
            return Err(FunctionError::argument("array_position cannot take a 0-valued instance argument."));
        }
        let (start, mut left) = (range.start, instance.unsigned_abs());
        let forth = if instance > 0 { range.clone() } else { 0..0 };
        let back = if instance > 0 { 0..0 } else { range };
        for at in forth.chain(back.rev()).filter(|at| list.items().is_valid(*at)) {
            left -= u64::from(pair.equal(at, row).ok_or_else(|| of_null("array_position"))?);
            if left == 0 {
                return Ok(Some((at - start) as i64 + 1));
            }
        }
        Ok(Some(0))
    })
}

fn pair(call: &Call) -> Result<(Lists, Lists)> {
    let given_types = call.types();
    let list = types::common(&given_types[0], &given_types[1]);
    let of = list.as_ref().and_then(types::item_type).unwrap_or(&DataType::Null).clone();
    Ok((Lists::read(call, 0, &of)?, Lists::read(call, 1, &of)?))
}

/// NULL if nothing is in both but a NULL is in either.
fn overlap(call: &Call) -> Result<ArrayRef> {
    let (a, b) = pair(call)?;
    let rows = comparable(&[a.items().clone(), b.items().clone()])?;
    call.booleans(|row| {
        let (first, second) = (given!(a.at(row)), given!(b.at(row)));
        let any = first
            .clone()
            .filter(|at| a.items().is_valid(*at))
            .any(|x| second.clone().any(|y| rows[0].row(x) == rows[1].row(y)));
        let null = |list: &Lists, mut range: std::ops::Range<usize>| range.any(|at| list.items().is_null(at));
        if any {
            return Ok(Some(true));
        }
        let unknown = !first.is_empty() && !second.is_empty() && (null(&a, first) || null(&b, second));
        Ok((!unknown).then_some(false))
    })
}

fn contains_sequence(call: &Call) -> Result<ArrayRef> {
    let (a, b) = pair(call)?;
    let rows = comparable(&[a.items().clone(), b.items().clone()])?;
    call.booleans(|row| {
        let (first, second) = (given!(a.at(row)), given!(b.at(row)));
        let starts = first.start..=first.end.saturating_sub(second.len());
        let mut fits = starts.filter(|start| start + second.len() <= first.end && *start >= first.start);
        let found = fits
            .any(|start| (0..second.len()).all(|i| rows[0].row(start + i) == rows[1].row(second.start + i)));
        Ok(Some(found || second.is_empty()))
    })
}

fn ordinals(call: &Call) -> Result<ArrayRef> {
    let lists = (0..call.len()).map(|index| any_items(call, index)).collect::<Result<Vec<_>>>()?;
    let longest = |row: usize| lists.iter().filter_map(|list| list.at(row)).map(|range| range.len()).max();
    let most = (0..call.rows).filter_map(longest).max().unwrap_or(0);
    let numbers: ArrayRef =
        std::sync::Arc::new(datafusion::arrow::array::Int64Array::from_iter_values(1..=most as i64));
    gather(call, &numbers, |row| Ok(longest(row).map(|count| (0..count).map(Some).collect())))
}
