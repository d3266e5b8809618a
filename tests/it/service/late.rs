//! Events that arrive late, on Athena: an hourly schedule judges what was delivered since its last run, as over log files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Output,
};

use object_store::ObjectStoreExt as _;
use serde_json::{Value, json};
use trailbrief::testing::domain::time::Timestamp;

use super::{
    athena::{Athena, Fault},
    command,
    runs::json,
    stderr,
};
use crate::{
    common::{base, log_file},
    rig,
    windows::{
        late::{Delivery, SIGN_IN, files, hours, minutes_after, minutes_before, ordinary, root_sign_in},
        month,
    },
};

/// A bucket, a table of one account and region, a state of its own.
pub(super) struct Place {
    name: &'static str,
    pub(super) folder: tempfile::TempDir,
    pub(super) athena: Athena,
}

impl Place {
    pub(super) fn new(name: &'static str, athena: &str) -> Self {
        rig::make_bucket(&format!("logs-{name}"));
        rig::make_bucket(&format!("results-{name}"));
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[table]\nlogs = \"s3://logs-{name}\"\ndatabase = \"db_{}\"\ntrail = \"account\"\nregions = [\"us-east-1\"]\n\
             since = \"2026-02-01\"\n[athena]\noutput = \"s3://results-{name}/athena/\"\n{athena}[state]\npath = \"state\"\n\
             {}[[accounts]]\nid = \"123456789012\"\nname = \"payments\"\n",
            name.replace('-', "_"),
            month::settings()
        );
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        Self { name, folder, athena: Athena::start() }
    }

    pub(super) async fn put(&self, path: &str, bytes: Vec<u8>) {
        rig::bucket(&format!("logs-{}", self.name)).put(&path.into(), bytes.into()).await.unwrap();
    }

    /// The briefs of the schedule's runs at these hours, each over the files that were delivered until then.
    async fn hourly(
        &self,
        files: &[(Timestamp, String, Vec<u8>)],
        runs: impl IntoIterator<Item = i64>,
    ) -> Vec<Value> {
        let (mut there, mut briefs) = (BTreeSet::new(), Vec::new());
        for hour in runs {
            briefs.push(self.run(files, &mut there, hour, 0).await);
        }
        briefs
    }

    /// The brief of the schedule's run at this hour, which ends with this code, over the files that were delivered until then.
    pub(super) async fn run(
        &self,
        files: &[(Timestamp, String, Vec<u8>)],
        there: &mut BTreeSet<String>,
        hour: i64,
        code: i32,
    ) -> Value {
        self.deliver(files, there, hour).await;
        let output = self.asked(hour);
        assert_eq!(output.status.code(), Some(code), "{hour}: {}", stderr(&output));
        json(&output)
    }

    /// Puts the files that were delivered until this hour, with an ordinary one.
    pub(super) async fn deliver(
        &self,
        files: &[(Timestamp, String, Vec<u8>)],
        there: &mut BTreeSet<String>,
        hour: i64,
    ) {
        let at = hours(hour);
        let ordinary = self::files(&[ordinary(hour)])
            .into_iter()
            .map(|(at, path, bytes)| (at, path.replace(".json.gz", "-ordinary.json.gz"), bytes));
        for (delivered, path, bytes) in files.iter().cloned().chain(ordinary) {
            if delivered <= at && there.insert(path.clone()) {
                self.put(&path, bytes).await;
            }
        }
    }

    /// What the schedule's run of this hour says.
    pub(super) fn asked(&self, hour: i64) -> Output {
        let at = hours(hour).to_string();
        let arguments = ["run", "--schedule", "hourly", "--at", &at, "--no-notify", "--format", "json"];
        let mut command = command(self.folder.path(), &arguments);
        command.env("AWS_ENDPOINT_URL_ATHENA", &self.athena.url).output().unwrap()
    }
}

