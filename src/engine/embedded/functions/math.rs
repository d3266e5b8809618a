//! Small mathematics over doubles where DataFusion's names or errors differ.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use super::adapter::{Call, Overload, Param, Spec, boolean, double};

const ONE: &[Param] = &[Param::Number];

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
