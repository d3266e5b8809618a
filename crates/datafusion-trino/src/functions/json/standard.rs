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

pub(super) use construct::{JSON_ARRAY, JSON_OBJECT};
pub(super) use query::{JSON_EXISTS, JSON_QUERY, JSON_STATE, JSON_VALUE};

/// Why a path cannot be followed; the message is for people.
pub(super) type PathError = String;
