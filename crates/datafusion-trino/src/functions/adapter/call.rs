//! Arguments by row, and results from rows.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int64Array, StringArray,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int32Type, Int64Type, IntervalUnit, IntervalYearMonthType,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;

use crate::functions::error::FunctionError;

/// The result of a kernel for one row: a value, NULL, or an error.
pub type KernelResult<T> = Result<Option<T>, FunctionError>;

/// An argument, read by row.
pub struct Argument<A> {
    /// The values: one for each row, or a single one.
    pub array: A,
    /// Whether it is a single one.
    pub constant: bool,
}

impl<A: Array> Argument<A> {
    /// The array and the index in it that hold this row; `None` for NULL.
    pub fn locate(&self, row: usize) -> Option<(&A, usize)> {
        let index = if self.constant { 0 } else { row };
        self.array.is_valid(index).then_some((&self.array, index))
    }
}

impl Argument<StringArray> {
    /// The text in this row.
    pub fn at(&self, row: usize) -> Option<&str> {
        self.locate(row).map(|(array, index)| array.value(index))
    }
}
impl Argument<Int64Array> {
    /// The integer in this row.
    pub fn at(&self, row: usize) -> Option<i64> {
        self.locate(row).map(|(array, index)| array.value(index))
    }
}
impl Argument<Float64Array> {
    /// The number in this row.
    pub fn at(&self, row: usize) -> Option<f64> {
        self.locate(row).map(|(array, index)| array.value(index))
    }
}
impl Argument<BinaryArray> {
    /// The bytes in this row.
    pub fn at(&self, row: usize) -> Option<&[u8]> {
        self.locate(row).map(|(array, index)| array.value(index))
    }
}
impl Argument<BooleanArray> {
    /// The truth value in this row.
    pub fn at(&self, row: usize) -> Option<bool> {
        self.locate(row).map(|(array, index)| array.value(index))
    }
}

/// A batch of calls.
pub struct Call {
    /// The arguments.
    pub(super) args: Vec<ColumnarValue>,
    /// The number of rows.
    pub rows: usize,
    /// Whether an error gives NULL.
    pub lenient: bool,
    /// The type to return.
    pub returns: DataType,
}

/// Casts by Arrow's rules, used only between representations of one Athena type or along Athena's widenings.
pub fn represent(array: &ArrayRef, as_type: &DataType) -> Result<ArrayRef> {
    match (array.data_type(), as_type) {
        (from, to) if from == to => return Ok(Arc::clone(array)),
        // Arrow has no cast between these two types.
        (DataType::Interval(IntervalUnit::YearMonth), DataType::Int32) => {
            let months = array.as_primitive::<IntervalYearMonthType>().reinterpret_cast::<Int32Type>();
            return Ok(Arc::new(months));
        }
        (DataType::Int32, DataType::Interval(IntervalUnit::YearMonth)) => {
            let months = array.as_primitive::<Int32Type>().reinterpret_cast::<IntervalYearMonthType>();
            return Ok(Arc::new(months));
        }
        _ => {}
    }
    Ok(cast_with_options(array, as_type, &CastOptions { safe: false, ..Default::default() })?)
}

impl Call {
    /// The number of arguments.
    pub fn len(&self) -> usize {
        self.args.len()
    }

    /// Types of the arguments.
    pub fn types(&self) -> Vec<DataType> {
        self.args.iter().map(ColumnarValue::data_type).collect()
    }

    /// An argument, unchanged.
    pub fn array(&self, index: usize) -> Result<Argument<ArrayRef>> {
        Ok(match &self.args[index] {
            ColumnarValue::Array(array) => Argument { array: Arc::clone(array), constant: false },
            ColumnarValue::Scalar(value) => Argument { array: value.to_array()?, constant: true },
        })
    }

    /// An argument as an array with a value for each row.
    pub fn full(&self, index: usize, as_type: &DataType) -> Result<ArrayRef> {
        represent(&self.args[index].to_array(self.rows)?, as_type)
    }

    /// A varchar or json argument.
    pub fn text(&self, index: usize) -> Result<Argument<StringArray>> {
        let Argument { array, constant } = self.array(index)?;
        Ok(Argument { array: represent(&array, &DataType::Utf8)?.as_string::<i32>().clone(), constant })
    }

