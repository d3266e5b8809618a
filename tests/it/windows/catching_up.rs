//! Scheduled runs after missed runs, after processes that died, and with too little time.

use std::{collections::BTreeMap, fs, time::Instant};

use trailbrief::testing::{
    domain::{
        brief::Brief,
        finding::FindingState,
        state::OpenRun,
        time::{Span, Timestamp, Window},
    },
    engine::embedded::source::{Memory, Source},
    render, run, schedule,
    store::Store,
};

use crate::common::{base, log_file};

use super::scheduled_runs::{
    FAILS, Reader, SOUND, at, execute, rewrite, scheduled_run, sign_ins, workspace, workspace_with,
};

/// The times of the findings that no earlier brief reported.
fn news(brief: &Brief) -> Vec<Timestamp> {
    let news = brief.findings.iter().filter(|finding| finding.state != FindingState::Repeated);
    let mut times: Vec<Timestamp> = news.filter_map(|finding| finding.event_time).collect();
    times.sort();
    times
}

#[tokio::test]
async fn missed_runs_are_caught_up_from_the_oldest_on_and_nothing_is_lost() {
    let (_place, app) = workspace_with(SOUND, "", "catch_up = \"30d\"\nmax_window = \"5h\"\n");
    let times: Vec<String> =
        (10..14).flat_map(|day| (0..24).map(move |hour| format!("{day}T{hour:02}:10"))).collect();
    let times: Vec<&str> = times.iter().map(String::as_str).collect();
    let (store, logs) = (Store::memory(), sign_ins(&times));
    let watermark = async || *store.peek("tiny").await.unwrap().watermarks.values().next().unwrap();
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    assert_eq!(watermark().await, at("10T12:30"));
    // Two days later: four windows of not more than five hours.
    let mut found = Vec::new();
    for (time, until) in [("12T12:30", Some("11T07:42")), ("12T13:30", Some("12T03:34")), ("12T14:30", None)]
    {
        let (ended, briefs) = execute(&app, &store, &logs, time, false).await;
        ended.unwrap();
        assert_eq!(briefs.len(), 1, "one brief, whatever the number of windows");
        let brief = &briefs[0];
        let close = |until: Timestamp, expected: &str| (until.unix_s() - at(expected).unix_s()).abs() < 60;
        match until {
            Some(expected) => {
                let until = brief.coverage.searched_until.unwrap();
                assert!(close(until, expected) && watermark().await == until, "{until} {expected}");
                assert_eq!((brief.run.window.end(), brief.is_complete()), (until, false));
                let notes = brief.run.notes.join("\n");
                assert!(
                    notes.contains("this schedule is behind: 1 detection has searched only up to"),
                    "{notes}"
                );
                assert!(notes.contains("2026-03-12T14:30:00Z will be up to date"), "{notes}");
            }
            None => {
                assert_eq!((brief.coverage.searched_until, brief.is_complete()), (None, true));
                assert_eq!(watermark().await, at(time));
            }
        }
        found.extend(news(brief));
    }
    let expected: Vec<Timestamp> = times
        .iter()
        .map(|time| at(time))
        .filter(|time| *time >= at("10T12:30") && *time < at("12T14:30"))
        .collect();
    assert_eq!(found, expected, "each once, the oldest first");
}

#[tokio::test]
async fn what_is_never_searched_makes_a_run_incomplete() {
    let (_place, app) = workspace(SOUND, "");
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:20", "11T10:00", "12T12:00"]));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    let (_, briefs) = execute(&app, &store, &logs, "12T12:30", false).await;
    assert_eq!(briefs[0].coverage.skipped, [Window::new(at("10T12:30"), at("11T12:30")).unwrap()]);
    assert_eq!((news(&briefs[0]), briefs[0].is_complete()), (vec![at("12T12:00")], false));
    let notes = briefs[0].run.notes.join("\n");
    assert!(notes.contains("catching up is capped"), "{notes}");
    let (_, briefs) = execute(&app, &store, &logs, "12T13:30", false).await;
    assert!(briefs[0].is_complete() && briefs[0].coverage.skipped.is_empty());
}

