//! The program: a Lambda function where Lambda starts it, else the command line. No logic.

use std::process::ExitCode;

fn main() -> ExitCode {
    trailbrief::start()
}
