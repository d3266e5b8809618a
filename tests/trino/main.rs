//! The same SQL on a real Trino and on the embedded engine: the same rows, or the same refusal.
//!
//! `cargo test --test trino` runs everything; `cargo test --test trino -- vectors fuzz --cases 2000 --seed 7` a part of it. Needs
//! Java 17 and Maven, which brings Trino into its own cache outside the clone. What differs on purpose is in `known.csv`.

mod body;
mod compare;
mod data;
mod detections;
mod export;
mod fuzz;
mod handover;
mod known;
mod options;
mod oracle;
mod ours;
mod report;
mod vectors;

use std::process::ExitCode;

use options::{Options, Part};
use oracle::Oracle;

fn main() -> ExitCode {
    let options = match Options::of_arguments() {
        Ok(options) => options,
        Err(error) => return stop(&error),
    };
    let mut oracle = match Oracle::start() {
        Ok(oracle) => oracle,
        Err(error) => return stop(&error),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let mut report = report::Report::default();
    for part in &options.parts {
        let found = runtime.block_on(async {
            match part {
                Part::Vectors => vectors::run(&mut oracle, &options).await,
                Part::Body => body::run(&mut oracle, &options).await,
                Part::Detections => detections::run(&mut oracle, &options).await,
                Part::Fuzz => fuzz::run(&mut oracle, &options).await,
            }
        });
        report.print(&found);
        report.add(found);
    }
    if options.write
        && let Err(error) = report.write()
    {
        return stop(&error);
    }
    if report.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn stop(error: &str) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(2)
}
