//! The program: the command line. No logic.

use std::process::ExitCode;

fn main() -> ExitCode {
    trailbrief::cli::main().into()
}
