//! The JSON functions of the SQL standard: `json_value`, `json_query`, `json_exists`, `json_object`,
//! `json_array`, and their path language.
//!
//! SQL calls them by keywords; `sql::json_calls` makes plain calls of the internal functions here.

mod compute;
mod construct;
mod item;
mod path;
mod predicate;
mod query;
mod reader;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &construct::JSON_ARRAY,
    &construct::JSON_OBJECT,
    &query::JSON_EXISTS,
    &query::JSON_QUERY,
    &query::JSON_STATE,
    &query::JSON_VALUE,
];

/// Why a path cannot be followed; the message is for people.
type PathError = String;
