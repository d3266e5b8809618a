//! Habits on Athena: once a day a statement learns from every call, as a run over log files does.

use std::{collections::BTreeSet, fs};

use object_store::ObjectStoreExt as _;
use serde_json::Value;
use trailbrief::testing::{
    domain::habits::{Habit, Habits},
    engine::embedded::source::{Memory, Source},
    store::Store,
};

use super::{
    athena::{Athena, Fault},
    command,
    runs::json,
    stderr, stdout,
};
use crate::{
    common::{app, log_file},
    rig,
    windows::habits::{learned, odd_calls},
};

/// The one detection that the schedule asks; it needs habits, and selects few calls itself.
const ASKED: &str = "first.sign-in-network";

/// A bucket with the calls of a day, and a schedule over it.
struct Place {
    folder: tempfile::TempDir,
    athena: Athena,
}

impl Place {
    async fn new(name: &str, baseline: &str) -> Self {
        rig::make_bucket(&format!("logs-{name}"));
        rig::make_bucket(&format!("results-{name}"));
        for (path, bytes) in files() {
            rig::bucket(&format!("logs-{name}")).put(&path.into(), bytes.into()).await.unwrap();
        }
        let app = app();
        let ids = app.library.detections().map(|detection| detection.id.to_string());
        let others: Vec<String> = ids.filter(|id| id != ASKED).collect();
        let packs: Vec<&str> = app.library.packs().into_iter().collect();
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[table]\nlogs = \"s3://logs-{name}\"\ndatabase = \"db_{}\"\ntrail = \"account\"\nregions = [\"us-east-1\"]\n\
             since = \"2026-02-01\"\n[athena]\noutput = \"s3://results-{name}/athena/\"\n[state]\npath = \"state\"\n\
             [baseline]\n{baseline}\n[library]\ndisable = {others:?}\n[schedules.hourly]\npacks = {packs:?}\n\
             [[accounts]]\nid = \"123456789012\"\nname = \"payments\"\n",
            name.replace('-', "_"),
        );
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        Self { folder, athena: Athena::start() }
    }

    fn run(&self, at: &str) -> Value {
        let arguments = ["run", "--schedule", "hourly", "--at", at, "--no-notify", "--format", "json"];
        let output = self.asked(&arguments);
        // No log is there of the hours after the day: that is not what is tested here.
        assert!(matches!(output.status.code(), Some(0 | 4)), "{at}: {}", stderr(&output));
        json(&output)
    }

    fn asked(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = command(self.folder.path(), arguments);
        command.env("AWS_ENDPOINT_URL_ATHENA", &self.athena.url).output().unwrap()
    }

    async fn known(&self) -> Habits {
        let store = Store::directory(self.folder.path().join("state"));
        store.habits().await.unwrap().unwrap_or_default()
    }

    /// How many statements were started that learn from every call.
    fn statements(&self) -> usize {
        self.athena.executions().iter().filter(|execution| execution.sql.contains("GROUPING SETS")).count()
    }
}

/// The files of the day, as CloudTrail delivers them.
fn files() -> Vec<(String, Vec<u8>)> {
    let file = |(number, records): (usize, Vec<Value>)| {
        let name = format!("123456789012_CloudTrail_us-east-1_20260310T120{number}Z_a{number}.json.gz");
        (format!("AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/10/{name}"), log_file(&records))
    };
    odd_calls().into_iter().enumerate().map(file).collect()
}

fn all(habits: &Habits) -> BTreeSet<Habit> {
    habits.iter().map(|(habit, _)| habit.clone()).collect()
}

fn notes(brief: &Value) -> String {
    brief["run"]["notes"].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_a_day_learns_what_a_run_over_the_files_learns() {
    let expected = all(&learned(&Source::Memory(files().into_iter().collect::<Memory>())).await);
    assert!(expected.len() > 200, "{}", expected.len());
    let place = Place::new("every-call", "").await;
    place.run("2026-03-11T00:10:00Z");
    let read_until = place.known().await.read_until.unwrap().to_string();
    assert_eq!(
        (place.statements(), read_until.as_str()),
        (1, "2026-03-10T00:00:00Z"),
        "its last files come yet"
    );
    let brief = place.run("2026-03-11T01:00:00Z");
    assert_eq!(place.statements(), 2, "{}", notes(&brief));
    let known = place.known().await;
    let (found, read_until) = (all(&known), known.read_until.unwrap().to_string());
    let of = |habits: &BTreeSet<Habit>, others: &BTreeSet<Habit>| -> Vec<Habit> {
        habits.difference(others).cloned().collect()
    };
    assert_eq!((of(&expected, &found), of(&found, &expected)), (vec![], vec![]));
    assert_eq!(read_until, "2026-03-11T00:00:00Z");
    place.run("2026-03-11T02:00:00Z");
    assert_eq!(place.statements(), 2, "once a day");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_statement_only_selected_calls_are_learned_and_a_plan_shows_its_price() {
    let place = Place::new("selected-calls", "daily_statement = false").await;
    place.run("2026-03-10T13:00:00Z");
    place.run("2026-03-11T01:00:00Z");
    let known = place.known().await;
    assert!(place.statements() == 0 && !known.is_empty() && known.read_until.is_none(), "{known:?}");
    let window = ["--from", "2026-03-10", "--to", "2026-03-11"];
    let planned = |place: &Place| {
        let output = place.asked(&[["plan"].as_slice(), &window].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let without = planned(&place);
    assert!(
        without.contains("a month") && !without.contains("habits, from one statement a day"),
        "{without}"
    );
    let place = Place::new("priced-calls", "").await;
    place.run("2026-03-10T13:00:00Z");
    let with = planned(&place);
    assert!(with.contains("habits, from one statement a day: about "), "{with}");
    let with = json(&place.asked(&[["plan", "--format", "json"].as_slice(), &window].concat()));
    let month = &with["estimate"]["habits_month"];
    assert_eq!((month["statements"].as_u64(), month["cost_usd"].as_f64() > Some(0.0)), (Some(30), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_fails_costs_no_brief_and_is_not_paid_again() {
    let place = Place::new("failing-calls", "").await;
    // The first statement selects candidates, the second learns.
    place.athena.fail(&[Fault::QueuedAgain, Fault::Fails]);
    let brief = place.run("2026-03-11T01:00:00Z");
    let expected =
        "the baseline did not learn from every call of 2026-03-10T00:00:00Z … 2026-03-11T00:00:00Z: ";
    assert!(notes(&brief).contains(expected), "{}", notes(&brief));
    let instead = "`trailbrief baseline build --from 2026-03-10T00:00:00Z --to 2026-03-11T00:00:00Z` learns from the log files";
    assert!(notes(&brief).contains(instead), "{}", notes(&brief));
    assert_eq!(brief["failures"], serde_json::json!([]));
    assert_eq!(place.known().await.read_until.unwrap().to_string(), "2026-03-11T00:00:00Z");
    let brief = place.run("2026-03-11T02:00:00Z");
    assert!(!notes(&brief).contains("did not learn"), "{}", notes(&brief));
    assert_eq!(place.statements(), 1, "the run after it would pay for the day again");
    place.run("2026-03-12T01:00:00Z");
    assert_eq!(place.statements(), 2, "the next day is another one");
}
