//! `sequence(start, stop[, step])`: numbers, dates or timestamps, both ends included.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray};
use datafusion::arrow::datatypes::{DataType, Int32Type, IntervalUnit};
use datafusion::error::Result;

use crate::functions::adapter::{
    Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given, represent,
};
use crate::functions::error::FunctionError;
use crate::functions::lists::shape;
use crate::functions::time::moment::{DAY_MS, Moments};
use crate::functions::time::units::add_months;
use crate::functions::types;

pub(super) const SEQUENCE: Spec = Spec {
    name: "sequence",
    overloads: &[
        Overload::new(
            &[Param::Bigint, Param::Bigint, Param::Bigint],
            |_| Ok(types::list(DataType::Int64)),
            integers,
        )
        .optional(1),
        Overload::new(&[Param::Date, Param::Date], of_first, moments),
        Overload::new(&[Param::Moment, Param::Moment, Param::DaySecond], of_first, moments),
        Overload::new(&[Param::Moment, Param::Moment, Param::YearMonth], of_first, moments),
    ],
};

/// More items than this are refused.
const MAX_ITEMS: usize = 10_000;

fn of_first(given: &Arguments) -> Returns {
    Ok(types::list(given.types[0].clone()))
}

fn run(start: i64, stop: i64, step: i64, next: impl Fn(i64) -> Option<i64>) -> KernelResult<Vec<i64>> {
    if step == 0 {
        return Err(FunctionError::argument("step must not be zero"));
    }
    if (step > 0 && stop < start) || (step < 0 && stop > start) {
        return Err(FunctionError::argument(
            "sequence stop value should be greater than or equal to start value if step is greater than zero \
             otherwise stop should be less than or equal to start",
        ));
    }
    let mut items = vec![start];
    for index in 1.. {
        match next(index) {
            Some(item) if (step > 0 && item <= stop) || (step < 0 && item >= stop) => items.push(item),
            _ => break,
        }
        if items.len() > MAX_ITEMS {
            return Err(FunctionError::argument(
                "result of sequence function must not have more than 10000 entries",
            ));
        }
    }
    Ok(Some(items))
}

fn collect(call: &Call, rows: Vec<Option<Vec<i64>>>) -> Result<ArrayRef> {
    let (offsets, valid) = shape(&rows);
    let items: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.into_iter().flatten().flatten()));
    let of = types::item_type(&call.returns).unwrap_or(&DataType::Int64).clone();
    let items = if of == DataType::Date32 { represent(&items, &DataType::Int32)? } else { items };
    Ok(Arc::new(ListArray::try_new(types::item(of.clone()), offsets, represent(&items, &of)?, Some(valid))?))
}

fn integers(call: &Call) -> Result<ArrayRef> {
    let (start, stop) = (call.int(0)?, call.int(1)?);
    let step = (call.len() > 2).then(|| call.int(2)).transpose()?;
    let rows = call.each(|row| {
        let (start, stop) = (given!(start.at(row)), given!(stop.at(row)));
        let step = match &step {
            Some(step) => given!(step.at(row)),
            None if stop >= start => 1,
            None => -1,
        };
        run(start, stop, step, |index| index.checked_mul(step).and_then(|by| start.checked_add(by)))
    })?;
    collect(call, rows)
}

fn moments(call: &Call) -> Result<ArrayRef> {
    let (start, stop) = (Moments::read(call, 0)?, Moments::read(call, 1)?);
    let months =
        call.types().get(2).is_some_and(|t| matches!(t, DataType::Interval(IntervalUnit::YearMonth)));
    let step = (call.len() > 2).then(|| call.array(2)).transpose()?;
    let step_at = |row: usize| -> Result<Option<i64>> {
        let Some(step) = &step else { return Ok(None) };
        let Some((array, index)) = step.locate(row) else { return Ok(None) };
        let one = array.slice(index, 1);
        if months {
            return Ok(Some(i64::from(
                represent(&one, &DataType::Int32)?.as_primitive::<Int32Type>().value(0),
            )));
        }
        Ok(Some(
            represent(&one, &DataType::Int64)?
                .as_primitive::<datafusion::arrow::datatypes::Int64Type>()
                .value(0),
        ))
    };
    let steps = (0..call.rows).map(step_at).collect::<Result<Vec<_>>>()?;
    let unit = if start.is_date { DAY_MS } else { 1 };
    let rows = call.each(|row| {
        let (from, to) = (given!(start.at(row)), given!(stop.at(row)));
        let by = match steps[row] {
            Some(by) => by,
            None if step.is_some() => return Ok(None),
            None if to >= from => DAY_MS,
            None => -DAY_MS,
        };
        if start.is_date && !months && by % DAY_MS != 0 {
            return Err(FunctionError::argument(
                "sequence step must be a day interval if start and end values are dates",
            ));
        }
        let found = run(from, to, by, |index| {
            if months {
                return Some(start.zone.instant(add_months(start.zone.local(from), index.checked_mul(by)?)?));
            }
            from.checked_add(index.checked_mul(by)?)
        })?;
        Ok(found.map(|items| items.into_iter().map(|ms| ms / unit).collect()))
    })?;
    collect(call, rows)
}
