//! Equality and order of nested values and of floating-point numbers.
//!
//! Equality has three answers: two rows with a NULL in them are neither equal nor different, unless other
//! fields decide it.
//! Maps are equal by content. A NaN equals nothing and compares with nothing, except inside a row or an
//! array, where it is
//! the largest number when they are ordered.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::row::Rows;
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, boolean, represent};
use crate::functions::error::FunctionError;
use crate::functions::lists::comparable;
use crate::functions::types;

const TWO: &[Param] = &[Param::Any, Param::Any];

pub(super) const EQUAL: Spec =
    Spec { name: "$equal", overloads: &[Overload::new(TWO, checked, |call| equal(call, true))] };
pub(super) const NOT_EQUAL: Spec =
    Spec { name: "$not_equal", overloads: &[Overload::new(TWO, checked, |call| equal(call, false))] };
pub(super) const LESS: Spec =
    Spec { name: "$less", overloads: &[Overload::new(TWO, checked, |call| ordered(call, Ordering::is_lt))] };
pub(super) const LESS_EQUAL: Spec = Spec {
    name: "$less_equal",
    overloads: &[Overload::new(TWO, checked, |call| ordered(call, Ordering::is_le))],
};
pub(super) const GREATER: Spec = Spec {
    name: "$greater",
    overloads: &[Overload::new(TWO, checked, |call| ordered(call, Ordering::is_gt))],
};
pub(super) const GREATER_EQUAL: Spec = Spec {
    name: "$greater_equal",
    overloads: &[Overload::new(TWO, checked, |call| ordered(call, Ordering::is_ge))],
};

fn common(a: &DataType, b: &DataType) -> std::result::Result<DataType, FunctionError> {
    types::common(a, b).ok_or_else(|| {
        FunctionError::mismatch(format!("Cannot compare {} and {}", types::name(a), types::name(b)))
    })
}

fn checked(given: &Arguments) -> Returns {
    common(&given.types[0], &given.types[1])?;
    boolean(given)
}

fn sides(call: &Call) -> Result<(ArrayRef, ArrayRef)> {
    let given_types = call.types();
    let of = common(&given_types[0], &given_types[1])?;
    Ok((call.full(0, &of)?, call.full(1, &of)?))
}

fn equal(call: &Call, answer: bool) -> Result<ArrayRef> {
    let (a, b) = sides(call)?;
    let pair = Pair::new(&a, &b)?;
    call.booleans(|row| Ok(pair.equal(row, row).map(|equal| equal == answer)))
}

fn ordered(call: &Call, holds: fn(Ordering) -> bool) -> Result<ArrayRef> {
    let (a, b) = sides(call)?;
    let pair = Pair::new(&a, &b)?;
    call.booleans(|row| {
        if !pair.both(row, row) {
            return Ok(None);
        }
        if let PairKind::Floats(a, b) = &pair.kind {
            return Ok(Some(a.value(row).partial_cmp(&b.value(row)).is_some_and(holds)));
        }
        pair.order(row, row).map(|order| Some(holds(order)))
    })
}

/// Values of one type, to be compared with each other.
pub struct Pair {
    valid: [Option<NullBuffer>; 2],
    kind: PairKind,
}

enum PairKind {
    /// Scalars whose bytes compare as they do.
    Scalars([Rows; 2]),
    /// Real and double.
    Floats(Float64Array, Float64Array),
    /// Arrays.
    Lists([OffsetBuffer<i32>; 2], Box<Pair>),
    /// Rows.
    Fields(Vec<Pair>),
    /// Maps: keys, then values.
    Maps([OffsetBuffer<i32>; 2], [Rows; 2], Box<Pair>),
}

fn two<T>(all: Vec<T>) -> Result<[T; 2]> {
    <[T; 2]>::try_from(all).map_err(|_| FunctionError::unsupported("comparison of these").into())
}

