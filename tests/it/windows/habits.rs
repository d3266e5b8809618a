//! What schedules learn about habits, and what they say that is new.

use std::{fs, sync::Arc};

use serde_json::{Value, json};
use trailbrief::testing::{
    domain::{
        brief::Brief,
        habits::{Days, Habit, Habits, day_of},
        time::Timestamp,
    },
    engine::embedded::{
        scan::Progress,
        source::{Memory, Source, walk::walk},
    },
    run,
    schedule::{self, Observer, RunOutput, ScheduleEvent},
    store::Store,
    user_error::UserError,
};

use super::scheduled_runs::{FAILS, SOUND, at, execute, scheduled_run, sign_ins, workspace_with};
use crate::common::{app, base, log_file};

const ROOT: &str = "arn:aws:iam::123456789012:root";

/// What the detection needs that is quiet while a baseline learns.
const HABITS: &str = "\"habits\"";
const SETTINGS: &str = "catch_up = \"3d\"\nmax_window = \"3d\"\n[baseline]\nlearning = \"1d\"\n";

/// The days on which root signed in, by what is known.
fn days(habits: &Habits) -> u32 {
    let sign_in = |habit: &Habit| habit.actor == ROOT && habit.action.as_deref() == Some("ConsoleLogin");
    habits.iter().filter(|(habit, _)| sign_in(habit)).map(|(_, days)| days.count()).sum()
}

async fn known(store: &Store) -> Habits {
    store.habits().await.unwrap().unwrap_or_default()
}

fn reasons(brief: &Brief) -> Vec<&str> {
    brief.coverage.idle.iter().map(|(_, reason)| reason.as_str()).collect()
}

/// A run that ends before its commit.
struct Broken;

impl Observer for Broken {
    type Following = ();

    fn follow(&mut self, _: &Arc<Progress>) {}

    fn show(&mut self, _: RunOutput<'_>) -> Result<(), UserError> {
        Err(UserError::failed(std::io::Error::other("nobody takes the brief")))
    }

