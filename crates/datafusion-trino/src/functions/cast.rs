//! `CAST` and `TRY_CAST` by Athena's rules, which are fewer and stricter than Arrow's.
//!
//! Both are planned as calls of `$cast(x, 'type')` and `$try_cast(x, 'type')`. An error belongs to one row:
//! in `$try_cast`
//! it makes that row NULL, also when it happens deep inside an array.

mod binary;
pub(super) mod format;
mod from_json;
mod from_text;
pub(super) mod json;
mod nested;
pub(super) mod target;
pub(super) mod text;

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, LargeStringArray, PrimitiveArray,
    StringArray, UInt32Array, new_null_array,
};
use datafusion::arrow::compute::{nullif, take};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, Time32MillisecondType, Time32SecondType, TimeUnit,
    TimestampMillisecondType,
};
use datafusion::error::Result;

use super::adapter::{Arguments, Call, KernelResult, Overload, Param, Returns, Spec, given, represent};
use super::error::FunctionError;
use super::number::text::java_double;
use super::types::{self, fits};
use crate::functions::time::moment::{Zone, days, from_ms, ms};
use from_json::from_json;
use from_text::from_text;
use target::Target;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[&CAST, &TRY_CAST];

const CAST: Spec = Spec {
    name: "$cast",
    overloads: &[Overload::new(&[Param::Any, Param::Text], cast_type, |call| eval(call, false))],
};
const TRY_CAST: Spec = Spec {
    name: "$try_cast",
    overloads: &[Overload::new(&[Param::Any, Param::Text], cast_type, |call| eval(call, true))],
};

fn target_of(name: &str) -> std::result::Result<Target, FunctionError> {
    target::parse(name).ok_or_else(|| FunctionError::mismatch(format!("Unknown type: {name}")))
}

fn cast_type(given: &Arguments) -> Returns {
    let name = given.text(1).ok_or_else(|| FunctionError::mismatch("CAST needs a type"))?;
    let mut target = target_of(name)?.data_type;
    let from = &given.types[0];
    if let (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, Some(_))) = (from, &target) {
        target = from.clone();
    }
    if let (DataType::Timestamp(_, Some(_)), Some(text)) = (&target, given.text(0)) {
        // A constant keeps the zone it names.
        if let Ok((_, Some(zone))) = text::parse_timestamp(text) {
            target = types::zoned(&zone.name());
        }
    }
    if !castable(from, &target) {
        return Err(FunctionError::mismatch(format!(
            "Cannot cast {} to {}",
            types::name(from),
            types::name(&target)
        )));
    }
    Ok(target)
}

/// Whether JSON can hold values of a type.
fn becomes_json(from: &DataType) -> bool {
    match from {
        DataType::Null | DataType::Boolean | DataType::Date32 | DataType::Timestamp(_, None) => true,
        DataType::Struct(fields) => fields.iter().all(|field| becomes_json(field.data_type())),
        from if from.is_numeric() || types::is_text(from) || *from == types::JSON => true,
        from => match (types::item_type(from), types::entry_types(from)) {
            (Some(item), _) => becomes_json(item),
            (_, Some((key, value))) => becomes_json(key) && becomes_json(value),
            _ => false,
        },
    }
}

