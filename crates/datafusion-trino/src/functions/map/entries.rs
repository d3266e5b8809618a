//! Maps: `map`, `map_keys`, `map_values`, `map_entries`, `map_from_entries`, `map_concat`, and what `map_agg`
//! and `histogram`
//! are rewritten to.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, StructArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, represent};
use crate::functions::cast::format::format_value;
use crate::functions::error::FunctionError;
use crate::functions::lists::{Lists, Maps, build_map, comparable, gather, gather_map, join, shape};
use crate::functions::types;

pub(super) const MAP: Spec = Spec {
    name: "$map",
    overloads: &[
        Overload::new(&[Param::List, Param::List], of_lists, |call| map(call, true)),
        Overload::new(&[], |_| Ok(types::map(DataType::Null, DataType::Null)), empty),
    ],
};
pub(super) const MAP_OF_PAIRS: Spec = Spec {
    name: "$map_of_pairs",
    overloads: &[Overload::new(&[Param::List, Param::List], of_lists, |call| map(call, false))],
};
pub(super) const MAP_KEYS: Spec = Spec {
    name: "map_keys",
    overloads: &[Overload::new(&[Param::Map], |given| part(given, true), |call| parts(call, true))],
};
pub(super) const MAP_VALUES: Spec = Spec {
    name: "map_values",
    overloads: &[Overload::new(&[Param::Map], |given| part(given, false), |call| parts(call, false))],
};
pub(super) const MAP_ENTRIES: Spec =
    Spec { name: "map_entries", overloads: &[Overload::new(&[Param::Map], entries_type, entries)] };
pub(super) const MAP_FROM_ENTRIES: Spec =
    Spec { name: "map_from_entries", overloads: &[Overload::new(&[Param::List], of_entries, from_entries)] };
pub(super) const MAP_CONCAT: Spec = Spec {
    name: "map_concat",
    overloads: &[Overload::new(&[Param::Map, Param::Map], common, concat).variadic()],
};
pub(super) const HISTOGRAM: Spec = Spec {
    name: "$histogram",
    overloads: &[Overload::new(
        &[Param::List],
        |given| {
            Ok(types::map(
                types::item_type(&given.types[0]).unwrap_or(&DataType::Null).clone(),
                DataType::Int64,
            ))
        },
        histogram,
    )],
};

fn of_lists(given: &Arguments) -> Returns {
    let item = |index: usize| types::item_type(&given.types[index]).unwrap_or(&DataType::Null).clone();
    Ok(types::map(item(0), item(1)))
}

fn part(given: &Arguments, keys: bool) -> Returns {
    let null = (&DataType::Null, &DataType::Null);
    let (key, value) = types::entry_types(&given.types[0]).unwrap_or(null);
    Ok(types::list(if keys { key.clone() } else { value.clone() }))
}

fn common(given: &Arguments) -> Returns {
    let mut all = given.types.iter();
    let first = all.next().cloned().unwrap_or(DataType::Null);
    all.try_fold(first, |a, b| types::common(&a, b))
        .ok_or_else(|| FunctionError::mismatch("The maps have no common type"))
}

fn pair_of(call: &Call) -> (DataType, DataType) {
    let null = (&DataType::Null, &DataType::Null);
    let (key, value) = types::entry_types(&call.returns).unwrap_or(null);
    (key.clone(), value.clone())
}

fn empty(call: &Call) -> Result<ArrayRef> {
    let none: ArrayRef = datafusion::arrow::array::new_null_array(&DataType::Null, 0);
    gather_map(call, &none, &none, |_| Ok(Some(Vec::new())))
}

/// `strict` refuses a repeated key; otherwise its first value is kept.
fn map(call: &Call, strict: bool) -> Result<ArrayRef> {
    let (key, value) = pair_of(call);
    let (keys, values) = (Lists::read(call, 0, &key)?, Lists::read(call, 1, &value)?);
    let rows = comparable(&[keys.items().clone()])?;
    gather_map(call, keys.items(), values.items(), |row| {
        let (at_keys, at_values) = (given!(keys.at(row)), given!(values.at(row)));
        if at_keys.len() != at_values.len() {
            return Err(FunctionError::argument("Key and value arrays must be the same length"));
        }
        let mut seen = std::collections::HashSet::new();
        let mut found = Vec::new();
        for (key, value) in at_keys.zip(at_values) {
            if keys.items().is_null(key) {
                return Err(FunctionError::argument("map key cannot be null"));
            }
            if seen.insert(rows[0].row(key)) {
                found.push((key, Some(value)));
            } else if strict {
                let key = format_value(keys.items(), key).unwrap_or_default();
                return Err(FunctionError::argument(format!("Duplicate map keys ({key}) are not allowed")));
            }
        }
        Ok(Some(found))
    })
}

fn parts(call: &Call, keys: bool) -> Result<ArrayRef> {
    let maps = Maps::read(call, 0)?;
    gather(call, if keys { maps.keys() } else { maps.values() }, |row| {
        Ok(maps.at(row).map(|range| range.map(Some).collect()))
    })
}

