//! The view `sessions` and the stories say the same: who made which session, key, user or instance possible.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use serde_json::Value;
use trailbrief::testing::{
    app::App,
    demo,
    domain::{
        account::Accounts,
        delivery::USUAL_DELAY,
        habits::Habits,
        time::{Span, Window},
        trace::{TraceField, TraceQuery, Wanted},
    },
    engine::{
        Answer,
        embedded::{
            pack::{Pack, Surroundings},
            scan::Progress,
            source::{Memory, Source, walk::walk},
        },
    },
    plan::{Question, Sql},
    story,
};

use crate::common::empty_config;

/// Child, parent, event.
type Links = BTreeSet<(String, String, String)>;

/// The links that the view gives and those that stories rest on, of each of these sources.
fn both(window: Window, sources: Vec<Source>) -> Vec<(Links, Links)> {
    let app = App::load(Some(&empty_config())).unwrap();
    let question = Question {
        detection: "a.sessions".parse().unwrap(),
        sql: Sql::ad_hoc(
            "SELECT session, issuer, event_id FROM sessions WHERE issuer IS NOT NULL \
             AND how NOT IN ('CreateLoginProfile', 'GetRoleCredentials', 'instance profile')"
                .to_owned(),
        ),
        window,
        delivered_from: None,
        returned: None,
        late: None,
        delay: USUAL_DELAY,
        align: Span::ZERO,
        lookback: Span::ZERO,
        own_scan: false,
    };
    let accounts = Accounts::default();
    let habits = Habits::default();
    let surroundings =
        Surroundings { accounts: &accounts, watchlist: &[], habits: &habits, now: window.end() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async {
        let mut pack = Pack::plan(&app.context.sessions, &[question], &surroundings).await.unwrap();
        // Every event: that a session belongs to the console may show in any.
        let all = Wanted::Like(TraceField::Id, vec![String::new(), String::new()]);
        pack.collect(&TraceQuery { wanted: vec![all], ..TraceQuery::default() });
        let mut all = Vec::new();
        for source in sources {
            let files = walk(&source, None).unwrap().files;
            let traces = pack.traces();
            let progress = Arc::new(Progress::default());
            let answered = pack.answer(&source, files, &app.context.limits, &progress).await.unwrap();
            let (rows, undecidable) = match answered.0.into_iter().next() {
                Some(Answer::Rows { rows, undecidable, .. }) => (rows.rows, undecidable),
                other => panic!("the view gives no answer: {other:?}"),
            };
            assert_eq!(undecidable.len(), 0, "{undecidable:?}");
            let ids: HashSet<&str> = HashSet::new();
            let trace = traces.read(&ids).unwrap();
            assert!(!trace.is_cut);
            let cell = |row: &[_], at: usize| text(&row[at]);
            let of_view = rows.iter().map(|row| (cell(row, 0), cell(row, 1), cell(row, 2))).collect();
            let of_stories = story::links(&trace.events)
                .into_iter()
                // Stories also link a stranger to whoever changed a trust to let them in; the view lists sessions only.
                .filter(|(child, _, _, is_session)| *is_session || !child.starts_with("key:ASIA"))
                .map(|(child, parent, event, _)| (child, parent, event))
                .collect();
            all.push((of_view, of_stories));
        }
        all
    })
}

fn text(value: &trailbrief::testing::domain::rows::Value) -> String {
    value.text().unwrap_or_default()
}

#[test]
fn the_view_and_the_stories_agree_on_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo::write(folder.path(), 20_260_310).unwrap();
    let source = Source::open(&demo.logs.to_string_lossy()).unwrap();
    let both = both(demo.window, vec![source]);
    let (of_view, of_stories) = &both[0];
    assert_eq!(of_view, of_stories);
    let made: Vec<&str> = of_view.iter().map(|(child, _, _)| child.split(':').next().unwrap()).collect();
    assert_eq!(made, ["console", "key", "key", "user"], "{of_view:?}");
}

#[test]
fn the_view_and_the_stories_agree_on_every_situation() {
    let situations: Value =
        serde_json::from_str(include_str!("../../src/story/tests/situations.json")).unwrap();
    let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
    let situations = situations.as_array().unwrap();
    let sources = situations.iter().map(|case| {
        let records = case["records"].as_array().unwrap();
        let lines: Vec<String> =
            records.iter().enumerate().map(|(at, it)| filled(at, it).to_string()).collect();
        Source::Memory(Memory::from_iter([("case.ndjson".to_owned(), lines.join("\n").into_bytes())]))
    });
    let mut differ = Vec::new();
    for (case, (of_view, of_stories)) in situations.iter().zip(both(window, sources.collect())) {
        let strangers: BTreeSet<&String> = of_view
            .iter()
            .filter(|(child, parent, _)| child.starts_with("key:") && parent.starts_with("stranger:"))
            .map(|(child, _, _)| child)
            .collect();
        let known = |links: &Links| -> Links {
            links.iter().filter(|(child, _, _)| !strangers.contains(child)).cloned().collect()
        };
        if known(&of_view) != known(&of_stories) {
            differ.push(format!("{}:\n  view    {of_view:?}\n  stories {of_stories:?}", case["name"]));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// A record of a situation as CloudTrail writes it.
fn filled(at: usize, record: &Value) -> Value {
    let mut record = record.clone();
    let call = record["call"].as_str().unwrap_or("iam:ListUsers").to_owned();
    let (service, name) = call.split_once(':').unwrap();
    record["eventSource"] = Value::from(format!("{service}.amazonaws.com"));
    record["eventName"] = Value::from(name);
    if record["eventID"].is_null() {
        record["eventID"] = Value::from(format!("00000000-0000-4000-8000-{at:012}"));
    }
    if record["recipientAccountId"].is_null() {
        record["recipientAccountId"] = Value::from("111111111111");
    }
    if record["userIdentity"]["accountId"].is_null()
        && let Some(account) =
            record["userIdentity"]["arn"].as_str().and_then(|arn| arn.split(':').nth(4)).map(str::to_owned)
    {
        record["userIdentity"]["accountId"] = Value::from(account);
    }
    let second = record["s"].as_i64().unwrap_or(at as i64 * 10);
    record["eventTime"] = Value::from(format!("2026-03-10T12:{:02}:{:02}Z", second / 60, second % 60));
    record.as_object_mut().unwrap().remove("call");
    record.as_object_mut().unwrap().remove("s");
    record
}