fn castable(from: &DataType, to: &DataType) -> bool {
    if from == to || *from == DataType::Null || types::is_text(from) && types::is_text(to) {
        return true;
    }
    let nested = |data_type: &DataType| {
        types::item_type(data_type).is_some()
            || matches!(data_type, DataType::Map(_, _) | DataType::Struct(_))
    };
    let binary = |data_type: &DataType| types::name(data_type) == "varbinary";
    match (from, to) {
        (from, to) if binary(from) => binary(to) || [types::IPADDRESS, types::UUID].contains(to),
        (from, to) if binary(to) => types::is_text(from) || [types::IPADDRESS, types::UUID].contains(from),
        (_, DataType::LargeUtf8) => becomes_json(from),
        (DataType::LargeUtf8, to) => {
            let scalar = |to: &DataType| to.is_numeric() || types::is_text(to) || *to == DataType::Boolean;
            match to {
                DataType::Struct(fields) => fields.iter().all(|field| castable(from, field.data_type())),
                DataType::Map(_, _) => {
                    types::entry_types(to).is_some_and(|(key, value)| scalar(key) && castable(from, value))
                }
                to => types::item_type(to).is_some_and(|item| castable(from, item)) || scalar(to),
            }
        }
        (DataType::Struct(a), DataType::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| castable(a.data_type(), b.data_type()))
        }
        (DataType::Boolean, to) => to.is_numeric() || types::is_text(to),
        (from, to) if types::is_text(from) => !nested(to) && !matches!(to, DataType::Duration(_)),
        (from, to) if types::is_text(to) => !nested(from),
        (from, DataType::Boolean) => from.is_numeric(),
        (DataType::Date32, DataType::Timestamp(_, _)) | (DataType::Timestamp(_, _), DataType::Date32) => true,
        (DataType::Time32(_), DataType::Time32(_)) => true,
        (DataType::Timestamp(_, _), DataType::Timestamp(_, _)) => true,
        (from, to) if from.is_numeric() && to.is_numeric() => true,
        (from, to) => match (types::item_type(from), types::item_type(to)) {
            (Some(from), Some(to)) => castable(from, to),
            _ => match (types::entry_types(from), types::entry_types(to)) {
                (Some((ka, va)), Some((kb, vb))) => castable(ka, kb) && castable(va, vb),
                _ => false,
            },
        },
    }
}

fn eval(call: &Call, lenient: bool) -> Result<ArrayRef> {
    let column = call.array(0)?;
    let length = call.text(1)?.at(0).and_then(target::parse).and_then(|target| target.length);
    let mut errors = Errors::default();
    let mut array = cast(&column.array, &call.returns, &mut errors)?;
    if let Some(length) = length {
        let texts = array.as_string::<i32>();
        // A text is cut to the length; other values must fit.
        let was_text = types::is_text(column.array.data_type());
        let cut = errors.rows(array.len(), |row| {
            let text = given!(texts.is_valid(row).then(|| texts.value(row)));
            if !was_text && text.chars().nth(length).is_some() {
                let message = format!("Value {text} cannot be represented as varchar({length})");
                return Err(FunctionError::cast(message));
            }
            Ok(Some(text.chars().take(length).collect::<String>()))
        });
        array = Arc::new(StringArray::from(cut));
    }
    if let Some((_, error)) = errors.0.first() {
        if !lenient && !call.lenient {
            return Err(error.clone().into());
        }
        let mut bad = vec![false; array.len()];
        for (row, _) in &errors.0 {
            bad[*row] = true;
        }
        array = nullif(&array, &BooleanArray::from(bad))?;
    }
    if column.constant && call.rows != 1 {
        // Planning folds casts of constants, except to a computed type.
        let all = UInt32Array::from(vec![0; call.rows]);
        array = take(&array, &all, None)?;
    }
    Ok(array)
}

/// Errors with the rows they belong to.
#[derive(Default)]
struct Errors(Vec<(usize, FunctionError)>);

impl Errors {
    /// The values of all rows; rows with an error are recorded and NULL.
    fn rows<T>(&mut self, count: usize, mut kernel: impl FnMut(usize) -> KernelResult<T>) -> Vec<Option<T>> {
        (0..count)
            .map(|row| {
                kernel(row).unwrap_or_else(|error| {
                    self.0.push((row, error));
                    None
                })
            })
            .collect()
    }

    /// Adds errors of items as errors of the rows that hold the items.
    fn of_items(&mut self, items: Self, offsets: &[i32]) {
        for (item, error) in items.0 {
            let row = offsets.partition_point(|offset| *offset as usize <= item) - 1;
            self.0.push((row, error));
        }
    }
}

