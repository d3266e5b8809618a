//! Athena: one statement brings the candidates of a whole pack, and the embedded engine answers every detection over them.
//!
//! A detection's own filter implies its part of the statement's, so the answers are those of running it alone; the bytes
//! are scanned once, and the partitions listed once. A detection that needs every event has a statement of its own.
//! What a person types runs there as it is ([`adhoc`]).

pub mod adhoc;
pub mod batches;
mod bring;
pub mod candidates;
pub mod estimate;
mod gather;
mod listing;
mod own;
pub mod price;
mod results;
mod rows;
mod runner;
mod token;
pub mod ways;

pub use bring::Brought;
pub use gather::{Athena, Settings, UNKNOWN};
pub use runner::{Executed, Halt, Invocation};

pub use super::ledger::{Ledger, NoLedger, Unnoted};
