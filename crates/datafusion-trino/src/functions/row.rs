//! Constructors of rows and arrays, and fields of rows.

mod constructors;
pub(super) mod get_field;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[&constructors::ARRAY, &constructors::ROW, &constructors::TYPEOF];
