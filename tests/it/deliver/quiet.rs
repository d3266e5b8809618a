//! A night of hourly runs and a channel that wants news: what is new is sent once, what is not is archived.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use super::{
    program::{mails, verify},
    server::{Server, answer},
    stderr, stdout, trailbrief,
};
use crate::common::{ROOT_LOGIN, base, log_file};

/// A directory with the detection and a configuration that runs it every hour.
fn workspace(channel: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let detections = folder.path().join("detections/test");
    fs::create_dir_all(&detections).unwrap();
    let detection = ROOT_LOGIN.replace("critical", "medium").replace("[\"account_id\"]", "[\"event_id\"]");
    fs::write(detections.join("root-login.sql"), detection).unwrap();
    let config = format!(
        "[library]\npaths = [\"detections\"]\n[schedules.hourly]\npacks = [\"tiny\"]\n[schedules.daily]\npacks = [\"tiny\"]\n\
         [slack]\nwebhook = \"env:HOOK\"\n{channel}"
    );
    fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
    folder
}

/// A file that was delivered at this minute of the day, with a root sign-in of that minute or with an ordinary call.
fn deliver(folder: &Path, at: &str, happened: Option<&str>) {
    let mut record = base(if happened.is_some() { "console-login-root" } else { "denied-call" });
    let (hour, minute) = happened.unwrap_or(at).split_at(2);
    record["eventTime"] = json!(format!("2026-03-10T{hour}:{minute}:00Z"));
    record["eventID"] = json!(format!("{at}0000-0000-4000-8000-{at}00000000"));
    fs::write(folder.join(name(at)), log_file(&[record])).unwrap();
}

fn name(at: &str) -> String {
    format!("123456789012_CloudTrail_us-east-1_20260310T{at}Z_a.json.gz")
}

/// One run: its brief, what it wrote on standard error, and whether something was sent.
fn run(folder: &Path, slack: &Server, schedule: &str, at: &str, more: &[&str]) -> (Value, String, bool) {
    let before = slack.asked().len();
    let arguments = ["run", "--logs", ".", "--schedule", schedule, "--format", "json", "--at", at];
    let output = trailbrief(folder, &[("HOOK", &slack.url)], &[&arguments[..], more].concat());
    let brief = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    (brief, stderr(&output), slack.asked().len() > before)
}

/// The fingerprints that a brief reports for the first time.
fn news(brief: &Value) -> Vec<String> {
    let findings = brief["findings"].as_array().unwrap().iter();
    fingerprints(findings.filter(|finding| finding["state"] != "repeated"))
}

/// The fingerprints of what waited for a brief.
fn waited(brief: &Value) -> Vec<String> {
    fingerprints(brief["changes"]["waiting"].as_array().unwrap().iter())
}

