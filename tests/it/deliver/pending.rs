//! What is pending for a channel stays pending, whatever else the schedule does meanwhile.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use super::{
    program::{mails, verify},
    server::{Server, answer},
    stderr, stdout, trailbrief, workspace,
};

/// A directory whose mail SES does not take yet, and a webhook that takes everything.
fn refused(name: &str, more: &str) -> (tempfile::TempDir, Server) {
    let config = format!(
        "[mail]\nwhen = \"always\"\nfrom = \"{name}@example.com\"\nto = [\"{name}@example.com\"]\n[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n{more}"
    );
    (workspace(&config), Server::start(&[answer(200, "ok")]))
}

pub fn scheduled_run(folder: &Path, slack: &Server, at: &str, more: &[&str]) -> Output {
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
fn a_run_without_delivery_gives_nothing_up() {
    let (workspace, slack) = refused("no-delivery-pending", "");
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &[]).status.code(), Some(3));
    let silent = scheduled_run(workspace.path(), &slack, SECOND, &["--no-notify"]);
    assert_eq!(silent.status.code(), Some(0), "{}", stderr(&silent));
    assert!(notes(&silent).iter().all(|note| !note.contains("never delivered")), "{:?}", notes(&silent));
    assert_eq!((slack.asked().len(), outbox(workspace.path()).len()), (1, 1));
    verify("no-delivery-pending@example.com");
    assert_eq!(scheduled_run(workspace.path(), &slack, THIRD, &[]).status.code(), Some(0));
    assert_eq!((mails("no-delivery-pending@example.com").len(), slack.asked().len()), (2, 2));
}

#[test]
fn a_run_without_delivery_keeps_a_brief_that_no_channel_took() {
    let workspace = workspace(
        "[mail]\nwhen = \"always\"\nfrom = \"no-delivery-open@example.com\"\nto = [\"no-delivery-open@example.com\"]\n",
    );
    let slack = Server::gone();
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &[]).status.code(), Some(3));
    let silent = scheduled_run(workspace.path(), &slack, SECOND, &["--no-notify"]);
    assert_eq!(silent.status.code(), Some(0), "{}", stderr(&silent));
    verify("no-delivery-open@example.com");
    assert_eq!(scheduled_run(workspace.path(), &slack, THIRD, &[]).status.code(), Some(0));
    let found = mails("no-delivery-open@example.com");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().any(|mail| mail["Subject"].as_str().unwrap().starts_with("1 critical")),
        "{found:?}"
    );
}

#[test]
fn a_damaged_message_stops_no_run() {
    let (workspace, slack) = refused("damaged-pending", "");
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &[]).status.code(), Some(3));
    for message in outbox(workspace.path()) {
        fs::write(message, "{\"version\":1,").unwrap();
    }
    verify("damaged-pending@example.com");
    let next = scheduled_run(workspace.path(), &slack, SECOND, &[]);
    assert_eq!(next.status.code(), Some(0), "{}", stderr(&next));
    let lost = |note: &String| {
        note.contains("20260310T123000Z was never delivered to mail: it is damaged in the outbox")
    };
    assert!(notes(&next).iter().any(lost), "{:?}", notes(&next));
}

#[test]
fn a_damaged_message_of_an_open_run_is_written_again() {
    let workspace = workspace(
        "[mail]\nwhen = \"always\"\nfrom = \"damaged-open@example.com\"\nto = [\"damaged-open@example.com\"]\n",
    );
    let slack = Server::gone();
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &[]).status.code(), Some(3));
    for message in outbox(workspace.path()) {
        fs::write(message, "").unwrap();
    }
    verify("damaged-open@example.com");
    let again = scheduled_run(workspace.path(), &slack, FIRST, &[]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert!(
        notes(&again).iter().any(|note| note.contains("its detections ran again")),
        "{:?}",
        notes(&again)
    );
    assert_eq!(mails("damaged-open@example.com").len(), 1);
}

#[test]
fn the_next_brief_says_that_a_brief_was_given_up() {
    let (workspace, slack) = refused("given-up", "");
    let begun = ["--now", "2026-03-10T12:35:00Z"];
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &begun).status.code(), Some(3));
    // A week later, but nothing is due: there is no brief.
    let week = ["--now", "2026-03-18T12:35:00Z"];
    let nothing = scheduled_run(workspace.path(), &slack, FIRST, &week);
    assert!(stderr(&nothing).contains("nothing is due"), "{}", stderr(&nothing));
    let reported = |output: &Output| {
        let given_up = |note: &&String| {
            note.contains("20260310T123000Z was never delivered to mail: delivery was retried for 7 days")
        };
        notes(output).iter().filter(given_up).count()
    };
    let next = scheduled_run(workspace.path(), &slack, "2026-03-18T12:30:00Z", &week);
    assert_eq!(reported(&next), 1, "{:?}", notes(&next));
    let capped = notes(&next).iter().filter(|note| note.contains("catching up is capped")).count();
    assert_eq!(capped, 1, "one note for all detections: {:?}", notes(&next));
    let later =
        scheduled_run(workspace.path(), &slack, "2026-03-18T13:30:00Z", &["--now", "2026-03-18T13:35:00Z"]);
    assert_eq!(reported(&later), 0, "{:?}", notes(&later));
}

#[test]
fn every_brief_says_how_much_is_pending_for_which_channel() {
    let (workspace, slack) = refused("more-pending", "");
    for (at, more) in
        [(FIRST, None), (SECOND, None), (THIRD, Some("1 more")), ("2026-03-10T15:30:00Z", Some("2 more"))]
    {
        let output = scheduled_run(workspace.path(), &slack, at, &[]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        let found: Vec<String> =
            notes(&output).into_iter().filter(|note| note.contains("pending for mail")).collect();
        assert_eq!(found.len(), usize::from(more.is_some()), "{found:?}");
        assert!(more.is_none_or(|more| found[0].starts_with(more)), "{found:?}");
    }
}