#[tokio::test]
async fn a_detection_without_an_answer_is_asked_for_less_the_next_time() {
    let (place, app) = workspace_with(FAILS, "", "catch_up = \"30d\"\n");
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:10", "10T20:10"]));
    for time in ["10T12:30", "10T13:30", "10T18:30"] {
        let (_, briefs) = execute(&app, &store, &logs, time, false).await;
        assert_eq!(briefs[0].failures.len(), 1, "{time}: asked once");
        assert!(briefs[0].run.window.span() <= Span::from_s(3 * 3_600), "{time}: {}", briefs[0].run.window);
    }
    let state = store.peek("tiny").await.unwrap();
    assert_eq!(state.unanswered.values().collect::<Vec<_>>(), [&3]);
    let app = rewrite(&place, SOUND, "");
    let (_, briefs) = execute(&app, &store, &logs, "10T20:30", false).await;
    assert_eq!((news(&briefs[0]), briefs[0].is_complete()), (vec![at("10T12:10"), at("10T20:10")], true));
    assert!(store.peek("tiny").await.unwrap().unanswered.is_empty());
}

/// Processes that begin the runs of these times and die.
async fn die(store: &Store, times: &[&str]) {
    for time in times {
        let open = OpenRun::new(&run::scheduled_id("tiny", at(time)), at(time));
        // A claim that is dropped stays leased, as that of a dead process does.
        drop(store.claim("tiny", open, at(time).plus(Span::from_s(60)), Span::from_s(60)).await.unwrap());
    }
}

#[tokio::test]
async fn a_run_that_ends_its_process_twice_is_set_aside_and_reported() {
    let (_place, app) = workspace(SOUND, "");
    let logs = sign_ins(&["10T12:10", "10T13:10", "10T14:10", "10T15:10"]);
    for deaths in [1, 2] {
        let store = Store::memory();
        execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
        die(&store, &["10T13:30", "10T13:32"][..deaths]).await;
        let (ended, briefs) = execute(&app, &store, &logs, "10T14:30", false).await;
        ended.unwrap();
        let notes = briefs[0].run.notes.join("\n");
        if deaths == 1 {
            assert_eq!(news(&briefs[0]), [at("10T13:10"), at("10T14:10")]);
            assert!(briefs[0].is_complete(), "{notes}");
            continue;
        }
        assert_eq!(news(&briefs[0]), [at("10T14:10")]);
        let lost = Window::new(at("10T12:30"), at("10T13:30")).unwrap();
        assert_eq!((briefs[0].coverage.skipped.as_slice(), briefs[0].is_complete()), (&[lost][..], false));
        let by_hand = "`trailbrief run --from 2026-03-10T12:30:00Z --to 2026-03-10T13:30:00Z`";
        assert!(
            notes.contains("tiny-20260310T133200Z crashed repeatedly") && notes.contains(by_hand),
            "{notes}"
        );
        let state = store.peek("tiny").await.unwrap();
        assert_eq!((state.set_aside.len(), state.set_aside[0].window, state.open), (1, lost, None));
        let (_, briefs) = execute(&app, &store, &logs, "10T15:30", false).await;
        assert_eq!(
            (news(&briefs[0]), briefs[0].is_complete()),
            (vec![at("10T15:10")], true),
            "reported once"
        );
    }
}

#[tokio::test]
async fn a_run_of_the_same_time_is_tried_again_however_many_processes_died() {
    let (_place, app) = workspace(SOUND, "");
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:10", "10T13:10"]));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    for seconds in [0, 120, 240] {
        let open = OpenRun::new("tiny-20260310T133000Z", at("10T13:30"));
        let now = at("10T13:30").plus(Span::from_s(seconds));
        drop(store.claim("tiny", open, now, Span::from_s(60)).await.unwrap());
    }
    let (_, briefs) = execute(&app, &store, &logs, "10T13:30", false).await;
    assert_eq!((news(&briefs[0]), briefs[0].is_complete()), (vec![at("10T13:10")], true));
}

#[tokio::test]
async fn what_has_no_answer_at_the_deadline_is_searched_by_the_next_run() {
    let (_place, app) = workspace(SOUND, "");
    let (store, logs) = (Store::memory(), sign_ins(&["10T12:10", "10T13:10"]));
    execute(&app, &store, &logs, "10T12:30", false).await.0.unwrap();
    let mut reader = Reader::default();
    let mut run = scheduled_run(&app, &store, &logs, "10T13:30", false);
    run.deadline = Some(Instant::now());
    schedule::execute(&run, &mut reader).await.unwrap();
    let reason = &reader.0[0].failures[0].reason;
    assert_eq!(reason, "the time of the run was over before all log files were read: 1 is left");
    let state = store.peek("tiny").await.unwrap();
    assert_eq!(state.watermarks.values().collect::<Vec<_>>(), [&at("10T12:30")]);
    assert_eq!(state.last_delivered, Some(at("10T13:30")), "its brief was delivered");
    let (_, briefs) = execute(&app, &store, &logs, "10T14:30", false).await;
    assert_eq!((news(&briefs[0]), briefs[0].is_complete()), (vec![at("10T13:10")], true));
}