fn fingerprints<'a>(of: impl Iterator<Item = &'a Value>) -> Vec<String> {
    of.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

fn notes(brief: &Value) -> String {
    brief["run"]["notes"].to_string()
}

#[test]
fn a_night_sends_what_is_new_once_and_nothing_else() {
    let (workspace, slack) = (workspace(""), Server::start(&[answer(200, "ok")]));
    let folder = workspace.path();
    // Sign-ins in three hours of the night, two of them together and one late, and a file that cannot be read.
    for hour in 0..12 {
        deliver(folder, &format!("{hour:02}10"), None);
    }
    for (at, happened) in [("0220", "0215"), ("0225", "0220"), ("0530", "0525"), ("0940", "0410")] {
        deliver(folder, at, Some(happened));
    }
    fs::write(folder.join(name("0715")), "damaged").unwrap();
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    let (mut hours, mut unsent) = (Vec::new(), Vec::new());
    for hour in 1..=12 {
        let (brief, shown, is_sent) =
            run(folder, &slack, "hourly", &format!("2026-03-10T{hour:02}:00:00Z"), &[]);
        assert_eq!(brief["failures"], json!([]), "{brief}");
        if is_sent {
            hours.push(hour);
            let all = news(&brief).into_iter().chain(waited(&brief));
            all.for_each(|finding| *sent.entry(finding).or_default() += 1);
        } else {
            unsent.extend(news(&brief));
            assert!(shown.contains("no news for slack"), "{shown}");
        }
        let archived = format!(".trailbrief/briefs/hourly/hourly-20260310T{hour:02}0000Z.json.gz");
        assert!(folder.join(archived).is_file(), "{hour}");
        if hour == 10 {
            // No later run finds it again, so that it is known only because it waits.
            fs::remove_file(folder.join(name("0940"))).unwrap();
        }
    }
    assert_eq!(hours, [3, 6, 8, 11], "the file is news as well, once; more of the same waits three hours");
    assert_eq!(unsent.len(), 1, "the late one");
    assert_eq!(sent.values().collect::<Vec<_>>(), [&1; 4], "every sign-in once");
    // A daily brief is sent without news as well.
    assert!(run(folder, &slack, "daily", "2026-03-10T12:00:00Z", &[]).2);
    assert!(run(folder, &slack, "daily", "2026-03-10T13:00:00Z", &[]).2);
}

#[test]
fn a_channel_says_when_it_wants_a_brief() {
    for (channel, expected) in [
        ("when = \"always\"\n", [true, true, true]),
        ("severity = \"high\"\n", [false, false, true]),
        ("severity = \"medium\"\n", [true, false, true]),
        ("when = \"news\"\n", [true, false, false]),
        ("when = \"daily\"\n", [false, false, true]),
    ] {
        let (workspace, slack) = (workspace(channel), Server::start(&[answer(200, "ok")]));
        let folder = workspace.path();
        deliver(folder, "0220", Some("0215"));
        deliver(folder, "0310", None);
        let at = ["2026-03-10T03:00:00Z", "2026-03-10T04:00:00Z"];
        let hourly = at.map(|at| run(folder, &slack, "hourly", at, &[]).2);
        fs::remove_file(folder.join(name("0220"))).unwrap();
        let daily = run(folder, &slack, "daily", at[1], &[]).2;
        assert_eq!([hourly[0], hourly[1], daily], expected, "{channel}");
    }
}

#[test]
fn a_channel_that_gets_every_brief_starves_no_other() {
    verify("often@example.com");
    let mail = "[mail]\nwhen = \"always\"\nfrom = \"often@example.com\"\nto = [\"often@example.com\"]\n";
    let (workspace, slack) = (workspace(mail), Server::start(&[answer(200, "ok")]));
    let folder = workspace.path();
    for hour in 0..5 {
        deliver(folder, &format!("{hour:02}30"), Some(&format!("{hour:02}20")));
    }
    let sent = |hour: i32| run(folder, &slack, "hourly", &format!("2026-03-10T{hour:02}:00:00Z"), &[]).2;
    assert_eq!((1..=6).map(sent).collect::<Vec<_>>(), [true, true, true, true, true, false]);
    assert_eq!(mails("often@example.com").len(), 6);
}

#[test]
fn what_is_not_sent_waits_for_a_brief_that_is() {
    let (workspace, slack) = (workspace(""), Server::start(&[answer(200, "ok")]));
    let folder = workspace.path();
    deliver(folder, "0220", Some("0215"));
    fs::write(folder.join(name("0240")), "damaged").unwrap();
    let (unsent, _, is_sent) = run(folder, &slack, "hourly", "2026-03-10T03:00:00Z", &["--no-notify"]);
    assert_eq!((news(&unsent).len(), is_sent), (1, false));
    // The next run finds neither again.
    for file in ["0220", "0240"] {
        fs::remove_file(folder.join(name(file))).unwrap();
    }
    deliver(folder, "0310", None);
    let (next, _, is_sent) = run(folder, &slack, "hourly", "2026-03-10T04:00:00Z", &[]);
    assert!(is_sent, "{next}");
    assert_eq!((waited(&next), &next["changes"]["since"]), (news(&unsent), &Value::Null));
    assert_eq!(next["changes"]["new"][0]["story"], unsent["stories"][0]["id"], "{}", next["changes"]);
    assert!(notes(&next).contains("hourly-20260310T030000Z was sent to no channel"), "{}", notes(&next));
    let (last, _, is_sent) = run(folder, &slack, "hourly", "2026-03-10T05:00:00Z", &[]);
    assert_eq!((waited(&last).len(), notes(&last).contains("no channel"), is_sent), (0, false, false));
    assert_eq!(last["changes"]["since"], "2026-03-10T04:00:00Z");
}

#[test]
fn decisions_that_cannot_be_read_once_are_not_new_again() {
    let (workspace, slack) = (workspace("when = \"always\"\n"), Server::start(&[answer(200, "ok")]));
    let folder = workspace.path();
    deliver(folder, "0220", Some("0215"));
    let decided = |at: &str| {
        let (brief, _, is_sent) = run(folder, &slack, "hourly", at, &[]);
        assert!(is_sent);
        (brief["changes"]["decisions"].as_array().unwrap().len(), notes(&brief).contains("could not be read"))
    };
    let ack = ["ack", "0123456789abcdef", "--reason", "r", "--by", "carol", "--now", "2026-03-10T02:00:00Z"];
    assert_eq!(trailbrief(folder, &[], &ack).status.code(), Some(0));
    assert_eq!(decided("2026-03-10T03:00:00Z"), (1, false));
    let file = folder.join(".trailbrief/decisions.json");
    let kept = fs::read(&file).unwrap();
    fs::write(&file, "{").unwrap();
    assert_eq!(decided("2026-03-10T04:00:00Z"), (0, true));
    fs::write(&file, kept).unwrap();
    assert_eq!(decided("2026-03-10T05:00:00Z"), (0, false));
}

#[test]
fn a_suppressed_finding_is_held_back_from_the_next_brief_on() {
    let (workspace, slack) = (workspace("when = \"always\"\n"), Server::start(&[answer(200, "ok")]));
    let folder = workspace.path();
    deliver(folder, "0220", Some("0215"));
    let (first, _, _) = run(folder, &slack, "hourly", "2026-03-10T03:00:00Z", &[]);
    let [fingerprint] = <[String; 1]>::try_from(news(&first)).unwrap();
    let decide = |arguments: &[&str]| {
        let output = trailbrief(folder, &[("USER", "carol")], arguments);
        (output.status.code(), stdout(&output), stderr(&output))
    };
    let now = ["--now", "2026-03-10T03:10:00Z"];
    let suppress = ["suppress", &fingerprint, "--reason", "an exercise", "--for", "30d"];
    let (code, shown, said) = decide(&[&suppress[..], &now].concat());
    assert_eq!(code, Some(0), "{said}");
    let expected = format!(
        "suppressed finding {fingerprint}: by carol at 2026-03-10T03:10:00Z, until 2026-04-09T03:10:00Z: an exercise\n"
    );
    assert_eq!(shown, expected);
    assert_eq!(decide(&[&["suppress", "list"][..], &now].concat()).1, expected);
    let (held, _, _) = run(folder, &slack, "hourly", "2026-03-10T04:00:00Z", &[]);
    assert_eq!(
        (held["findings"].as_array().unwrap().len(), held["suppressed"].as_array().unwrap().len()),
        (0, 1)
    );
    let use_of = &held["suppressions"][0];
    assert_eq!((&use_of["fingerprint"], &use_of["owner"]), (&json!(fingerprint), &json!("carol")));
    assert_eq!((&use_of["reason"], &use_of["matched"]), (&json!("an exercise"), &json!(1)));
    for (arguments, expected) in [
        (vec!["ack", "x", "--reason", "r", "--by", "b"], "neither the id of a story"),
        (vec!["suppress", "0123456789abcdef", "--reason", "r", "--for", "1d"], "only single findings"),
        (vec!["suppress", &fingerprint, "--reason", " ", "--for", "1d"], "`--reason` is empty"),
        (vec!["ack", &fingerprint, "--reason", "r", "--by", "..."], "`--by` still says `...`"),
        (vec!["suppress", &fingerprint, "--reason", "r", "--for", "0d"], "too short or too long"),
        (vec!["suppress", &fingerprint, "--reason", "r"], "--for"),
    ] {
        let (code, _, said) = decide(&arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_daily_brief_names_what_the_hourly_ones_reported() {
    let (workspace, slack) = (workspace("when = \"daily\"\n"), Server::start(&[answer(200, "ok")]));
    let folder = workspace.path();
    deliver(folder, "0220", Some("0215"));
    let (hourly, _, sent) = run(folder, &slack, "hourly", "2026-03-10T03:00:00Z", &[]);
    assert_eq!((news(&hourly).len(), sent), (1, false));
    let ack =
        ["ack", hourly["stories"][0]["id"].as_str().unwrap(), "--reason", "an exercise", "--by", "carol"];
    let now = ["--now", "2026-03-10T03:10:00Z"];
    let acknowledged = trailbrief(folder, &[], &[&ack[..], &now].concat());
    assert_eq!(acknowledged.status.code(), Some(0), "{}", stderr(&acknowledged));
    let (daily, _, sent) = run(folder, &slack, "daily", "2026-03-10T06:00:00Z", &[]);
    assert!(sent);
    let report = &daily["roll_up"]["schedules"][0];
    assert_eq!((&report["schedule"], &report["briefs"]), (&json!("hourly"), &json!(1)));
    assert_eq!((&report["findings"]["medium"], &report["findings"]["critical"]), (&json!(1), &json!(0)));
    let story = &report["stories"][0];
    assert_eq!((&story["story"], &story["acknowledged_by"]), (&hourly["stories"][0]["id"], &json!("carol")));
    assert_eq!(daily["changes"]["decisions"][0]["reason"], "an exercise");
    let packs = daily["coverage"]["packs_left_out"].as_array().unwrap();
    assert!(packs.iter().any(|pack| pack["pack"] == "hourly"), "{packs:?}");
    // The next day, nothing of it is repeated, and the average knows it.
    deliver(folder, "0640", None);
    let (next, _, _) = run(folder, &slack, "daily", "2026-03-11T06:00:00Z", &[]);
    assert_eq!(next["roll_up"]["schedules"][0]["briefs"], json!(0));
}
