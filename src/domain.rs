//! The words of the project as types: no serialization, no async, no SDK, no clock, no environment, no files.

pub mod cloudtrail;
