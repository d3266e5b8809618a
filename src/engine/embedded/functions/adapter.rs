//! From kernels on Rust values to DataFusion functions.
//!
//! A function is a [`Spec`]: its overloads, each with parameter kinds, a return type and an evaluator over
//! whole batches. Evaluators read arguments by row through [`Call`]; a constant argument is stored once.
//! Every function exists twice: under its name, where an error ends the query, and with `$try` appended,
//! where an error gives NULL for that row (what `try(…)` is rewritten to).

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Float64Type, Int32Type, Int64Type, IntervalUnit, IntervalYearMonthType,
};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::error::FunctionError;
use super::types;

/// A kernel's answer for one row: a value, NULL, or a refusal.
pub type Row<T> = Result<Option<T>, FunctionError>;

/// Unwraps an optional argument, or answers NULL.
macro_rules! given {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}
pub(crate) use given;

/// What an overload accepts in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// varchar
    Text,
    /// json
    Json,
    /// json or varchar
    JsonOrText,
    /// any integer type
    Int,
    /// any number
    Number,
    /// boolean
    Bool,
    /// date
    Date,
    /// timestamp with or without zone
    Timestamp,
    /// date or timestamp
    Moment,
    /// interval day to second
    DaySecond,
    /// interval year to month
    YearMonth,
    /// array
    List,
    /// map
    Map,
    /// row
    Row,
    /// ipaddress
    Ip,
    /// anything
    Any,
}

impl Param {
    fn accepts(self, given: &DataType) -> bool {
        if *given == DataType::Null {
            return true;
        }
        match self {
            Self::Text => types::is_text(given),
            Self::Json => *given == types::JSON,
            Self::JsonOrText => *given == types::JSON || types::is_text(given),
            Self::Int => given.is_integer(),
            Self::Number => given.is_numeric(),
            Self::Bool => *given == DataType::Boolean,
            Self::Date => *given == DataType::Date32,
            Self::Timestamp => matches!(given, DataType::Timestamp(_, _)),
            Self::Moment => matches!(given, DataType::Date32 | DataType::Timestamp(_, _)),
            Self::DaySecond => matches!(given, DataType::Duration(_)),
            Self::YearMonth => matches!(given, DataType::Interval(IntervalUnit::YearMonth)),
            Self::List => types::item_type(given).is_some(),
            Self::Map => matches!(given, DataType::Map(_, _)),
            Self::Row => matches!(given, DataType::Struct(_)),
            Self::Ip => *given == types::IPADDRESS,
            Self::Any => true,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "varchar",
            Self::Json => "json",
            Self::JsonOrText => "json or varchar",
            Self::Int => "bigint",
            Self::Number => "double",
            Self::Bool => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Moment => "date or timestamp",
            Self::DaySecond => "interval day to second",
            Self::YearMonth => "interval year to month",
            Self::List => "array",
            Self::Map => "map",
            Self::Row => "row",
            Self::Ip => "ipaddress",
            Self::Any => "any",
        }
    }
}

/// What is known of a call's arguments when it is planned.
pub struct Given<'a> {
    /// Types of the arguments.
    pub types: Vec<DataType>,
    /// Values of the constant ones.
    pub constants: &'a [Option<&'a ScalarValue>],
}

impl Given<'_> {
    /// The constant varchar at this place.
    pub fn text(&self, index: usize) -> Option<&str> {
        self.constants.get(index).copied().flatten().and_then(|value| value.try_as_str().flatten())
    }

    /// The constant integer at this place.
    pub fn int(&self, index: usize) -> Option<i64> {
        let value = self.constants.get(index).copied().flatten()?;
        match value.cast_to(&DataType::Int64).ok()? {
            ScalarValue::Int64(value) => value,
            _ => None,
        }
    }
}

/// A return type, or why there is none.
pub type Returns = Result<DataType, FunctionError>;

/// Returns varchar.
pub fn text(_: &Given) -> Returns {
    Ok(DataType::Utf8)
}
/// Returns json.
pub fn json(_: &Given) -> Returns {
    Ok(types::JSON)
}
/// Returns bigint.
pub fn int(_: &Given) -> Returns {
    Ok(DataType::Int64)
}
/// Returns double.
pub fn double(_: &Given) -> Returns {
    Ok(DataType::Float64)
}
/// Returns boolean.
pub fn boolean(_: &Given) -> Returns {
    Ok(DataType::Boolean)
}
/// Returns array(varchar).
pub fn texts(_: &Given) -> Returns {
    Ok(types::list(DataType::Utf8))
}
/// One way to call a function.
pub struct Overload {
    params: &'static [Param],
    optional: usize,
    variadic: bool,
    returns: fn(&Given) -> Returns,
    eval: fn(&Call) -> Result<ArrayRef>,
}

