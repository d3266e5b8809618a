//! Statements on small tables, and the vectors: one binary, a module a subject.

mod common;
mod parameters;
mod syntax;
mod vectors;
