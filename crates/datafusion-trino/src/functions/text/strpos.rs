//! `strpos(text, search[, instance])` and `position(search IN text)`: code points from 1, 0 if absent.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, KernelResult, Overload, Param, Spec, given, int};
use crate::functions::error::FunctionError;

pub(super) const STRPOS: Spec = Spec {
    name: "strpos",
    overloads: &[Overload::new(&[Param::Text, Param::Text, Param::Bigint], int, eval).optional(1)],
};

pub(super) const POSITION: Spec =
    Spec { name: "position", overloads: &[Overload::new(&[Param::Text, Param::Text], int, eval)] };

fn strpos(source: &str, search: &str, instance: i64) -> KernelResult<i64> {
    if instance == 0 {
        return Err(FunctionError::argument("'instance' must be a positive or negative number."));
    }
    if search.is_empty() {
        return Ok(Some(1));
    }
    let nth = usize::try_from(instance.unsigned_abs() - 1).unwrap_or(usize::MAX);
    // Instances may overlap, from either end.
    let mut starts = source.char_indices().map(|(at, _)| at).filter(|at| source[*at..].starts_with(search));
    let at = if instance > 0 { starts.nth(nth) } else { starts.rev().nth(nth) };
    Ok(Some(at.map_or(0, |at| source[..at].chars().count() as i64 + 1)))
}

fn eval(call: &Call) -> Result<ArrayRef> {
    let (source, search) = (call.text(0)?, call.text(1)?);
    let instance = (call.len() > 2).then(|| call.int(2)).transpose()?;
    call.ints(|row| {
        let instance = match &instance {
            Some(instance) => given!(instance.at(row)),
            None => 1,
        };
        strpos(given!(source.at(row)), given!(search.at(row)), instance)
    })
}
