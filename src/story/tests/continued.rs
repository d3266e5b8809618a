//! Stories that continue from brief to brief.

use serde_json::json;

use super::{
    super::{Before, continued, with_events},
    left::{call, made},
    stories,
};
use crate::domain::{
    changes::Changes,
    decision::{Decision, Subject, Verdict},
    open_story::OpenStories,
    story::{Standing, StoryId, StoryState},
    time::Timestamp,
    trace::{Trace, TraceEvent},
};

fn at(hour: i64) -> Timestamp {
    "2026-03-10T12:00:00Z".parse::<Timestamp>().unwrap().plus(crate::domain::time::Span::from_s(hour * 3_600))
}

/// One run over these events with findings about those with these ids, after what a schedule remembers.
fn run(
    hour: i64,
    events: &[TraceEvent],
    found: &[&str],
    open: &OpenStories,
    by: &[Decision],
) -> (Changes, OpenStories, Vec<StoryState>) {
    run_after(Some(at(hour - 1)), hour, events, found, (open, by))
}

/// The same after a last brief that was sent at this time.
fn run_after(
    last: Option<Timestamp>,
    hour: i64,
    events: &[TraceEvent],
    found: &[&str],
    (open, by): (&OpenStories, &[Decision]),
) -> (Changes, OpenStories, Vec<StoryState>) {
    let trace = with_events(Trace { events: events.to_vec(), ..Trace::default() }, open);
    let mut stories = stories(&trace.events, |event| found.contains(&event.id.as_str()));
    let before = Before { open, last, at: at(hour), decisions: by, end: at(hour) };
    let (changes, open) = continued(before, &mut stories, &trace);
    (changes, open, stories.iter().map(|story| story.state).collect())
}

#[test]
fn changes_count_from_the_last_brief_that_was_sent() {
    // A brief at 0:00 was sent; that of 1:00, with the story, was not.
    let run = |hour, last, events: &[TraceEvent], found: &[&str], open: &OpenStories| {
        run_after(Some(at(last)), hour, events, found, (open, &[]))
    };
    let (_, mut open, _) = run(1, 0, &[made()], &["e10"], &OpenStories::default());
    let more = call(40, "CreateUser", json!({ "requestParameters": { "userName": "eve" } }));
    let counts = |changes: &Changes| (changes.new.len(), changes.grown.len(), changes.quiet.len());
    let (changes, _, _) = run(2, 0, &[], &[], &open);
    assert_eq!((changes.since, counts(&changes)), (Some(at(0)), (1, 0, 0)), "new still");
    let (changes, _, states) = run(2, 0, std::slice::from_ref(&more), &["e40"], &open);
    assert_eq!((counts(&changes), states), ((1, 0, 0), vec![StoryState::New]));
    // The brief of 1:00 was sent; that of 2:00, with more of it, was not.
    open.stories.values_mut().for_each(|story| story.sent = Some(story.severity));
    let (changes, open, states) = run(2, 1, &[more], &["e40"], &open);
    assert_eq!((counts(&changes), states), ((0, 1, 0), vec![StoryState::Grown]));
    let (changes, open, _) = run(3, 1, &[], &[], &open);
    assert_eq!(counts(&changes), (0, 1, 0), "it has grown still");
    let (changes, _, _) = run(4, 2, &[], &[], &open);
    assert_eq!(counts(&changes), (0, 0, 1), "the brief of 2:00 was sent after all");
}

