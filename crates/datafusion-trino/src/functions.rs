//! Athena's functions for DataFusion: those that DataFusion lacks, and those that it has with another
//! meaning.
//!
//! A folder for each family, a file for one function or a few that belong together: a kernel on Rust values,
//! then a thin wrapper
//! over Arrow arrays. All are immutable and strict about types. Nothing here reads SQL text, files or the
//! clock.

mod adapter;
mod array;
mod binary;
mod cast;
mod compare;
mod error;
mod higher;
mod json;
mod json_standard;
mod lists;
mod map;
mod names;
mod network;
mod number;
mod row;
mod text;
mod time;
pub(crate) mod types;
mod uuid;

use std::sync::{Arc, LazyLock};

use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;

pub use cast::format::{format_value, to_json};
pub use error::{ErrorClass, FunctionError};
pub use types::{JSON as JSON_TYPE, name as type_name};

pub(crate) use cast::target::parse as parse_type;
pub(crate) use row::get_field::get_field;
pub(crate) use text::like;

use adapter::Spec;
use names::{ACCEPT_NULL, OF_DATAFUSION};

/// The functions of all families.
fn specs() -> impl Iterator<Item = &'static Spec> {
    let families = [
        array::SPECS,
        binary::SPECS,
        cast::SPECS,
        compare::SPECS,
        higher::SPECS,
        json::SPECS,
        json_standard::SPECS,
        map::SPECS,
        network::SPECS,
        number::SPECS,
        row::SPECS,
        text::SPECS,
        time::SPECS,
        uuid::SPECS,
    ];
    families.into_iter().flatten().copied()
}

/// Registers every Athena function this engine has, replacing DataFusion's where the meaning differs.
///
/// # Errors
/// If the registry refuses a function.
pub fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    for function in specs().flat_map(Spec::functions) {
        registry.register_udf(Arc::new(function))?;
    }
    registry.register_udf(row::get_field::function())?;
    for function in higher::functions() {
        registry.register_higher_order_function(Arc::new(function))?;
    }
    Ok(())
}

/// Whether a text is a literal of a type that has some; types that are not looked at here say yes.
pub(crate) fn is_literal(name: &str, text: &str) -> bool {
    match name {
        "date" => cast::text::parse_date(text).is_ok(),
        "time" => cast::text::parse_time(text, 3).is_ok(),
        "timestamp" => cast::text::parse_timestamp(text).is_ok(),
        "uuid" => uuid::parse(text).is_some(),
        "ipaddress" => network::ip::parse(text).is_some(),
        _ => true,
    }
}

/// The time that a text names, in milliseconds since 1970: `2026-03-10[ 12:00[:00[.000]]]`, also with a `T` and a zone.
pub(crate) fn read_time(text: &str) -> Option<i64> {
    let spaced = match text.trim().strip_suffix(['Z', 'z']) {
        Some(rest) => format!("{rest} UTC"),
        None => text.trim().to_owned(),
    };
    let (local, zone) = cast::text::parse_timestamp(&spaced.replacen('T', " ", 1)).ok()?;
    time::moment::in_range(zone.unwrap_or(time::moment::Zone::Utc).instant(local)).ok()
}

/// Whether a function is NULL if an argument is, and has a `$try` form that is NULL where the plain one
/// fails.
pub(crate) fn has_try(name: &str) -> bool {
    specs().any(|spec| spec.name == name) && !ACCEPT_NULL.contains(&name)
}

/// Names that SQL may call here, lower case and sorted.
#[must_use]
pub fn known_functions() -> &'static [&'static str] {
    static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let ours = specs().map(|spec| spec.name).filter(|name| !name.starts_with('$'));
        let mut names: Vec<_> = ours.chain(OF_DATAFUSION.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    &KNOWN
}
