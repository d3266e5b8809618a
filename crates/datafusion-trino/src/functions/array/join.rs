//! `array_join(array, separator[, null])`: items as text; NULLs left out or replaced.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, text};
use crate::functions::cast::{json, text::texts};
use crate::functions::error::FunctionError;
use crate::functions::lists::Lists;
use crate::functions::types;

pub(super) const ARRAY_JOIN: Spec = Spec {
    name: "array_join",
    overloads: &[Overload::new(&[Param::List, Param::Text, Param::Text], joinable, eval).optional(1)],
};

fn joinable(given: &Arguments) -> Returns {
    match types::item_type(&given.types[0]) {
        Some(item)
            if types::item_type(item).is_some()
                || matches!(item, DataType::Struct(_) | DataType::Map(..)) =>
        {
            Err(FunctionError::mismatch(format!("Input type {} not supported", types::name(&given.types[0]))))
        }
        _ => text(given),
    }
}

fn eval(call: &Call) -> Result<ArrayRef> {
    let of = types::item_type(&call.types()[0]).unwrap_or(&DataType::Null).clone();
    let (list, separator) = (Lists::read(call, 0, &of)?, call.text(1)?);
    let replacement = (call.len() > 2).then(|| call.text(2)).transpose()?;
    let items: ArrayRef = if of == types::JSON {
        let documents = list.items().as_string::<i64>();
        let mut rows = Vec::with_capacity(documents.len());
        for document in documents {
            rows.push(document.map(json::to_text).transpose()?.flatten());
        }
        Arc::new(StringArray::from(rows))
    } else {
        Arc::new(StringArray::from(texts(list.items())?))
    };
    let items = items.as_string::<i32>();
    call.texts(|row| {
        let separator = given!(separator.at(row));
        let replacement = match &replacement {
            Some(replacement) => Some(given!(replacement.at(row))),
            None => None,
        };
        let parts = given!(list.at(row))
            .filter_map(|at| if items.is_valid(at) { Some(items.value(at)) } else { replacement });
        Ok(Some(parts.collect::<Vec<_>>().join(separator)))
    })
}