#[test]
fn what_was_left_behind_is_there_still_until_somebody_undoes_it() {
    let (first, open, _) = run(1, &[made()], &["e10"], &OpenStories::default(), &[]);
    assert_eq!((first.new.len(), first.grown.len(), first.still_there.len()), (1, 0, 0));
    let story = open.stories.keys().next().unwrap().clone();
    assert_eq!((open.stories[&story].left.len(), open.events.len()), (1, 1));

    // An hour without anything: quiet, and the key is there still.
    let (second, open, _) = run(2, &[], &[], &open, &[]);
    assert_eq!(second.quiet.iter().map(|change| &change.story).collect::<Vec<_>>(), [&story]);
    let still = &second.still_there[0];
    assert_eq!((still.what.raw(), still.since), ("access key AKIA2 of user bob", made().time));
    let (third, open, _) = run(3, &[], &[], &open, &[]);
    assert_eq!((third.quiet.len(), third.still_there.len()), (0, 1), "quiet is shown once");

    // Somebody takes care of it.
    let decision = Decision {
        subject: Subject::Story(story.clone()),
        verdict: Verdict::Acknowledged,
        reason: "INC-7".to_owned(),
        by: "carol".to_owned(),
        made: at(3),
        expires: at(100),
    };
    let (known, open, _) = run(4, &[], &[], &open, std::slice::from_ref(&decision));
    assert_eq!(known.still_there[0].acknowledged_by.as_deref(), Some("carol"));

    // Switched off, then deleted, by somebody else.
    let admin = json!({ "type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/admin", "userName": "admin",
        "accountId": "111111111111", "accessKeyId": "AKIA7" });
    let later = |second, name: &str, status: &str| {
        let request = json!({ "userName": "bob", "accessKeyId": "AKIA2", "status": status });
        call(second, name, json!({ "userIdentity": admin, "requestParameters": request }))
    };
    let off = later(20, "UpdateAccessKey", "Inactive");
    let (paused, open, _) = run(5, std::slice::from_ref(&off), &[], &open, &[]);
    assert_eq!(paused.undone[0].standing, Some(Standing::Paused));
    assert_eq!(paused.still_there[0].standing, Standing::Paused);
    let (gone, open, _) = run(6, &[later(30, "DeleteAccessKey", "")], &[], &open, &[]);
    let undone = &gone.undone[0];
    assert_eq!(
        (undone.standing, undone.what.raw(), undone.by.raw()),
        (None, "access key AKIA2 of user bob", "admin")
    );
    assert_eq!(undone.event_id.raw(), "e30");
    assert_eq!((gone.still_there.len(), open.stories[&story].left.len(), open.events.len()), (0, 0, 0));
    let (after, _, _) = run(7, &[], &[], &open, &[]);
    assert_eq!(after, Changes { since: Some(at(6)), ..Changes::default() });
}

#[test]
fn a_story_with_something_new_has_grown_and_keeps_its_id() {
    let (_, open, states) = run(1, &[made()], &["e10"], &OpenStories::default(), &[]);
    assert_eq!(states, [StoryState::New]);
    let more = call(40, "CreateUser", json!({ "requestParameters": { "userName": "eve" } }));
    let (changes, open, states) = run(2, &[more], &["e40"], &open, &[]);
    assert_eq!((states, changes.grown.len(), changes.new.len()), (vec![StoryState::Grown], 1, 0));
    let known: Vec<(&StoryId, usize)> =
        open.stories.iter().map(|(id, story)| (id, story.left.len())).collect();
    assert_eq!(known, [(&changes.grown[0].story, 2)]);
}

#[test]
fn what_is_remembered_of_an_event_is_short() {
    let long = json!({ "userName": "bob", "document": "x".repeat(5_000) });
    let mut event = made();
    event.request = Some(long.to_string());
    let (_, open, _) = run(1, &[event], &["e10"], &OpenStories::default(), &[]);
    assert_eq!(open.events[0].request.as_deref(), Some(r#"{"userName":"bob","document":null}"#));
    let many: Vec<String> = (0..1_000).map(|number| format!("value {number}")).collect();
    let mut event = made();
    event.request = Some(json!({ "userName": "bob", "many": many }).to_string());
    let (_, open, _) = run(1, &[event], &["e10"], &OpenStories::default(), &[]);
    let left: usize = open.stories.values().map(|story| story.left.len()).sum();
    assert_eq!((open.events.len(), left), (0, 0), "what cannot be followed is not called there still");
}
