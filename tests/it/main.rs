//! What the program promises, tested from outside.
#![expect(clippy::unwrap_used, reason = "test helpers")]

/// The configuration: defaults, problems with their places, the example file.
mod config;
/// The library: every lint, cases, overriding, what is broken.
mod library;