impl Pair {
    /// Two arrays of the same type.
    pub fn new(a: &ArrayRef, b: &ArrayRef) -> Result<Self> {
        let kind = match a.data_type() {
            DataType::Float32 | DataType::Float64 => {
                let wide = |array: &ArrayRef| {
                    Ok::<_, datafusion::error::DataFusionError>(
                        represent(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone(),
                    )
                };
                PairKind::Floats(wide(a)?, wide(b)?)
            }
            DataType::Struct(_) => {
                let columns = a.as_struct().columns().iter().zip(b.as_struct().columns());
                PairKind::Fields(columns.map(|(a, b)| Self::new(a, b)).collect::<Result<_>>()?)
            }
            DataType::Map(_, _) => {
                let (a, b) = (a.as_map(), b.as_map());
                let keys = two(comparable(&[a.keys().clone(), b.keys().clone()])?)?;
                let values = Box::new(Self::new(a.values(), b.values())?);
                PairKind::Maps([a.offsets().clone(), b.offsets().clone()], keys, values)
            }
            of => match types::item_type(of) {
                Some(item) => {
                    let of = types::list(item.clone());
                    let (a, b) = (represent(a, &of)?, represent(b, &of)?);
                    let (a, b) = (a.as_list::<i32>(), b.as_list::<i32>());
                    let items = Box::new(Self::new(a.values(), b.values())?);
                    PairKind::Lists([a.offsets().clone(), b.offsets().clone()], items)
                }
                None => PairKind::Scalars(two(comparable(&[a.clone(), b.clone()])?)?),
            },
        };
        Ok(Self { valid: [a.logical_nulls(), b.logical_nulls()], kind })
    }

    /// Whether neither is NULL.
    pub fn both(&self, i: usize, j: usize) -> bool {
        let [a, b] = &self.valid;
        a.as_ref().is_none_or(|valid| valid.is_valid(i)) && b.as_ref().is_none_or(|valid| valid.is_valid(j))
    }

    /// Whether a value of the first array equals one of the second; `None` if that is unknown.
    pub fn equal(&self, i: usize, j: usize) -> Option<bool> {
        if !self.both(i, j) {
            return None;
        }
        match &self.kind {
            PairKind::Scalars([a, b]) => Some(a.row(i) == b.row(j)),
            PairKind::Floats(a, b) => Some(a.value(i) == b.value(j)),
            PairKind::Lists([a, b], items) => {
                let (first, second) = (range(a, i), range(b, j));
                if first.len() != second.len() {
                    return Some(false);
                }
                all(first.zip(second).map(|(i, j)| items.equal(i, j)))
            }
            PairKind::Fields(fields) => all(fields.iter().map(|field| field.equal(i, j))),
            PairKind::Maps([a, b], [keys, others], values) => {
                let (first, second) = (range(a, i), range(b, j));
                if first.len() != second.len() {
                    return Some(false);
                }
                all(first.map(|i| {
                    let same = second.clone().find(|j| keys.row(i) == others.row(*j));
                    same.map_or(Some(false), |j| values.equal(i, j))
                }))
            }
        }
    }

    /// The order of nested values; an error where it depends on a NULL.
    pub fn order(&self, i: usize, j: usize) -> std::result::Result<Ordering, FunctionError> {
        let refuse = |what: &str| Err(FunctionError::unsupported(format!("{what} with null elements")));
        match &self.kind {
            PairKind::Scalars([a, b]) => Ok(a.row(i).cmp(&b.row(j))),
            PairKind::Floats(a, b) => {
                let (a, b) = (a.value(i), b.value(j));
                Ok(a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())))
            }
            PairKind::Lists([a, b], items) => {
                let (first, second) = (range(a, i), range(b, j));
                let lengths = first.len().cmp(&second.len());
                for (i, j) in first.zip(second) {
                    if !items.both(i, j) {
                        return refuse("ARRAY comparison not supported for arrays");
                    }
                    let order = items.order(i, j)?;
                    if order.is_ne() {
                        return Ok(order);
                    }
                }
                Ok(lengths)
            }
            PairKind::Fields(fields) => {
                for field in fields {
                    if !field.both(i, j) {
                        return refuse("ROW comparison not supported for fields");
                    }
                    let order = field.order(i, j)?;
                    if order.is_ne() {
                        return Ok(order);
                    }
                }
                Ok(Ordering::Equal)
            }
            PairKind::Maps(..) => Err(FunctionError::mismatch("maps have no order")),
        }
    }
}

fn range(offsets: &OffsetBuffer<i32>, at: usize) -> std::ops::Range<usize> {
    offsets[at] as usize..offsets[at + 1] as usize
}

/// False if one is false, else unknown if one is unknown.
fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => known = None,
            Some(true) => {}
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_difference_decides() {
        let answer = |all_of: &[Option<bool>]| all(all_of.iter().copied());
        assert_eq!(answer(&[Some(true), None]), None);
        assert_eq!(answer(&[None, Some(false)]), Some(false));
        assert_eq!(answer(&[Some(true), Some(true)]), Some(true));
        assert_eq!(answer(&[]), Some(true));
    }
}
