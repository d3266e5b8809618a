//! Vectors and generated statements on a real Trino and on this crate: the same rows, or an error from both.
//!
//! `cargo test --test trino-sql` runs both parts; `cargo test --test trino-sql -- fuzz --cases 2000 --seed 7`
//! one. It needs Java 17
//! and Maven, which brings Trino into its own cache outside the clone.

use std::process::ExitCode;

use datafusion_trino_oracle::{Options, Oracle, failed, fuzz, print, vectors};

fn main() -> ExitCode {
    match compare() {
        Ok(failed) if failed => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether anything differs that is not meant to.
fn compare() -> Result<bool, String> {
    let options = Options::read(std::env::args().skip(1), &["vectors", "fuzz"], |_, _| Ok(false))?;
    let mut oracle = Oracle::start(env!("CARGO_TARGET_TMPDIR"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    for part in &options.parts {
        let found = runtime.block_on(async {
            match part.as_str() {
                "vectors" => vectors::run(&mut oracle, &options, None).await,
                _ => fuzz::run(&mut oracle, &options).await,
            }
        });
        print(std::slice::from_ref(&found));
        all.push(found);
    }
    Ok(failed(&all))
}
