//! Athena: one statement brings the candidates of a whole pack, and the embedded engine answers every detection over them.
//!
//! A detection's own filter implies its part of the statement's, so the answers are those of running it alone; the bytes
//! are scanned once, and the partitions listed once. What a person types runs there as it is ([`adhoc`]).

pub mod adhoc;
pub mod batches;
pub mod candidates;
mod gather;
pub mod price;
mod runner;
mod token;

pub use gather::{Athena, GatherError, Gathered, Settings};
pub use runner::{Executed, Halt, Invocation};

pub use super::ledger::{Ledger, NoLedger, Unnoted};