/// The states in which each finding of a detection was reported, but for those that were reported before, by its event's time.
pub(super) fn reported(briefs: &[Value], detection: &str) -> BTreeMap<String, Vec<String>> {
    let mut reported: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in briefs.iter().flat_map(|brief| brief["findings"].as_array().unwrap()) {
        if finding["detection"] == detection && finding["state"] != "repeated" {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            reported.entry(text("event_time")).or_default().push(text("state"));
        }
    }
    reported
}

/// A month after the first hour.
pub(super) const NOW: i64 = 24 * 30;

/// Sign-ins of the root user that arrive 1.5 h, 5 h, 3 days, 29 days and 40 days late, and one that arrives in time.
fn sign_ins() -> Vec<Delivery> {
    let lates = [90, 5 * 60, 3 * 24 * 60, 29 * 24 * 60, 40 * 24 * 60, 6];
    let sign_in = |(late, number): (i64, i64)| {
        let delivered = minutes_after(hours(NOW), 10 + number);
        root_sign_in(minutes_before(delivered, late), delivered)
    };
    lates.into_iter().zip(0..).map(sign_in).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_arrives_late_is_reported_once_on_athena_too() {
    for (name, more) in [("late", ""), ("late-own", "scan = \"own\"\n")] {
        let place = Place::new(name, more);
        let deliveries = sign_ins();
        let briefs = place.hourly(&files(&deliveries), NOW..NOW + 4).await;
        let found = reported(&briefs, SIGN_IN);
        for delivery in &deliveries[..4] {
            assert_eq!(
                found.get(&delivery.at.to_string()),
                Some(&vec!["late".to_owned()]),
                "{name}: {found:?}"
            );
        }
        assert_eq!(found[&deliveries[5].at.to_string()], ["new"], "{name}");
        assert_eq!(found.len(), 5, "{name}: no run judges what is older than a month: {found:?}");
        if more.is_empty() {
            let too_late: Vec<_> = briefs.iter().map(|brief| &brief["coverage"]["events_too_late"]).collect();
            assert!(
                too_late.iter().any(|counts| counts.to_string().contains("123456789012")),
                "{too_late:?}"
            );
        }
    }
}

/// An object that reaches the bucket later than its name says, by a replication for example, counts as delivered when S3 got it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_s3_got_later_than_its_name_says_counts_as_delivered_then_on_athena() {
    let (at, stored) = (minutes_after(hours(NOW), 5), minutes_after(hours(NOW + 14), 10));
    let mut file = files(&[root_sign_in(at, minutes_after(at, 5))]).remove(0);
    assert!(file.1.contains("T0010Z"), "{}", file.1);
    file.0 = stored;
    let late = vec!["late".to_owned()];
    for (name, more, suffix, states) in [
        ("stored", "", "_stored-20260409T1410", late.clone()),
        ("stored-own", "scan = \"own\"\n", "_stored-20260409T1410", late),
        // Of another copy nothing but the time in its name is known.
        ("stored-early", "", "_stored-20260409T0009", Vec::new()),
        // It was written again after the last run.
        ("stored-later", "", "_stored-20260419T1410", Vec::new()),
    ] {
        let place = Place::new(name, more);
        let path = file.1.replace(".json.gz", &format!("{suffix}.json.gz"));
        let briefs = place.hourly(&[(file.0, path, file.2.clone())], NOW + 13..NOW + 17).await;
        let found = reported(&briefs, SIGN_IN);
        assert_eq!(found.get(&at.to_string()).cloned().unwrap_or_default(), states, "{name}: {found:?}");
    }
}

/// Athena's documents do not name the column that says when S3 got an object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_athena_without_the_times_of_objects_answers_by_their_names() {
    for (name, more) in [("no-times", ""), ("no-times-own", "scan = \"own\"\n")] {
        let place = Place::new(name, more);
        // As many as there may be statements.
        place.athena.fail(&[Fault::NoStoredTimes; 20]);
        let at = minutes_after(hours(NOW), 5);
        let briefs = place.hourly(&files(&[root_sign_in(at, minutes_after(at, 5))]), NOW + 1..NOW + 2).await;
        assert_eq!(reported(&briefs, SIGN_IN)[&at.to_string()], ["new"], "{name}");
        let asked = place.athena.executions();
        let has_times = |with: bool| {
            asked.iter().filter(|execution| execution.sql.contains("\"$file_modified_time\"") == with).count()
        };
        assert!(has_times(true) > 0 && has_times(false) > 0, "{name}: refused, and asked again without");
    }
}

