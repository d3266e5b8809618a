//! The words of the project as types: no serialization, no async, no SDK, no clock, no environment, no files.

pub mod account;
pub mod attack;
pub mod brief;
pub mod cloudtrail;
pub mod delivery;
pub mod detection;
pub mod finding;
pub mod list;
pub mod message;
pub mod normal;
pub mod organization;
pub mod price;
pub mod rows;
pub mod severity;
pub mod shared;
pub mod state;
pub mod story;
pub mod suppression;
pub mod time;
pub mod trace;
pub mod truncation;
pub mod undecidable;
pub mod untrusted;
pub mod view;
