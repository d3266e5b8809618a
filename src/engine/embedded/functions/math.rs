//! Small mathematics where DataFusion's names or errors differ.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::adapter::{Call, Given, Overload, Param, Returns, Spec, boolean, double, given, int};
use super::error::FunctionError;

const ONE: &[Param] = &[Param::Number];

pub(super) const ABS: Spec = Spec {
    name: "abs",
    overloads: &[
        Overload::new(&[Param::Int], int, |call| {
            let value = call.int(0)?;
            call.ints(|row| {
                let value = given!(value.at(row));
                value.checked_abs().map(Some).ok_or_else(|| {
                    FunctionError::range(format!("Value {value} is out of range for abs(bigint)"))
                })
            })
        }),
        Overload::new(ONE, double, |call| one(call, f64::abs)),
    ],
};
pub(super) const SIGN: Spec = Spec {
    name: "sign",
    overloads: &[
        Overload::new(&[Param::Int], int, |call| {
            let value = call.int(0)?;
            call.ints(|row| Ok(value.at(row).map(i64::signum)))
        }),
        Overload::new(ONE, double, |call| one(call, |n| if n == 0.0 || n.is_nan() { n } else { n.signum() })),
    ],
};
pub(super) const ROUND: Spec = Spec {
    name: "round",
    overloads: &[
        Overload::new(&[Param::Int], int, |call| call.full(0, &DataType::Int64)),
        Overload::new(&[Param::Number, Param::Int], double, round).optional(1),
    ],
};
pub(super) const TRUNCATE: Spec =
    Spec { name: "truncate", overloads: &[Overload::new(ONE, double, |call| one(call, f64::trunc))] };
pub(super) const IS_NAN: Spec =
    Spec { name: "is_nan", overloads: &[Overload::new(ONE, boolean, |call| test(call, f64::is_nan))] };
pub(super) const IS_FINITE: Spec =
    Spec { name: "is_finite", overloads: &[Overload::new(ONE, boolean, |call| test(call, f64::is_finite))] };
pub(super) const IS_INFINITE: Spec = Spec {
    name: "is_infinite",
    overloads: &[Overload::new(ONE, boolean, |call| test(call, f64::is_infinite))],
};
pub(super) const NAN: Spec =
    Spec { name: "nan", overloads: &[Overload::new(&[], double, |call| constant(call, f64::NAN))] };
pub(super) const INFINITY: Spec =
    Spec { name: "infinity", overloads: &[Overload::new(&[], double, |call| constant(call, f64::INFINITY))] };
pub(super) const E: Spec =
    Spec { name: "e", overloads: &[Overload::new(&[], double, |call| constant(call, std::f64::consts::E))] };
pub(super) const FLOOR: Spec =
    Spec { name: "floor", overloads: &[Overload::new(ONE, whole, |call| rounded(call, f64::floor))] };
pub(super) const CEIL: Spec =
    Spec { name: "ceil", overloads: &[Overload::new(ONE, whole, |call| rounded(call, f64::ceil))] };

macro_rules! reals {
    ($($spec:ident $name:literal $kernel:expr;)*) => {
        $(pub(super) const $spec: Spec =
            Spec { name: $name, overloads: &[Overload::new(ONE, double, |call| one(call, $kernel))] };)*
    };
}

reals! {
    SQRT "sqrt" f64::sqrt;
    CBRT "cbrt" f64::cbrt;
    EXP "exp" f64::exp;
    LN "ln" f64::ln;
    LOG2 "log2" f64::log2;
    LOG10 "log10" f64::log10;
}

fn whole(given: &Given) -> Returns {
    Ok(if given.types[0].is_integer() { DataType::Int64 } else { DataType::Float64 })
}

fn rounded(call: &Call, kernel: fn(f64) -> f64) -> Result<ArrayRef> {
    if call.returns == DataType::Int64 {
        return call.full(0, &DataType::Int64);
    }
    one(call, kernel)
}

fn one(call: &Call, kernel: fn(f64) -> f64) -> Result<ArrayRef> {
    let value = call.double(0)?;
    call.doubles(|row| Ok(value.at(row).map(kernel)))
}

fn test(call: &Call, kernel: fn(f64) -> bool) -> Result<ArrayRef> {
    let value = call.double(0)?;
    call.booleans(|row| Ok(value.at(row).map(kernel)))
}

fn constant(call: &Call, value: f64) -> Result<ArrayRef> {
    call.doubles(|_| Ok(Some(value)))
}

fn round(call: &Call) -> Result<ArrayRef> {
    let value = call.double(0)?;
    let digits = (call.len() > 1).then(|| call.int(1)).transpose()?;
    call.doubles(|row| {
        let value = given!(value.at(row));
        let digits = match &digits {
            Some(digits) => given!(digits.at(row)),
            None => 0,
        };
        if !value.is_finite() {
            return Ok(Some(value));
        }
        let factor = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
        let scaled = (value * factor).round() / factor;
        Ok(Some(if scaled.is_finite() { scaled } else { value }))
    })
}
