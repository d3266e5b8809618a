//! `+ - * / %` where DataFusion's operators differ: overflow and division by zero of integers, times and
//! intervals.
//!
//! `sql::planner` turns the operators into these functions depending on the types.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, IntervalUnit};
use datafusion::error::Result;

use super::decimals;
use crate::functions::adapter::{
    Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given, represent,
};
use crate::functions::error::FunctionError;
use crate::functions::time::moment::{DAY_MS, Moments};
use crate::functions::time::of_day;
use crate::functions::time::units::add_months;
use crate::functions::types;
use crate::functions::types::fits;

/// Literals of intervals: their length in ms or months as text.
pub(super) const DAY_SECOND: Spec = Spec {
    name: "$day_second",
    overloads: &[Overload::new(&[Param::Text], |_| Ok(types::DAY_SECOND), interval)],
};
pub(super) const YEAR_MONTH: Spec = Spec {
    name: "$year_month",
    overloads: &[Overload::new(&[Param::Text], |_| Ok(types::YEAR_MONTH), interval)],
};

pub(super) const ADD: Spec = Spec {
    name: "$add",
    overloads: &[
        Overload::new(&[Param::Bigint, Param::Bigint], wider, |call| {
            integers(call, "addition", "+", i64::checked_add)
        }),
        decimals::ADD,
        Overload::new(&[Param::Number, Param::Number], wider, |call| doubles(call, |a, b| a + b)),
        Overload::new(&[Param::Moment, Param::DaySecond], first, |call| shift(call, 0, 1)),
        Overload::new(&[Param::Moment, Param::YearMonth], first, |call| shift_months(call, 0, 1)),
        Overload::new(&[Param::DaySecond, Param::Moment], second, |call| shift(call, 1, 1)),
        Overload::new(&[Param::YearMonth, Param::Moment], second, |call| shift_months(call, 1, 1)),
        Overload::new(&[Param::Time, Param::DaySecond], of_day::with_ms, |call| of_day::shift(call, 0, 1)),
        Overload::new(&[Param::DaySecond, Param::Time], of_day::with_ms, |call| of_day::shift(call, 1, 1)),
        Overload::new(&[Param::DaySecond, Param::DaySecond], first, |call| lengths(call, i64::checked_add)),
        Overload::new(&[Param::YearMonth, Param::YearMonth], first, |call| lengths(call, i64::checked_add)),
    ],
};
pub(super) const SUBTRACT: Spec = Spec {
    name: "$subtract",
    overloads: &[
        Overload::new(&[Param::Bigint, Param::Bigint], wider, |call| {
            integers(call, "subtraction", "-", i64::checked_sub)
        }),
        decimals::SUBTRACT,
        Overload::new(&[Param::Number, Param::Number], wider, |call| doubles(call, |a, b| a - b)),
        Overload::new(&[Param::Moment, Param::DaySecond], first, |call| shift(call, 0, -1)),
        Overload::new(&[Param::Moment, Param::YearMonth], first, |call| shift_months(call, 0, -1)),
        Overload::new(&[Param::Timestamp, Param::Timestamp], |_| Ok(types::DAY_SECOND), between),
        Overload::new(&[Param::Date, Param::Date], |_| Ok(types::DAY_SECOND), between),
        Overload::new(&[Param::Time, Param::DaySecond], of_day::with_ms, |call| of_day::shift(call, 0, -1)),
        Overload::new(&[Param::Time, Param::Time], |_| Ok(types::DAY_SECOND), of_day::between),
        Overload::new(&[Param::DaySecond, Param::DaySecond], first, |call| lengths(call, i64::checked_sub)),
        Overload::new(&[Param::YearMonth, Param::YearMonth], first, |call| lengths(call, i64::checked_sub)),
    ],
};
pub(super) const MULTIPLY: Spec = Spec {
    name: "$multiply",
    overloads: &[
        Overload::new(&[Param::Bigint, Param::Bigint], wider, |call| {
            integers(call, "multiplication", "*", i64::checked_mul)
        }),
        decimals::MULTIPLY,
        Overload::new(&[Param::Number, Param::Number], wider, |call| doubles(call, |a, b| a * b)),
        Overload::new(&[Param::DaySecond, Param::Number], first, |call| scale(call, 0, |a, b| a * b)),
        Overload::new(&[Param::YearMonth, Param::Number], first, |call| scale(call, 0, |a, b| a * b)),
        Overload::new(&[Param::Number, Param::DaySecond], second, |call| scale(call, 1, |a, b| a * b)),
        Overload::new(&[Param::Number, Param::YearMonth], second, |call| scale(call, 1, |a, b| a * b)),
    ],
};
pub(super) const DIVIDE: Spec = Spec {
    name: "$divide",
    overloads: &[
        Overload::new(&[Param::Bigint, Param::Bigint], wider, |call| {
            by_zero(call)?;
            integers(call, "division", "/", i64::checked_div)
        }),
        decimals::DIVIDE,
        Overload::new(&[Param::Number, Param::Number], wider, |call| doubles(call, |a, b| a / b)),
        Overload::new(&[Param::DaySecond, Param::Number], first, |call| scale(call, 0, |a, b| a / b)),
        Overload::new(&[Param::YearMonth, Param::Number], first, |call| scale(call, 0, |a, b| a / b)),
    ],
};
pub(super) const MODULUS: Spec = Spec {
    name: "$modulus",
    overloads: &[
        Overload::new(&[Param::Bigint, Param::Bigint], wider, |call| {
            by_zero(call)?;
            integers(call, "modulus", "%", i64::checked_rem)
        }),
        decimals::MODULUS,
        Overload::new(&[Param::Number, Param::Number], wider, |call| doubles(call, |a, b| a % b)),
    ],
};
pub(super) const NEGATE: Spec = Spec {
    name: "$negate",
    overloads: &[
        Overload::new(&[Param::Bigint], of_number, negate),
        Overload::new(&[Param::Number], of_number, negate),
        Overload::new(&[Param::DaySecond], first, negate),
        Overload::new(&[Param::YearMonth], first, negate),
    ],
};

