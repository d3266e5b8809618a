//! trailbrief reads CloudTrail logs, runs a library of SQL detections over exact windows and writes one brief.
//!
//! The pipeline is in `run`: plan, read once, answer, triage, brief. `domain` holds the words; `library` and
//! `config` what people write; `plan` decides, `engine` answers, `triage` sorts, `render` shows. The map of
//! the whole is `ARCHITECTURE.md`.

// Only the service uses some parts; the build with `aws` reports what is dead.
#![cfg_attr(not(feature = "aws"), expect(unused_imports, reason = "the service imports them"))]
#![cfg_attr(
    all(not(feature = "aws"), not(test)),
    expect(dead_code, reason = "the service and the tests use it")
)]

mod app;
#[cfg(feature = "aws")]
mod aws;
mod cases;
mod cli;
mod config;
#[cfg(feature = "aws")]
mod deliver;
mod demo;
mod domain;
mod engine;
#[cfg(feature = "aws")]
mod lambda;
mod library;
mod mmdb;
mod plan;
mod render;
mod run;
#[cfg(feature = "s3")]
mod s3;
mod schedule;
mod selection;
mod store;
mod story;
mod table;
mod telemetry;
pub mod testing;
mod text;
mod triage;
mod user_error;

/// Runs the program: as a Lambda function where Lambda started it, else as the command line.
#[must_use]
pub fn start() -> std::process::ExitCode {
    #[cfg(feature = "aws")]
    if config::Environment::read().is_function {
        return lambda::main();
    }
    cli::main().into()
}
