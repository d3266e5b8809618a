//! `abs`, `sign`, `ceil`, `floor`, `round` and `truncate`, which keep the kind of number they are given:
//! integers of every
//! width, decimals, real and double.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, Decimal128Type};
use datafusion::error::Result;

use crate::functions::adapter::{
    Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given, represent,
};
use crate::functions::error::FunctionError;
use crate::functions::types;
use crate::functions::types::fits;

const ONE: &[Param] = &[Param::Number];
const TWO: &[Param] = &[Param::Number, Param::Integer];

pub(super) const ABS: Spec = Spec { name: "abs", overloads: &[Overload::new(ONE, same, abs)] };
pub(super) const SIGN: Spec = Spec { name: "sign", overloads: &[Overload::new(ONE, of_sign, sign)] };
pub(super) const FLOOR: Spec = Spec {
    name: "floor",
    overloads: &[Overload::new(ONE, whole, |call| cut(call, i128::div_euclid, f64::floor))],
};
pub(super) const CEIL: Spec = Spec {
    name: "ceil",
    overloads: &[Overload::new(ONE, whole, |call| cut(call, |n, by| -(-n).div_euclid(by), f64::ceil))],
};
pub(super) const ROUND: Spec = Spec {
    name: "round",
    overloads: &[
        Overload::new(ONE, whole, |call| cut(call, half_up, f64::round)),
        Overload::new(TWO, rounded, round),
    ],
};
pub(super) const TRUNCATE: Spec = Spec {
    name: "truncate",
    overloads: &[
        Overload::new(ONE, truncated, |call| cut(call, |n, by| n / by, f64::trunc)),
        Overload::new(TWO, truncated_to, truncate_to),
    ],
};

/// The type of the argument; `NULL` counts as a double.
fn same(given: &Arguments) -> Returns {
    Ok(if given.types[0] == DataType::Null { DataType::Float64 } else { given.types[0].clone() })
}

fn of_sign(given: &Arguments) -> Returns {
    Ok(if given.types[0].is_decimal() { DataType::Decimal128(1, 0) } else { same(given)? })
}

/// A decimal loses its fraction and gains room for the carry.
fn whole(given: &Arguments) -> Returns {
    Ok(match given.types[0] {
        DataType::Decimal128(p, s) => {
            DataType::Decimal128((p - s.unsigned_abs() + s.unsigned_abs().min(1)).min(38), 0)
        }
        _ => same(given)?,
    })
}

/// A decimal keeps its digits and gains room for the carry.
fn rounded(given: &Arguments) -> Returns {
    Ok(match given.types[0] {
        DataType::Decimal128(p, s) => DataType::Decimal128((p + 1).min(38), s),
        _ => same(given)?,
    })
}

fn truncated(given: &Arguments) -> Returns {
    Ok(match given.types[0] {
        DataType::Float32 | DataType::Float64 | DataType::Null => same(given)?,
        ref other => {
            let (p, s) = types::digits(other);
            DataType::Decimal128((p - s.unsigned_abs()).max(1), 0)
        }
    })
}

fn truncated_to(given: &Arguments) -> Returns {
    match &given.types[0] {
        DataType::Float32 | DataType::Float64 => Err(FunctionError::parameters(format!(
            "Unexpected parameters ({}, {}) for function truncate. Expected: truncate(decimal, integer)",
            types::name(&given.types[0]),
            types::name(&given.types[1])
        ))),
        other => {
            let (p, s) = types::digits(other);
            Ok(DataType::Decimal128(p, s))
        }
    }
}

fn half_up(number: i128, by: i128) -> i128 {
    let half = if number < 0 { -(by / 2) } else { by / 2 };
    (number + half) / by
}

fn power(digits: u32) -> i128 {
    10_i128.checked_pow(digits).unwrap_or(i128::MAX)
}

/// The decimals of an argument, integers among them, with the scale that they have.
fn decimals(call: &Call) -> Result<Option<(Decimal128Array, i8)>> {
    let of = &call.types()[0];
    let counts = of.is_decimal() || of.is_integer() && call.returns.is_decimal();
    if !counts {
        return Ok(None);
    }
    let (p, s) = types::digits(of);
    let array = call.full(0, &DataType::Decimal128(p, s))?;
    Ok(Some((array.as_primitive::<Decimal128Type>().clone(), s)))
}

fn each_decimal(
    call: &Call,
    numbers: &Decimal128Array,
    mut kernel: impl FnMut(usize, i128) -> KernelResult<i128>,
) -> Result<ArrayRef> {
    let rows = call.each(|row| kernel(row, given!(numbers.is_valid(row).then(|| numbers.value(row)))))?;
    Ok(Arc::new(Decimal128Array::from(rows).with_data_type(call.returns.clone())))
}

