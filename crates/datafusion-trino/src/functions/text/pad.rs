//! `lpad` and `rpad`: pad to a length in code points, or cut to it.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, KernelResult, Overload, Param, Spec, given, text};
use crate::functions::error::FunctionError;

const PARAMS: &[Param] = &[Param::Text, Param::Bigint, Param::Text];

pub(super) const LPAD: Spec =
    Spec { name: "lpad", overloads: &[Overload::new(PARAMS, text, |call| eval(call, true))] };
pub(super) const RPAD: Spec =
    Spec { name: "rpad", overloads: &[Overload::new(PARAMS, text, |call| eval(call, false))] };

fn pad(source: &str, size: i64, with: &str, left: bool) -> KernelResult<String> {
    let Some(size) = i32::try_from(size).ok().and_then(|size| usize::try_from(size).ok()) else {
        return Err(FunctionError::argument(format!("Target length must be in the range [0..{}]", i32::MAX)));
    };
    if with.is_empty() {
        return Err(FunctionError::argument("Padding string must not be empty"));
    }
    let count = source.chars().count();
    if size <= count {
        return Ok(Some(source.chars().take(size).collect()));
    }
    let fill = with.chars().cycle().take(size - count);
    Ok(Some(if left { fill.chain(source.chars()).collect() } else { source.chars().chain(fill).collect() }))
}

fn eval(call: &Call, left: bool) -> Result<ArrayRef> {
    let (source, size, with) = (call.text(0)?, call.int(1)?, call.text(2)?);
    call.texts(|row| pad(given!(source.at(row)), given!(size.at(row)), given!(with.at(row)), left))
}
