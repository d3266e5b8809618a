//! Arrays that keep, drop or reorder items: `slice`, `trim_array`, `array_distinct`, `array_sort`,
//! `array_remove`,
//! `reverse`, `flatten`, `repeat`, `array_union`, `array_intersect`, `array_except`.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::Rows;
use datafusion::error::Result;

use super::contains::of_null;
use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, represent, text};
use crate::functions::compare::equality::Pair;
use crate::functions::error::FunctionError;
use crate::functions::lists::{Lists, comparable, gather, join};
use crate::functions::text::characters;
use crate::functions::types;

const ONE: &[Param] = &[Param::List];
const TWO: &[Param] = &[Param::List, Param::List];

pub(super) const SLICE: Spec = Spec {
    name: "slice",
    overloads: &[Overload::new(&[Param::List, Param::Bigint, Param::Bigint], same, slice)],
};
pub(super) const TRIM_ARRAY: Spec =
    Spec { name: "trim_array", overloads: &[Overload::new(&[Param::List, Param::Bigint], same, trim_array)] };
pub(super) const ARRAY_DISTINCT: Spec =
    Spec { name: "array_distinct", overloads: &[Overload::new(ONE, same, distinct)] };
pub(super) const ARRAY_SORT: Spec = Spec { name: "array_sort", overloads: &[Overload::new(ONE, same, sort)] };
pub(super) const ARRAY_REMOVE: Spec =
    Spec { name: "array_remove", overloads: &[Overload::new(&[Param::List, Param::Any], with_item, remove)] };
pub(super) const REVERSE: Spec = Spec {
    name: "reverse",
    overloads: &[Overload::new(&[Param::Text], text, characters::reverse), Overload::new(ONE, same, reverse)],
};
pub(super) const FLATTEN: Spec =
    Spec { name: "flatten", overloads: &[Overload::new(ONE, flattened, flatten)] };
pub(super) const REPEAT: Spec = Spec {
    name: "repeat",
    overloads: &[Overload::new(
        &[Param::Any, Param::Integer],
        |g| Ok(types::list(g.types[0].clone())),
        repeat,
    )],
};
pub(super) const ARRAY_UNION: Spec = Spec {
    name: "array_union",
    overloads: &[Overload::new(TWO, common, |call| combine(call, |_, _| true, true, false))],
};
pub(super) const ARRAY_INTERSECT: Spec = Spec {
    name: "array_intersect",
    overloads: &[Overload::new(TWO, common, |call| {
        combine(call, |item, other| other.contains(item), false, false)
    })],
};
pub(super) const ARRAY_EXCEPT: Spec = Spec {
    name: "array_except",
    overloads: &[Overload::new(TWO, common, |call| {
        combine(call, |item, other| !other.contains(item), false, true)
    })],
};

pub(super) fn same(given: &Arguments) -> Returns {
    Ok(types::list(types::item_type(&given.types[0]).unwrap_or(&DataType::Null).clone()))
}

pub(super) fn common(given: &Arguments) -> Returns {
    let common = types::common(&given.types[0], &given.types[1]);
    // Of two NULLs, the result is an array, too.
    let list = |of| if of == DataType::Null { types::list(DataType::Null) } else { of };
    common.map(list).ok_or_else(|| {
        let names: Vec<_> = given.types.iter().map(types::name).collect();
        FunctionError::mismatch(format!("No common type of {}", names.join(" and ")))
    })
}

fn with_item(given: &Arguments) -> Returns {
    let item = types::item_type(&given.types[0]).unwrap_or(&DataType::Null);
    types::common(item, &given.types[1]).map(types::list).ok_or_else(|| {
        let (item, list) = (types::name(&given.types[1]), types::name(&given.types[0]));
        FunctionError::mismatch(format!("Cannot look for {item} in {list}"))
    })
}

pub(super) fn item_of(call: &Call) -> DataType {
    types::item_type(&call.returns).unwrap_or(&DataType::Null).clone()
}

fn slice(call: &Call) -> Result<ArrayRef> {
    let (list, start, length) = (Lists::read(call, 0, &item_of(call))?, call.int(1)?, call.int(2)?);
    gather(call, list.items(), |row| {
        let (range, start, length) = (given!(list.at(row)), given!(start.at(row)), given!(length.at(row)));
        if start == 0 {
            return Err(FunctionError::argument("SQL array indices start at 1"));
        }
        let length = usize::try_from(length)
            .map_err(|_| FunctionError::argument("length must be greater than or equal to 0"))?;
        let skip = if start > 0 { start - 1 } else { range.len() as i64 + start };
        let Ok(skip) = usize::try_from(skip) else { return Ok(Some(Vec::new())) };
        Ok(Some(range.skip(skip).take(length).map(Some).collect()))
    })
}

