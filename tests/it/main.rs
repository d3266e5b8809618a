//! Tests from outside the crate, in one binary.

/// What people and programs get to read.
mod render;
