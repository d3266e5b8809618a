//! `trailbrief completions`: a completion script for a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Exit, Outcome, UserError, output};

/// What the help of `completions` ends with.
const EXAMPLES: &str = "\
Examples:
  trailbrief completions bash > ~/.local/share/bash-completion/completions/trailbrief
  trailbrief completions fish > ~/.config/fish/completions/trailbrief.fish";

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// Name of the shell
    shell: Shell,
}

pub(super) fn run(options: &Options) -> Outcome {
    // It panics where it cannot write, such as into a pipe whose reader has gone: so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "trailbrief", &mut script);
    output::print(&String::from_utf8(script).map_err(UserError::failed)?)?;
    Ok(Exit::Done)
}