/// The wider of two number types.
fn wider(given: &Arguments) -> Returns {
    let of = types::common(&given.types[0], &given.types[1]).unwrap_or(DataType::Float64);
    Ok(if of == DataType::Null { DataType::Int32 } else { of })
}

fn of_number(given: &Arguments) -> Returns {
    Ok(if given.types[0] == DataType::Null { DataType::Int32 } else { given.types[0].clone() })
}

fn first(given: &Arguments) -> Returns {
    Ok(of_null(&given.types[0]))
}

fn second(given: &Arguments) -> Returns {
    Ok(of_null(&given.types[1]))
}

fn of_null(data_type: &DataType) -> DataType {
    if *data_type == DataType::Null { types::TIMESTAMP } else { data_type.clone() }
}

fn interval(call: &Call) -> Result<ArrayRef> {
    let length = call.text(0)?;
    call.ticks(|row| Ok(given!(length.at(row)).parse().ok()))
}

/// Refuses a divisor of zero.
fn by_zero(call: &Call) -> Result<()> {
    let (a, b) = (call.int(0)?, call.int(1)?);
    let divides = |row| a.at(row).is_none() || b.at(row) != Some(0);
    if !call.lenient && !(0..call.rows).all(divides) {
        return Err(decimals::zero().into());
    }
    Ok(())
}

fn integers(call: &Call, name: &str, sign: &str, kernel: fn(i64, i64) -> Option<i64>) -> Result<ArrayRef> {
    let (a, b) = (call.int(0)?, call.int(1)?);
    call.ints(|row| {
        let (a, b) = (given!(a.at(row)), given!(b.at(row)));
        let of = types::name(&call.returns);
        let overflow = || FunctionError::range(format!("{of} {name} overflow: {a} {sign} {b}"));
        kernel(a, b).filter(|n| fits(*n, &call.returns)).map(Some).ok_or_else(overflow)
    })
}

