//! What the library and the configuration need to read text that people write, and to say what is wrong with it.
//!
//! TOML whose values know where they stand, SQL cut into tokens, problems with a code and a position, "did you mean".
//! Nothing here knows detections, settings or files.

mod diagnostic;
mod did_you_mean;
mod lint;
mod place;
pub mod sql_tokens;
mod toml_table;
mod toml_value;

pub use diagnostic::{Diagnostic, Level};
pub use lint::Lint;
pub use place::Place;
pub use toml_value::TomlValue;

pub(crate) use diagnostic::in_reading_order;
pub(crate) use did_you_mean::{did_you_mean, nearest};
pub(crate) use place::LineMap;
pub(crate) use toml_table::{At, Report, TomlItem, TomlTable};