impl Overload {
    /// An overload with exactly these parameters.
    pub const fn new(
        params: &'static [Param],
        returns: fn(&Given) -> Returns,
        eval: fn(&Call) -> Result<ArrayRef>,
    ) -> Self {
        Self { params, optional: 0, variadic: false, returns, eval }
    }

    /// The last `count` parameters may be left out.
    pub const fn optional(mut self, count: usize) -> Self {
        self.optional = count;
        self
    }

    /// The last parameter may be repeated.
    pub const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    fn accepts(&self, given: &[DataType]) -> bool {
        let count = given.len();
        if count + self.optional < self.params.len() || (!self.variadic && count > self.params.len()) {
            return false;
        }
        given.iter().enumerate().all(|(index, data_type)| {
            self.params.get(index).or(self.params.last()).is_some_and(|param| param.accepts(data_type))
        })
    }
}

/// An Athena function.
pub struct Spec {
    /// Its name, lower case; internal ones begin with `$`.
    pub name: &'static str,
    /// Its overloads, tried in this order.
    pub overloads: &'static [Overload],
}

impl Spec {
    fn overload(&self, given: &[DataType]) -> Result<&'static Overload, FunctionError> {
        self.overloads.iter().find(|overload| overload.accepts(given)).ok_or_else(|| {
            let given: Vec<_> = given.iter().map(types::name).collect();
            let expected: Vec<_> = self
                .overloads
                .iter()
                .map(|overload| {
                    let params: Vec<_> = overload.params.iter().map(|param| param.name()).collect();
                    let more = if overload.variadic { ", …" } else { "" };
                    format!("{}({}{more})", self.name, params.join(", "))
                })
                .collect();
            FunctionError::mismatch(format!(
                "Unexpected parameters ({}) for function {}. Expected: {}",
                given.join(", "),
                self.name,
                expected.join(", ")
            ))
        })
    }

    /// The functions for DataFusion: strict and `$try`.
    pub fn functions(&'static self) -> [ScalarUDF; 2] {
        [false, true].map(|lenient| {
            let name = if lenient { format!("{}$try", self.name) } else { self.name.to_string() };
            ScalarUDF::new_from_impl(Function {
                name,
                lenient,
                spec: self,
                signature: Signature::one_of(
                    vec![
                        datafusion::logical_expr::TypeSignature::Nullary,
                        datafusion::logical_expr::TypeSignature::VariadicAny,
                    ],
                    Volatility::Immutable,
                ),
            })
        })
    }
}

