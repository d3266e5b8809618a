//! `queries/profiles.json`: what follows from the plans of the shipped detections, so that a run need not plan them all.

use std::{collections::BTreeMap, fs};

use trailbrief::testing::{
    cases::question,
    domain::{
        account::{Account, Accounts},
        habits::Habits,
        time::Timestamp,
    },
    engine::embedded::{
        pack::{Pack, Surroundings},
        profile::{Entry, Keys},
    },
};

use crate::common;

const FILE: &str = "queries/profiles.json";

/// The profiles of all shipped detections, from their plans.
async fn planned(accounts: &Accounts, watchlist: &[(String, String)], now: &str) -> BTreeMap<String, Entry> {
    let app = common::app();
    let sessions = &app.context.sessions;
    let (habits, now): (Habits, Timestamp) = (Habits::default(), now.parse().unwrap());
    let questions: Vec<_> =
        app.library.detections().map(|detection| question(detection, &BTreeMap::new()).unwrap()).collect();
    let around = Surroundings { accounts, watchlist, habits: &habits, now };
    let profiles = Pack::profiles(sessions, &questions, &around).await.unwrap();
    let keys = Keys::over(sessions.views());
    let entries = questions.iter().zip(profiles).map(|(question, profile)| {
        let profile = profile.unwrap_or_else(|error| panic!("{}: {}", question.detection, error.reason));
        (question.detection.to_string(), Entry { key: keys.of(&question.sql), profile })
    });
    entries.collect()
}

/// A detection to a line, so that a change shows which ones it concerns.
fn text(entries: &BTreeMap<String, Entry>) -> String {
    let line =
        |(id, entry): (&String, &Entry)| format!("\"{id}\": {}", serde_json::to_string(entry).unwrap());
    format!("{{\n{}\n}}\n", entries.iter().map(line).collect::<Vec<_>>().join(",\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profiles_of_the_shipped_library_are_those_of_its_plans() {
    let plain = planned(&Accounts::default(), &[], "1970-01-01").await;
    // They follow from nothing that differs from one run to another.
    let account = Account {
        id: "123456789012".parse().unwrap(),
        name: "web-shop".to_owned(),
        email: String::new(),
        ou: "/prod".to_owned(),
        state: "ACTIVE".to_owned(),
    };
    let accounts = Accounts::from_iter([account]);
    let watchlist = [("partners".to_owned(), "210987654321".to_owned())];
    let other = planned(&accounts, &watchlist, "2026-03-10T12:34:56Z").await;
    assert_eq!(plain, other);
    let expected = text(&plain);
    if std::env::var_os("WRITE_PROFILES").is_some() {
        fs::write(FILE, &expected).unwrap();
    }
    assert!(
        fs::read_to_string(FILE).unwrap() == expected,
        "plans have changed: run `WRITE_PROFILES=1 cargo test --test it profiles` and look at the difference"
    );
}
