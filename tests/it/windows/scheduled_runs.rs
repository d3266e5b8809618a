//! Scheduled runs whose detections give no answer, cannot run, or run again for the same time.

use std::{collections::BTreeMap, fs, sync::Arc};

use trailbrief::testing::{
    app::App,
    domain::{
        brief::Brief,
        finding::FindingState,
        time::{Span, Timestamp},
    },
    engine::embedded::{
        scan::Progress,
        source::{Memory, Source},
    },
    plan::{self, Occasion, window::Cadence},
    run::Logs,
    schedule::{self, Observer, RunOutput, RunResult, RunStatus, ScheduleEvent, ScheduledRun},
    store::{LEASE, Store},
    user_error::UserError,
};

use crate::common::{ROOT_LOGIN, base, log_file};

const ID: &str = "test.root-login";

/// The detection, with one more column and needs of its own.
pub(super) fn detection(column: &str, needs: &str) -> String {
    let (header, select) = ROOT_LOGIN.split_once("-- ---\nSELECT").unwrap();
    let select = select.replace("AS event_id\n", &format!("AS event_id, {column} AS extra\n"));
    format!("{header}-- needs = [{needs}]\n-- ---\nSELECT{select}")
}

/// Sound, and one that fails whatever the events are.
pub(super) const SOUND: &str = "1";
pub(super) const FAILS: &str = "(SELECT 1 / count(*) FROM watchlist WHERE list = 'none')";

/// What keeps a detection from running: a list that is empty.
const NOBODY: &str = "\"watchlist:nobody\"";

/// An hourly schedule of this one detection.
pub(super) fn workspace(column: &str, needs: &str) -> (tempfile::TempDir, App) {
    workspace_with(column, needs, "catch_up = \"1d\"\n")
}

/// The same, with more settings.
pub(super) fn workspace_with(column: &str, needs: &str, settings: &str) -> (tempfile::TempDir, App) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("detections/test");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("root-login.sql"), detection(column, needs)).unwrap();
    let config = format!(
        "[library]\npaths = [\"detections\"]\n[schedules.tiny]\npacks = [\"tiny\"]\nevery = \"1h\"\nlateness = \"10m\"\n{settings}"
    );
    fs::write(place.path().join("trailbrief.toml"), config).unwrap();
    let app = load(&place);
    (place, app)
}

fn load(place: &tempfile::TempDir) -> App {
    App::load(Some(&place.path().join("trailbrief.toml"))).unwrap()
}

pub(super) fn rewrite(place: &tempfile::TempDir, column: &str, needs: &str) -> App {
    fs::write(place.path().join("detections/test/root-login.sql"), detection(column, needs)).unwrap();
    load(place)
}

pub(super) fn at(time: &str) -> Timestamp {
    format!("2026-03-{time}:00Z").parse().unwrap()
}

/// One root sign-in.
fn logs(time: &str) -> Source {
    sign_ins(&[time])
}

/// Root sign-ins at these times, each an event of its own.
pub(super) fn sign_ins(times: &[&str]) -> Source {
    let record = |(number, time): (usize, &&str)| {
        let mut record = base("console-login-root");
        record["eventTime"] = serde_json::json!(at(time).to_string());
        record["eventID"] = serde_json::json!(format!("{number:08x}-0000-4000-8000-000000000000"));
        record
    };
    let mut days: BTreeMap<&str, Vec<serde_json::Value>> = BTreeMap::new();
    for (number, time) in times.iter().enumerate() {
        days.entry(&time[..2]).or_default().push(record((number, time)));
    }
    let file = |(day, records): (&str, Vec<serde_json::Value>)| {
        let path = format!("AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/{day}/a.json.gz");
        (path, log_file(&records))
    };
    Source::Memory(days.into_iter().map(file).collect::<Memory>())
}

/// Keeps the briefs, and the oldest watermark of the detections that can run.
#[derive(Default)]
pub(super) struct Reader(pub(super) Vec<Brief>, Option<Timestamp>);

impl Observer for Reader {
    type Following = ();

    fn follow(&mut self, _: &Arc<Progress>) {}

    fn show(&mut self, output: RunOutput<'_>) -> Result<(), UserError> {
        let RunOutput::Brief(brief) = output else { panic!("nothing is sent, so nothing is pending") };
        self.0.push(brief.clone());
        Ok(())
    }

    fn event(&mut self, event: ScheduleEvent<'_>) {
        if let ScheduleEvent::Committed { oldest, .. } = event {
            self.1 = oldest;
        }
    }
}

