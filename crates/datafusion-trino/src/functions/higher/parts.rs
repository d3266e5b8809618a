//! Functions that calls with lambdas are rewritten to, in addition to DataFusion's `array_transform` and the
//! like.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, ListBuilder, StringArray, StringBuilder, StructArray, UInt32Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Memo, Overload, Param, Returns, Spec, given, text};
use crate::functions::lists::{Lists, shape};
use crate::functions::text::pattern::Pattern;
use crate::functions::types;

/// `zip`: rows of the items at the same place, padded with NULLs.
pub(super) const ZIP: Spec =
    Spec { name: "zip", overloads: &[Overload::new(&[Param::List, Param::List], zipped, zip).variadic()] };
/// For every match of a pattern the array of its groups.
pub(super) const GROUPS: Spec = Spec {
    name: "$regexp_groups",
    overloads: &[Overload::new(
        &[Param::Text, Param::Text],
        |_| Ok(types::list(types::list(DataType::Utf8))),
        groups,
    )],
};
/// The text with its matches replaced by the items of an array; NULL if one of those is NULL.
pub(super) const SUBSTITUTE: Spec = Spec {
    name: "$regexp_substitute",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::List], text, substitute)],
};

fn zipped(given: &Arguments) -> Returns {
    let field = |(at, list): (usize, &DataType)| {
        Field::new(format!("field{at}"), types::item_type(list).unwrap_or(&DataType::Null).clone(), true)
    };
    Ok(types::list(DataType::Struct(given.types.iter().enumerate().map(field).collect())))
}

fn zip(call: &Call) -> Result<ArrayRef> {
    let Some(DataType::Struct(fields)) = types::item_type(&call.returns) else {
        unreachable!("the return type above")
    };
    let lists = fields.iter().enumerate().map(|(at, field)| Lists::read(call, at, field.data_type()));
    let lists = lists.collect::<Result<Vec<_>>>()?;
    let rows = call.each(|row| {
        let mut ranges = Vec::new();
        for list in &lists {
            ranges.push(given!(list.at(row)));
        }
        let longest = ranges.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        Ok(Some((0..longest).map(|at| ranges.iter().map(|range| range.clone().nth(at)).collect()).collect()))
    })?;
    let (offsets, valid) = shape::<Vec<Option<usize>>>(&rows);
    let flat: Vec<Vec<Option<usize>>> = rows.into_iter().flatten().flatten().collect();
    let columns = lists.iter().enumerate().map(|(at, list)| {
        let indices: UInt32Array = flat.iter().map(|item| item[at].map(|i| i as u32)).collect();
        Ok(take(list.items(), &indices, None)?)
    });
    let items: ArrayRef = Arc::new(StructArray::try_new_with_length(
        fields.clone(),
        columns.collect::<Result<_>>()?,
        None,
        flat.len(),
    )?);
    Ok(Arc::new(ListArray::try_new(types::item(items.data_type().clone()), offsets, items, Some(valid))?))
}

fn groups(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let mut memo = Memo::new();
    let rows = call.each(|row| {
        let (source, pattern) = (given!(source.at(row)), given!(pattern.at(row)));
        let all = memo.get(pattern, Pattern::compile)?.matches(source)?;
        let groups = all
            .iter()
            .map(|found| found.groups(source).map(|group| group.map(String::from)).collect::<Vec<_>>());
        Ok(Some(groups.collect::<Vec<_>>()))
    })?;
    let inner = ListBuilder::new(StringBuilder::new()).with_field(types::item(DataType::Utf8));
    let mut lists = ListBuilder::new(inner).with_field(types::item(types::list(DataType::Utf8)));
    for row in rows {
        let is_some = row.is_some();
        for groups in row.into_iter().flatten() {
            lists.values().append_value(groups);
        }
        lists.append(is_some);
    }
    Ok(Arc::new(lists.finish()))
}

fn substitute(call: &Call) -> Result<ArrayRef> {
    let (source, pattern) = (call.text(0)?, call.text(1)?);
    let by = Lists::read(call, 2, &DataType::Utf8)?;
    let items: &StringArray = by.items().as_string();
    let mut memo = Memo::new();
    call.texts(|row| {
        let (source, pattern, by) = (given!(source.at(row)), given!(pattern.at(row)), given!(by.at(row)));
        let mut text = String::with_capacity(source.len());
        let mut from = 0;
        for (found, at) in memo.get(pattern, Pattern::compile)?.matches(source)?.into_iter().zip(by) {
            let [start, end] = found.whole();
            text.push_str(&source[from..start]);
            text.push_str(given!(items.is_valid(at).then(|| items.value(at))));
            from = end;
        }
        text.push_str(&source[from..]);
        Ok(Some(text))
    })
}
