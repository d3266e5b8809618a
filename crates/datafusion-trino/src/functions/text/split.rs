//! `split`, `split_part`, `split_to_map`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ListBuilder, StringArray, StringBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{
    Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given, text, texts,
};
use crate::functions::error::FunctionError;
use crate::functions::lists::{build_map, shape};
use crate::functions::types;

pub(super) const SPLIT: Spec = Spec {
    name: "split",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Bigint], texts, split).optional(1)],
};

pub(super) const SPLIT_PART: Spec = Spec {
    name: "split_part",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Bigint], text, part)],
};

pub(super) const SPLIT_TO_MAP: Spec = Spec {
    name: "split_to_map",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Text], text_map, to_map)],
};

fn text_map(_: &Arguments) -> Returns {
    Ok(types::map(DataType::Utf8, DataType::Utf8))
}

/// A list of texts for each row.
pub(super) fn text_lists(
    call: &Call,
    kernel: impl FnMut(usize) -> KernelResult<Vec<Option<String>>>,
) -> Result<ArrayRef> {
    let mut lists = ListBuilder::new(StringBuilder::new()).with_field(types::item(DataType::Utf8));
    for row in call.each(kernel)? {
        match row {
            Some(items) => lists.append_value(items),
            None => lists.append_null(),
        }
    }
    Ok(Arc::new(lists.finish()))
}

fn split(call: &Call) -> Result<ArrayRef> {
    let (source, delimiter) = (call.text(0)?, call.text(1)?);
    let limit = (call.len() > 2).then(|| call.int(2)).transpose()?;
    text_lists(call, |row| {
        let (source, delimiter) = (given!(source.at(row)), given!(delimiter.at(row)));
        let limit = match &limit {
            Some(limit) => given!(limit.at(row)),
            None => i64::MAX,
        };
        if delimiter.is_empty() {
            return Err(FunctionError::argument("The delimiter may not be the empty string"));
        }
        if limit <= 0 {
            return Err(FunctionError::argument("Limit must be positive"));
        }
        if limit > i64::from(i32::MAX) && limit != i64::MAX {
            return Err(FunctionError::argument("Limit is too large"));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Some(source.splitn(limit, delimiter).map(|part| Some(part.to_string())).collect()))
    })
}

/// Part `index`, counted from 1; `None` past the end. An empty delimiter splits into characters.
pub(super) fn split_part<'a>(source: &'a str, delimiter: &str, index: i64) -> KernelResult<&'a str> {
    if index <= 0 {
        return Err(FunctionError::argument("Index must be greater than zero"));
    }
    let skip = usize::try_from(index - 1).unwrap_or(usize::MAX);
    if delimiter.is_empty() {
        return Ok(source.char_indices().nth(skip).map(|(at, c)| &source[at..at + c.len_utf8()]));
    }
    Ok(source.split(delimiter).nth(skip))
}

fn part(call: &Call) -> Result<ArrayRef> {
    let (source, delimiter, index) = (call.text(0)?, call.text(1)?, call.int(2)?);
    call.texts(|row| split_part(given!(source.at(row)), given!(delimiter.at(row)), given!(index.at(row))))
}

/// Pairs of a text such as `a=1,b=2`.
pub fn delimited(source: &str, between: &str, within: &str) -> KernelResult<Vec<(String, String)>> {
    if between.is_empty() {
        return Err(FunctionError::argument("entryDelimiter is empty"));
    }
    if within.is_empty() {
        return Err(FunctionError::argument("keyValueDelimiter is empty"));
    }
    if between == within {
        return Err(FunctionError::argument("entryDelimiter and keyValueDelimiter must not be the same"));
    }
    let mut entries: Vec<_> = source.split(between).collect();
    if entries.last() == Some(&"") {
        entries.pop();
    }
    let pair = |entry: &str| {
        let pair = entry.split_once(within).filter(|(_, value)| !value.contains(within));
        pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| {
            FunctionError::argument(format!(
                "Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'"
            ))
        })
    };
    entries.into_iter().map(pair).collect::<std::result::Result<_, _>>().map(Some)
}

fn pairs(source: &str, between: &str, within: &str) -> KernelResult<Vec<(String, String)>> {
    let found = given!(delimited(source, between, within)?);
    for (at, (key, _)) in found.iter().enumerate() {
        if found[..at].iter().any(|(known, _)| known == key) {
            return Err(FunctionError::argument(format!("Duplicate keys ({key}) are not allowed")));
        }
    }
    Ok(Some(found))
}

fn to_map(call: &Call) -> Result<ArrayRef> {
    let (source, between, within) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let rows =
        call.each(|row| pairs(given!(source.at(row)), given!(between.at(row)), given!(within.at(row))))?;
    let (offsets, valid) = shape(&rows);
    let flat: Vec<_> = rows.into_iter().flatten().flatten().collect();
    let keys: StringArray = flat.iter().map(|(key, _)| Some(key)).collect();
    let values: StringArray = flat.iter().map(|(_, value)| Some(value)).collect();
    build_map(&call.returns, Arc::new(keys), Arc::new(values), offsets, valid)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::split_part;

    proptest! {
        #[test]
        fn parts_put_together_are_the_source(source in "[a,b]{0,12}", delimiter in "[a,b]{1,2}") {
            let parts: Vec<&str> =
                (1..).map_while(|n| split_part(&source, &delimiter, n).expect("positive index")).collect();
            prop_assert_eq!(parts.join(delimiter.as_str()), source);
        }
    }
}
