//! `random` and `rand`: a new value in every row.

use std::hash::{BuildHasher, Hasher, RandomState};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, double, given};
use crate::functions::error::FunctionError;
use crate::functions::types;

const OVERLOADS: &[Overload] = &[
    Overload::new(&[], double, fraction),
    Overload::new(&[Param::Bigint], wider, below),
    Overload::new(&[Param::Bigint, Param::Bigint], wider, between),
];

pub(super) const RAND: Spec = Spec { name: "rand", overloads: OVERLOADS };
pub(super) const RANDOM: Spec = Spec { name: "random", overloads: OVERLOADS };

fn wider(given: &Arguments) -> Returns {
    let all = given.types.iter().try_fold(DataType::Null, |a, b| types::common(&a, b));
    Ok(all.filter(|of| *of != DataType::Null).unwrap_or(DataType::Int64))
}

/// Unpredictable numbers: a hash with a new key each time.
fn bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn fraction(call: &Call) -> Result<ArrayRef> {
    call.doubles(|_| Ok(Some((bits() >> 11) as f64 / (1_u64 << 53) as f64)))
}

fn number(low: i64, high: i64) -> i64 {
    let span = i128::from(high) - i128::from(low);
    (i128::from(low) + i128::from(bits()) * span / (1_i128 << 64)) as i64
}

fn below(call: &Call) -> Result<ArrayRef> {
    let bound = call.int(0)?;
    call.ints(|row| {
        let bound = given!(bound.at(row));
        if bound <= 0 {
            return Err(FunctionError::argument("bound must be positive"));
        }
        Ok(Some(number(0, bound)))
    })
}

fn between(call: &Call) -> Result<ArrayRef> {
    let (low, high) = (call.int(0)?, call.int(1)?);
    call.ints(|row| {
        let (low, high) = (given!(low.at(row)), given!(high.at(row)));
        if low >= high {
            return Err(FunctionError::argument("start value must be less than stop value"));
        }
        Ok(Some(number(low, high)))
    })
}
