//! Signatures: the parameters of a function and what it returns.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, IntervalUnit};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ScalarUDF, Signature, TypeSignature, Volatility};

use super::Call;
use super::function::Function;
use crate::functions::error::FunctionError;
use crate::functions::types;

/// What an overload accepts in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// varchar
    Text,
    /// json
    Json,
    /// json or varchar
    JsonOrText,
    /// bigint, or an integer type that becomes one
    Bigint,
    /// integer, or a smaller integer type
    Integer,
    /// decimal or any integer type
    Decimal,
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
    /// time
    Time,
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
    /// varbinary
    Binary,
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
            Self::Bigint => given.is_integer(),
            Self::Integer => {
                matches!(given, DataType::Int8 | DataType::Int16 | DataType::Int32)
            }
            Self::Decimal => given.is_integer() || matches!(given, DataType::Decimal128(_, _)),
            Self::Number => given.is_numeric(),
            Self::Bool => *given == DataType::Boolean,
            Self::Date => *given == DataType::Date32,
            Self::Timestamp => matches!(given, DataType::Timestamp(_, _)),
            Self::Moment => matches!(given, DataType::Date32 | DataType::Timestamp(_, _)),
            Self::Time => matches!(given, DataType::Time32(_)),
            Self::DaySecond => matches!(given, DataType::Duration(_)),
            Self::YearMonth => matches!(given, DataType::Interval(IntervalUnit::YearMonth)),
            Self::List => types::item_type(given).is_some(),
            Self::Map => matches!(given, DataType::Map(_, _)),
            Self::Row => matches!(given, DataType::Struct(_)),
            Self::Ip => *given == types::IPADDRESS,
            Self::Binary => types::name(given) == "varbinary",
            Self::Any => true,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "varchar",
            Self::Json => "json",
            Self::JsonOrText => "json or varchar",
            Self::Bigint => "bigint",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Number => "double",
            Self::Bool => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Moment => "date or timestamp",
            Self::Time => "time",
            Self::DaySecond => "interval day to second",
            Self::YearMonth => "interval year to month",
            Self::List => "array",
            Self::Map => "map",
            Self::Row => "row",
            Self::Ip => "ipaddress",
            Self::Binary => "varbinary",
            Self::Any => "any",
        }
    }
}

/// What is known about the arguments of a call when it is planned.
pub struct Arguments<'a> {
    /// Types of the arguments.
    pub types: Vec<DataType>,
    /// Values of the constant ones.
    pub constants: &'a [Option<&'a ScalarValue>],
}

impl Arguments<'_> {
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

/// A return type, or why the call is refused.
pub type Returns = Result<DataType, FunctionError>;

/// Returns varchar.
pub fn text(_: &Arguments) -> Returns {
    Ok(DataType::Utf8)
}
/// Returns json.
pub fn json(_: &Arguments) -> Returns {
    Ok(types::JSON)
}
/// Returns bigint.
pub fn int(_: &Arguments) -> Returns {
    Ok(DataType::Int64)
}
/// Returns integer.
pub fn integer(_: &Arguments) -> Returns {
    Ok(DataType::Int32)
}
/// Returns double.
pub fn double(_: &Arguments) -> Returns {
    Ok(DataType::Float64)
}
/// Returns boolean.
pub fn boolean(_: &Arguments) -> Returns {
    Ok(DataType::Boolean)
}
/// Returns array(varchar).
pub fn texts(_: &Arguments) -> Returns {
    Ok(types::list(DataType::Utf8))
}
/// One way to call a function.
pub struct Overload {
    params: &'static [Param],
    optional: usize,
    variadic: bool,
    pub(super) returns: fn(&Arguments) -> Returns,
    pub(super) eval: fn(&Call) -> Result<ArrayRef>,
}

impl Overload {
    /// An overload with exactly these parameters.
    pub const fn new(
        params: &'static [Param],
        returns: fn(&Arguments) -> Returns,
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

/// Functions that stand for operators.
const OPERATORS: [(&str, &str); 5] =
    [("$add", "+"), ("$subtract", "-"), ("$multiply", "*"), ("$divide", "/"), ("$modulus", "%")];

/// An Athena function.
pub struct Spec {
    /// Its name, lower case; internal ones begin with `$`.
    pub name: &'static str,
    /// Its overloads, tried in this order.
    pub overloads: &'static [Overload],
}

impl Spec {
    /// Whether equal arguments may give different answers.
    pub(super) fn is_volatile(&self) -> bool {
        matches!(self.name, "rand" | "random" | "uuid")
    }

    pub(super) fn overload(&self, given: &[DataType]) -> Result<&'static Overload, FunctionError> {
        self.overloads.iter().find(|overload| overload.accepts(given)).ok_or_else(|| {
            let given: Vec<_> = given.iter().map(types::name).collect();
            if let (Some((_, operator)), [left, right]) =
                (OPERATORS.iter().find(|(name, _)| *name == self.name), given.as_slice())
            {
                return FunctionError::mismatch(format!("Cannot apply operator: {left} {operator} {right}"));
            }
            let name = self.name.trim_start_matches('$');
            let expected: Vec<_> = self
                .overloads
                .iter()
                .map(|overload| {
                    let params: Vec<_> = overload.params.iter().map(|param| param.name()).collect();
                    let more = if overload.variadic { ", …" } else { "" };
                    format!("{name}({}{more})", params.join(", "))
                })
                .collect();
            FunctionError::parameters(format!(
                "Unexpected parameters ({}) for function {name}. Expected: {}",
                given.join(", "),
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
                    vec![TypeSignature::Nullary, TypeSignature::VariadicAny],
                    if self.is_volatile() { Volatility::Volatile } else { Volatility::Immutable },
                ),
            })
        })
    }
}