    /// An integer argument.
    pub fn int(&self, index: usize) -> Result<Argument<Int64Array>> {
        let Argument { array, constant } = self.array(index)?;
        let array = represent(&array, &DataType::Int64)?.as_primitive::<Int64Type>().clone();
        Ok(Argument { array, constant })
    }

    /// A number argument.
    pub fn double(&self, index: usize) -> Result<Argument<Float64Array>> {
        let Argument { array, constant } = self.array(index)?;
        let array = represent(&array, &DataType::Float64)?.as_primitive::<Float64Type>().clone();
        Ok(Argument { array, constant })
    }

    /// A varbinary argument.
    pub fn binary(&self, index: usize) -> Result<Argument<BinaryArray>> {
        let Argument { array, constant } = self.array(index)?;
        Ok(Argument { array: represent(&array, &DataType::Binary)?.as_binary::<i32>().clone(), constant })
    }

    /// A boolean argument.
    pub fn boolean(&self, index: usize) -> Result<Argument<BooleanArray>> {
        let Argument { array, constant } = self.array(index)?;
        Ok(Argument { array: represent(&array, &DataType::Boolean)?.as_boolean().clone(), constant })
    }

    /// Runs a kernel on every row; errors end the query or, in `$try`, give NULL.
    pub fn each<T>(&self, mut kernel: impl FnMut(usize) -> KernelResult<T>) -> Result<Vec<Option<T>>> {
        (0..self.rows)
            .map(|row| match kernel(row) {
                Err(_) if self.lenient => Ok(None),
                other => other.map_err(DataFusionError::from),
            })
            .collect()
    }

    /// Runs a kernel that gives varchar or json.
    pub fn texts<S: AsRef<str>>(&self, kernel: impl FnMut(usize) -> KernelResult<S>) -> Result<ArrayRef> {
        let array: ArrayRef = Arc::new(StringArray::from_iter(self.each(kernel)?));
        represent(&array, &self.returns)
    }

    /// Runs a kernel that gives integers of the return type.
    pub fn ints(&self, kernel: impl FnMut(usize) -> KernelResult<i64>) -> Result<ArrayRef> {
        let array: ArrayRef = Arc::new(Int64Array::from(self.each(kernel)?));
        represent(&array, &self.returns)
    }

    /// Runs a kernel that gives bigint and reads it as the return type (a date, a timestamp, an interval).
    pub fn ticks(&self, kernel: impl FnMut(usize) -> KernelResult<i64>) -> Result<ArrayRef> {
        let array: ArrayRef = Arc::new(Int64Array::from(self.each(kernel)?));
        match self.returns {
            DataType::Date32 | DataType::Interval(IntervalUnit::YearMonth) => {
                represent(&represent(&array, &DataType::Int32)?, &self.returns)
            }
            _ => represent(&array, &self.returns),
        }
    }

    /// Runs a kernel that gives double, or real if that is the return type.
    pub fn doubles(&self, kernel: impl FnMut(usize) -> KernelResult<f64>) -> Result<ArrayRef> {
        let array: ArrayRef = Arc::new(Float64Array::from(self.each(kernel)?));
        represent(&array, &self.returns)
    }

    /// Runs a kernel that gives boolean.
    pub fn booleans(&self, kernel: impl FnMut(usize) -> KernelResult<bool>) -> Result<ArrayRef> {
        Ok(Arc::new(BooleanArray::from(self.each(kernel)?)))
    }
}

/// Keeps what was compiled from the last text, so that a constant pattern is compiled once per batch.
pub struct Memo<T> {
    last: Option<(String, T)>,
}

impl<T> Memo<T> {
    /// An empty memo.
    pub fn new() -> Self {
        Self { last: None }
    }

    /// What `make` returns for this text.
    pub fn get<E>(&mut self, text: &str, make: impl FnOnce(&str) -> Result<T, E>) -> Result<&T, E> {
        if self.last.as_ref().is_none_or(|(last, _)| last != text) {
            self.last = Some((text.to_string(), make(text)?));
        }
        Ok(&self.last.as_ref().expect("set above").1)
    }
}
