//! The embedded SQL engine: DataFusion over a tree of log files.

pub mod functions;
pub mod sql;
