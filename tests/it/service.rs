//! The service against an AWS of loopback: the real program, the real SDKs.

mod athena;
mod bare;
mod canned;
mod covered;
mod day;
mod every_call;
mod function;
mod killed;
mod late;
mod logged;
mod members;
mod mistakes;
mod own;
mod price;
mod query;
mod resumed;
mod retried;
mod returned;
mod runs;
pub mod stack;
mod table;
mod trouble;
mod undigested;
mod unknown_statements;
mod unreadable;

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::rig;

/// Runs the program in a directory, with an environment whose AWS is the emulator.
fn trailbrief(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trailbrief"));
    command.args(arguments).current_dir(folder).env_clear().envs(rig::environment());
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