/// Twelve denied calls in time and eight five days late are a burst only together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_counts_on_athena_counts_again_where_late_events_fall() {
    let burst = minutes_after(hours(NOW - 120), 5);
    let denied = |at, copies, delivered| Delivery { kind: "denied-call", at, copies, delivered };
    let deliveries = [
        denied(burst, 12, minutes_after(burst, 5)),
        denied(minutes_after(burst, 1), 8, minutes_after(hours(NOW), 10)),
    ];
    for (name, more) in [("late-burst", ""), ("late-burst-own", "scan = \"own\"\n")] {
        let place = Place::new(name, more);
        let briefs = place.hourly(&files(&deliveries), NOW..NOW + 4).await;
        let found = reported(&briefs, "activity.denied-burst");
        assert_eq!(found.values().map(Vec::len).sum::<usize>(), 1, "{name}: {found:?}");
        let notes = briefs[1]["run"]["notes"].to_string();
        assert!(notes.contains("late events fall into time that was counted before"), "{name}: {notes}");
        // The days between are not read.
        let days: Vec<_> = place.athena.executions().iter().map(|execution| execution.partitions).collect();
        assert!(days.iter().all(|partitions| *partitions <= 4 * 4), "{name}: {days:?}");
    }
    // What is too much is not counted again, and the brief says so.
    let place = Place::new("late-limit", "run_bytes = \"4KB\"\n");
    let briefs = place.hourly(&files(&deliveries), NOW..NOW + 2).await;
    let notes = briefs[1]["run"]["notes"].to_string();
    assert!(notes.contains("the time of late events was not counted again: the run would scan"), "{notes}");
    // Detections with statements of their own do not even look for late events, if that is too much.
    let place = Place::new("late-own-limit", "scan = \"own\"\nrun_bytes = \"18KB\"\n");
    let briefs = place.hourly(&files(&deliveries), NOW..NOW + 2).await;
    let notes = briefs[1]["run"]["notes"].to_string();
    let words =
        "with statements of their own did not count again what was delivered late: the run would scan";
    assert!(notes.contains(words), "{notes}");
    // As many of each run; only the first, over less, looks for late events, too.
    assert_eq!(place.athena.executions().len() % 2, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_about_candidates_is_not_documented_is_counted_and_files_are_named() {
    let place = Place::new("late-drift", "");
    let (at, folder) = (minutes_after(hours(NOW), 5), "AWSLogs/123456789012/CloudTrail/us-east-1");
    let mut odd = base("console-login-root");
    odd["eventTime"] = json!(at.to_string());
    odd["eventVersion"] = json!("1.99");
    let mut lacks = base("create-access-key");
    lacks["eventTime"] = json!(at.to_string());
    lacks["responseElements"] = json!({"omitted": true});
    let path = format!("{folder}/{}/x_20260409T0010Z_y.json.gz", at.day().path());
    let files = [(minutes_after(at, 5), path, log_file(&[odd, lacks]))];
    let briefs = place.hourly(&files, [NOW, NOW + 1]).await;
    let drift = &briefs[1]["coverage"]["drift"];
    assert_eq!(drift[0]["what"], "the version 1.99 is not documented", "{drift}");
    assert!(drift[0]["example"].as_str().unwrap().ends_with("x_20260409T0010Z_y.json.gz"), "{drift}");
    assert_eq!(drift.as_array().unwrap().len(), 1, "documents are texts in the table: {drift}");
    let undecidable = &briefs[1]["undecidable"];
    assert!(undecidable.to_string().contains("x_20260409T0010Z_y.json.gz"), "{undecidable}");
}