/// Removes the fraction; integers have none.
fn cut(call: &Call, decimal: fn(i128, i128) -> i128, double: fn(f64) -> f64) -> Result<ArrayRef> {
    if let Some((numbers, scale)) = decimals(call)? {
        let by = power(u32::from(scale.unsigned_abs()));
        return each_decimal(call, &numbers, |_, n| Ok(Some(decimal(n, by))));
    }
    if call.returns.is_integer() {
        return call.full(0, &call.returns);
    }
    let value = call.double(0)?;
    call.doubles(|row| Ok(value.at(row).map(double)))
}

fn out_of_range(value: i64, name: &str, call: &Call) -> FunctionError {
    FunctionError::range(format!("Value {value} is out of range for {name}({})", types::name(&call.returns)))
}

fn abs(call: &Call) -> Result<ArrayRef> {
    if let Some((numbers, _)) = decimals(call)? {
        return each_decimal(call, &numbers, |_, n| Ok(Some(n.abs())));
    }
    if call.returns.is_integer() {
        let value = call.int(0)?;
        return call.ints(|row| {
            let value = given!(value.at(row));
            let absolute = value.checked_abs().filter(|n| fits(*n, &call.returns));
            absolute.map(Some).ok_or_else(|| out_of_range(value, "abs", call))
        });
    }
    let value = call.double(0)?;
    call.doubles(|row| Ok(value.at(row).map(f64::abs)))
}

fn sign(call: &Call) -> Result<ArrayRef> {
    if let Some((numbers, _)) = decimals(call)? {
        return each_decimal(call, &numbers, |_, n| Ok(Some(n.signum())));
    }
    if call.returns.is_integer() {
        let value = call.int(0)?;
        return call.ints(|row| Ok(value.at(row).map(i64::signum)));
    }
    let value = call.double(0)?;
    let kernel = |n: f64| if n == 0.0 || n.is_nan() { n } else { n.signum() };
    call.doubles(|row| Ok(value.at(row).map(kernel)))
}

fn round(call: &Call) -> Result<ArrayRef> {
    let digits = call.int(1)?;
    if let Some((numbers, scale)) = decimals(call)? {
        return each_decimal(call, &numbers, |row, n| {
            let drop = i64::from(scale) - given!(digits.at(row));
            Ok(Some(match u32::try_from(drop) {
                Ok(drop) if drop > 0 => half_up(n, power(drop)).saturating_mul(power(drop)),
                _ => n,
            }))
        });
    }
    if call.returns.is_integer() {
        let value = call.int(0)?;
        return call.ints(|row| {
            let (value, digits) = (given!(value.at(row)), given!(digits.at(row)));
            Ok(Some(match u32::try_from(-digits) {
                Ok(drop) if drop > 19 => 0,
                Ok(drop) if drop > 0 => {
                    let near = half_up(i128::from(value), power(drop)) * power(drop);
                    let near = i64::try_from(near).ok().filter(|n| fits(*n, &call.returns));
                    near.ok_or_else(|| out_of_range(value, "round", call))?
                }
                _ => value,
            }))
        });
    }
    let value = call.double(0)?;
    call.doubles(|row| {
        let (value, digits) = (given!(value.at(row)), given!(digits.at(row)));
        if !value.is_finite() {
            return Ok(Some(value));
        }
        let factor = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
        let scaled = (value * factor).round() / factor;
        Ok(Some(if scaled.is_finite() { scaled } else { value }))
    })
}

fn truncate_to(call: &Call) -> Result<ArrayRef> {
    let digits = call.int(1)?;
    match decimals(call)? {
        Some((numbers, scale)) => each_decimal(call, &numbers, |row, n| {
            let drop = i64::from(scale) - given!(digits.at(row));
            Ok(Some(match u32::try_from(drop) {
                Ok(drop) if drop > 0 => n - n % power(drop),
                _ => n,
            }))
        }),
        None => represent(&call.full(0, &DataType::Null)?, &call.returns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!([25, -25, 24, -24, 0].map(|n| half_up(n, 10)), [3, -3, 2, -2, 0]);
    }

    proptest! {
        #[test]
        fn rounding_stays_within_half(number in -1_000_000_i128..1_000_000, digits in 0_u32..6) {
            let near = half_up(number, power(digits)) * power(digits);
            prop_assert!((near - number).abs() * 2 <= power(digits));
        }
    }
}
