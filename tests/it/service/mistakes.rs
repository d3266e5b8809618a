//! Mistakes of configuration.