/// Executes a scheduled run; returns its result and the briefs that it showed.
pub(super) async fn execute(
    app: &App,
    store: &Store,
    logs: &Source,
    time: &str,
    repeats_unanswered: bool,
) -> (Result<RunResult, UserError>, Vec<Brief>) {
    let mut reader = Reader::default();
    (execute_with(app, store, logs, time, repeats_unanswered, &mut reader).await, reader.0)
}

async fn execute_with(
    app: &App,
    store: &Store,
    logs: &Source,
    time: &str,
    repeats_unanswered: bool,
    reader: &mut Reader,
) -> Result<RunResult, UserError> {
    let run = scheduled_run(app, store, logs, time, repeats_unanswered);
    schedule::execute(&run, reader).await
}

/// A run of the schedule five minutes after its time.
pub(super) fn scheduled_run<'a>(
    app: &'a App,
    store: &'a Store,
    logs: &'a Source,
    time: &str,
    repeats_unanswered: bool,
) -> ScheduledRun<'a> {
    ScheduledRun {
        app,
        store,
        logs: Logs::Files(logs),
        schedule: "tiny",
        at: at(time),
        now: at(time).plus(Span::from_s(300)),
        lease: LEASE.into(),
        deadline: None,
        end: None,
        channels: Vec::new(),
        without_delivery: false,
        notes: Vec::new(),
        repeats_unanswered,
    }
}

fn states(brief: &Brief) -> Vec<FindingState> {
    brief.findings.iter().map(|finding| finding.state).collect()
}

