//! The embedded SQL engine: DataFusion over a tree of log files.
//!
//! Files come from a [`source`], become Arrow batches in the [`reader`], pass the gate of a [`scan`] and are queried by a
//! [`pack`] (many detections, one pass) or [`adhoc`] (one statement). Statements are planned by the crate
//! `datafusion-trino`. DataFusion and Arrow stay inside of this folder.

pub mod adhoc;
pub mod answer;
mod chosen;
mod empty_answer;
mod error;
pub mod filter;
mod judge;
pub mod learn;
pub mod needs;
pub mod outline;
pub mod pack;
pub mod profile;
pub mod raw;
mod reach;
pub mod reader;
mod relations;
mod rows;
pub mod scan;
pub mod session;
pub mod source;
pub mod text_rows;
pub mod trace;
pub mod verify;
mod views;
pub mod why;

pub use error::EngineError;
