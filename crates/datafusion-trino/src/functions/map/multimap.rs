//! Maps of arrays: `multimap_from_entries`, `split_to_multimap`, and what `multimap_agg` and `map_union` are
//! rewritten to.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray, UInt32Array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{
    Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given, represent,
};
use crate::functions::error::FunctionError;
use crate::functions::lists::{Lists, build_map, comparable, gather_map, shape};
use crate::functions::text::split::delimited;
use crate::functions::types;

pub(super) const MULTIMAP_FROM_ENTRIES: Spec = Spec {
    name: "multimap_from_entries",
    overloads: &[Overload::new(&[Param::List], of_entries, from_entries)],
};
pub(super) const SPLIT_TO_MULTIMAP: Spec = Spec {
    name: "split_to_multimap",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text, Param::Text],
        |_| Ok(types::map(DataType::Utf8, types::list(DataType::Utf8))),
        split_to_multimap,
    )],
};
pub(super) const MULTIMAP_OF_PAIRS: Spec = Spec {
    name: "$multimap_of_pairs",
    overloads: &[Overload::new(
        &[Param::List, Param::List],
        |given| {
            let item = |at: usize| types::item_type(&given.types[at]).unwrap_or(&DataType::Null).clone();
            Ok(types::map(item(0), types::list(item(1))))
        },
        of_pairs,
    )],
};
pub(super) const MAP_UNION: Spec = Spec {
    name: "$map_union",
    overloads: &[Overload::new(
        &[Param::List],
        |given| match types::item_type(&given.types[0]) {
            Some(map @ DataType::Map(_, _)) => Ok(map.clone()),
            _ => Err(FunctionError::mismatch("map_union takes maps")),
        },
        union,
    )],
};

fn of_entries(given: &Arguments) -> Returns {
    match types::item_type(&given.types[0]) {
        Some(DataType::Struct(fields)) if fields.len() == 2 => {
            Ok(types::map(fields[0].data_type().clone(), types::list(fields[1].data_type().clone())))
        }
        Some(DataType::Null) => Ok(types::map(DataType::Null, types::list(DataType::Null))),
        _ => Err(FunctionError::mismatch("multimap_from_entries needs an array of rows of two fields")),
    }
}

/// Groups the values of each row by their keys, in the order of first appearance.
fn grouped(
    call: &Call,
    keys: &ArrayRef,
    values: &ArrayRef,
    mut pairs: impl FnMut(usize) -> KernelResult<Vec<(usize, usize)>>,
) -> Result<ArrayRef> {
    let compared = comparable(std::slice::from_ref(keys))?;
    let rows = call.each(|row| {
        let mut places: HashMap<_, usize> = HashMap::new();
        let mut found: Vec<(u32, Vec<u32>)> = Vec::new();
        for (key, value) in given!(pairs(row)?) {
            let place = *places.entry(compared[0].row(key)).or_insert_with(|| {
                found.push((key as u32, Vec::new()));
                found.len() - 1
            });
            found[place].1.push(value as u32);
        }
        Ok(Some(found))
    })?;
    let (offsets, valid) = shape(&rows);
    let flat: Vec<_> = rows.into_iter().flatten().flatten().collect();
    let at_keys: UInt32Array = flat.iter().map(|(key, _)| Some(*key)).collect();
    let at_values: UInt32Array =
        flat.iter().flat_map(|(_, values)| values.iter().copied().map(Some)).collect();
    let lists = ListArray::try_new(
        types::item(values.data_type().clone()),
        OffsetBuffer::from_lengths(flat.iter().map(|(_, values)| values.len())),
        take(values, &at_values, None)?,
        None,
    )?;
    build_map(&call.returns, take(keys, &at_keys, None)?, Arc::new(lists), offsets, valid)
}

fn from_entries(call: &Call) -> Result<ArrayRef> {
    let item = types::item_type(&call.types()[0]).unwrap_or(&DataType::Null).clone();
    let lists = Lists::read(call, 0, &item)?;
    let null = || FunctionError::argument("map entry cannot be null");
    if item == DataType::Null {
        return grouped(call, lists.items(), lists.items(), |row| {
            if given!(lists.at(row)).is_empty() { Ok(Some(Vec::new())) } else { Err(null()) }
        });
    }
    let entries = lists.items().as_struct();
    let keys = entries.column(0).logical_nulls();
    grouped(call, entries.column(0), entries.column(1), |row| {
        given!(lists.at(row))
            .map(|at| {
                if entries.is_null(at) {
                    return Err(null());
                }
                if keys.as_ref().is_some_and(|valid| valid.is_null(at)) {
                    return Err(FunctionError::argument("map key cannot be null"));
                }
                Ok((at, at))
            })
            .collect::<std::result::Result<_, _>>()
            .map(Some)
    })
}

/// Leaves NULL keys out; NULL without any lists.
fn of_pairs(call: &Call) -> Result<ArrayRef> {
    let given_types = call.types();
    let item = |at: usize| types::item_type(&given_types[at]).unwrap_or(&DataType::Null).clone();
    let (keys, values) = (Lists::read(call, 0, &item(0))?, Lists::read(call, 1, &item(1))?);
    grouped(call, keys.items(), values.items(), |row| {
        let pairs = given!(keys.at(row)).zip(given!(values.at(row)));
        Ok(Some(pairs.filter(|(key, _)| keys.items().is_valid(*key)).collect()))
    })
}

fn split_to_multimap(call: &Call) -> Result<ArrayRef> {
    let (source, between, within) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let rows =
        call.each(|row| delimited(given!(source.at(row)), given!(between.at(row)), given!(within.at(row))))?;
    let starts: Vec<usize> = rows
        .iter()
        .scan(0, |at, row| {
            let start = *at;
            *at += row.as_ref().map_or(0, Vec::len);
            Some(start)
        })
        .collect();
    let flat = || rows.iter().flatten().flatten();
    let keys: ArrayRef = Arc::new(flat().map(|(key, _)| Some(key)).collect::<StringArray>());
    let values: ArrayRef = Arc::new(flat().map(|(_, value)| Some(value)).collect::<StringArray>());
    grouped(call, &keys, &values, |row| {
        Ok(rows[row]
            .as_ref()
            .map(|pairs| (starts[row]..starts[row] + pairs.len()).map(|at| (at, at)).collect()))
    })
}

/// Of equal keys the value of the first map is kept.
fn union(call: &Call) -> Result<ArrayRef> {
    let lists = Lists::read(call, 0, &call.returns)?;
    let maps = represent(lists.items(), &call.returns)?;
    let maps = maps.as_map();
    let keys = comparable(std::slice::from_ref(maps.keys()))?;
    gather_map(call, maps.keys(), maps.values(), |row| {
        let mut seen = std::collections::HashSet::new();
        let mut found = Vec::new();
        for map in given!(lists.at(row)).filter(|map| maps.is_valid(*map)) {
            let range = maps.value_offsets()[map] as usize..maps.value_offsets()[map + 1] as usize;
            found.extend(range.filter(|at| seen.insert(keys[0].row(*at))).map(|at| (at, Some(at))));
        }
        Ok(Some(found))
    })
}
