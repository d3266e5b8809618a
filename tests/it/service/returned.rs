//! Regions that stop delivering and deliver again, on Athena.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::Value;
use trailbrief::testing::domain::time::Timestamp;

use super::{
    late::{NOW, Place, reported},
    stderr,
};
use crate::windows::late::{SIGN_IN, files, hours, minutes_after, root_sign_in};

const QUIET: &str = "eu-west-1";

/// The times of sign-ins in a region: one at five minutes past each hour, in a file that is named ten minutes later.
fn sign_ins() -> Vec<Timestamp> {
    (19..29).map(|hour| minutes_after(hours(NOW + hour), 5)).collect()
}

/// Their files. Those named between 21:00 and the end are there only from the hour 28 on.
fn of_region() -> Vec<(Timestamp, String, Vec<u8>)> {
    let deliveries: Vec<_> =
        sign_ins().into_iter().map(|at| root_sign_in(at, minutes_after(at, 10))).collect();
    let file = |(named, path, bytes): (Timestamp, String, Vec<u8>)| {
        let there = if named > hours(NOW + 21) { named.max(hours(NOW + 28)) } else { named };
        (there, path.replace("us-east-1", QUIET), bytes)
    };
    files(&deliveries).into_iter().map(file).collect()
}

/// A place whose table covers that region, too.
fn place(name: &'static str, more: &str) -> Place {
    let place = Place::new(name, more);
    let file = place.folder.path().join("trailbrief.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config.replace("[\"us-east-1\"]", &format!("[\"us-east-1\", \"{QUIET}\"]"))).unwrap();
    place
}

/// The briefs of the runs at these hours of a region that is silent from 21:00 on and delivers again at 28, with the codes that they
/// end with.
async fn briefs(place: &Place, runs: &[(i64, i32)]) -> Vec<Value> {
    let (files, mut there, mut briefs) = (of_region(), BTreeSet::new(), Vec::new());
    for (hour, code) in runs {
        briefs.push(place.run(&files, &mut there, NOW + hour, *code).await);
    }
    briefs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_delivers_again_is_read_from_where_it_was_last_read_on_athena() {
    for (name, more) in [("again", ""), ("again-own", "scan = \"own\"\n")] {
        let place = place(name, more);
        let briefs = briefs(&place, &[(20, 0), (21, 0), (24, 0), (27, 4), (28, 0), (29, 0)]).await;
        let headline = briefs[3]["headline"].as_str().unwrap();
        assert!(headline.starts_with("No log of account 123456789012, region eu-west-1; "), "{headline}");
        let missing = &briefs[3]["coverage"]["regions_missing"];
        let last = serde_json::json!([
            {"account": "123456789012", "region": QUIET, "last_file": minutes_after(hours(NOW + 20), 15).to_string()}
        ]);
        assert_eq!(missing, &last, "{name}");
        let found = reported(&briefs, SIGN_IN);
        let state = |at: &Timestamp| if *at < hours(NOW + 26) { "late" } else { "new" };
        let expected: BTreeMap<String, usize> = sign_ins().iter().map(|at| (at.to_string(), 1)).collect();
        let counts: BTreeMap<String, usize> =
            found.iter().map(|(at, states)| (at.clone(), states.len())).collect();
        assert_eq!(counts, expected, "{name}: each once");
        for at in sign_ins().iter().filter(|at| **at > hours(NOW + 21) && **at < hours(NOW + 26)) {
            assert_eq!(found[&at.to_string()], [state(at)], "{name} {at}");
        }
        let notes = briefs[4]["run"]["notes"].to_string();
        assert!(notes.contains("123456789012 in eu-west-1 since 2026-"), "{name}: {notes}");
        // What no run had read is read of that region alone.
        let executed = place.athena.executions();
        let only = |sql: &str| sql.contains("region IN ('eu-west-1')");
        let widened: Vec<u64> = executed.iter().filter(|it| only(&it.sql)).map(|it| it.partitions).collect();
        assert!(
            !widened.is_empty() && widened.iter().all(|partitions| *partitions == 1),
            "{name}: {widened:?}"
        );
        assert_eq!(briefs[5]["coverage"]["regions_missing"], serde_json::json!([]), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_cost_too_much_to_read_again_is_named_and_read_by_a_run_that_may() {
    let place = place("again-dear", "");
    let config = place.folder.path().join("trailbrief.toml");
    let text = fs::read_to_string(&config).unwrap();
    let limit = |bytes: u64| {
        let limited = text.replace("[athena]\n", &format!("[athena]\nrun_bytes = \"{bytes}B\"\n"));
        fs::write(&config, limited).unwrap();
    };
    let (files, mut there) = (of_region(), BTreeSet::new());
    for (hour, code) in [(20, 0), (21, 0), (24, 0), (27, 4)] {
        place.run(&files, &mut there, NOW + hour, code).await;
    }
    place.deliver(&files, &mut there, NOW + 28).await;
    // What the run scans without the days of the silent region, which are one partition more.
    limit(1);
    let refused = stderr(&place.asked(NOW + 28));
    let about = refused.split("would scan about ").nth(1).and_then(|rest| rest.split(" on Athena").next());
    let (number, unit) = about.and_then(|about| about.split_once(' ')).expect(&refused);
    let unit = match unit {
        "B" => 1.0,
        "kB" | "KB" => 1_000.0,
        _ => panic!("{refused}"),
    };
    limit((number.parse::<f64>().unwrap() * unit * 1.05) as u64);
    let dear = place.run(&files, &mut there, NOW + 28, 4).await;
    let notes = dear["run"]["notes"].to_string();
    let expected = "accounts deliver again, and what they delivered meanwhile was not read (123456789012 in eu-west-1 since 2026-";
    assert!(notes.contains(expected) && notes.contains("`run_bytes` in `[athena]` is"), "{notes}");
    assert_eq!(dear["coverage"]["folders_unlisted"], 1, "it is not complete");
    fs::write(&config, &text).unwrap();
    let mut briefs = vec![dear, place.run(&files, &mut there, NOW + 29, 0).await];
    let missed: Vec<_> =
        sign_ins().into_iter().filter(|at| *at > hours(NOW + 21) && *at < hours(NOW + 23)).collect();
    let dear = reported(&briefs[..1], SIGN_IN);
    assert!(missed.iter().all(|at| !dear.contains_key(&at.to_string())), "{dear:?}");
    let after = reported(&briefs.split_off(1), SIGN_IN);
    assert!(missed.iter().all(|at| after.contains_key(&at.to_string())), "{missed:?}: {after:?}");
}