fn entries_type(given: &Arguments) -> Returns {
    let null = (&DataType::Null, &DataType::Null);
    let (key, value) = types::entry_types(&given.types[0]).unwrap_or(null);
    let fields = vec![Field::new("field0", key.clone(), true), Field::new("field1", value.clone(), true)];
    Ok(types::list(DataType::Struct(fields.into())))
}

fn entries(call: &Call) -> Result<ArrayRef> {
    let maps = Maps::read(call, 0)?;
    let Some(DataType::Struct(fields)) = types::item_type(&call.returns) else {
        unreachable!("the return type above")
    };
    let columns = [maps.keys(), maps.values()].into_iter().zip(fields);
    let columns =
        columns.map(|(array, field)| represent(array, field.data_type())).collect::<Result<Vec<_>>>()?;
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    let rows: ArrayRef = Arc::new(rows);
    gather(call, &rows, |row| Ok(maps.at(row).map(|range| range.map(Some).collect())))
}

fn of_entries(given: &Arguments) -> Returns {
    match types::item_type(&given.types[0]) {
        Some(DataType::Struct(fields)) if fields.len() == 2 => {
            Ok(types::map(fields[0].data_type().clone(), fields[1].data_type().clone()))
        }
        Some(DataType::Null) => Ok(types::map(DataType::Null, DataType::Null)),
        _ => Err(FunctionError::mismatch("map_from_entries needs an array of rows of two fields")),
    }
}

fn from_entries(call: &Call) -> Result<ArrayRef> {
    let item = types::item_type(&call.types()[0]).unwrap_or(&DataType::Null).clone();
    let lists = Lists::read(call, 0, &item)?;
    if item == DataType::Null {
        return gather_map(call, lists.items(), lists.items(), |row| {
            if !given!(lists.at(row)).is_empty() {
                return Err(FunctionError::argument("map entry cannot be null"));
            }
            Ok(Some(Vec::new()))
        });
    }
    let rows = lists.items().as_struct();
    let keys = comparable(&[rows.column(0).clone()])?;
    gather_map(call, rows.column(0), rows.column(1), |row| {
        let mut seen = std::collections::HashSet::new();
        let mut found = Vec::new();
        for at in given!(lists.at(row)) {
            if rows.is_null(at) {
                return Err(FunctionError::argument("map entry cannot be null"));
            }
            if rows.column(0).is_null(at) {
                return Err(FunctionError::argument("map key cannot be null"));
            }
            if !seen.insert(keys[0].row(at)) {
                let key = format_value(rows.column(0), at).unwrap_or_default();
                return Err(FunctionError::argument(format!("Duplicate map keys ({key}) are not allowed")));
            }
            found.push((at, Some(at)));
        }
        Ok(Some(found))
    })
}

/// Of equal keys the value of the last map is kept.
fn concat(call: &Call) -> Result<ArrayRef> {
    let (key, value) = pair_of(call);
    let maps = (0..call.len()).map(|index| Maps::read(call, index)).collect::<Result<Vec<_>>>()?;
    let keys = maps.iter().map(|map| represent(map.keys(), &key)).collect::<Result<Vec<_>>>()?;
    let values = maps.iter().map(|map| represent(map.values(), &value)).collect::<Result<Vec<_>>>()?;
    let (all_keys, starts) = join(&keys.iter().collect::<Vec<_>>())?;
    let (all_values, _) = join(&values.iter().collect::<Vec<_>>())?;
    let rows = comparable(std::slice::from_ref(&all_keys))?;
    gather_map(call, &all_keys, &all_values, |row| {
        let mut places: HashMap<_, usize> = HashMap::new();
        let mut found: Vec<(usize, Option<usize>)> = Vec::new();
        for (map, start) in maps.iter().zip(&starts) {
            for at in given!(map.at(row)) {
                let at = start + at;
                match places.get(&rows[0].row(at)) {
                    Some(place) => found[*place] = (at, Some(at)),
                    None => {
                        places.insert(rows[0].row(at), found.len());
                        found.push((at, Some(at)));
                    }
                }
            }
        }
        Ok(Some(found))
    })
}

fn histogram(call: &Call) -> Result<ArrayRef> {
    let (key, _) = pair_of(call);
    let lists = Lists::read(call, 0, &key)?;
    let rows = comparable(&[lists.items().clone()])?;
    let counted = call.each(|row| {
        let mut places: HashMap<_, usize> = HashMap::new();
        let mut found: Vec<(u32, i64)> = Vec::new();
        for at in given!(lists.at(row)).filter(|at| lists.items().is_valid(*at)) {
            let place = *places.entry(rows[0].row(at)).or_insert_with(|| {
                found.push((at as u32, 0));
                found.len() - 1
            });
            found[place].1 += 1;
        }
        Ok((!found.is_empty()).then_some(found))
    })?;
    let (offsets, valid) = shape(&counted);
    let flat: Vec<_> = counted.into_iter().flatten().flatten().collect();
    let at: datafusion::arrow::array::UInt32Array = flat.iter().map(|(at, _)| Some(*at)).collect();
    let keys = datafusion::arrow::compute::take(lists.items(), &at, None)?;
    let counts: ArrayRef = Arc::new(Int64Array::from_iter_values(flat.iter().map(|(_, count)| *count)));
    build_map(&call.returns, keys, counts, offsets, valid)
}