#[tokio::test]
async fn a_detection_that_fails_its_first_run_continues_from_there() {
    let (place, app) = workspace(FAILS, "");
    let (store, logs) = (Store::memory(), logs("10T12:00"));
    let (ended, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
    assert_eq!((ended.unwrap().status, briefs[0].failures.len()), (RunStatus::Delivered, 1));
    // An event may be sent twice: the time was delivered already.
    let (ended, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
    assert_eq!((ended.unwrap().status, briefs.len()), (RunStatus::AlreadyDelivered, 0));

    let app = rewrite(&place, SOUND, "");
    let (_, briefs) = execute(&app, &store, &logs, "10T14:30", false).await;
    assert_eq!(states(&briefs[0]), [FindingState::New], "{:?}", briefs[0].run.window);
    assert_eq!(briefs[0].run.notes, Vec::<String>::new());
}

#[tokio::test]
async fn a_schedule_without_detections_to_run_reports_each_time_once() {
    let (_place, app) = workspace(SOUND, NOBODY);
    let (store, logs) = (Store::memory(), logs("10T12:00"));
    let (ended, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
    assert_eq!((ended.unwrap().status, briefs[0].coverage.idle.len()), (RunStatus::Delivered, 1));
    let (ended, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
    assert_eq!((ended.unwrap().status, briefs.len()), (RunStatus::AlreadyDelivered, 0));
    let (_, briefs) = execute(&app, &store, &logs, "10T13:30", false).await;
    assert_eq!(briefs[0].run.notes, Vec::<String>::new(), "it ran before");
}

#[tokio::test]
async fn reported_findings_are_kept_no_longer_than_catching_up_reaches_back() {
    let (place, app) = workspace(SOUND, "");
    let (store, logs) = (Store::memory(), logs("10T12:25"));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    // A detection that no longer runs keeps its watermark.
    let app = rewrite(&place, SOUND, NOBODY);
    execute(&app, &store, &logs, "11T12:05", false).await.0.unwrap();
    assert_eq!(store.peek("tiny").await.unwrap().seen.len(), 1, "it can be read again");
    execute(&app, &store, &logs, "11T13:30", false).await.0.unwrap();
    assert_eq!(store.peek("tiny").await.unwrap().seen.len(), 0, "catching up is capped before it");
}

#[tokio::test]
async fn the_watermark_of_a_detection_that_no_longer_runs_does_not_age() {
    let (place, app) = workspace(SOUND, "");
    let (store, logs) = (Store::memory(), logs("10T12:25"));
    let mut reader = Reader::default();
    execute_with(&app, &store, &logs, "10T12:30", false, &mut reader).await.unwrap();
    assert_eq!(reader.1, Some(at("10T12:30")));
    let app = rewrite(&place, SOUND, NOBODY);
    execute_with(&app, &store, &logs, "10T13:30", false, &mut reader).await.unwrap();
    assert_eq!(reader.1, None);
}

#[tokio::test]
async fn a_second_run_for_a_time_leaves_its_first_brief_alone() {
    let (place, app) = workspace(FAILS, "");
    let (store, logs) = (Store::memory(), logs("10T12:00"));
    let (_, first) = execute(&app, &store, &logs, "10T12:30", true).await;
    let app = rewrite(&place, SOUND, "");
    let (_, second) = execute(&app, &store, &logs, "10T12:30", true).await;
    assert_eq!((first[0].failures.len(), second[0].findings.len()), (1, 1));
    assert_eq!(
        (first[0].run.id.as_str(), second[0].run.id.as_str()),
        ("tiny-20260310T123000Z", "tiny-20260310T123000Z-1")
    );
}

#[tokio::test]
async fn a_detection_that_was_broken_for_a_while_reports_nothing_twice() {
    let (place, app) = workspace(SOUND, "");
    let other = detection(SOUND, "").replace(ID, "test.other");
    fs::write(place.path().join("detections/test/other.sql"), other).unwrap();
    let (store, logs) = (Store::memory(), logs("10T12:25"));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    fs::write(place.path().join("detections/test/root-login.sql"), "SELECT").unwrap();
    let (ended, _) = execute(&load(&place), &store, &logs, "10T13:30", false).await;
    assert_eq!(ended.unwrap().status, RunStatus::Delivered);
    let (_, briefs) = execute(&rewrite(&place, SOUND, ""), &store, &logs, "10T14:30", false).await;
    assert_eq!(states(&briefs[0]), [FindingState::Repeated]);
}

/// Both detections answer at 12:30; at 13:30 one of them fails. At 14:30 it is run from where it last answered, and the other
/// from where that one did.
#[tokio::test]
async fn a_detection_that_answered_before_and_fails_keeps_its_watermark() {
    const STEADY: &str = "test.steady";
    let (place, app) = workspace(SOUND, "");
    let steady = detection(SOUND, "").replace(ID, STEADY);
    fs::write(place.path().join("detections/test/steady.sql"), steady).unwrap();
    drop(app);
    let store = Store::memory();
    let watermarks = async || {
        let state = store.peek("tiny").await.unwrap();
        [ID, STEADY].map(|id| state.watermarks[&id.parse().unwrap()])
    };
    // What each detection found, and in which state; the times are those of the events.
    let found = |brief: &Brief, id: &str| -> Vec<(Timestamp, FindingState)> {
        let own = brief.findings.iter().filter(|finding| finding.detection.as_str() == id);
        own.map(|finding| (finding.event_time.unwrap(), finding.state)).collect()
    };

    let (_, briefs) = execute(&load(&place), &store, &sign_ins(&["10T12:25"]), "10T12:30", false).await;
    assert_eq!((briefs[0].failures.len(), briefs[0].findings.len()), (0, 2));
    assert_eq!(watermarks().await, [at("10T12:30"), at("10T12:30")]);

    let app = rewrite(&place, FAILS, "");
    let (_, briefs) = execute(&app, &store, &sign_ins(&["10T12:25", "10T13:10"]), "10T13:30", false).await;
    assert_eq!(briefs[0].failures.iter().map(|failure| failure.detection.as_str()).collect::<Vec<_>>(), [ID]);
    assert_eq!(watermarks().await, [at("10T12:30"), at("10T13:30")]);

    let app = rewrite(&place, SOUND, "");
    let windows = windows_at(&app, &store, "10T14:30").await;
    assert_eq!(windows[ID], (at("10T12:20"), at("10T14:30")), "from 12:30, with the lateness before it");
    assert_eq!(windows[STEADY], (at("10T13:20"), at("10T14:30")), "from 13:30, with the lateness before it");
    let all = sign_ins(&["10T12:25", "10T13:10", "10T13:40"]);
    let (_, briefs) = execute(&app, &store, &all, "10T14:30", false).await;
    let (new, repeated) = (FindingState::New, FindingState::Repeated);
    assert_eq!(
        found(&briefs[0], ID),
        [(at("10T12:25"), repeated), (at("10T13:10"), new), (at("10T13:40"), new)]
    );
    assert_eq!(found(&briefs[0], STEADY), [(at("10T13:40"), new)]);
    assert_eq!(watermarks().await, [at("10T14:30"), at("10T14:30")]);
}

/// The window that each detection of the schedule is run for at this time, as (start, end).
async fn windows_at(app: &App, store: &Store, time: &str) -> BTreeMap<String, (Timestamp, Timestamp)> {
    let state = store.peek("tiny").await.unwrap();
    let cadence = Cadence { lateness: Span::from_s(600), catch_up: Span::DAY, ..Cadence::default() };
    let occasion = Occasion::Scheduled { at: at(time), cadence, state: &state };
    let chosen =
        app.library.detections().filter(|detection| detection.packs.iter().any(|pack| pack == "tiny"));
    let plan = plan::plan(chosen, &occasion, &app.context.params, &[]);
    let questions = plan.questions.iter();
    questions
        .map(|question| (question.detection.to_string(), (question.window.start(), question.window.end())))
        .collect()
}
