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
#[cfg(feature = "aws")]
pub mod lambda;
pub mod library;
pub mod plan;
pub mod render;
pub mod run;
#[cfg(feature = "s3")]
pub mod s3;
pub mod schedule;
pub mod selection;
pub mod store;
pub mod table;
mod telemetry;
pub mod text;
pub mod triage;
pub mod user_error;

/// Runs the program: as a Lambda function where Lambda started it, else as the command line.
#[must_use]
pub fn start() -> std::process::ExitCode {
    #[cfg(feature = "aws")]
    if config::Environment::read().is_function {
        return lambda::main();
    }
    cli::main().into()
}
