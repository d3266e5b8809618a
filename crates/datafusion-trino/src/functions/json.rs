//! JSON as text: reading it, finding values by path, `json_*`.

mod array;
mod extract;
mod parse;
mod path;
pub(super) mod text;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &array::JSON_ARRAY_CONTAINS,
    &array::JSON_ARRAY_GET,
    &array::JSON_ARRAY_LENGTH,
    &extract::JSON_EXTRACT,
    &extract::JSON_EXTRACT_SCALAR,
    &extract::JSON_SIZE,
    &parse::IS_JSON_SCALAR,
    &parse::JSON_FORMAT,
    &parse::JSON_PARSE,
];
