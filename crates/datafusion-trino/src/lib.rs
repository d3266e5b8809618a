//! Athena's `SELECT` on DataFusion.

mod functions;
mod sql;

pub use functions::{ErrorClass, JSON_TYPE, format_value, known_functions, to_json, type_name};
pub use sql::{
    Bindings, Inspected, Mention, Output, Parameter, SqlError, TableNameError, TableNames, inspect, plan,
    plan_with, session_config, session_state,
};
