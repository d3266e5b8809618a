//! Arrays: searching, cutting, combining, subscripts.

mod contains;
mod items;
mod join;
mod search;
mod sequence;
mod subscript;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &join::ARRAY_JOIN,
    &search::ARRAYS_OVERLAP,
    &search::ARRAY_MAX,
    &search::ARRAY_MIN,
    &search::ARRAY_POSITION,
    &search::CARDINALITY,
    &search::CONTAINS_SEQUENCE,
    &search::ORDINALS,
    &items::ARRAY_DISTINCT,
    &items::ARRAY_EXCEPT,
    &items::ARRAY_INTERSECT,
    &items::ARRAY_REMOVE,
    &items::ARRAY_SORT,
    &items::ARRAY_UNION,
    &items::FLATTEN,
    &items::REPEAT,
    &items::REVERSE,
    &items::SLICE,
    &items::TRIM_ARRAY,
    &contains::CONTAINS,
    &sequence::SEQUENCE,
    &subscript::ELEMENT_AT,
    &subscript::SUBSCRIPT,
];
