//! Statements on small tables, and the vectors: one binary, a module a subject.
#![expect(clippy::unwrap_used, reason = "a test that cannot continue should stop")]

mod common;
mod frames;
mod parameters;
mod patterns;
mod standard;
mod subqueries;
mod syntax;
mod vectors;
