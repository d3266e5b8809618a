//! Comparison operators, `greatest` and `least`, and what subqueries become.

pub(super) mod equality;
mod greatest;
mod member;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &equality::EQUAL,
    &equality::GREATER,
    &equality::GREATER_EQUAL,
    &equality::LESS,
    &equality::LESS_EQUAL,
    &equality::NOT_EQUAL,
    &greatest::GREATEST,
    &greatest::LEAST,
    &member::IN,
    &member::SINGLE,
];
