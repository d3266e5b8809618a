//! Numbers: operators, rounding, bits, mathematics, random numbers.

mod arithmetic;
mod bits;
mod decimals;
mod math;
mod percentile;
mod random;
mod rounding;
pub(super) mod text;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &arithmetic::ADD,
    &arithmetic::DAY_SECOND,
    &arithmetic::DIVIDE,
    &arithmetic::MODULUS,
    &arithmetic::MULTIPLY,
    &arithmetic::NEGATE,
    &arithmetic::SUBTRACT,
    &arithmetic::YEAR_MONTH,
    &bits::ARITHMETIC_SHIFT,
    &bits::BITWISE_AND,
    &bits::BITWISE_NOT,
    &bits::BITWISE_OR,
    &bits::BITWISE_XOR,
    &bits::BIT_COUNT,
    &bits::FROM_BASE,
    &bits::LEFT_SHIFT,
    &bits::RIGHT_SHIFT,
    &bits::TO_BASE,
    &math::COUNT_WITH_TIES,
    &math::E,
    &math::INFINITY,
    &math::IS_FINITE,
    &math::IS_INFINITE,
    &math::IS_NAN,
    &math::NAN,
    &math::SQRT,
    &math::CBRT,
    &math::EXP,
    &math::LN,
    &math::LOG2,
    &math::LOG10,
    &math::LOG,
    &math::DEGREES,
    &math::SIN,
    &math::COS,
    &math::TAN,
    &math::ASIN,
    &math::ACOS,
    &math::ATAN,
    &math::ATAN2,
    &math::SINH,
    &math::COSH,
    &math::TANH,
    &math::WIDTH_BUCKET,
    &random::RAND,
    &random::RANDOM,
    &rounding::ABS,
    &rounding::CEIL,
    &rounding::FLOOR,
    &rounding::ROUND,
    &rounding::SIGN,
    &rounding::TRUNCATE,
    &percentile::PERCENTILE,
];