fn doubles(call: &Call, kernel: fn(f64, f64) -> f64) -> Result<ArrayRef> {
    let (a, b) = (call.double(0)?, call.double(1)?);
    call.doubles(|row| Ok(Some(kernel(given!(a.at(row)), given!(b.at(row))))))
}

/// Interval lengths by row, in ms or months.
fn length(call: &Call, index: usize) -> Result<impl Fn(usize) -> Option<i64> + use<>> {
    let column = call.array(index)?;
    let narrow = matches!(column.array.data_type(), DataType::Interval(IntervalUnit::YearMonth));
    let array = if narrow { represent(&column.array, &DataType::Int32)? } else { Arc::clone(&column.array) };
    let array = represent(&array, &DataType::Int64)?;
    Ok(move |row: usize| {
        let at = if column.constant { 0 } else { row };
        let array = array.as_primitive::<datafusion::arrow::datatypes::Int64Type>();
        array.is_valid(at).then(|| array.value(at))
    })
}

fn far() -> FunctionError {
    FunctionError::range("interval or timestamp is out of range")
}

fn shift(call: &Call, moment: usize, sign: i64) -> Result<ArrayRef> {
    let (moments, length) = (Moments::read(call, moment)?, length(call, 1 - moment)?);
    call.ticks(|row| {
        let (at, ms) = (given!(moments.at(row)), given!(length(row)));
        if moments.is_date {
            if ms % DAY_MS != 0 {
                return Err(FunctionError::argument("Cannot add hour, minutes or seconds to a date"));
            }
            return Ok(Some(at / DAY_MS + sign * (ms / DAY_MS)));
        }
        ms.checked_mul(sign).and_then(|ms| at.checked_add(ms)).map(Some).ok_or_else(far)
    })
}

fn shift_months(call: &Call, moment: usize, sign: i64) -> Result<ArrayRef> {
    let (moments, length) = (Moments::read(call, moment)?, length(call, 1 - moment)?);
    call.ticks(|row| {
        let (local, months) = (given!(moments.local(row)), given!(length(row)));
        add_months(local, sign * months).map(|local| Some(moments.ticks(local))).ok_or_else(far)
    })
}

fn between(call: &Call) -> Result<ArrayRef> {
    let (a, b) = (Moments::read(call, 0)?, Moments::read(call, 1)?);
    call.ticks(|row| Ok(Some(given!(a.at(row)) - given!(b.at(row)))))
}

fn lengths(call: &Call, kernel: fn(i64, i64) -> Option<i64>) -> Result<ArrayRef> {
    let (a, b) = (length(call, 0)?, length(call, 1)?);
    call.ticks(|row| -> KernelResult<i64> {
        kernel(given!(a(row)), given!(b(row))).map(Some).ok_or_else(far)
    })
}

fn scale(call: &Call, interval: usize, kernel: fn(f64, f64) -> f64) -> Result<ArrayRef> {
    let (length, by) = (length(call, interval)?, call.double(1 - interval)?);
    let most = if call.returns == types::YEAR_MONTH { f64::from(i32::MAX) } else { i64::MAX as f64 };
    call.ticks(|row| {
        let scaled = kernel(given!(length(row)) as f64, given!(by.at(row)));
        if scaled.is_nan() || scaled.abs() >= most {
            return Err(FunctionError::argument(format!(
                "interval can't be multiplied or divided to {scaled}"
            )));
        }
        Ok(Some(scaled as i64))
    })
}

fn negate(call: &Call) -> Result<ArrayRef> {
    if call.returns.is_floating() || call.returns.is_decimal() {
        return Ok(datafusion::arrow::compute::kernels::numeric::neg_wrapping(
            &call.full(0, &call.returns)?,
        )?);
    }
    let length = length(call, 0)?;
    call.ticks(|row| {
        let value = given!(length(row));
        let of = types::name(&call.returns);
        let negated = value.checked_neg().filter(|n| fits(*n, &call.returns));
        negated.map(Some).ok_or_else(|| FunctionError::range(format!("{of} negation overflow: {value}")))
    })
}
