//! What a scheduled run leaves for the next one, and what it says of what it could not keep or read.

#[cfg(feature = "aws")]
use std::sync::Arc;
use std::{fs, path::PathBuf};

use trailbrief::testing::{
    domain::{brief::Brief, finding::FindingState, habits::Habits, state::OpenRun, time::Span},
    engine::embedded::source::{Memory, Source},
    run,
    schedule::{self, ScheduledRun},
    store::Store,
};
#[cfg(feature = "aws")]
use trailbrief::testing::{
    engine::embedded::scan::Progress,
    schedule::{Observer, RunOutput, ScheduleEvent},
    user_error::UserError,
};

use super::{
    late::{files, root_sign_in},
    scheduled_runs::{
        FAILS, Reader, SOUND, at, execute, rewrite, scheduled_run, sign_ins, workspace, workspace_with,
    },
};

/// A store below a place, and its folder.
fn kept(place: &tempfile::TempDir) -> (PathBuf, Store) {
    let folder = place.path().join("kept");
    (folder.clone(), Store::directory(folder))
}

fn notes(brief: &Brief, about: &str) -> usize {
    brief.run.notes.iter().filter(|note| note.contains(about)).count()
}

#[tokio::test]
async fn a_run_leaves_what_the_next_one_needs() {
    let (place, app) = workspace(SOUND, "");
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:25", "10T13:10"]));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    let state = store.peek("tiny").await.unwrap();
    assert_eq!(state.tally["2026-03-10"].iter().sum::<u64>(), 1);
    assert!(state.unanswered.is_empty() && state.faults.is_empty());

    let app = rewrite(&place, FAILS, "");
    let (_, briefs) = execute(&app, &store, &logs, "10T13:30", false).await;
    assert_eq!(briefs[0].run.id, "tiny-20260310T133000Z", "the first run for its time");
    let state = store.peek("tiny").await.unwrap();
    assert_eq!((state.unanswered.values().collect::<Vec<_>>(), state.faults.len()), (vec![&1], 1));
}

#[tokio::test]
async fn a_detection_whose_file_is_broken_gives_no_answer() {
    let (place, app) = workspace(SOUND, "");
    fs::write(place.path().join("detections/test/other.sql"), "SELECT").unwrap();
    drop(app);
    let app = rewrite(&place, SOUND, "");
    let (_, briefs) = execute(&app, &Store::memory(), &sign_ins(&["10T12:25"]), "10T12:30", false).await;
    let failed: Vec<&str> = briefs[0].failures.iter().map(|failure| failure.detection.as_str()).collect();
    assert_eq!((failed, briefs[0].findings.len()), (vec!["test.other"], 1));
}

/// Who starts runs without channels reads their briefs: nothing waits for a reader, and a note is shown once.
#[tokio::test]
async fn a_lost_state_without_channels_is_noted_once() {
    let (place, app) = workspace(SOUND, "");
    let (folder, store) = kept(&place);
    let logs = sign_ins(&["10T12:25", "10T13:10"]);
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    fs::remove_file(folder.join("state/tiny.json")).unwrap();
    for (time, expected) in [("10T13:30", 1), ("10T14:30", 0)] {
        let (_, briefs) = execute(&app, &store, &logs, time, false).await;
        assert_eq!(notes(&briefs[0], "was lost"), expected, "{time}: {:?}", briefs[0].run.notes);
        let waiting = briefs[0].changes.iter().flat_map(|changes| &changes.waiting).count();
        assert_eq!(waiting, 0, "{time}");
    }
}

