//! `+ - * / %` of decimals, integers among them, with Trino's precision and scale.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, i256};
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, KernelResult, Overload, Param, Returns, given};
use crate::functions::error::{ErrorClass, FunctionError};
use crate::functions::types::digits;

const TWO: &[Param] = &[Param::Decimal, Param::Decimal];

pub(super) const ADD: Overload =
    Overload::new(TWO, of_sum, |call| aligned(call, |a, b| Ok(a.wrapping_add(b))));
pub(super) const SUBTRACT: Overload =
    Overload::new(TWO, of_sum, |call| aligned(call, |a, b| Ok(a.wrapping_sub(b))));
pub(super) const MULTIPLY: Overload = Overload::new(TWO, of_product, |call| {
    let unscaled = |_: [i32; 2], _| [0, 0];
    each(call, unscaled, |a, b| a.checked_mul(b).ok_or_else(overflow))
});
pub(super) const DIVIDE: Overload = Overload::new(TWO, of_quotient, |call| {
    let shifted = |[s, t]: [i32; 2], scale| [scale + t - s, 0];
    each(call, shifted, divide)
});
pub(super) const MODULUS: Overload =
    Overload::new(TWO, of_rest, |call| aligned(call, |a, b| a.checked_rem(b).ok_or_else(zero)));

fn overflow() -> FunctionError {
    FunctionError::range("Decimal overflow")
}

/// Division by zero.
pub(super) fn zero() -> FunctionError {
    FunctionError { class: ErrorClass::DivisionByZero, message: "Division by zero".into() }
}

/// Precision and scale of an operand.
fn size(of: &DataType) -> (i32, i32) {
    // Trino makes NULL the smallest decimal.
    let (precision, scale) = if *of == DataType::Null { (1, 0) } else { digits(of) };
    (precision.into(), scale.into())
}

fn sizes(given: &Arguments) -> [(i32, i32); 2] {
    [0, 1].map(|at| size(&given.types[at]))
}

fn decimal(precision: i32, scale: i32) -> Returns {
    let precision = precision.clamp(1, 38);
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(digits), Ok(places)) if scale <= precision => Ok(DataType::Decimal128(digits, places)),
        _ => Err(FunctionError::argument(format!(
            "DECIMAL scale must be in range [0, precision ({precision})]: {scale}"
        ))),
    }
}

fn of_sum(given: &Arguments) -> Returns {
    let [(p, s), (q, t)] = sizes(given);
    decimal(1 + s.max(t) + (p - s).max(q - t), s.max(t))
}

fn of_product(given: &Arguments) -> Returns {
    let [(p, s), (q, t)] = sizes(given);
    decimal(p + q, s + t)
}

fn of_quotient(given: &Arguments) -> Returns {
    let [(p, s), (_, t)] = sizes(given);
    decimal(p + t + (t - s).max(0), s.max(t))
}

fn of_rest(given: &Arguments) -> Returns {
    let [(p, s), (q, t)] = sizes(given);
    decimal((p - s).min(q - t) + s.max(t), s.max(t))
}

/// Half of the last place is rounded away from zero.
fn divide(a: i256, b: i256) -> std::result::Result<i256, FunctionError> {
    let (whole, rest) = (a.checked_div(b), a.checked_rem(b));
    let (whole, rest) = whole.zip(rest).ok_or_else(zero)?;
    // The divisor has at most 38 digits, so twice the remainder does not overflow.
    if rest.wrapping_abs().wrapping_add(rest.wrapping_abs()) < b.wrapping_abs() {
        return Ok(whole);
    }
    let away = if a.is_negative() == b.is_negative() { i256::ONE } else { i256::MINUS_ONE };
    Ok(whole.wrapping_add(away))
}

/// Computes with both operands in the scale of the result.
fn aligned(
    call: &Call,
    kernel: fn(i256, i256) -> std::result::Result<i256, FunctionError>,
) -> Result<ArrayRef> {
    each(call, |[s, t], scale| [scale - s, scale - t], kernel)
}

/// Computes with integers: the digits of both operands with so many more zeros. `zeros` gets the scales of both
/// and that of the result.
fn each(
    call: &Call,
    zeros: fn([i32; 2], i32) -> [i32; 2],
    kernel: fn(i256, i256) -> std::result::Result<i256, FunctionError>,
) -> Result<ArrayRef> {
    let given = call.types();
    let sizes = [size(&given[0]), size(&given[1])];
    let (precision, scale) = size(&call.returns);
    let power = |zeros: i32| i256::from_i128(10).wrapping_pow(zeros.unsigned_abs());
    let factors = zeros([sizes[0].1, sizes[1].1], scale).map(power);
    let (a, b) =
        (call.full(0, &decimal(sizes[0].0, sizes[0].1)?)?, call.full(1, &decimal(sizes[1].0, sizes[1].1)?)?);
    let (a, b) = (a.as_primitive::<Decimal128Type>(), b.as_primitive::<Decimal128Type>());
    let operand = |of: &Decimal128Array, row: usize, factor: i256| -> KernelResult<i256> {
        let digits = given!(of.is_valid(row).then(|| of.value(row)));
        i256::from_i128(digits).checked_mul(factor).map(Some).ok_or_else(overflow)
    };
    let rows = call.each(|row| {
        let (a, b) = (given!(operand(a, row, factors[0])?), given!(operand(b, row, factors[1])?));
        let result = kernel(a, b)?;
        let fits = result.wrapping_abs() < power(precision);
        result.to_i128().filter(|_| fits).map(Some).ok_or_else(overflow)
    })?;
    Ok(Arc::new(Decimal128Array::from(rows).with_data_type(call.returns.clone())))
}
