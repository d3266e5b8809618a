//! Athena: one shared statement selects the candidates of a whole pack, and the embedded engine answers every detection over
//! them.
//!
//! A detection's own filter implies its part of the shared statement's, so the answers are those of running it alone; bytes
//! are scanned once, and partitions listed once. A detection that needs every event has a statement of its own
//! ([`route`] decides). What a person types runs unchanged ([`adhoc`]).

pub mod adhoc;
pub mod allowance;
pub mod batches;
pub mod candidates;
pub mod estimate;
mod event_times;
mod execute;
pub mod flood;
pub mod late_events;
mod left_out;
mod listing_time;
pub mod month;
pub mod normal;
pub mod older_table;
pub mod own_statement;
mod pack_result;
mod parts;
pub mod planned_statement;
pub mod price;
mod request_token;
mod results;
mod returned;
pub mod route;
mod rows;
mod runner;
mod second_look;
mod selection;
mod table;
mod text;
pub mod unreadable;

pub use pack_result::{Brought, FellBack, PackResult};
pub use runner::{ExecuteError, ExecutionStats, Invocation};
pub use table::{Athena, Settings, UNKNOWN};

pub use super::ledger::{Ledger, LedgerError};
