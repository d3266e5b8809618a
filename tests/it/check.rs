//! `check` and `test` as people use them: explanations, the configuration in effect, mistakes that must not pass silently.

use std::{fs, path::Path};

use trailbrief::testing::text::Lint;

use crate::cli::{stderr, stdout, trailbrief};

/// A directory with this configuration.
fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
    folder
}

/// A detection of the user's with these cases.
fn with_cases(cases: &str) -> tempfile::TempDir {
    let folder = folder("[library]\npaths = [\"mine\"]\n");
    let below = folder.path().join("mine/lints");
    fs::create_dir_all(&below).unwrap();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lints/clean.sql"), below.join("clean.sql"))
        .unwrap();
    fs::write(below.join("clean.cases.toml"), cases).unwrap();
    folder
}

#[test]
fn every_code_is_explained() {
    let folder = folder("");
    let output = trailbrief(folder.path(), &["check", "--explain", "unknown-hole"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("explained", stdout(&output));
    for arguments in [&["check", "--explain"][..], &["check", "--explain", "list"]] {
        let output = trailbrief(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0));
        let listed = stdout(&output);
        assert_eq!(listed.lines().count(), Lint::ALL.len());
        assert!(
            Lint::ALL.iter().all(|lint| listed.contains(lint.code()) && listed.contains(lint.sentence()))
        );
    }
    let wrong = trailbrief(folder.path(), &["check", "--explain", "unknown-hol"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("'unknown-hole'"), "{}", stderr(&wrong));
    let completions = stdout(&trailbrief(folder.path(), &["completions", "bash"]));
    assert!(completions.contains("tactic-technique-mismatch"));
}

#[test]
fn the_configuration_in_effect_is_shown_with_origins_and_without_secrets() {
    let folder =
        folder("[schedules.hourly]\nlateness = \"3h\"\n[watchlists]\ntrusted-cidrs = [\"192.0.2.0/24\"]\n");
    let output = trailbrief(folder.path(), &["check", "--effective"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    for line in [
        "lateness = \"3h\"  # trailbrief.toml:2",
        "every = \"1h\"  # default",
        "trusted-cidrs = [\"192.0.2.0/24\"]  # trailbrief.toml:4",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    let secret = "https://hooks.slack.com/services/T0/B0/sesame";
    fs::write(folder.path().join("trailbrief.toml"), format!("[slack]\nwebhook = \"{secret}\"\n")).unwrap();
    let output = trailbrief(folder.path(), &["check", "--effective"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!stdout(&output).contains("sesame") && !stderr(&output).contains("sesame"));
}

#[cfg(feature = "aws")]
#[test]
fn of_a_secret_only_its_location_is_shown() {
    let folder = folder("[slack]\nwebhook = \"env:HOOK\"\n");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(["check", "--effective"])
        .current_dir(folder.path())
        .env_remove("TRAILBRIEF_CONFIG")
        .env("HOOK", "https://hooks.slack.com/services/T0/B0/sesame")
        .output()
        .unwrap();
    let shown = stdout(&output);
    assert!(shown.contains("webhook = \"env:HOOK\"  # trailbrief.toml:2"), "{shown}");
    assert!(!shown.contains("sesame"));
}

#[test]
fn a_directory_that_is_not_there_is_reported_where_the_configuration_names_it() {
    let folder = folder("[library]\npaths = [\"mine\",\n  \"gone\"]\n");
    fs::create_dir(folder.path().join("mine")).unwrap();
    let output = trailbrief(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let shown = stdout(&output);
    assert!(shown.contains("gone`: no such file or directory\n  --> trailbrief.toml:3:3\n"), "{shown}");
}

#[test]
fn a_case_that_cannot_run_is_a_failure() {
    let case = |base: &str| {
        format!(
            "[[case]]\nname = \"c\"\nevents = [{{ base = \"{base}\", set = {{ \"userIdentity.type\" = \"Root\" }} }}]\nfinds = 1\n"
        )
    };
    let test = |cases: &str| {
        let folder = with_cases(cases);
        let output = trailbrief(folder.path(), &["test", "--query", "lints.clean"]);
        (output.status.code(), stdout(&output), stderr(&output), folder)
    };
    let (code, shown, _, folder) = test(&case("console-login-rot"));
    assert_eq!(code, Some(3), "{shown}");
    for words in [
        "FAIL  lints.clean",
        "there is no base event `console-login-rot`",
        "did you mean",
        "0 passed, 1 failed",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let checked = stdout(&trailbrief(folder.path(), &["check"]));
    assert!(checked.contains("error[unknown-base]"), "{checked}");
    // Nothing is near: every name is listed.
    let (_, shown, _, _) = test(&case("x"));
    assert!(shown.contains("base events are: ") && shown.contains("console-login-root"), "{shown}");
    let (code, shown, _, _) = test(&case("console-login-root"));
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("1 detection: 1 passed, 0 failed"), "{shown}");
    let (code, _, printed, _) = test("");
    assert_eq!(code, Some(2), "{printed}");
    assert!(printed.contains("there is no case to run"), "{printed}");
}

#[test]
fn a_suppression_that_expires_is_a_warning() {
    let one = |expires: &str| {
        let folder = folder(&format!(
            "[[suppress]]\ndetection = \"iam.*\"\nreason = \"r\"\nowner = \"soc@example.com\"\nexpires = \"{expires}\"\n"
        ));
        let output = trailbrief(folder.path(), &["check"]);
        (output.status.code(), stdout(&output))
    };
    let (code, shown) = one("2020-01-31");
    assert_eq!(code, Some(0));
    assert!(shown.contains("warning[suppression-expires]: the suppression of `iam.*` expired"), "{shown}");
    assert!(shown.contains("trailbrief.toml:1:1") && shown.contains("soc@example.com"), "{shown}");
    let (code, shown) = one("2999-01-31");
    assert_eq!((code, shown.contains("suppression-expires")), (Some(0), false), "{shown}");
}
