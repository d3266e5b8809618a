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

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::{
    common::{base, log_file},
    rig,
};

/// A detection of the pack `tiny`: sign-ins of the root user, one finding for each account.
pub const ROOT_LOGIN: &str = r#"-- ---
-- id = "test.root-login"
-- title = "Root user signed in"
-- description = "A sign-in of the root user."
-- severity = "critical"
-- status = "stable"
-- packs = ["tiny"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id"]
-- says = "root signed in to {account_id} from {source_ip}"
-- benign = ["announced"]
-- steps = ["ask"]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"]
-- ---
SELECT eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region, useridentity.arn AS actor,
       eventname AS action, CAST(NULL AS varchar) AS resource, sourceipaddress AS source_ip, eventid AS event_id
FROM events
WHERE eventsource = 'signin.amazonaws.com' AND eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
"#;

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

/// A directory with a root sign-in of 2026-03-10 and a configuration.
fn workspace(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json.gz"), log_file(&[base("console-login-root")])).unwrap();
    fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
    folder
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
