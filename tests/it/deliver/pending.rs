//! What is owed to a channel stays owed: whatever else the schedule is asked to do meanwhile.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use super::{
    desk,
    program::{mails, verify},
    server::{Server, answer},
    stderr, stdout, trailbrief,
};

/// A directory whose mail SES does not take yet, and a webhook that takes everything.
fn refused(name: &str, more: &str) -> (tempfile::TempDir, Server) {
    let config = format!(
        "[mail]\nfrom = \"{name}@example.com\"\nto = [\"{name}@example.com\"]\n[slack]\nwebhook = \"env:HOOK\"\n{more}"
    );
    (desk(&config), Server::start(&[answer(200, "ok")]))
}

pub fn turn(folder: &Path, slack: &Server, at: &str, more: &[&str]) -> Output {
    let arguments = ["run", "--logs", ".", "--schedule", "hourly", "--format", "json", "--at", at];
    trailbrief(folder, &[("HOOK", &slack.url)], &[&arguments[..], more].concat())
}

pub fn notes(output: &Output) -> Vec<String> {
    let brief: Value = serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)));
    let notes = brief["run"]["notes"].as_array().unwrap();
    notes.iter().map(|note| note.as_str().unwrap().to_owned()).collect()
}

pub fn outbox(folder: &Path) -> Vec<std::path::PathBuf> {
    let found = fs::read_dir(folder.join(".trailbrief/outbox/hourly")).unwrap();
    found.map(|entry| entry.unwrap().path()).collect()
}

pub const FIRST: &str = "2026-03-10T12:30:00Z";
pub const SECOND: &str = "2026-03-10T13:30:00Z";
pub const THIRD: &str = "2026-03-10T14:30:00Z";

#[test]
fn a_turn_that_sends_nothing_gives_nothing_up() {
    let (desk, slack) = refused("mute-owed", "");
    assert_eq!(turn(desk.path(), &slack, FIRST, &[]).status.code(), Some(3));
    let silent = turn(desk.path(), &slack, SECOND, &["--no-notify"]);
    assert_eq!(silent.status.code(), Some(0), "{}", stderr(&silent));
    assert!(notes(&silent).iter().all(|note| !note.contains("never reached")), "{:?}", notes(&silent));
    assert_eq!((slack.asked().len(), outbox(desk.path()).len()), (1, 1));
    verify("mute-owed@example.com");
    assert_eq!(turn(desk.path(), &slack, THIRD, &[]).status.code(), Some(0));
    assert_eq!((mails("mute-owed@example.com").len(), slack.asked().len()), (2, 2));
}

#[test]
fn what_no_channel_took_is_not_swallowed_by_a_turn_that_sends_nothing() {
    let desk = desk("[mail]\nfrom = \"mute-open@example.com\"\nto = [\"mute-open@example.com\"]\n");
    let slack = Server::gone();
    assert_eq!(turn(desk.path(), &slack, FIRST, &[]).status.code(), Some(3));
    let silent = turn(desk.path(), &slack, SECOND, &["--no-notify"]);
    assert_eq!(silent.status.code(), Some(0), "{}", stderr(&silent));
    verify("mute-open@example.com");
    assert_eq!(turn(desk.path(), &slack, THIRD, &[]).status.code(), Some(0));
    let found = mails("mute-open@example.com");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().any(|mail| mail["Subject"].as_str().unwrap().starts_with("1 critical")),
        "{found:?}"
    );
}

#[test]
fn a_letter_that_is_damaged_stops_no_turn() {
    let (desk, slack) = refused("damaged-owed", "");
    assert_eq!(turn(desk.path(), &slack, FIRST, &[]).status.code(), Some(3));
    for message in outbox(desk.path()) {
        fs::write(message, "{\"version\":1,").unwrap();
    }
    verify("damaged-owed@example.com");
    let next = turn(desk.path(), &slack, SECOND, &[]);
    assert_eq!(next.status.code(), Some(0), "{}", stderr(&next));
    let lost =
        |note: &String| note.contains("20260310T123000Z never reached mail: it lies damaged in the outbox");
    assert!(notes(&next).iter().any(lost), "{:?}", notes(&next));
}

#[test]
fn an_open_letter_that_is_damaged_is_written_again() {
    let desk = desk("[mail]\nfrom = \"damaged-open@example.com\"\nto = [\"damaged-open@example.com\"]\n");
    let slack = Server::gone();
    assert_eq!(turn(desk.path(), &slack, FIRST, &[]).status.code(), Some(3));
    for message in outbox(desk.path()) {
        fs::write(message, "").unwrap();
    }
    verify("damaged-open@example.com");
    let again = turn(desk.path(), &slack, FIRST, &[]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert!(
        notes(&again).iter().any(|note| note.contains("its detections were asked again")),
        "{:?}",
        notes(&again)
    );
    assert_eq!(mails("damaged-open@example.com").len(), 1);
}

#[test]
fn that_a_brief_is_given_up_is_told_by_the_next_brief_there_is() {
    let (desk, slack) = refused("given-up", "");
    let begun = ["--now", "2026-03-10T12:35:00Z"];
    assert_eq!(turn(desk.path(), &slack, FIRST, &begun).status.code(), Some(3));
    // A week later, but nothing is due: there is no brief.
    let week = ["--now", "2026-03-18T12:35:00Z"];
    let nothing = turn(desk.path(), &slack, FIRST, &week);
    assert!(stderr(&nothing).contains("nothing is due"), "{}", stderr(&nothing));
    let told = |output: &Output| {
        let given_up =
            |note: &&String| note.contains("20260310T123000Z never reached mail: it was tried for 7 days");
        notes(output).iter().filter(given_up).count()
    };
    let next = turn(desk.path(), &slack, "2026-03-18T12:30:00Z", &week);
    assert_eq!(told(&next), 1, "{:?}", notes(&next));
    let capped = notes(&next).iter().filter(|note| note.contains("catching up is capped")).count();
    assert_eq!(capped, 1, "one note for all detections: {:?}", notes(&next));
    let later = turn(desk.path(), &slack, "2026-03-18T13:30:00Z", &["--now", "2026-03-18T13:35:00Z"]);
    assert_eq!(told(&later), 0, "{:?}", notes(&later));
}

#[test]
fn every_brief_says_how_much_is_owed_to_whom() {
    let (desk, slack) = refused("more-owed", "");
    for (at, more) in
        [(FIRST, None), (SECOND, None), (THIRD, Some("1 more")), ("2026-03-10T15:30:00Z", Some("2 more"))]
    {
        let output = turn(desk.path(), &slack, at, &[]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        let said: Vec<String> =
            notes(&output).into_iter().filter(|note| note.contains("owed to mail")).collect();
        assert_eq!(said.len(), usize::from(more.is_some()), "{said:?}");
        assert!(more.is_none_or(|more| said[0].starts_with(more)), "{said:?}");
    }
}
