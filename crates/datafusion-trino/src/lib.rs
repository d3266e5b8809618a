//! Athena's `SELECT` on DataFusion: from text to a checked plan, with errors that name their place.
//!
#![doc = include_str!("../README.md")]
//!
//! ## The parts of the interface
//!
//! * [`session_config`] and [`session_state`]: a session with Athena's functions and settings.
//! * [`plan`] and [`plan_with`]: from a statement to a plan; [`Bindings`] holds values for `?` ([`Parameter`])
//!   and other names for a table ([`TableNames`]).
//! * [`inspect`]: what a statement mentions, before any table is looked up; [`column_uses`]: what it compares
//!   columns with.
//! * [`SqlError`] and [`ErrorClass`]: why a statement was refused, or failed while it ran.
//! * [`format_value`], [`to_json`], [`type_name`], [`JSON_TYPE`]: values and types of a result as Athena shows
//!   them.
//! * [`known_functions`]: the functions that a statement may call.

mod functions;
mod sql;

pub use functions::{ErrorClass, JSON_TYPE, format_value, known_functions, to_json, type_name};
pub use sql::{
    Bindings, ColumnUse, Inspected, Mention, Output, Parameter, SqlError, TableNameError, TableNames, Usage,
    column_uses, inspect, plan, plan_with, session_config, session_state,
};