#[tokio::test]
async fn a_lost_state_goes_on_from_the_newest_archived_brief() {
    let (place, app) = workspace(SOUND, "");
    let logs = sign_ins(&["10T12:10", "10T13:10", "10T15:10", "10T17:10"]);
    for damaged in [false, true] {
        let folder = place.path().join(format!("kept-{damaged}"));
        let store = Store::directory(folder.clone());
        for time in ["10T12:30", "10T13:30", "10T14:30"] {
            execute(&app, &store, &logs, time, false).await.0.unwrap();
        }
        let state = folder.join("state/tiny.json");
        if damaged { fs::write(&state, "{\"version\":1,") } else { fs::remove_file(&state) }.unwrap();
        // What dead processes had not finished writing, of this schedule and of another.
        let [own, others] = ["tiny", "other"].map(|name| folder.join(format!("state/.tmp-{name}.json-x1")));
        for file in [&own, &others] {
            fs::write(file, "{").unwrap();
        }
        let (ended, briefs) = execute(&app, &store, &logs, "10T17:30", false).await;
        ended.unwrap();
        assert_eq!(
            news(&briefs[0]),
            [at("10T15:10"), at("10T17:10")],
            "four hours, not one, and nothing twice"
        );
        let notes = briefs[0].run.notes.join("\n");
        let found = "continues from its newest archived brief, tiny-20260310T143000Z, which searched up to 2026-03-10T14:30:00Z";
        assert!(notes.contains(found), "{notes}");
        assert!(!own.exists() && others.exists());
        let (_, briefs) = execute(&app, &store, &logs, "10T18:30", false).await;
        assert_eq!(briefs[0].run.notes, Vec::<String>::new());
    }
}

/// Files of two accounts, each with a sign-in at these times, named five minutes later.
fn files(deliveries: &[(&str, String)]) -> Source {
    let file = |(account, time): &(&str, String)| {
        let (account, region) = account.split_once('@').unwrap_or((account, "us-east-1"));
        let number = time.replace(['T', ':'], "");
        let mut record = base("console-login-root");
        record["eventTime"] = serde_json::json!(at(time).to_string());
        record["eventID"] = serde_json::json!(format!("{number:0>8}-0000-4000-8000-0000{}", &account[4..]));
        record["recipientAccountId"] = serde_json::json!(account);
        let named = at(time).plus(Span::from_s(300)).to_string().replace(['-', ':'], "");
        let named = &named[..13];
        let folder = format!("AWSLogs/{account}/CloudTrail/{region}/2026/03/{}", &time[..2]);
        (format!("{folder}/{account}_CloudTrail_{region}_{named}Z_{number}.json.gz"), log_file(&[record]))
    };
    Source::Memory(deliveries.iter().map(file).collect::<Memory>())
}

#[tokio::test]
async fn who_delivers_again_is_read_from_where_it_was_last_read() {
    for broken in ["444455556666", "111122223333@eu-west-1"] {
        let (_place, app) = workspace(SOUND, "");
        let steady = "111122223333";
        let store = Store::memory();
        let mut found = BTreeMap::new();
        for hour in 12..21 {
            // The files of six hours are there only from 18:30 on, with names as if they had always been.
            let hours = |there: &dyn Fn(i32) -> bool| (12..=hour).filter(|it| there(*it)).collect::<Vec<_>>();
            let events = hours(&|_| true).into_iter().map(|it| (steady, format!("10T{it}:10")));
            let late =
                hours(&|it| it == 12 || hour >= 18).into_iter().map(|it| (broken, format!("10T{it}:20")));
            let logs = files(&events.chain(late).collect::<Vec<_>>());
            let (ended, briefs) = execute(&app, &store, &logs, &format!("10T{hour}:30"), false).await;
            ended.unwrap();
            if (14..18).contains(&hour) {
                assert_eq!(briefs[0].coverage.accounts_seen, [steady], "{broken} {hour}");
            }
            for time in news(&briefs[0]) {
                found.entry(time).or_insert_with(Vec::new).push(hour);
            }
        }
        let expected: BTreeMap<Timestamp, Vec<i32>> = (12..21)
            .flat_map(|hour| [(hour, 10, hour), (hour, 20, if (13..18).contains(&hour) { 18 } else { hour })])
            .map(|(hour, minute, run)| (at(&format!("10T{hour}:{minute}")), vec![run]))
            .collect();
        assert_eq!(found, expected, "{broken}: each once");
        let read = store.peek("tiny").await.unwrap().accounts;
        let region = broken.split_once('@').map_or("us-east-1", |(_, region)| region);
        assert_eq!(read[&format!("{}/{region}", &broken[..12])], at("10T20:25"), "{read:?}");
    }
}

