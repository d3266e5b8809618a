//! `trailbrief completions`: a completion script for a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Exit, Outcome};

/// Options of `completions`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The shell
    shell: Shell,
}

pub(super) fn run(options: &Options) -> Outcome {
    clap_complete::generate(options.shell, &mut Cli::command(), "trailbrief", &mut std::io::stdout());
    Ok(Exit::Done)
}
