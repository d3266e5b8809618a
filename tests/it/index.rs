//! The page that lists the shipped detections, and detections that `new` begins.

use std::{fs, path::Path, process::Command};

fn trailbrief(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_index_of_the_library_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let (code, page, _) = trailbrief(folder.path(), &["list", "--format", "markdown"]);
    assert_eq!(code, Some(0));
    let kept = fs::read_to_string("queries/INDEX.md").unwrap();
    assert!(kept == page, "run `trailbrief list --format markdown > queries/INDEX.md`");
    for heading in ["## iam", "## ATT&CK", "## CIS AWS Foundations Benchmark", "## Services"] {
        assert!(page.contains(heading), "{heading}");
    }
    let number = page.lines().find(|line| line.contains(" detections, as")).unwrap();
    let number = number.split(' ').next().unwrap();
    let readme = fs::read_to_string("README.md").unwrap();
    assert!(readme.contains(&format!("**{number} detections**")), "the README must say {number} detections");
    let control = |name: &str| page.lines().any(|line| line.starts_with(&format!("| {name} | `")));
    let missing: Vec<String> =
        (1..=16).map(|number| format!("4.{number}")).filter(|name| !control(name)).collect();
    assert!(missing.is_empty(), "no detection for the controls {missing:?}");
}

#[test]
fn a_condition_that_no_case_needs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| trailbrief(folder.path(), arguments);
    let test = ["test", "--conditions", "--query", "mine.first"];
    fs::write(folder.path().join("trailbrief.toml"), "[library]\npaths = [\"detections\"]\n").unwrap();
    fs::create_dir(folder.path().join("detections")).unwrap();
    assert_eq!(said(&["new", "mine.first"]).0, Some(0));
    let (code, shown, _) = said(&test);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.starts_with("1 detection, ") && shown.contains(" 0 with a reason why not, 0 failed"),
        "{shown}"
    );

    let file = folder.path().join("detections/mine/first.sql");
    let sql = fs::read_to_string(&file).unwrap();
    let with = |condition: &str| fs::write(&file, format!("{}\n    {condition}\n", sql.trim_end())).unwrap();
    with("AND awsregion <> 'xx-none-1'");
    let (code, shown, _) = said(&test);
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("FAIL  mine.first: no case needs `awsregion <> 'xx-none-1'`"), "{shown}");
    with("AND awsregion <> 'xx-none-1' -- no case: there is no such region yet");
    let (code, shown, _) = said(&test);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains(" 1 with a reason why not, 0 failed"), "{shown}");
    fs::write(&file, format!("{} -- no case: nothing needs it\n", sql.trim_end())).unwrap();
    let (code, shown, _) = said(&test);
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("`, though its comment says that none does"), "{shown}");
}

/// What `new` writes is a detection at once: without a fault, and its cases are as they say.
#[test]
fn a_detection_that_was_begun_works_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| trailbrief(folder.path(), arguments);
    fs::write(folder.path().join("trailbrief.toml"), "[library]\npaths = [\"detections\"]\n").unwrap();
    fs::create_dir(folder.path().join("detections")).unwrap();
    let (code, shown, _) = said(&["new", "mine.first"]);
    assert_eq!(code, Some(0));
    assert!(
        shown.contains("detections/mine/first.sql") && shown.contains("trailbrief test --query mine.first")
    );
    let failed = r#"{"eventName": "It's", "eventSource": "x.amazonaws.com", "errorCode": "AccessDenied", "eventTime": "2025-01-01T00:00:00Z"}"#;
    fs::write(folder.path().join("seen.json"), failed).unwrap();
    assert_eq!(said(&["new", "mine.second", "--base", "seen.json"]).0, Some(0));
    let (code, shown, _) = said(&["test", "--query", "mine.*"]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("2 detections: 5 passed, 0 failed"), "{shown}");
    let (code, shown, _) = said(&["check"]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("0 errors, 0 warnings"), "{shown}");

    let (code, _, error) = said(&["new", "mine.first"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("there is a detection `mine.first` already"), "{error}");
    let (code, _, error) = said(&["new", "mine.third", "--base", "create-acess-key"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("did you mean `create-access-key`"), "{error}");
    let (code, _, error) = said(&["new", "mine.third", "--base", "./none.json"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("cannot read `./none.json`"), "{error}");
    let (code, bases, _) = said(&["list", "--bases"]);
    assert_eq!(code, Some(0));
    assert!(
        bases.lines().any(|line| line.starts_with("create-access-key ") && line.ends_with("CreateAccessKey"))
    );
}
