//! Messages whose state was lost: they are found in the outbox and sent again, and the brief says so.

use std::fs;

use super::{
    pending::{FIRST, SECOND, notes, outbox, scheduled_run},
    program::{mails, verify},
    server::{Server, answer},
    stderr, workspace,
};

#[test]
fn what_a_lost_state_left_in_the_outbox_is_sent_again_as_a_repeat() {
    for (name, damaged) in [("orphan-lost", false), ("orphan-damaged", true)] {
        let mail = format!("{name}@example.com");
        let config = format!(
            "[mail]\nwhen = \"always\"\nfrom = \"{mail}\"\nto = [\"{mail}\"]\n[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n"
        );
        let (workspace, slack) = (workspace(&config), Server::start(&[answer(200, "ok")]));
        // The mail's address is not verified: the brief is pending for it.
        assert_eq!(scheduled_run(workspace.path(), &slack, FIRST, &[]).status.code(), Some(3));
        assert_eq!(outbox(workspace.path()).len(), 1);
        let state = workspace.path().join(".trailbrief/state/hourly.json");
        match damaged {
            true => fs::write(&state, "{\"version\":1,").unwrap(),
            false => fs::remove_file(&state).unwrap(),
        }
        verify(&mail);

        // The same time again: its message and its brief do not overwrite the others.
        let again = scheduled_run(workspace.path(), &slack, FIRST, &[]);
        assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
        let notes_again = notes(&again);
        let found = "its outbox holds 1 message of an earlier state (hourly-20260310T123000Z)";
        assert_eq!(notes_again.iter().filter(|note| note.contains(found)).count(), 1, "{notes_again:?}");
        let sent = mails(&mail);
        let repeats = sent.iter().filter(|mail| {
            let subject = mail["Subject"].as_str().unwrap();
            assert!(subject.contains("1 critical"), "{subject}");
            subject.starts_with("[repeat]")
        });
        assert_eq!((repeats.count(), sent.len()), (1, 2));
        let repeats = slack.asked().iter().filter(|body| body.contains("[repeat]")).count();
        assert_eq!((repeats, slack.asked().len()), (1, 3));
        let briefs = workspace.path().join(".trailbrief/briefs/hourly");
        for run in ["hourly-20260310T123000Z", "hourly-20260310T123000Z-again2"] {
            assert!(briefs.join(format!("{run}.html.gz")).is_file(), "{run}");
        }
        assert_eq!(outbox(workspace.path()).len(), 0);

        let next = scheduled_run(workspace.path(), &slack, SECOND, &[]);
        assert!(notes(&next).iter().all(|note| !note.contains("outbox")), "{:?}", notes(&next));
    }
}

/// A run without channels sends nothing, but the messages wait for one with channels.
#[test]
fn messages_of_a_lost_state_wait_for_a_channel() {
    let (workspace, slack) = (
        workspace("[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n"),
        Server::start(&[answer(200, "ok")]),
    );
    let dead = Server::start(&[answer(404, "no_service")]);
    assert_eq!(scheduled_run(workspace.path(), &dead, FIRST, &[]).status.code(), Some(3));
    fs::remove_file(workspace.path().join(".trailbrief/state/hourly.json")).unwrap();
    let config = workspace.path().join("trailbrief.toml");
    let kept = fs::read_to_string(&config).unwrap();
    fs::write(&config, "").unwrap();
    let silent = scheduled_run(workspace.path(), &slack, FIRST, &[]);
    assert!(
        notes(&silent).iter().any(|note| note.contains("no channel is configured to take them")),
        "{:?}",
        notes(&silent)
    );
    fs::write(&config, kept).unwrap();
    let next = scheduled_run(workspace.path(), &slack, SECOND, &[]);
    assert_eq!(next.status.code(), Some(0), "{}", stderr(&next));
    let repeats = slack.asked().iter().filter(|body| body.contains("[repeat]")).count();
    assert_eq!((repeats, slack.asked().len(), outbox(workspace.path()).len()), (1, 2, 0));
}