/// Casts an array; rows with an error are recorded and NULL.
fn cast(array: &ArrayRef, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    let from = array.data_type();
    if from == to {
        return Ok(Arc::clone(array));
    }
    if *from == DataType::Null {
        return Ok(new_null_array(to, array.len()));
    }
    if let Some(array) = binary::cast(array, to, errors)? {
        return Ok(array);
    }
    if types::is_text(from) {
        return from_text(represent(array, &DataType::Utf8)?.as_string(), to, errors);
    }
    if *to == types::JSON {
        return Ok(to_json(array));
    }
    if *from == types::JSON {
        return from_json(array.as_string(), to, errors);
    }
    if types::is_text(to) {
        return Ok(Arc::new(StringArray::from(text::texts(array)?)));
    }
    match (from, to) {
        (DataType::Struct(_), DataType::Struct(_))
        | (_, DataType::Map(_, _))
        | (
            DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(_, _)
            | DataType::ListView(_)
            | DataType::LargeListView(_),
            _,
        ) => nested::cast(array, to, errors),
        (DataType::Timestamp(_, _) | DataType::Date32, _) => times(array, to),
        (DataType::Time32(TimeUnit::Millisecond), DataType::Time32(TimeUnit::Second)) => {
            let times = array.as_primitive::<Time32MillisecondType>();
            let rounded = times.unary::<_, Time32SecondType>(|ms| (ms + 500) / 1000 % text::SECONDS);
            Ok(Arc::new(rounded))
        }
        (from, to) if from.is_numeric() => numbers(array, to, errors),
        _ => represent(array, to),
    }
}

fn to_json(array: &ArrayRef) -> ArrayRef {
    let one = |row| {
        array.is_valid(row).then(|| {
            let mut text = String::new();
            json::write(array, row, json::Rows::Cast, &mut text);
            text
        })
    };
    Arc::new((0..array.len()).map(one).collect::<LargeStringArray>())
}

/// Dates and timestamps among each other; what loses the zone shows the time of day in it.
fn times(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    match (array.data_type(), to) {
        (DataType::Timestamp(_, Some(zone)), DataType::Date32 | DataType::Timestamp(_, None)) => {
            let zone = Zone::parse(zone)?;
            let times = represent(array, &types::zoned(&zone.name()))?;
            let times = times.as_primitive::<TimestampMillisecondType>();
            Ok(if *to == DataType::Date32 {
                Arc::new(times.unary::<_, Date32Type>(|at| days(zone.local(at).date()) as i32))
            } else {
                Arc::new(times.unary::<_, TimestampMillisecondType>(|at| ms(zone.local(at))))
            })
        }
        (DataType::Timestamp(_, None), DataType::Date32) => {
            let times = represent(array, &types::TIMESTAMP)?;
            let times = times.as_primitive::<TimestampMillisecondType>();
            Ok(Arc::new(times.unary::<_, Date32Type>(|at| days(from_ms(at).date()) as i32)))
        }
        (DataType::Date32, DataType::Timestamp(_, Some(_))) => {
            represent(&represent(array, &types::TIMESTAMP)?, to)
        }
        _ => represent(array, to),
    }
}

/// Numbers as other numbers, or as booleans.
fn numbers(array: &ArrayRef, to: &DataType, errors: &mut Errors) -> Result<ArrayRef> {
    match (array.data_type(), to) {
        (DataType::Float16 | DataType::Float32 | DataType::Float64, to) if to.is_integer() => {
            let numbers = represent(array, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            let rows = errors.rows(array.len(), |row| {
                let number = given!(numbers.is_valid(row).then(|| numbers.value(row)));
                let error = || {
                    let (number, name) = (java_double(number), types::name(to));
                    FunctionError::cast(format!("Cannot cast double '{number}' to {name}"))
                };
                json::round(number).filter(|n| fits(*n, to)).map(Some).ok_or_else(error)
            });
            narrow(rows, to)
        }
        (from, to) if from.is_integer() && to.is_integer() => {
            let numbers = represent(array, &DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            let rows = errors.rows(array.len(), |row| {
                let number = given!(numbers.is_valid(row).then(|| numbers.value(row)));
                let error =
                    || FunctionError::range(format!("Out of range for {}: {number}", types::name(to)));
                fits(number, to).then_some(Some(number)).ok_or_else(error)
            });
            narrow(rows, to)
        }
        (_, DataType::Boolean) => {
            let numbers = represent(array, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>().iter();
            Ok(Arc::new(numbers.map(|n| n.map(|n| n != 0.0)).collect::<BooleanArray>()))
        }
        _ => represent(array, to),
    }
}

fn narrow(rows: Vec<Option<i64>>, to: &DataType) -> Result<ArrayRef> {
    let array: ArrayRef = Arc::new(PrimitiveArray::<Int64Type>::from(rows));
    represent(&array, to)
}

fn primitive<T: ArrowPrimitiveType>(rows: Vec<Option<T::Native>>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter(rows))
}