    fn event(&mut self, _: ScheduleEvent<'_>) {}
}

#[tokio::test]
async fn a_run_teaches_nothing_until_it_is_committed_and_counts_once() {
    // A detection without an answer is asked again by a run that is repeated.
    let (_place, app) = workspace_with(FAILS, "", SETTINGS);
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:00"]));
    let failed = schedule::execute(&scheduled_run(&app, &store, &logs, "10T12:30", false), &mut Broken).await;
    assert!(failed.is_err());
    assert_eq!(known(&store).await, Habits::default(), "a run that fails");
    for _ in 0..2 {
        execute(&app, &store, &logs, "10T12:30", true).await.0.unwrap();
        assert_eq!(days(&known(&store).await), 1, "also when it is repeated");
    }
    // The windows overlap.
    execute(&app, &store, &logs, "10T12:35", false).await.0.unwrap();
    let habits = known(&store).await;
    assert_eq!((days(&habits), habits.since, habits.until), (1, Some(at("10T11:30")), Some(at("10T12:35"))));
}

#[tokio::test]
async fn a_detection_that_needs_habits_is_quiet_while_they_are_learned_and_says_until_when() {
    let (_place, app) = workspace_with(SOUND, HABITS, SETTINGS);
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:00", "11T13:00", "11T14:00"]));
    let (_, briefs) = execute(&app, &store, &logs, "10T12:30", false).await;
    assert!(briefs[0].findings.is_empty());
    let reason = reasons(&briefs[0])[0];
    assert!(
        reason.contains("the baseline of habits is missing") && reason.contains("until 2026-03-11T12:30:00Z"),
        "{reason}"
    );
    assert_eq!(briefs[0].coverage.detections_answered, 0);

    let (_, briefs) = execute(&app, &store, &logs, "10T13:30", false).await;
    assert_eq!(reasons(&briefs[0]), ["the baseline of habits is learning until 2026-03-11T11:30:00Z"]);

    // Nothing of the time of learning is caught up.
    let (_, briefs) = execute(&app, &store, &logs, "11T14:30", false).await;
    let found = briefs[0].findings.iter().map(|finding| finding.event_time).collect::<Vec<_>>();
    assert_eq!(found, [Some(at("11T13:00")), Some(at("11T14:00"))]);
    assert!(reasons(&briefs[0]).is_empty());
}

#[tokio::test]
async fn a_lost_baseline_is_said_and_learned_anew_and_a_damaged_one_is_kept() {
    let (place, app) = workspace_with(SOUND, HABITS, SETTINGS);
    let folder = place.path().join("kept");
    let (store, logs) = (Store::directory(folder.clone()), sign_ins(&["10T12:00", "12T12:00"]));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    execute(&app, &store, &logs, "11T12:30", false).await.0.unwrap();
    fs::remove_file(folder.join("habits.json.gz")).unwrap();
    let (_, briefs) = execute(&app, &store, &logs, "12T12:30", false).await;
    assert!(briefs[0].findings.is_empty());
    assert!(reasons(&briefs[0])[0].contains("this run begins one"), "{:?}", reasons(&briefs[0]));
    assert_eq!(days(&known(&store).await), 1, "learned anew");

    fs::write(folder.join("habits.json.gz"), "nonsense").unwrap();
    let (_, briefs) = execute(&app, &store, &logs, "12T13:30", false).await;
    assert!(briefs[0].run.notes[0].contains("cannot be read"), "{:?}", briefs[0].run.notes);
    let (_, briefs) = execute(&app, &store, &logs, "12T14:30", false).await;
    assert!(briefs[0].run.notes[0].contains("habits.damaged-"), "{:?}", briefs[0].run.notes);
    assert!(known(&store).await.since.is_some());
}

#[tokio::test]
async fn a_finding_says_whether_its_actor_did_so_for_the_first_time() {
    let (_place, app) = workspace_with(SOUND, "", SETTINGS);
    let logs = sign_ins(&["11T12:00", "12T12:00"]);
    for (action, expected) in [("CreateUser", [Some(true), Some(false)]), ("ConsoleLogin", [Some(false); 2])]
    {
        let store = Store::memory();
        let mut habits = Habits::learned(Some(at("01T00:00")), Some(at("11T11:00")));
        let habit = Habit {
            actor: ROOT.to_owned(),
            service: Some(if action == "ConsoleLogin" { "signin" } else { "iam" }.to_owned()),
            action: Some(action.to_owned()),
            ..Habit::default()
        };
        habits.note(habit, Days::on(day_of(at("09T00:00"))));
        store.add_habits(vec![habits], at("11T11:00")).await.unwrap();
        for (time, is_first) in ["11T12:30", "12T12:30"].into_iter().zip(expected) {
            let (_, briefs) = execute(&app, &store, &logs, time, false).await;
            let [finding] = &briefs[0].findings[..] else { panic!("{:?}", briefs[0].findings) };
            assert_eq!(finding.is_first, is_first, "{action} {time}");
        }
    }
    let store = Store::memory();
    let (_, briefs) = execute(&app, &store, &logs, "11T12:30", false).await;
    assert_eq!(briefs[0].findings[0].is_first, None, "a baseline that learns tells nothing");
}

/// The view `calls` and the habits name actors, networks and tools alike, whatever a record looks like.
/// Every base event as it is and with odd fields, on one day, each as one file.
pub fn odd_calls() -> Vec<Vec<Value>> {
    let odd: [&[(&str, Value)]; 4] = [
        &[],
        &[("/sourceIPAddress", json!("2001:DB8:7::1")), ("/userAgent", json!("[Boto3/1.40 Python/3.13]"))],
        &[("/userIdentity/arn", json!(null)), ("/userAgent", json!("(odd)"))],
        &[("/userIdentity/userName", json!(null)), ("/sourceIPAddress", json!("AWS Internal"))],
    ];
    let mut names: Vec<String> = fs::read_dir("tests/events")
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let changed = |(set, changes): (usize, &&[(&str, Value)])| {
        let record = |(number, name): (usize, &String)| {
            let mut record = base(name);
            for (path, value) in *changes {
                if let Some(place) = record.pointer_mut(path) {
                    *place = value.clone();
                }
            }
            record["eventTime"] = json!("2026-03-10T12:00:00Z");
            record["eventID"] = json!(format!("{set:08x}-0000-4000-8000-{number:012x}"));
            // Attempts teach nothing.
            record.as_object_mut().unwrap().remove("errorCode");
            record
        };
        names.iter().enumerate().map(record).collect()
    };
    odd.iter().enumerate().map(changed).collect()
}

#[tokio::test]
async fn calls_and_habits_have_the_same_names() {
    let mut compared = 0;
    for records in odd_calls() {
        let path = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/10/a.json.gz".to_owned();
        let source = Source::Memory([(path, log_file(&records))].into_iter().collect::<Memory>());
        let learned = learned(&source).await;
        let called = called(&source).await;
        for (habit, _) in learned.iter().filter(|(habit, _)| !habit.actor.starts_with("account ")) {
            let is_key = habit.actor.starts_with("AKIA");
            let same = |row: &[Option<String>; 7]| {
                let [principal, key, service, action, region, network, agent] = row;
                let actor = if is_key { key } else { principal };
                let what = habit.service.is_none()
                    || (&habit.service == service
                        && &habit.region == region
                        && (habit.action.is_none() || &habit.action == action));
                let from = habit.service.is_some() || (&habit.network == network && &habit.agent == agent);
                actor.as_ref() == Some(&habit.actor) && what && from
            };
            assert!(called.iter().any(same), "{habit:?}");
            compared += 1;
        }
    }
    assert!(compared > 400, "{compared}");
}

/// What the events of the day in log files show of habits.
pub async fn learned(source: &Source) -> Habits {
    let (app, files) = (app(), walk(source, None).unwrap().files);
    let window = super::Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
    run::learn(&app.context, source, files, window, &Arc::default()).await.unwrap().0
}

/// Principal, key, service, call, Region, network and tool of every event.
async fn called(source: &Source) -> Vec<[Option<String>; 7]> {
    use trailbrief::testing::{
        domain::{account::Accounts, rows::Value as Cell},
        engine::{
            Answer,
            embedded::pack::{Pack, Surroundings},
        },
        plan::{Question, Sql},
    };
    let app = app();
    let sql = "SELECT principal, access_key, service, action, region, network, agent FROM calls";
    let start: Timestamp = "2026-03-10".parse().unwrap();
    let window = super::Window::new(start, "2026-03-11".parse().unwrap()).unwrap();
    let question = Question {
        detection: "a.b".parse().unwrap(),
        sql: Sql::ad_hoc(sql.to_owned()),
        window,
        delivered_from: None,
        returned: None,
        late: None,
        delay: super::DELAY,
        align: super::Span::ZERO,
        lookback: super::Span::ZERO,
        own_scan: false,
    };
    let (accounts, habits) = (Accounts::default(), Habits::default());
    let surroundings = Surroundings { accounts: &accounts, watchlist: &[], habits: &habits, now: start };
    let mut pack = Pack::plan(&app.context.sessions, &[question], &surroundings).await.unwrap();
    let files = walk(source, None).unwrap().files;
    let (answers, _) = pack.answer(source, files, &app.context.limits, &Arc::default()).await.unwrap();
    let Answer::Rows { rows, .. } = &answers[0] else { panic!("no rows") };
    let texts = |row: &Vec<Cell>| std::array::from_fn(|at| row[at].text());
    rows.rows.iter().map(texts).collect()
}
