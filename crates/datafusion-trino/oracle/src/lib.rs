//! A real Trino beside `datafusion-trino`: the same statement on both, and what differs. For tests only.
//!
//! [`Oracle`] is Trino in a process of its own: it needs a JDK 17 and Maven, which brings Trino into its own
//! cache. [`local`] is
//! the crate under test, and [`judge`] compares their answers. Differences that are meant are in `known.csv`,
//! with the reason.
//! Whoever uses it brings the statements: [`vectors`] and [`fuzz`] are here, trailbrief's own suite adds
//! detections and queries.

mod compare;
pub mod fuzz;
mod handover;
mod known;
pub mod local;
mod options;
mod oracle;
mod report;
pub mod vectors;

pub use compare::{Order, difference, for_trino};
pub use handover::load;
pub use known::KnownDifferences;
pub use options::{Options, number};
pub use oracle::{Answer, Failure, Oracle, Outcome};
pub use report::{Comparison, failed, judge, print};
