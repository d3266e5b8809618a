//! The embedded SQL engine: DataFusion over a tree of log files.
//!
//! Files come from a [`source`], become Arrow batches in the [`reader`], pass the gate of a [`scan`] and are asked in a
//! [`pack`] (many detections, one pass) or [`adhoc`] (one statement). DataFusion and Arrow stay in here.

pub mod adhoc;
pub mod answer;
mod error;
pub mod filter;
pub mod functions;
mod nothing;
pub mod outline;
pub mod pack;
pub mod reader;
mod relations;
mod rows;
pub mod scan;
pub mod session;
pub mod source;
pub mod sql;
#[cfg(feature = "aws")]
pub mod told;
pub mod verify;

pub use error::EngineError;