#[tokio::test]
async fn a_configured_account_without_any_log_makes_a_run_incomplete() {
    let listed = "[[accounts]]\nid = \"111122223333\"\nname = \"payments\"\n[[accounts]]\nid = \"444455556666\"\nname = \"sandbox\"\n";
    for (quiet, missing) in [("", vec!["444455556666"]), ("quiet = true\n", Vec::new())] {
        let (_place, app) = workspace_with(SOUND, "", &format!("{listed}{quiet}"));
        let logs = files(&[("111122223333", "10T12:10".to_owned())]);
        let (_, briefs) = execute(&app, &Store::memory(), &logs, "10T12:30", false).await;
        assert_eq!(
            (&briefs[0].coverage.accounts_missing, briefs[0].is_complete()),
            (&missing.iter().map(ToString::to_string).collect(), missing.is_empty())
        );
        assert_eq!(briefs[0].coverage.accounts_silent, ["444455556666"]);
        let headline = render::json(&briefs[0]);
        assert_eq!(
            headline.contains("No log of 1 configured account; 1 critical"),
            !missing.is_empty(),
            "{headline}"
        );
    }
}

#[tokio::test]
async fn a_region_that_delivered_and_stops_makes_a_run_incomplete() {
    let steady = "111122223333";
    let listed = format!("[[accounts]]\nid = \"{steady}\"\nname = \"payments\"\n");
    // One region delivers every hour, one stops at 13:20 and delivers once more at 17:20, and one has delivered once, long ago.
    let mut all: Vec<(&str, String)> = (12..24).map(|hour| (steady, format!("10T{hour}:10"))).collect();
    all.extend(["12", "13", "17"].map(|hour| ("111122223333@eu-west-1", format!("10T{hour}:20"))));
    all.push((steady, "11T18:10".to_owned()));
    let regions =
        "[table]\nlogs = \"s3://logs\"\ntrail = \"account\"\nregions = [\"us-east-1\", \"eu-west-1\"]\n";
    let scenarios = [(regions, "", &[15, 16, 42][..]), (regions, "quiet = true\n", &[]), ("", "", &[42])];
    for (regions, quiet, silent) in scenarios {
        let (_place, app) = workspace_with(SOUND, "", &format!("{regions}{listed}{quiet}"));
        let (store, mut found) = (Store::memory(), Vec::new());
        for hour in (12..24).chain([42]) {
            let run = format!("{}T{:02}:30", 10 + hour / 24, hour % 24);
            let there: Vec<_> = all.iter().filter(|(_, time)| *time < run).cloned().collect();
            let (_, briefs) = execute(&app, &store, &files(&there), &run, false).await;
            let missing = &briefs[0].coverage.regions_missing;
            assert_eq!(briefs[0].is_complete(), missing.is_empty(), "{hour}");
            if let [region] = &missing[..] {
                assert_eq!((region.account.as_str(), region.region.as_str()), (steady, "eu-west-1"));
                assert_eq!(region.last_file, at(if hour == 42 { "10T17:25" } else { "10T13:25" }));
                let brief = render::json(&briefs[0]);
                let headline = "No log of account 111122223333, region eu-west-1; 1 critical";
                assert!(brief.contains(headline), "{brief}");
                found.push(hour);
            }
        }
        assert_eq!(
            found, silent,
            "{regions}{quiet}: a pause as long as its pauses are is not silence, nor is one of less than a day in a region that is not listed"
        );
    }
}
