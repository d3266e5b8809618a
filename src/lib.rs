//! trailbrief reads CloudTrail logs, runs a library of SQL detections over exact windows and writes one brief.
//!
//! The pipeline is in [`run`]: plan, read once, answer, triage, brief. [`domain`] holds the words; [`library`] and
//! [`config`] what people write; [`plan`] decides, [`engine`] answers, [`triage`] sorts, [`render`] shows. The map of
//! the whole is `ARCHITECTURE.md`.

pub mod app;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cases;
pub mod cli;
pub mod config;
#[cfg(feature = "aws")]
pub mod deliver;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod library;
pub mod plan;
pub mod render;
pub mod run;
#[cfg(feature = "s3")]
pub mod s3;
pub mod store;
pub mod table;
pub mod triage;
#[cfg(feature = "aws")]
pub mod upkeep;
