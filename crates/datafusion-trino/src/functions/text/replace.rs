//! `replace(text, search[, by])`: without `by` removes; an empty search puts `by` around every character.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, Overload, Param, Spec, given, text};

pub(super) const REPLACE: Spec = Spec {
    name: "replace",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Text], text, eval).optional(1)],
};

fn eval(call: &Call) -> Result<ArrayRef> {
    let (source, search) = (call.text(0)?, call.text(1)?);
    let by = (call.len() > 2).then(|| call.text(2)).transpose()?;
    call.texts(|row| {
        let by = match &by {
            Some(by) => given!(by.at(row)),
            None => "",
        };
        // Rust's replacement of the empty text inserts between all characters and at both ends, as Athena's.
        Ok(Some(given!(source.at(row)).replace(given!(search.at(row)), by)))
    })
}
