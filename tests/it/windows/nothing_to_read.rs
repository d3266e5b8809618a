//! What a brief says of detections that had nothing to read for a month.

use std::sync::Arc;

use serde_json::{Value, json};
use trailbrief::testing::{
    domain::{
        brief::{Brief, NothingToRead},
        habits::{Days, EventSource, Habits, day_of},
        time::Window,
    },
    engine::{
        embedded::source::{Memory, Source},
        ledger::NoLedger,
    },
    run::{self, Job, Logs},
    store::Store,
};

use super::scheduled_runs::{SOUND, at, execute, sign_ins, workspace_with};
use crate::common::{app, base, log_file};

const SIGN_IN: &str = "signin.amazonaws.com";

/// What is known of sources from a February day until a time in March, with those of one day.
fn known(from: &str, until: &str, seen: &[(&str, bool, &str)]) -> Habits {
    let mut habits = Habits::learned(Some(from.parse().unwrap()), Some(at(until)));
    (habits.sources.since, habits.sources.until) = (habits.since, habits.until);
    for (name, is_data, day) in seen {
        let source = EventSource { name: (*name).to_owned(), is_data: *is_data };
        habits.sources.note(source, Days::on(day_of(day.parse().unwrap())));
    }
    habits
}

fn named(brief: &Brief) -> Option<Vec<&str>> {
    let unread = brief.coverage.nothing_to_read.as_ref()?;
    Some(unread.detections.iter().map(|it| it.detection.as_str()).collect())
}

#[tokio::test]
async fn a_schedule_names_detections_whose_sources_had_no_event_for_thirty_days() {
    let (_place, app) = workspace_with(SOUND, "", "");
    let quiet = |mut record: Value| {
        record["eventTime"] = json!(at("10T12:00").to_string());
        let path = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/10/a.json.gz".to_owned();
        Source::Memory([(path, log_file(&[record]))].into_iter().collect::<Memory>())
    };
    let other = quiet(base("create-user"));
    // An attempt by anybody is an event.
    let mut failed = base("console-login-failed");
    failed["userIdentity"] = json!({"type": "AWSService", "invokedBy": "x.amazonaws.com"});
    let none: &[(&str, bool, &str)] = &[];
    for (known, logs, expected, why) in [
        (known("2026-02-01", "10T12:00", none), &other, Some(vec!["test.root-login"]), "no sign-in"),
        (known("2026-02-01", "10T12:00", none), &sign_ins(&["10T12:00"]), Some(vec![]), "one in this run"),
        (known("2026-02-01", "10T12:00", none), &quiet(failed), Some(vec![]), "an attempt"),
        (
            known("2026-02-01", "10T12:00", &[(SIGN_IN, false, "2026-02-09")]),
            &other,
            Some(vec![]),
            "one before",
        ),
        (
            known("2026-02-01", "10T12:00", &[(SIGN_IN, false, "2026-02-06")]),
            &other,
            Some(vec!["test.root-login"]),
            "one more than 30 days before",
        ),
        (known("2026-02-20", "10T12:00", none), &other, None, "not known for 30 days"),
        (known("2026-01-20", "01T12:00", none), &other, None, "a gap"),
    ] {
        let store = Store::memory();
        store.add_habits(vec![known], at("10T12:00")).await.unwrap();
        let (_, briefs) = execute(&app, &store, logs, "10T12:30", false).await;
        assert_eq!(named(&briefs[0]), expected, "{why}");
        assert_eq!(briefs[0].coverage.detections_answered, 1);
    }
    let store = Store::memory();
    let (_, briefs) = execute(&app, &store, &other, "10T12:30", false).await;
    assert_eq!(named(&briefs[0]), None, "a first run knows nothing");
    let noted = store.habits().await.unwrap().unwrap().sources;
    let sources: Vec<_> = noted.iter().map(|(source, _)| (source.name.as_str(), source.is_data)).collect();
    assert_eq!(sources, [("iam.amazonaws.com", false)], "what it read is known to the next");
    assert_eq!((noted.since, noted.until), (Some(at("10T11:30")), Some(at("10T12:30"))));
}

#[tokio::test]
async fn a_run_on_demand_tells_it_of_a_window_of_thirty_days_or_more() {
    let app = app();
    let of = |name: &str, is_management: Option<bool>| {
        let mut record = base(name);
        record["eventTime"] = json!(at("10T12:00").to_string());
        let fields = record.as_object_mut().unwrap();
        fields.remove("eventCategory");
        fields.remove("managementEvent");
        if let Some(is_management) = is_management {
            fields.insert("managementEvent".to_owned(), json!(is_management));
        }
        record
    };
    let detections = ["iam.root-console-login", "s3.mass-read", "s3.bucket-deleted", "activity.denied-calls"];
    let run = async |records: &[Value], from: &str| {
        let path = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/10/a.json.gz".to_owned();
        let file = (!records.is_empty()).then(|| (path, log_file(records)));
        let source = Source::Memory(file.into_iter().collect::<Memory>());
        let asked = detections.map(|id| app.library.get(&id.parse().unwrap()).unwrap()).to_vec();
        let window = Window::new(from.parse().unwrap(), at("11T00:00")).unwrap();
        let job = Job::on_demand(window, asked, Logs::Files(&source), at("12T00:00"));
        run::run(&app.context, job, &Arc::default(), &mut NoLedger).await.unwrap().brief
    };
    let brief = run(&[of("create-bucket", Some(true))], "2026-02-09").await;
    let NothingToRead { since, detections: unread } = brief.coverage.nothing_to_read.clone().unwrap();
    assert_eq!(since.to_string(), "2026-02-09T00:00:00Z");
    let found: Vec<_> =
        unread.iter().map(|it| (it.detection.as_str(), it.sources.join(" "), it.data_events)).collect();
    assert_eq!(
        found,
        [
            ("iam.root-console-login", SIGN_IN.to_owned(), false),
            ("s3.mass-read", "s3.amazonaws.com".to_owned(), true)
        ],
        "a call that any service may deny is always there"
    );
    for (records, expected) in [
        (vec![of("create-bucket", Some(false))], vec!["iam.root-console-login"]),
        (vec![of("create-bucket", None)], vec!["iam.root-console-login"]),
        (vec![of("console-login", Some(true))], vec!["s3.mass-read", "s3.bucket-deleted"]),
    ] {
        assert_eq!(named(&run(&records, "2026-02-09").await), Some(expected));
    }
    assert_eq!(named(&run(&[of("create-bucket", Some(true))], "2026-02-10").await), None, "29 days");
    assert_eq!(named(&run(&[], "2026-02-09").await), None, "nothing was read");
}
