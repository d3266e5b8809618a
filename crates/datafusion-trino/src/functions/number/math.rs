//! Mathematical functions of doubles whose names or errors differ in DataFusion.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, Overload, Param, Spec, boolean, double, given, int};
use crate::functions::error::FunctionError;

const ONE: &[Param] = &[Param::Number];
const TWO: &[Param] = &[Param::Number, Param::Number];

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
/// Marks the number of rows of `FETCH FIRST … WITH TIES`, which the planner replaces.
pub(super) const COUNT_WITH_TIES: Spec = Spec {
    name: "$ties",
    overloads: &[Overload::new(&[Param::Bigint], int, |call| call.full(0, &call.returns))],
};
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
    DEGREES "degrees" f64::to_degrees;
    SIN "sin" f64::sin;
    COS "cos" f64::cos;
    TAN "tan" f64::tan;
    ASIN "asin" f64::asin;
    ACOS "acos" f64::acos;
    ATAN "atan" f64::atan;
    SINH "sinh" f64::sinh;
    COSH "cosh" f64::cosh;
    TANH "tanh" f64::tanh;
}

pub(super) const LOG: Spec = Spec {
    name: "log",
    overloads: &[Overload::new(TWO, double, |call| two(call, |base, n| n.ln() / base.ln()))],
};
pub(super) const ATAN2: Spec =
    Spec { name: "atan2", overloads: &[Overload::new(TWO, double, |call| two(call, f64::atan2))] };
pub(super) const WIDTH_BUCKET: Spec = Spec {
    name: "width_bucket",
    overloads: &[Overload::new(
        &[Param::Number, Param::Number, Param::Number, Param::Bigint],
        int,
        width_bucket,
    )],
};

/// The bucket, of several with the same width, that a number falls into; 0 is before the first.
fn width_bucket(call: &Call) -> Result<ArrayRef> {
    let (value, from, to, count) = (call.double(0)?, call.double(1)?, call.double(2)?, call.int(3)?);
    call.ints(|row| {
        let (value, from, to) = (given!(value.at(row)), given!(from.at(row)), given!(to.at(row)));
        let count = given!(count.at(row));
        if count <= 0 {
            return Err(FunctionError::argument("bucketCount must be greater than 0"));
        }
        if [value, from, to].iter().any(|n| n.is_nan()) {
            return Err(FunctionError::argument("operand and bounds must not be NaN"));
        }
        if from == to {
            return Err(FunctionError::argument("bounds cannot equal each other"));
        }
        let share = (value - from) / (to - from);
        Ok(Some(match share {
            share if share < 0.0 => 0,
            share if share >= 1.0 => count + 1,
            share => (share * count as f64) as i64 + 1,
        }))
    })
}

fn two(call: &Call, kernel: fn(f64, f64) -> f64) -> Result<ArrayRef> {
    let (a, b) = (call.double(0)?, call.double(1)?);
    call.doubles(|row| Ok(Some(kernel(given!(a.at(row)), given!(b.at(row))))))
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
