//! Integers as bits: `bitwise_and` and the like, shifts, `bit_count`; and as digits of another base:
//! `to_base`, `from_base`.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, int, text};
use crate::functions::error::FunctionError;

const TWO: &[Param] = &[Param::Bigint, Param::Bigint];

pub(super) const BITWISE_AND: Spec =
    Spec { name: "bitwise_and", overloads: &[Overload::new(TWO, int, |call| two(call, |a, b| a & b))] };
pub(super) const BITWISE_OR: Spec =
    Spec { name: "bitwise_or", overloads: &[Overload::new(TWO, int, |call| two(call, |a, b| a | b))] };
pub(super) const BITWISE_XOR: Spec =
    Spec { name: "bitwise_xor", overloads: &[Overload::new(TWO, int, |call| two(call, |a, b| a ^ b))] };
pub(super) const BITWISE_NOT: Spec = Spec {
    name: "bitwise_not",
    overloads: &[Overload::new(&[Param::Bigint], int, |call| {
        let value = call.int(0)?;
        call.ints(|row| Ok(value.at(row).map(|n| !n)))
    })],
};
pub(super) const LEFT_SHIFT: Spec =
    Spec { name: "bitwise_left_shift", overloads: &[Overload::new(TWO, same, |call| shift(call, left))] };
pub(super) const RIGHT_SHIFT: Spec =
    Spec { name: "bitwise_right_shift", overloads: &[Overload::new(TWO, same, |call| shift(call, right))] };
pub(super) const ARITHMETIC_SHIFT: Spec = Spec {
    name: "bitwise_right_shift_arithmetic",
    overloads: &[Overload::new(TWO, same, |call| shift(call, |n, by, _| n >> by.min(63)))],
};
pub(super) const BIT_COUNT: Spec =
    Spec { name: "bit_count", overloads: &[Overload::new(TWO, int, bit_count)] };
pub(super) const TO_BASE: Spec = Spec { name: "to_base", overloads: &[Overload::new(TWO, text, to_base)] };
pub(super) const FROM_BASE: Spec =
    Spec { name: "from_base", overloads: &[Overload::new(&[Param::Text, Param::Bigint], int, from_base)] };

fn same(given: &Arguments) -> Returns {
    Ok(if given.types[0].is_integer() { given.types[0].clone() } else { DataType::Int64 })
}

fn two(call: &Call, kernel: fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let (a, b) = (call.int(0)?, call.int(1)?);
    call.ints(|row| Ok(Some(kernel(given!(a.at(row)), given!(b.at(row))))))
}

fn width(of: &DataType) -> u32 {
    match of {
        DataType::Int8 => 8,
        DataType::Int16 => 16,
        DataType::Int32 => 32,
        _ => 64,
    }
}

/// The lowest bits of a number, sign-extended.
fn signed(number: i64, width: u32) -> i64 {
    number << (64 - width) >> (64 - width)
}

fn left(number: i64, by: u32, width: u32) -> i64 {
    if by >= width { 0 } else { signed(number << by, width) }
}

fn right(number: i64, by: u32, width: u32) -> i64 {
    let bits = number as u64 & (u64::MAX >> (64 - width));
    if by >= width { 0 } else { signed((bits >> by) as i64, width) }
}

fn shift(call: &Call, kernel: fn(i64, u32, u32) -> i64) -> Result<ArrayRef> {
    let (number, by, width) = (call.int(0)?, call.int(1)?, width(&call.returns));
    call.ints(|row| {
        let (number, by) = (given!(number.at(row)), given!(by.at(row)));
        let by =
            u32::try_from(by).map_err(|_| FunctionError::argument("Shift count must not be negative"))?;
        Ok(Some(kernel(number, by, width)))
    })
}

fn bit_count(call: &Call) -> Result<ArrayRef> {
    let (number, bits) = (call.int(0)?, call.int(1)?);
    call.ints(|row| {
        let (number, bits) = (given!(number.at(row)), given!(bits.at(row)));
        let width = u32::try_from(bits).ok().filter(|bits| (2..=64).contains(bits)).ok_or_else(|| {
            FunctionError::argument(format!(
                "Bits specified in bit_count must be between 2 and 64, got {bits}"
            ))
        })?;
        if signed(number, width) != number {
            return Err(FunctionError::argument(format!(
                "Number must be representable with the bits specified. \
                 {number} cannot be represented with {bits} bits"
            )));
        }
        Ok(Some(i64::from((number as u64 & (u64::MAX >> (64 - width))).count_ones())))
    })
}

fn radix(base: i64) -> std::result::Result<u32, FunctionError> {
    let radix = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    radix.ok_or_else(|| FunctionError::argument("Radix must be between 2 and 36"))
}

fn digits(number: i64, radix: u32) -> String {
    let mut rest = number.unsigned_abs();
    let mut found = Vec::new();
    loop {
        found.extend(char::from_digit((rest % u64::from(radix)) as u32, radix));
        rest /= u64::from(radix);
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        found.push('-');
    }
    found.into_iter().rev().collect()
}

fn to_base(call: &Call) -> Result<ArrayRef> {
    let (number, base) = (call.int(0)?, call.int(1)?);
    call.texts(|row| Ok(Some(digits(given!(number.at(row)), radix(given!(base.at(row)))?))))
}

fn from_base(call: &Call) -> Result<ArrayRef> {
    let (source, base) = (call.text(0)?, call.int(1)?);
    call.ints(|row| {
        let (source, radix) = (given!(source.at(row)), radix(given!(base.at(row)))?);
        let bad = |_| FunctionError::argument(format!("Not a valid base-{radix} number: {source}"));
        i64::from_str_radix(source, radix).map(Some).map_err(bad)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shifts_keep_the_width() {
        assert_eq!(
            [right(-8, 1, 32), left(7, 2, 8), left(1, 31, 32)],
            [2_147_483_644, 28, i64::from(i32::MIN)]
        );
    }

    proptest! {
        #[test]
        fn digits_read_back(number in any::<i64>(), radix in 2_u32..=36) {
            prop_assert_eq!(i64::from_str_radix(&digits(number, radix), radix).unwrap(), number);
        }
    }
}
