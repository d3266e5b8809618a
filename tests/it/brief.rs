//! `trailbrief brief`: the archive of a schedule, listed, shown again and compared.

use std::{fs, path::Path, process::Output};

use serde_json::{Value, json};

use crate::{
    cli::{stderr, stdout, trailbrief},
    common::{ROOT_LOGIN, base, gzip, log_file},
};

/// A directory with a critical detection that runs every hour.
fn workspace() -> tempfile::TempDir {
    workspace_of("critical")
}

/// The same with a detection of this severity.
fn workspace_of(severity: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let detections = folder.path().join("detections/test");
    fs::create_dir_all(&detections).unwrap();
    let detection = ROOT_LOGIN.replace("[\"account_id\"]", "[\"event_id\"]").replace("critical", severity);
    fs::write(detections.join("root-login.sql"), detection).unwrap();
    let config = "[library]\npaths = [\"detections\"]\n[schedules.hourly]\npacks = [\"tiny\"]\n[schedules.daily]\npacks = [\"tiny\"]\n";
    fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
    folder
}

/// A file with a root sign-in at this time of the day, such as `0215`.
fn sign_in(folder: &Path, at: &str) {
    sign_in_on(folder, "10", at);
}

/// The same on this day of March.
fn sign_in_on(folder: &Path, day: &str, at: &str) {
    let mut record = base("console-login-root");
    let (hour, minute) = at.split_at(2);
    record["eventTime"] = json!(format!("2026-03-{day}T{hour}:{minute}:00Z"));
    record["eventID"] = json!(format!("{at}00{day}-0000-4000-8000-{at}00000000"));
    let name = format!("123456789012_CloudTrail_us-east-1_202603{day}T{at}Z_a.json.gz");
    fs::write(folder.join(name), log_file(&[record])).unwrap();
}

/// Runs a schedule and gives what it showed in this format.
fn scheduled(folder: &Path, schedule: &str, hour: u32, format: &str) -> String {
    scheduled_at(folder, schedule, &format!("2026-03-10T{hour:02}:00:00Z"), format)
}

