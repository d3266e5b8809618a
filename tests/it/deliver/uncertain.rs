//! Channels that may have a message, that refuse its two forms for different reasons, or that fail for days.

use serde_json::Value;

use super::{
    pending::{FIRST, SECOND, THIRD, notes, scheduled_run},
    program::verify,
    server::{Mood, Server, answer},
    stderr, stdout, workspace,
};

const SLACK: &str = "[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n";

/// The subjects of what the webhook was asked to take.
fn subjects(slack: &Server) -> Vec<String> {
    let text = |body: &String| {
        let body: Value = serde_json::from_str(body).unwrap();
        body["text"].as_str().unwrap().lines().next().unwrap().to_owned()
    };
    slack.asked().iter().map(text).collect()
}

/// Which of them are marked as repeats.
fn repeats(subjects: &[String]) -> Vec<bool> {
    subjects.iter().map(|subject| subject.starts_with("[repeat]")).collect()
}

/// Nobody knows whether the channel has the message. That it fails later does not show that it has not.
#[test]
fn a_message_that_may_have_arrived_is_a_repeat_until_it_arrives() {
    let (dead, ok) = (answer(404, "no_service"), answer(200, "ok"));
    let (first, slack) = (workspace(SLACK), Server::start(&[Mood::HangsUp, dead.clone(), ok.clone()]));
    for at in [FIRST, SECOND] {
        assert_eq!(scheduled_run(first.path(), &slack, at, &[]).status.code(), Some(3));
    }
    assert_eq!(scheduled_run(first.path(), &slack, THIRD, &[]).status.code(), Some(0));
    let sent = subjects(&slack);
    assert_eq!(repeats(&sent), [false, true, true, false], "{sent:?}");

    // The same if another channel has it, so that it is pending for this one.
    verify("uncertain@example.com");
    let mail =
        "[mail]\nwhen = \"always\"\nfrom = \"uncertain@example.com\"\nto = [\"uncertain@example.com\"]\n";
    let (both, slack) =
        (workspace(&format!("{SLACK}{mail}")), Server::start(&[Mood::HangsUp, dead.clone(), dead, ok]));
    for at in [FIRST, SECOND] {
        assert_eq!(scheduled_run(both.path(), &slack, at, &[]).status.code(), Some(3));
    }
    assert_eq!(scheduled_run(both.path(), &slack, THIRD, &[]).status.code(), Some(0));
    let sent = subjects(&slack);
    assert_eq!(repeats(&sent), [false, true, false, true, false, false], "{sent:?}");
}

#[test]
fn a_plain_text_that_fails_for_another_reason_is_tried_again() {
    let moods = [answer(400, "invalid_blocks"), answer(404, "no_service"), answer(200, "ok")];
    let (workspace, slack) = (workspace(SLACK), Server::start(&moods));
    let first = scheduled_run(workspace.path(), &slack, FIRST, &[]);
    assert_eq!(first.status.code(), Some(3), "{}", stderr(&first));
    let second = scheduled_run(workspace.path(), &slack, SECOND, &[]);
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert!(!stdout(&second).contains("never delivered"), "{}", stdout(&second));
    let sent = subjects(&slack);
    assert_eq!((sent.len(), &sent[2]), (4, &sent[0]), "in full, and then the brief of the second run");
}

#[test]
fn a_brief_that_no_channel_took_is_resumed_whichever_run_wrote_it() {
    let moods = [answer(200, "ok"), answer(404, "no_service"), answer(200, "ok")];
    let (workspace, slack) = (workspace(SLACK), Server::start(&moods));
    for (at, code) in [(FIRST, 0), (SECOND, 3), (THIRD, 0)] {
        assert_eq!(scheduled_run(workspace.path(), &slack, at, &[]).status.code(), Some(code), "{at}");
    }
    let sent = subjects(&slack);
    assert_eq!((sent.len(), &sent[2]), (4, &sent[1]), "{sent:?}");
}

#[test]
fn a_run_without_delivery_for_the_same_time_keeps_a_brief_that_no_channel_took() {
    let (workspace, slack) =
        (workspace(SLACK), Server::start(&[answer(404, "no_service"), answer(200, "ok")]));
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &[]).status.code(), Some(3));
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &["--no-notify"]).status.code(), Some(0));
    assert_eq!(scheduled_run(workspace.path(), &slack, SECOND, &[]).status.code(), Some(0));
    assert_eq!(slack.asked().len(), 3, "{:?}", subjects(&slack));
}

#[test]
fn delivery_is_retried_for_seven_days() {
    let mail = "[mail]\nwhen = \"always\"\nfrom = \"week@example.com\"\nto = [\"week@example.com\"]\n";
    let (workspace, slack) = (workspace(&format!("{SLACK}{mail}")), Server::start(&[answer(200, "ok")]));
    let begun = ["--now", "2026-03-10T12:35:00Z"];
    assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &begun).status.code(), Some(3));
    let week_later = "2026-03-17T12:30:00Z";
    let hour_more = "2026-03-17T13:30:00Z";
    for (at, now, is_given_up) in
        [(week_later, "2026-03-17T12:35:00Z", false), (hour_more, "2026-03-17T13:35:00Z", true)]
    {
        let output = scheduled_run(workspace.path(), &slack, at, &["--now", now]);
        let given_up = |note: &String| note.contains("20260310T123000Z was never delivered to mail");
        assert_eq!(notes(&output).iter().any(given_up), is_given_up, "{now}: {:?}", notes(&output));
    }
}