fn trim_array(call: &Call) -> Result<ArrayRef> {
    let (list, count) = (Lists::read(call, 0, &item_of(call))?, call.int(1)?);
    gather(call, list.items(), |row| {
        let (range, count) = (given!(list.at(row)), given!(count.at(row)));
        if count < 0 {
            return Err(FunctionError::argument(format!("size must not be negative: {count}")));
        }
        let keep = (range.len() as i64).checked_sub(count).filter(|keep| *keep >= 0).ok_or_else(|| {
            FunctionError::argument(format!(
                "size must not exceed array cardinality {}: {count}",
                range.len()
            ))
        })?;
        Ok(Some(range.take(keep as usize).map(Some).collect()))
    })
}

fn distinct(call: &Call) -> Result<ArrayRef> {
    let list = Lists::read(call, 0, &item_of(call))?;
    let rows = comparable(&[list.items().clone()])?;
    gather(call, list.items(), |row| {
        let mut seen = HashSet::new();
        Ok(Some(given!(list.at(row)).filter(|at| seen.insert(rows[0].row(*at))).map(Some).collect()))
    })
}

fn sort(call: &Call) -> Result<ArrayRef> {
    let list = Lists::read(call, 0, &item_of(call))?;
    let rows = comparable(&[list.items().clone()])?;
    gather(call, list.items(), |row| {
        let mut order: Vec<usize> = given!(list.at(row)).collect();
        order.sort_by_key(|at| (list.items().is_null(*at), rows[0].row(*at)));
        Ok(Some(order.into_iter().map(Some).collect()))
    })
}

fn remove(call: &Call) -> Result<ArrayRef> {
    let of = item_of(call);
    let (list, value) = (Lists::read(call, 0, &of)?, call.full(1, &of)?);
    let pair = Pair::new(list.items(), &value)?;
    gather(call, list.items(), |row| {
        given!(value.is_valid(row).then_some(()));
        let mut kept = Vec::new();
        for at in given!(list.at(row)) {
            if list.items().is_null(at) || !pair.equal(at, row).ok_or_else(|| of_null("array_remove"))? {
                kept.push(Some(at));
            }
        }
        Ok(Some(kept))
    })
}

fn reverse(call: &Call) -> Result<ArrayRef> {
    let list = Lists::read(call, 0, &item_of(call))?;
    gather(call, list.items(), |row| Ok(Some(given!(list.at(row)).rev().map(Some).collect())))
}

fn flattened(given: &Arguments) -> Returns {
    match types::item_type(&given.types[0]) {
        Some(inner) if types::item_type(inner).is_some() => Ok(inner.clone()),
        Some(DataType::Null) => Ok(types::list(DataType::Null)),
        _ => Err(FunctionError::mismatch(format!("Cannot flatten {}", types::name(&given.types[0])))),
    }
}

fn flatten(call: &Call) -> Result<ArrayRef> {
    let outer = Lists::read(call, 0, &call.returns)?;
    let inner = represent(outer.items(), &types::list(item_of(call)))?;
    let inner = inner.as_list::<i32>();
    gather(call, inner.values(), |row| {
        let offsets = inner.value_offsets();
        let lists = given!(outer.at(row)).filter(|at| inner.is_valid(*at));
        Ok(Some(lists.flat_map(|at| offsets[at] as usize..offsets[at + 1] as usize).map(Some).collect()))
    })
}

fn repeat(call: &Call) -> Result<ArrayRef> {
    let (value, count) = (call.full(0, &item_of(call))?, call.int(1)?);
    gather(call, &value, |row| {
        let count = given!(count.at(row));
        if count > 10_000 {
            return Err(FunctionError::argument(
                "count argument of repeat function must be less than or equal to 10000",
            ));
        }
        let count = usize::try_from(count).map_err(|_| {
            FunctionError::argument("count argument of repeat function must be greater than or equal to 0")
        })?;
        Ok(Some(vec![Some(row); count]))
    })
}

type Seen<'a> = HashSet<datafusion::arrow::row::Row<'a>>;

/// Items of the first list that pass, then (in a union) of the second; each once.
fn combine(
    call: &Call,
    keep: fn(&datafusion::arrow::row::Row<'_>, &Seen<'_>) -> bool,
    both: bool,
    as_is: bool,
) -> Result<ArrayRef> {
    let of = item_of(call);
    let (a, b) = (Lists::read(call, 0, &of)?, Lists::read(call, 1, &of)?);
    let rows: Vec<Rows> = comparable(&[a.items().clone(), b.items().clone()])?;
    let (items, starts) = join(&[a.items(), b.items()])?;
    gather(call, &items, |row| {
        let (first, second) = (given!(a.at(row)), given!(b.at(row)));
        let other: Seen = second.clone().map(|at| rows[1].row(at)).collect();
        let mut seen = Seen::new();
        let mut found = Vec::new();
        for at in first {
            let item = rows[0].row(at);
            // As on Athena: if the second array is empty, the first stays unchanged.
            let once = seen.insert(item) || as_is && other.is_empty();
            if keep(&item, &other) && once {
                found.push(Some(at));
            }
        }
        if both {
            found.extend(second.filter(|at| seen.insert(rows[1].row(*at))).map(|at| Some(starts[1] + at)));
        }
        Ok(Some(found))
    })
}
