//! Messages whose state is lost: they are found in the outbox and sent, and the brief says so.

use std::fs;

use super::{
    desk,
    pending::{FIRST, SECOND, notes, outbox, turn},
    program::{mails, verify},
    server::{Server, answer},
    stderr,
};

#[test]
fn what_a_lost_state_left_in_the_outbox_is_sent_again_as_a_repeat() {
    for (name, damaged) in [("orphan-lost", false), ("orphan-damaged", true)] {
        let mail = format!("{name}@example.com");
        let config =
            format!("[mail]\nfrom = \"{mail}\"\nto = [\"{mail}\"]\n[slack]\nwebhook = \"env:HOOK\"\n");
        let (desk, slack) = (desk(&config), Server::start(&[answer(200, "ok")]));
        // The mail's address is not verified: the brief is owed to it.
        assert_eq!(turn(desk.path(), &slack, FIRST, &[]).status.code(), Some(3));
        assert_eq!(outbox(desk.path()).len(), 1);
        let state = desk.path().join(".trailbrief/state/hourly.json");
        match damaged {
            true => fs::write(&state, "{\"version\":1,").unwrap(),
            false => fs::remove_file(&state).unwrap(),
        }
        verify(&mail);

        // The same time again: its message and its brief do not take the places of the others.
        let again = turn(desk.path(), &slack, FIRST, &[]);
        assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
        let told = notes(&again);
        let found = "messages of an earlier state lie in its outbox (1: hourly-20260310T123000Z)";
        assert_eq!(told.iter().filter(|note| note.contains(found)).count(), 1, "{told:?}");
        let sent = mails(&mail);
        let repeats = sent.iter().filter(|mail| {
            let subject = mail["Subject"].as_str().unwrap();
            assert!(subject.contains("1 critical"), "{subject}");
            subject.starts_with("[repeat]")
        });
        assert_eq!((repeats.count(), sent.len()), (1, 2));
        let repeats = slack.asked().iter().filter(|body| body.contains("[repeat]")).count();
        assert_eq!((repeats, slack.asked().len()), (1, 3));
        let briefs = desk.path().join(".trailbrief/briefs/hourly");
        for run in ["hourly-20260310T123000Z", "hourly-20260310T123000Z-again2"] {
            assert!(briefs.join(format!("{run}.html")).is_file(), "{run}");
        }
        assert_eq!(outbox(desk.path()).len(), 0);

        let next = turn(desk.path(), &slack, SECOND, &[]);
        assert!(notes(&next).iter().all(|note| !note.contains("outbox")), "{:?}", notes(&next));
    }
}

/// Nothing is sent by a turn without channels, but the messages wait for one with channels.
#[test]
fn letters_of_a_lost_state_wait_for_a_channel() {
    let (desk, slack) = (desk("[slack]\nwebhook = \"env:HOOK\"\n"), Server::start(&[answer(200, "ok")]));
    let dead = Server::start(&[answer(404, "no_service")]);
    assert_eq!(turn(desk.path(), &dead, FIRST, &[]).status.code(), Some(3));
    fs::remove_file(desk.path().join(".trailbrief/state/hourly.json")).unwrap();
    let config = desk.path().join("trailbrief.toml");
    let kept = fs::read_to_string(&config).unwrap();
    fs::write(&config, "").unwrap();
    let silent = turn(desk.path(), &slack, FIRST, &[]);
    assert!(notes(&silent).iter().any(|note| note.contains("no channel takes them")), "{:?}", notes(&silent));
    fs::write(&config, kept).unwrap();
    let next = turn(desk.path(), &slack, SECOND, &[]);
    assert_eq!(next.status.code(), Some(0), "{}", stderr(&next));
    let repeats = slack.asked().iter().filter(|body| body.contains("[repeat]")).count();
    assert_eq!((repeats, slack.asked().len(), outbox(desk.path()).len()), (1, 2, 0));
}
