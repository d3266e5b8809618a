//! Delivery: mails read back, a webhook's moods, and the real program against an emulated AWS.

mod logged;
mod mail;
mod orphans;
mod pending;
pub mod program;
mod quiet;
mod refused;
pub mod server;
mod slack;
mod trouble;
mod uncertain;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::{
    common::{base, log_file},
    rig,
};

/// Runs the program in a directory, with the emulator as its AWS.
fn trailbrief(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("AWS_ENDPOINT_URL", &rig::emulator().url)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// Leaves the detections that find a sign-in: planning the whole library takes longer than a run with these.
const FEW: &str = "
[library]
disable = [
    \"account.*\", \"activity.*\", \"ai.*\", \"attempts.*\", \"backup.*\", \"compute.*\", \"data.*\", \"logging.*\", \"messaging.*\",
    \"network.*\", \"organization.*\", \"s3.*\", \"secrets.*\", \"sharing.*\", \"sso.*\",
]
";

/// A directory with a root sign-in of 2026-03-10 and a configuration.
fn workspace(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json.gz"), log_file(&[base("console-login-root")])).unwrap();
    fs::write(folder.path().join("trailbrief.toml"), config.to_owned() + FEW).unwrap();
    folder
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