/// The same for this time, before which a file with an ordinary call was delivered: a run that reads nothing is not whole.
fn scheduled_at(folder: &Path, schedule: &str, at: &str, format: &str) -> String {
    let mut record = base("denied-call");
    let (day, hour) = (&at[8..10], at[11..13].parse::<u32>().unwrap() - 1);
    record["eventTime"] = json!(format!("2026-03-{day}T{hour:02}:45:00Z"));
    record["eventID"] = json!(format!("{hour:02}0000{day}-0000-4000-8000-000000000000"));
    let name = format!("123456789012_CloudTrail_us-east-1_202603{day}T{hour:02}50Z_b.json.gz");
    fs::write(folder.join(name), log_file(&[record])).unwrap();
    let output =
        trailbrief(folder, &["run", "--logs", ".", "--schedule", schedule, "--at", at, "--format", format]);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn brief(folder: &Path, arguments: &[&str]) -> Output {
    trailbrief(folder, &[&["brief"], arguments].concat())
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = brief(folder, arguments);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{}", stderr(&output));
    stderr(&output)
}

fn of(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

#[test]
fn an_archived_brief_is_shown_as_the_run_showed_it() {
    let workspace = workspace();
    let folder = workspace.path();
    sign_in(folder, "0215");
    for format in ["text", "html", "slack", "csv", "json"] {
        // Each run is the first: what was reported before would change the brief.
        let _ = fs::remove_dir_all(folder.join(".trailbrief"));
        let shown = scheduled(folder, "hourly", 3, format);
        let again = brief(folder, &["show", "latest", "--format", format]);
        assert_eq!(stdout(&again), shown, "{format}");
    }
    let summary = |which: &str| stdout(&brief(folder, &["show", which, "--summary"]));
    let latest = summary("latest");
    assert!(latest.contains("root user"), "{latest}");
    for which in ["hourly-20260310T030000Z", "2026-03-10T03:00:00Z"] {
        assert_eq!(summary(which), latest);
    }
    let out = brief(folder, &["show", "--out", "again", "--quiet"]);
    assert_eq!((stdout(&out).as_str(), stderr(&out).as_str()), ("", ""));
    for name in ["brief.txt", "brief.html", "brief.json", "brief.slack.json", "findings.csv", "report.html"] {
        assert!(folder.join("again").join(name).is_file(), "{name}");
    }
}

#[test]
fn the_archive_is_listed_with_what_each_brief_says() {
    let workspace = workspace();
    let folder = workspace.path();
    let list = |more: &[&str]| brief(folder, &[&["list", "--now", "2026-03-10T06:00:00Z"], more].concat());
    let nothing = list(&[]);
    assert_eq!((nothing.status.code(), stdout(&nothing).as_str()), (Some(0), ""));
    assert!(stderr(&nothing).contains("no brief is archived in"), "{}", stderr(&nothing));
    assert!(stderr(&nothing).contains("trailbrief run --schedule hourly"), "{}", stderr(&nothing));
    sign_in(folder, "0215");
    scheduled(folder, "hourly", 3, "text");
    scheduled(folder, "hourly", 4, "text");
    scheduled(folder, "daily", 4, "text");
    let all = of(&list(&["--format", "json"]));
    let ids: Vec<&str> = all.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["daily-20260310T040000Z", "hourly-20260310T040000Z", "hourly-20260310T030000Z"]);
    let first = &all[2];
    assert_eq!((&first["schedule"], &first["time"]), (&json!("hourly"), &json!("2026-03-10T03:00:00Z")));
    assert_eq!((&first["findings"]["critical"], &first["stories"]), (&json!(1), &json!(1)));
    let text = stdout(&list(&["--schedule", "hourly"]));
    assert!(text.contains("2026-03-10 03:00 UTC  hourly  1 critical\n"), "{text}");
    assert!(text.contains("\n  hourly-20260310T030000Z\n") && !text.contains("daily"), "{text}");
    // Outside of the time that was asked for.
    let late = brief(folder, &["list", "--last", "1h", "--now", "2026-03-12T00:00:00Z"]);
    assert!(stderr(&late).contains("the newest is daily-20260310T040000Z, for 2026-03-10T04:00:00Z"));
    // One that is damaged hides no other.
    fs::write(folder.join(".trailbrief/briefs/hourly/hourly-20260310T030000Z.json.gz"), gzip(b"{\"half\":"))
        .unwrap();
    let damaged = list(&["--format", "json"]);
    assert_eq!(damaged.status.code(), Some(4));
    assert_eq!(of(&damaged)[2]["error"], "it is not JSON");
    assert_eq!(of(&damaged)[1]["error"], Value::Null);
    let shown = brief(folder, &["show", "hourly-20260310T030000Z"]);
    assert_eq!(shown.status.code(), Some(3));
    assert!(
        stderr(&shown).contains("hourly-20260310T030000Z cannot be read: it is not JSON"),
        "{}",
        stderr(&shown)
    );
}

#[test]
fn two_briefs_are_compared_from_the_older_to_the_later_one() {
    let workspace = workspace();
    let folder = workspace.path();
    sign_in(folder, "0215");
    scheduled(folder, "hourly", 3, "text");
    sign_in(folder, "0320");
    sign_in(folder, "0340");
    scheduled(folder, "hourly", 4, "text");
    scheduled(folder, "hourly", 7, "text");
    scheduled(folder, "hourly", 10, "text");
    let diff = |a: &str, b: &str| of(&brief(folder, &["diff", a, b, "--format", "json"]));
    let found = diff("2026-03-10T04:00:00Z", "2026-03-10T03:00:00Z");
    assert_eq!(found["from"]["id"], "hourly-20260310T030000Z");
    assert_eq!(found["to"]["id"], "hourly-20260310T040000Z");
    assert_eq!(found["findings"]["new"].as_array().unwrap().len(), 2, "{found}");
    let grown = found["stories"]["grown"].as_array().unwrap();
    assert_eq!(grown.len(), 1, "{found}");
    assert_eq!(grown[0]["more_findings"], 2);
    let found = diff("2026-03-10T04:00:00Z", "latest");
    assert_eq!(found["stories"]["quiet"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["findings"]["gone"][0]["suppressed_now"], false);
    let text = brief(folder, &["diff", "2026-03-10T03:00:00Z", "2026-03-10T04:00:00Z"]);
    let words = stdout(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["STORIES THAT HAVE GROWN", "(2 findings more)", "NEW FINDINGS"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn a_brief_that_is_not_there_is_answered_with_what_is_near() {
    let workspace = workspace();
    let folder = workspace.path();
    let empty = refused(folder, &["show"]);
    assert!(empty.contains("no brief is archived in") && empty.contains("--schedule hourly"), "{empty}");
    scheduled(folder, "hourly", 3, "text");
    scheduled(folder, "hourly", 5, "text");
    scheduled(folder, "daily", 5, "text");
    let between = refused(folder, &["show", "2026-03-10T04:00:00Z", "--schedule", "hourly"]);
    assert!(between.contains("no brief is archived for 2026-03-10T04:00:00Z"), "{between}");
    assert!(
        between.contains(
            "the archive has hourly-20260310T030000Z before it and hourly-20260310T050000Z after it"
        ),
        "{between}"
    );
    let near = refused(folder, &["show", "hourly-20260310T030001Z"]);
    assert!(near.contains("did you mean `hourly-20260310T030000Z`?"), "{near}");
    let far = refused(folder, &["show", "nightly"]);
    assert!(far.contains("the newest is daily-20260310T050000Z"), "{far}");
    let several = refused(folder, &["show", "2026-03-10T05:00:00Z"]);
    assert!(several.contains("2 briefs are archived for") && several.contains("`--schedule`"), "{several}");
    let schedule = refused(folder, &["list", "--schedule", "hourli"]);
    assert!(
        schedule.contains("schedule `hourli` is unknown") && schedule.contains("did you mean `hourly`?"),
        "{schedule}"
    );
    let same = refused(folder, &["diff", "latest", "daily-20260310T050000Z"]);
    assert!(same.contains("both name the brief daily-20260310T050000Z"), "{same}");
}

#[test]
fn a_suggestion_can_be_pasted_and_hides_what_it_says() {
    let suggest = |folder: &Path, format: &str| {
        trailbrief(folder, &["suppress", "suggest", "--now", "2026-03-14T00:00:00Z", "--format", format])
    };
    let days = |folder: &Path| {
        for day in ["10", "11", "12"] {
            sign_in_on(folder, day, "0215");
            scheduled_at(folder, "daily", &format!("2026-03-{day}T03:00:00Z"), "text");
        }
    };
    let critical = workspace();
    days(critical.path());
    let none = of(&suggest(critical.path(), "json"));
    assert_eq!((&none["suggestions"], &none["critical_left_out"]), (&json!([]), &json!(1)));
    let workspace = workspace_of("medium");
    let folder = workspace.path();
    days(folder);
    let found = of(&suggest(folder, "json"));
    assert_eq!(found["reported"], 3, "{found}");
    let suggestion = &found["suggestions"][0];
    assert_eq!((&suggestion["grade"], &suggestion["days"]), (&json!("fair"), &json!(3)), "{found}");
    let paste = suggestion["paste"].as_str().unwrap();
    let text = stdout(&suggest(folder, "text"));
    assert!(paste.lines().all(|line| text.contains(line)), "{text}");
    assert_eq!(stdout(&suggest(folder, "text")), text, "again the same");
    // As it is, nobody has said why.
    let config = fs::read_to_string(folder.join("trailbrief.toml")).unwrap();
    fs::write(folder.join("trailbrief.toml"), format!("{config}{paste}\n")).unwrap();
    let refused = trailbrief(folder, &["run", "--logs", ".", "--schedule", "daily"]);
    assert!(stderr(&refused).contains("a suppression needs a `reason`"), "{}", stderr(&refused));
    let filled =
        paste.replace("reason = \"...\"", "reason = \"known\"").replace("owner = \"...\"", "owner = \"bob\"");
    fs::write(folder.join("trailbrief.toml"), format!("{config}{filled}\n")).unwrap();
    sign_in_on(folder, "13", "0215");
    let json = scheduled_at(folder, "daily", "2026-03-13T03:00:00Z", "json");
    let brief: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(brief["findings"], json!([]), "{json}");
    assert_eq!(
        brief["suppressed"].as_array().unwrap().len() as u64,
        brief["suppressions"][0]["matched"].as_u64().unwrap()
    );
    assert!(!brief["suppressed"].as_array().unwrap().is_empty());
}
