//! The same SQL on a real Trino and on the embedded engine: the same rows, or an error from both.
//!
//! `cargo test --features aws --test trino` runs everything; `cargo test --features aws --test trino -- vectors fuzz --cases 2000
//! --seed 7` a part of it. It needs Java 17 and Maven, which brings Trino into its own cache outside the clone. The parts that
//! need no CloudTrail are those of the crate `datafusion-trino`, and so is the list of differences that are meant.

mod body;
mod data;
mod detections;
mod export;
mod fidelity;
mod options;

use std::process::ExitCode;

use datafusion_trino_oracle::{Oracle, failed, fuzz, print, vectors};
use options::Options;

fn main() -> ExitCode {
    let options = match Options::of_arguments() {
        Ok(options) => options,
        Err(error) => return stop(&error),
    };
    let mut oracle = match Oracle::start(env!("CARGO_TARGET_TMPDIR")) {
        Ok(oracle) => oracle,
        Err(error) => return stop(&error),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let mut all = Vec::new();
    for part in &options.shared.parts {
        let found = runtime.block_on(async {
            match part.as_str() {
                "vectors" => {
                    vec![vectors::run(&mut oracle, &options.shared, options.vectors.as_deref()).await]
                }
                "queries" => body::run(&mut oracle, &options).await,
                "detections" => detections::run(&mut oracle, &options).await,
                _ => vec![fuzz::run(&mut oracle, &options.shared).await],
            }
        });
        print(&found);
        all.extend(found);
    }
    if options.write
        && let Err(error) = fidelity::write(&all)
    {
        return stop(&error);
    }
    if failed(&all) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn stop(error: &str) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(2)
}