struct Function {
    name: String,
    lenient: bool,
    spec: &'static Spec,
    signature: Signature,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Function {}
impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        let given = Given { types: arg_types.to_vec(), constants: &[] };
        Ok((self.spec.overload(arg_types)?.returns)(&given)?)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let given = Given {
            types: args.arg_fields.iter().map(|field| field.data_type().clone()).collect(),
            constants: args.scalar_arguments,
        };
        let data_type = (self.spec.overload(&given.types)?.returns)(&given)?;
        Ok(Arc::new(Field::new(&self.name, data_type, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let call = Call {
            rows: if constant { 1 } else { args.number_rows },
            lenient: self.lenient,
            returns: args.return_field.data_type().clone(),
            args: args.args,
        };
        let overload = self.spec.overload(&call.types())?;
        let array = (overload.eval)(&call)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }
}

/// One argument read by row.
pub struct Column<A> {
    /// The values: one for each row, or a single one.
    pub array: A,
    /// Whether it is a single one.
    pub constant: bool,
}

impl<A: Array> Column<A> {
    /// The array and the index in it that hold this row; `None` for NULL.
    pub fn place(&self, row: usize) -> Option<(&A, usize)> {
        let index = if self.constant { 0 } else { row };
        self.array.is_valid(index).then_some((&self.array, index))
    }
}

impl Column<StringArray> {
    /// The text in this row.
    pub fn at(&self, row: usize) -> Option<&str> {
        self.place(row).map(|(array, index)| array.value(index))
    }
}
impl Column<Int64Array> {
    /// The integer in this row.
    pub fn at(&self, row: usize) -> Option<i64> {
        self.place(row).map(|(array, index)| array.value(index))
    }
}
impl Column<Float64Array> {
    /// The number in this row.
    pub fn at(&self, row: usize) -> Option<f64> {
        self.place(row).map(|(array, index)| array.value(index))
    }
}
impl Column<BooleanArray> {
    /// The truth value in this row.
    pub fn at(&self, row: usize) -> Option<bool> {
        self.place(row).map(|(array, index)| array.value(index))
    }
}

/// A batch of calls.
pub struct Call {
    args: Vec<ColumnarValue>,
    /// How many.
    pub rows: usize,
    /// Whether a refusal is NULL.
    pub lenient: bool,
    /// The type to return.
    pub returns: DataType,
}

/// Casts by Arrow's rules, used only between representations of one Athena type or along Athena's widenings.
pub fn represent(array: &ArrayRef, as_type: &DataType) -> Result<ArrayRef> {
    match (array.data_type(), as_type) {
        (from, to) if from == to => return Ok(Arc::clone(array)),
        // Arrow casts these two neither way.
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
    /// How many arguments.
    pub fn len(&self) -> usize {
        self.args.len()
    }

    /// Types of the arguments.
    pub fn types(&self) -> Vec<DataType> {
        self.args.iter().map(ColumnarValue::data_type).collect()
    }

    /// An argument as it came.
    pub fn array(&self, index: usize) -> Result<Column<ArrayRef>> {
        Ok(match &self.args[index] {
            ColumnarValue::Array(array) => Column { array: Arc::clone(array), constant: false },
            ColumnarValue::Scalar(value) => Column { array: value.to_array()?, constant: true },
        })
    }

    /// An argument as an array with a value for each row.
    pub fn full(&self, index: usize, as_type: &DataType) -> Result<ArrayRef> {
        represent(&self.args[index].to_array(self.rows)?, as_type)
    }

    /// A varchar or json argument.
    pub fn text(&self, index: usize) -> Result<Column<StringArray>> {
        let Column { array, constant } = self.array(index)?;
        Ok(Column { array: represent(&array, &DataType::Utf8)?.as_string::<i32>().clone(), constant })
    }

    /// An integer argument.
    pub fn int(&self, index: usize) -> Result<Column<Int64Array>> {
        let Column { array, constant } = self.array(index)?;
        let array = represent(&array, &DataType::Int64)?.as_primitive::<Int64Type>().clone();
        Ok(Column { array, constant })
    }

    /// A number argument.
    pub fn double(&self, index: usize) -> Result<Column<Float64Array>> {
        let Column { array, constant } = self.array(index)?;
        let array = represent(&array, &DataType::Float64)?.as_primitive::<Float64Type>().clone();
        Ok(Column { array, constant })
    }

    /// A boolean argument.
    pub fn boolean(&self, index: usize) -> Result<Column<BooleanArray>> {
        let Column { array, constant } = self.array(index)?;
        Ok(Column { array: represent(&array, &DataType::Boolean)?.as_boolean().clone(), constant })
    }

    /// Runs a kernel on every row; refusals end the query or, in `$try`, give NULL.
    pub fn each<T>(&self, mut kernel: impl FnMut(usize) -> Row<T>) -> Result<Vec<Option<T>>> {
        (0..self.rows)
            .map(|row| match kernel(row) {
                Err(_) if self.lenient => Ok(None),
                other => other.map_err(DataFusionError::from),
            })
            .collect()
    }

    /// Runs a kernel that gives varchar or json.
    pub fn texts<S: AsRef<str>>(&self, kernel: impl FnMut(usize) -> Row<S>) -> Result<ArrayRef> {
        let array: ArrayRef = Arc::new(StringArray::from_iter(self.each(kernel)?));
        represent(&array, &self.returns)
    }

    /// Runs a kernel that gives bigint.
    pub fn ints(&self, kernel: impl FnMut(usize) -> Row<i64>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.each(kernel)?)))
    }

    /// Runs a kernel that gives bigint and reads it as the return type (a date, a timestamp, an interval).
    pub fn ticks(&self, kernel: impl FnMut(usize) -> Row<i64>) -> Result<ArrayRef> {
        let array = self.ints(kernel)?;
        match self.returns {
            DataType::Date32 | DataType::Interval(IntervalUnit::YearMonth) => {
                represent(&represent(&array, &DataType::Int32)?, &self.returns)
            }
            _ => represent(&array, &self.returns),
        }
    }

    /// Runs a kernel that gives double.
    pub fn doubles(&self, kernel: impl FnMut(usize) -> Row<f64>) -> Result<ArrayRef> {
        Ok(Arc::new(Float64Array::from(self.each(kernel)?)))
    }

    /// Runs a kernel that gives boolean.
    pub fn booleans(&self, kernel: impl FnMut(usize) -> Row<bool>) -> Result<ArrayRef> {
        Ok(Arc::new(BooleanArray::from(self.each(kernel)?)))
    }
}

/// Remembers what was made of the last text, so that a constant pattern is compiled once per batch.
pub struct Memo<T> {
    last: Option<(String, T)>,
}

impl<T> Memo<T> {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        Self { last: None }
    }

    /// What `make` makes of this text.
    pub fn get<E>(&mut self, text: &str, make: impl FnOnce(&str) -> Result<T, E>) -> Result<&T, E> {
        if self.last.as_ref().is_none_or(|(last, _)| last != text) {
            self.last = Some((text.to_string(), make(text)?));
        }
        Ok(&self.last.as_ref().expect("set above").1)
    }
}