#[tokio::test]
async fn a_late_finding_is_remembered_as_late() {
    let (_place, app) = workspace(SOUND, "");
    let delivery = root_sign_in(at("10T09:00"), at("10T12:20"));
    let files = files(&[delivery]).into_iter().map(|(_, path, bytes)| (path, bytes));
    let (store, logs) = (Store::memory(), Source::Memory(files.collect::<Memory>()));
    // The first run calls nothing late.
    execute(&app, &store, &logs, "10T11:30", false).await.0.unwrap();
    let (_, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
    assert_eq!(briefs[0].findings.iter().map(|it| it.state).collect::<Vec<_>>(), [FindingState::Late]);
    let state = store.peek("tiny").await.unwrap();
    assert_eq!(state.seen_late.into_values().collect::<Vec<_>>(), [at("10T12:30")]);
}

#[tokio::test]
async fn a_baseline_that_is_full_is_noted_and_no_other() {
    let (_place, app) = workspace(SOUND, "");
    let logs = sign_ins(&["10T12:25"]);
    for (left_out, expected) in [(0, 0), (2, 1)] {
        let store = Store::memory();
        let mut known = Habits::learned(Some(at("01T00:00")), Some(at("10T11:00")));
        known.left_out = left_out;
        store.add_habits(vec![known], at("10T11:00")).await.unwrap();
        let (_, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
        let found = notes(&briefs[0], "the baseline of habits is full: 2 were left out");
        assert_eq!((found, notes(&briefs[0], "baseline")), (expected, expected), "{:?}", briefs[0].run.notes);
    }
}

#[tokio::test]
async fn what_could_not_be_learned_is_noted_in_the_next_brief() {
    let (place, app) = workspace(SOUND, "");
    let (folder, store) = kept(&place);
    let logs = sign_ins(&["10T12:25", "10T13:10"]);
    fs::create_dir_all(&folder).unwrap();
    // Where what a run learned would be kept, there is a file.
    fs::write(folder.join("habits"), "").unwrap();
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    let (_, briefs) = execute(&app, &store, &logs, "10T13:30", false).await;
    assert!(notes(&briefs[0], "habits could not be kept: ") > 0, "{:?}", briefs[0].run.notes);
    assert_eq!(briefs[0].failures, [], "a brief matters more");
}

/// Processes that begin the run of a time and die.
async fn die(store: &Store, time: &str, number: i64) {
    for minutes in 0..number {
        let now = at(time).plus(Span::from_s(60 * minutes));
        let open = OpenRun::new(&run::scheduled_id("tiny", at(time)), at(time));
        drop(store.claim("tiny", open, now, Span::from_s(30)).await.unwrap());
    }
}

#[tokio::test]
async fn after_a_death_a_run_goes_period_by_period() {
    const ONE_AT_A_TIME: &str = "(SELECT 1 / (2 - count(*)) FROM events)";
    let logs = sign_ins(&["10T12:10", "10T13:10", "10T14:10"]);
    // The statement fails where a window holds two events.
    for (deaths, expected) in [(0, (1, false)), (1, (2, true))] {
        let (_place, app) = workspace(ONE_AT_A_TIME, "");
        let store = Store::memory();
        execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
        die(&store, "10T13:30", deaths).await;
        let (_, briefs) = execute(&app, &store, &logs, "10T14:30", false).await;
        let found = (briefs[0].findings.len(), briefs[0].undecidable.is_empty());
        assert_eq!(found, expected, "{deaths}: {:?}", briefs[0].undecidable);
    }
}

/// What was set aside is remembered for as long as a run judges events of that time.
#[tokio::test]
async fn what_was_set_aside_is_forgotten_when_no_run_judges_it_any_more() {
    for (second, kept) in [("10T16:30", 2), ("11T13:29", 2), ("11T13:30", 1), ("11T18:30", 1)] {
        let (_place, app) = workspace_with(SOUND, "", "catch_up = \"3d\"\nmax_age = \"1d\"\n");
        let (store, logs) = (Store::memory(), sign_ins(&["10T12:10"]));
        execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
        die(&store, "10T13:30", 2).await;
        execute(&app, &store, &logs, "10T14:30", false).await.0.unwrap();
        let [first] = &store.peek("tiny").await.unwrap().set_aside[..] else { panic!("one is set aside") };
        assert_eq!((first.window.end(), first.detections, first.is_reported), (at("10T13:30"), 1, true));
        die(&store, "10T15:30", 2).await;
        execute(&app, &store, &logs, second, false).await.0.unwrap();
        assert_eq!(store.peek("tiny").await.unwrap().set_aside.len(), kept, "{second}");
    }
}

#[tokio::test]
async fn only_a_daily_brief_names_other_schedules_and_only_those_that_ran() {
    let more = "[schedules.daily]\npacks = [\"tiny\"]\nevery = \"1d\"\n[schedules.never]\npacks = [\"tiny\"]\nevery = \"1h\"\n";
    let (place, app) = workspace_with(SOUND, "", more);
    let (folder, store) = kept(&place);
    let logs = sign_ins(&["10T12:25"]);
    let (_, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
    assert_eq!(briefs[0].roll_up, None, "an hourly brief");
    let daily = async |time: &str| {
        let mut reader = Reader::default();
        let run = ScheduledRun { schedule: "daily", ..scheduled_run(&app, &store, &logs, time, false) };
        schedule::execute(&run, &mut reader).await.unwrap();
        reader.0.remove(0).roll_up.expect("a daily brief has one").schedules
    };
    let [tiny] = &daily("11T00:00").await[..] else { panic!("one schedule ran") };
    assert_eq!((tiny.schedule.as_str(), tiny.briefs, tiny.trouble.len()), ("tiny", 1, 0));

    let briefs = folder.join("briefs/tiny");
    fs::remove_dir_all(&briefs).unwrap();
    fs::write(&briefs, "").unwrap();
    let [tiny] = &daily("12T00:00").await[..] else { panic!("one schedule ran") };
    assert!(tiny.trouble.iter().any(|trouble| trouble.contains("briefs/tiny")), "{:?}", tiny.trouble);
}

/// Without a watermark a schedule whose run is open looks like one that lost its state, but for the runs that it delivered.
#[cfg(feature = "aws")]
#[tokio::test]
async fn a_schedule_that_ran_has_no_lost_state_though_no_detection_could_run() {
    /// Looks at nothing.
    struct Nobody;

    impl Observer for Nobody {
        type Following = ();

        fn follow(&mut self, _: &Arc<Progress>) {}

        fn show(&mut self, _: RunOutput<'_>) -> Result<(), UserError> {
            Ok(())
        }

        fn event(&mut self, _: ScheduleEvent<'_>) {}
    }

    let (_place, app) = workspace_with(SOUND, "\"watchlist:nobody\"", UNREACHABLE);
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:25", "10T13:10"]));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    for time in ["10T13:30", "10T14:30"] {
        let channels = app.config.channels_of("tiny");
        let run = ScheduledRun { channels, ..scheduled_run(&app, &store, &logs, time, false) };
        schedule::execute(&run, &mut Nobody).await.unwrap_err();
        let state = store.peek("tiny").await.unwrap();
        assert!(state.open.is_some() && state.watermarks.is_empty(), "{time}: {:?}", state.watermarks);
    }
}

/// A channel that no test can reach.
#[cfg(feature = "aws")]
const UNREACHABLE: &str = "[slack]\nwhen = \"always\"\nwebhook = \"env:TRAILBRIEF_TEST_NOBODY_SETS_THIS\"\n";

#[cfg(feature = "aws")]
#[tokio::test]
async fn at_its_deadline_a_run_leaves_pending_messages_to_the_next_one() {
    let (place, app) = workspace_with(SOUND, "", UNREACHABLE);
    let (folder, store) = kept(&place);
    let logs = sign_ins(&["10T12:25"]);
    let run = async |time: &str, deadline| {
        let mut reader = Reader::default();
        let channels = app.config.channels_of("tiny");
        let run = ScheduledRun { channels, deadline, ..scheduled_run(&app, &store, &logs, time, false) };
        schedule::execute(&run, &mut reader).await.unwrap_err();
        reader.0.remove(0)
    };
    // The channel takes nothing, and then the state is lost: the brief is pending.
    run("10T12:30", None).await;
    fs::remove_file(folder.join("state/tiny.json")).unwrap();
    let brief = run("10T13:30", Some(std::time::Instant::now())).await;
    let pending =
        [notes(&brief, "1 more brief is pending for slack"), notes(&brief, "has not been delivered")];
    assert_eq!(pending, [1, 0], "{:?}", brief.run.notes);
}
