//! What becomes of a state.

use super::*;
use crate::domain::{open_story::OpenStory, severity::Severity, story::StoryId};
use proptest::prelude::*;

proptest! {
    #[test]
    fn watermarks_never_move_backwards(ends in prop::collection::vec(0i64..1_000, 1..10)) {
        let id: DetectionId = "a.b".parse().unwrap();
        let mut state = State::default();
        let mut last = None;
        for end in ends {
            state = state.advanced([(id.clone(), Timestamp::from_unix_s(end))], [], Timestamp::from_unix_s(end), Timestamp::from_unix_s(0));
            let now = state.watermarks[&id];
            prop_assert!(last.is_none_or(|last| last <= now));
            last = Some(now);
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_s(seconds)
}

fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint::of(&"a.b".parse().unwrap(), &[Some(text.to_owned())])
}

fn receipts(receipts: &[(&str, Receipt)]) -> BTreeMap<String, Receipt> {
    receipts.iter().map(|(channel, receipt)| ((*channel).to_owned(), receipt.clone())).collect()
}

#[test]
fn a_finding_is_remembered_by_its_last_event_until_no_run_can_read_it_again() {
    let [first, second] = ["first", "second"].map(fingerprint);
    let found = |time| [(first.clone(), at(time)), (second.clone(), at(100))];
    let state =
        State::default().advanced([], found(50), at(50), at(50)).advanced([], found(40), at(50), at(40));
    assert_eq!(state.seen, [(first.clone(), at(50)), (second.clone(), at(100))].into(), "never earlier");
    assert_eq!(
        state.clone().advanced([], found(60), at(60), at(0)).seen[&first],
        at(60),
        "later if it has grown"
    );
    assert_eq!(
        state.advanced([], [], at(60), at(51)).seen,
        [(second, at(100))].into(),
        "forgotten before the horizon"
    );
}

#[test]
fn a_late_finding_is_remembered_while_its_file_can_be_read_again() {
    let late = fingerprint("late");
    let found = |time| [(late.clone(), at(time))];
    let state = State::default().advanced([], found(5), at(100), at(90));
    assert_eq!((state.seen.clone(), state.seen_late.clone()), (found(5).into(), found(100).into()));
    let in_time = State::default().advanced([], found(90), at(100), at(90));
    assert!(in_time.seen_late.is_empty(), "the next run can read its event, so its delivery does not matter");
    let next = state.advanced([], found(5), at(110), at(100));
    assert_eq!(next.seen_late, found(110).into(), "found again, so kept for longer");
    let kept = next.clone().advanced([], [], at(120), at(110));
    assert_eq!(kept.seen, found(5).into());
    let gone = next.advanced([], [], at(130), at(111));
    assert_eq!((gone.seen.len(), gone.seen_late.len()), (0, 0));
}

#[test]
fn a_delivered_brief_brings_its_watermarks_and_is_pending_for_channels_that_missed_it() {
    let [one, other]: [DetectionId; 2] = ["a.b", "c.d"].map(|id| id.parse().unwrap());
    let dispatch = Dispatch {
        watermarks: [(one.clone(), at(200)), (other.clone(), at(50))].into(),
        seen: [(fingerprint("new"), at(7))].into(),
        seen_late: [(fingerprint("new"), at(200))].into(),
        unanswered: [(other.clone(), 2)].into(),
        accounts: [("111122223333".to_owned(), at(150))].into(),
        faults: ["behind".to_owned()].into(),
        without_news: ["quiet".to_owned()].into(),
        receipts: receipts(&[
            ("took", Receipt::Delivered("id".to_owned())),
            ("gave up", Receipt::GivenUp("too long".to_owned())),
            ("silent", Receipt::Unknown),
        ]),
        is_sent: true,
        shown: ["decision".to_owned()].into(),
        ..Dispatch::default()
    };
    let open = OpenRun { dispatch: Some(dispatch), ..OpenRun::new("run-1", at(200)) };
    let before = State {
        generation: 3,
        watermarks: [(one.clone(), at(100)), (other.clone(), at(100))].into(),
        seen: [(fingerprint("old"), at(6))].into(),
        last_delivered: Some(at(100)),
        open: Some(open.clone()),
        ..State::default()
    };
    let after = before.clone().closed(Some(&["took", "gave up", "silent", "absent"]), at(201));
    assert_eq!(after.watermarks, [(one, at(200)), (other, at(100))].into(), "no watermark moves back");
    assert_eq!((after.generation, after.last_delivered, after.open), (4, Some(at(200)), None));
    assert_eq!(after.seen, [(fingerprint("new"), at(7))].into());
    assert_eq!(after.seen_late, [(fingerprint("new"), at(200))].into());
    assert_eq!(["took", "quiet"].map(|channel| open.goes_to(channel)), [true, false]);
    assert_eq!(after.faults, ["behind".to_owned()].into());
    assert_eq!((after.last_sent, after.shown.len()), (Some(at(200)), 1));
    assert_eq!(after.unanswered.values().collect::<Vec<_>>(), [&2]);
    assert_eq!(after.accounts.values().collect::<Vec<_>>(), [&at(150)]);
    let channels = [("absent".to_owned(), Arrival::Missing), ("silent".to_owned(), Arrival::Unknown)].into();
    assert_eq!(after.pending, [("run-1".to_owned(), Pending { since: at(201), channels })].into());

    let reached = before.clone().closed(Some(&["took", "gave up"]), at(201));
    assert_eq!(reached.pending, BTreeMap::new());
    let earlier = State { open: Some(OpenRun { at: at(90), ..open }), ..before.clone() };
    assert_eq!(
        earlier.closed(None, at(201)).last_delivered,
        Some(at(100)),
        "nor does the time of the last brief"
    );
    let none = State { open: None, ..before };
    assert_eq!(none.clone().closed(Some(&["absent"]), at(201)), none);
}

#[test]
fn what_no_channel_got_is_not_reported_but_waits() {
    let [known, grown, new] = ["known", "grown", "new"].map(fingerprint);
    let story = |sent| OpenStory {
        person: "alice".to_owned(),
        severity: Severity::High,
        first: None,
        last: None,
        last_news: at(200),
        sent,
        left: Vec::new(),
    };
    let stories =
        |sent| OpenStories { stories: [(StoryId::of("alice"), story(sent))].into(), events: Vec::new() };
    let waiting = |fingerprint: &Fingerprint| Waiting {
        fingerprint: fingerprint.clone(),
        severity: Severity::High,
        says: String::new(),
        at: None,
        only_continues: false,
    };
    let fault = |text: &str| text.to_owned();
    let before = State {
        seen: [(known.clone(), at(5)), (grown.clone(), at(5)), (fingerprint("pruned"), at(1))].into(),
        seen_late: [(known.clone(), at(5))].into(),
        last_sent: Some(at(100)),
        faults: [fault("over"), fault("stands")].into(),
        waiting: vec![waiting(&known)],
        stories: stories(Some(Severity::Low)),
        shown: [fault("shown")].into(),
        ..State::default()
    };
    let dispatch = Dispatch {
        watermarks: [("a.b".parse().unwrap(), at(200))].into(),
        seen: [(known.clone(), at(5)), (grown.clone(), at(150)), (new.clone(), at(150))].into(),
        seen_late: [(known.clone(), at(5)), (new.clone(), at(200))].into(),
        faults: [fault("new"), fault("stands")].into(),
        is_sent: true,
        reported: [0, 0, 0, 2, 0],
        waiting: vec![waiting(&known), waiting(&new)],
        stories: stories(Some(Severity::High)),
        shown: [fault("shown"), fault("decided")].into(),
        ..Dispatch::default()
    };
    let given_up = || Receipt::GivenUp("too long".to_owned());
    let closed = |is_sent, given: &[(&str, Receipt)], channels: Option<&[&str]>| {
        let dispatch = Dispatch { is_sent, receipts: receipts(given), ..dispatch.clone() };
        let open = OpenRun { dispatch: Some(dispatch), ..OpenRun::new("run-1", at(200)) };
        State { open: Some(open), ..before.clone() }.closed(channels, at(201))
    };
    let both: Option<&[&str]> = Some(&["mail", "slack"]);
    for unreported in [
        closed(true, &[("mail", given_up()), ("slack", given_up())], both),
        closed(false, &[], Some(&[])),
        closed(true, &[], Some(&[])),
    ] {
        assert_eq!(unreported.seen, [(known.clone(), at(5)), (grown.clone(), at(5))].into());
        assert_eq!(unreported.seen_late, before.seen_late);
        assert_eq!(unreported.faults, [fault("stands")].into());
        assert_eq!((unreported.last_sent, unreported.last_delivered), (Some(at(100)), Some(at(200))));
        assert_eq!(unreported.waiting, dispatch.waiting);
        assert_eq!((&unreported.stories, &unreported.shown), (&before.stories, &before.shown));
        assert_eq!(unreported.tally.values().collect::<Vec<_>>(), [&[0; 5]]);
        assert_eq!(unreported.watermarks, dispatch.watermarks, "it was searched nevertheless");
    }
    for reported in [
        closed(true, &[("mail", given_up()), ("slack", Receipt::Delivered("ok".to_owned()))], both),
        closed(true, &[("mail", given_up())], both),
        closed(true, &[("mail", Receipt::Unknown), ("slack", given_up())], both),
        closed(false, &[], None),
    ] {
        assert_eq!((&reported.seen, &reported.seen_late), (&dispatch.seen, &dispatch.seen_late));
        assert_eq!((reported.faults, reported.last_sent), (dispatch.faults.clone(), Some(at(200))));
        assert_eq!((reported.waiting, reported.shown), (Vec::new(), dispatch.shown.clone()));
        assert_eq!(reported.stories, dispatch.stories);
        assert_eq!(reported.tally.values().collect::<Vec<_>>(), [&dispatch.reported]);
    }
}

#[test]
fn bytes_are_counted_by_month_for_a_year() {
    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut state = State::default();
    for month in 1..=12 {
        state.add_scanned_bytes(day(&format!("2026-{month:02}-10")), 1);
    }
    state.add_scanned_bytes(day("2026-12-31"), 5);
    assert_eq!((state.scanned.len(), state.scanned_in_month(day("2026-12-01"))), (12, 6));
    state.add_scanned_bytes(day("2027-01-01"), 7);
    assert_eq!((state.scanned.len(), state.scanned_in_month(day("2027-01-31"))), (12, 7));
    assert_eq!(
        (state.scanned_in_month(day("2026-01-10")), state.scanned_in_month(day("2026-02-10"))),
        (0, 1)
    );
}

#[test]
fn an_open_run_knows_what_became_of_its_brief() {
    let open = |given: &[(&str, Receipt)]| {
        let dispatch = Dispatch { receipts: receipts(given), ..Dispatch::default() };
        OpenRun { dispatch: Some(dispatch), ..OpenRun::new("run-1", at(0)) }
    };
    let given_up = ("mail", Receipt::GivenUp("too long".to_owned()));
    let sent = open(&[given_up.clone(), ("slack", Receipt::Delivered("ok".to_owned()))]);
    assert_eq!(sent.given_up(), [("mail".to_owned(), "too long".to_owned())]);
    assert!(sent.is_delivered() && !open(&[given_up, ("slack", Receipt::Unknown)]).is_delivered());

    let begun = OpenRun::new("run-1", at(0));
    assert!(!begun.is_delivered() && begun.given_up().is_empty() && !begun.is_worth_resuming());
    assert!(open(&[]).is_worth_resuming());
    let started = OpenRun { executions: [("token".to_owned(), "id".to_owned())].into(), ..begun };
    assert!(started.is_worth_resuming());
}

#[test]
fn findings_are_counted_for_the_last_31_days() {
    let mut state = State::default();
    for day in 1..=33 {
        let dispatch = Dispatch { reported: [0, 0, 0, 1, 0], is_sent: true, ..Dispatch::default() };
        let open = OpenRun { dispatch: Some(dispatch), ..OpenRun::new("run", at(day * 86_400)) };
        state = State { open: Some(open), ..state }.closed(None, at(day * 86_400));
        assert_eq!(state.tally.len(), usize::try_from(day.min(31)).unwrap());
    }
    assert_eq!(state.tally.first_key_value(), Some((&"1970-01-04".to_owned(), &[0, 0, 0, 1, 0])));
}

#[test]
fn a_state_is_new_until_a_detection_or_a_brief_is_known() {
    let watermarks = [("a.b".parse().unwrap(), at(0))];
    assert!(State { generation: 1, seen: [(fingerprint("x"), at(0))].into(), ..State::default() }.is_new());
    assert!(!State { watermarks: watermarks.into(), ..State::default() }.is_new());
    assert!(!State { last_delivered: Some(at(0)), ..State::default() }.is_new());
}

#[test]
fn of_too_many_regions_those_are_forgotten_that_were_silent_longest() {
    let at = |number: usize| Timestamp::from_unix_s(number as i64);
    let mut state = State::default();
    state.have_read((0..REMEMBERED).map(|number| (format!("a/{number}"), at(number))));
    assert_eq!(state.accounts.len(), REMEMBERED);
    let new = ["a/0", "b/0", "b/1"].map(|region| (region.to_owned(), at(REMEMBERED)));
    state.have_read(new);
    assert_eq!(state.accounts.len(), REMEMBERED);
    let is_known = ["a/0", "a/1", "a/2", "a/3"].map(|region| state.accounts.contains_key(region));
    assert_eq!(is_known, [true, false, false, true]);
}
