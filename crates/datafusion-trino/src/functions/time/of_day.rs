//! Times of day: their fields, and their arithmetic, which begins again after midnight.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, TimeUnit};
use datafusion::error::Result;

use super::moment::DAY_MS;
use crate::functions::adapter::{Argument, Arguments, Call, Returns, given, represent};
use crate::functions::error::FunctionError;
use crate::functions::types;

/// Times by row, in ms of the day.
struct Times(Argument<datafusion::arrow::array::Int64Array>);

impl Times {
    fn read(call: &Call, index: usize) -> Result<Self> {
        let Argument { array, constant } = call.array(index)?;
        let array =
            if *array.data_type() == DataType::Null { represent(&array, &types::TIME)? } else { array };
        let length = if *array.data_type() == types::WHOLE_TIME { 1_000 } else { 1 };
        let ticks = represent(&array, &DataType::Int32)?;
        let ms = ticks.as_primitive::<Int32Type>().unary::<_, Int64Type>(|tick| i64::from(tick) * length);
        Ok(Self(Argument { array: ms, constant }))
    }

    fn at(&self, row: usize) -> Option<i64> {
        self.0.at(row)
    }
}

/// Times of the return type, from ms, which may lie before the day's start or after its end.
fn times(
    call: &Call,
    mut kernel: impl FnMut(usize) -> crate::functions::adapter::KernelResult<i64>,
) -> Result<ArrayRef> {
    let length = if call.returns == types::WHOLE_TIME { 1_000 } else { 1 };
    let ticks = call.each(|row| Ok(kernel(row)?.map(|ms| ms.rem_euclid(DAY_MS) / length)))?;
    let ticks: ArrayRef = std::sync::Arc::new(datafusion::arrow::array::Int64Array::from(ticks));
    represent(&represent(&ticks, &DataType::Int32)?, &call.returns)
}

/// The length of a unit of `date_trunc` and the like.
fn unit(text: &str) -> std::result::Result<i64, FunctionError> {
    match text.to_ascii_lowercase().as_str() {
        "millisecond" => Ok(1),
        "second" => Ok(1_000),
        "minute" => Ok(60_000),
        "hour" => Ok(3_600_000),
        _ => Err(FunctionError::argument(format!("'{text}' is not a valid TIME field"))),
    }
}

/// The type of the argument at this place, where the unit is one of times.
pub(super) fn of(given: &Arguments, at: usize) -> Returns {
    given.text(0).map_or(Ok(0), unit)?;
    Ok(given.types[at].clone())
}

/// `hour(x)` and the like.
pub(super) fn field(call: &Call, name: &str) -> Result<ArrayRef> {
    let source = Times::read(call, 0)?;
    call.ints(|row| {
        let ms = given!(source.at(row));
        Ok(Some(match name {
            "hour" => ms / 3_600_000,
            "minute" => ms / 60_000 % 60,
            "second" => ms / 1_000 % 60,
            _ => ms % 1_000,
        }))
    })
}

/// `x + interval` and `x - interval`; the time is the argument at `time`.
pub(in crate::functions) fn shift(call: &Call, time: usize, sign: i64) -> Result<ArrayRef> {
    let (source, interval) = (Times::read(call, time)?, call.array(1 - time)?);
    let lengths = represent(&interval.array, &DataType::Int64)?;
    let lengths =
        Argument { array: lengths.as_primitive::<Int64Type>().clone(), constant: interval.constant };
    times(call, |row| {
        let (ms, length) = (given!(source.at(row)), given!(lengths.at(row)));
        Ok(Some(ms + sign * (length % DAY_MS)))
    })
}

/// `x - y`
pub(in crate::functions) fn between(call: &Call) -> Result<ArrayRef> {
    let (a, b) = (Times::read(call, 0)?, Times::read(call, 1)?);
    call.ticks(|row| Ok(Some(given!(a.at(row)) - given!(b.at(row)))))
}

pub(super) fn trunc(call: &Call) -> Result<ArrayRef> {
    let (units, source) = (call.text(0)?, Times::read(call, 1)?);
    times(call, |row| {
        let (length, ms) = (unit(given!(units.at(row)))?, given!(source.at(row)));
        Ok(Some(ms - ms % length))
    })
}

pub(super) fn add(call: &Call) -> Result<ArrayRef> {
    let (units, counts, source) = (call.text(0)?, call.int(1)?, Times::read(call, 2)?);
    times(call, |row| {
        let (length, ms) = (unit(given!(units.at(row)))?, given!(source.at(row)));
        let count = given!(counts.at(row));
        Ok(Some(ms + count % (DAY_MS / length) * length))
    })
}

pub(super) fn diff(call: &Call) -> Result<ArrayRef> {
    let (units, a, b) = (call.text(0)?, Times::read(call, 1)?, Times::read(call, 2)?);
    call.ints(|row| {
        let length = unit(given!(units.at(row)))?;
        Ok(Some((given!(b.at(row)) - given!(a.at(row))) / length))
    })
}

/// `time(3)`, which a time has after arithmetic with intervals.
pub(in crate::functions) fn with_ms(_: &Arguments) -> Returns {
    Ok(DataType::Time32(TimeUnit::Millisecond))
}
