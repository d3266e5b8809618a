//! The trace beside detections.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::{
    domain::{
        account::Accounts,
        habits::Habits,
        time::{Span, Window},
    },
    engine::{
        Answer,
        embedded::{
            pack::{Pack, PackLimits, Surroundings},
            reader::Limits,
            scan::{Progress, Stats},
            session::{Resources, Sessions},
            source::{Memory, Source, walk::walk},
        },
    },
    plan::{Question, Sql},
};

fn question(name: &str, sql: &str) -> Question {
    Question {
        detection: name.parse().unwrap(),
        sql: Sql::ad_hoc(sql.to_owned()),
        window: Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap(),
        delivered_from: None,
        returned: None,
        late: None,
        delay: Span::HOUR,
        align: Span::ZERO,
        lookback: Span::DAY,
        own_scan: false,
    }
}

fn source() -> Source {
    let record = |id: u32, time: &str, call: &str, invoked_by: Option<&str>| {
        let (service, name) = call.split_once(':').unwrap();
        json!({ "eventVersion": "1.11", "eventTime": time, "eventSource": format!("{service}.amazonaws.com"),
            "eventName": name, "awsRegion": "us-east-1", "recipientAccountId": "123456789012",
            "eventID": format!("00000000-0000-4000-8000-{id:012}"),
            "userIdentity": { "type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/a/b",
                "accountId": "123456789012", "accessKeyId": "ASIAEXAMPLE", "invokedBy": invoked_by,
                "sessionContext": { "attributes": { "creationDate": "2026-03-10T01:00:00Z",
                    "sessionCredentialFromConsole": "true" }, "sessionIssuer": { "userName": "a" } } },
            "requestParameters": { "userName": "bob" }, "responseElements": null,
            "resources": [{ "ARN": "arn:aws:s3:::b" }] })
    };
    let records = [
        record(1, "2026-03-10T02:00:00Z", "iam:CreateUser", None),
        record(2, "2026-03-10T02:00:00Z", "iam:CreateUser", Some("cloudformation.amazonaws.com")),
        record(3, "2026-03-10T02:00:00Z", "sts:AssumeRole", Some("AWS Internal")),
        record(4, "2026-03-10T02:00:00Z", "s3:ListBuckets", None),
        record(5, "2026-03-10T02:00:00Z", "s3:GetObject", None),
        // Long before what is searched, where a detection looks back.
        record(6, "2026-03-09T02:00:00Z", "iam:CreateUser", None),
        record(7, "2026-03-09T14:00:00Z", "iam:CreateUser", None),
    ];
    let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
    Source::Memory(Memory::from_iter([("a.ndjson".to_owned(), lines.join("\n").into_bytes())]))
}

/// The answers, what was read, and the ids of the trace.
async fn answered(with_trace: bool) -> (Vec<Answer>, Stats, Vec<TraceEvent>) {
    let sessions = Sessions::new(Resources { memory_bytes: 1 << 24, threads_per_query: 1 }).unwrap();
    let accounts = Accounts::default();
    let now = "2026-03-11".parse().unwrap();
    let around = Surroundings { accounts: &accounts, watchlist: &[], habits: &Habits::default(), now };
    let questions = [
        question("a.list", "SELECT eventid FROM events WHERE eventname = 'ListBuckets'"),
        question("a.count", "SELECT count(*) AS n FROM events WHERE eventname = 'GetObject'"),
        question("a.old", "SELECT eventid FROM history WHERE eventname = 'GetObject'"),
    ];
    let mut pack = Pack::plan(&sessions, &questions, &around).await.unwrap();
    if with_trace {
        pack.collect(&TraceQuery {
            calls: vec![
                ("iam.amazonaws.com".to_owned(), BTreeSet::from(["CreateUser".to_owned()])),
                ("sts.amazonaws.com".to_owned(), BTreeSet::from(["AssumeRole".to_owned()])),
            ],
            wanted: Vec::new(),
        });
    }
    let traces = pack.traces();
    let source = source();
    let files = walk(&source, None).unwrap().files;
    let limits = PackLimits {
        threads: 1,
        candidate_bytes: 1 << 24,
        rows: 100,
        reader: Limits { record_bytes: 1 << 20, file_bytes: 1 << 30 },
        deadline: None,
    };
    let (answers, stats) =
        pack.answer(&source, files, &limits, &Arc::new(Progress::default())).await.unwrap();
    let trace = traces.read(&HashSet::from(["00000000-0000-4000-8000-000000000004"])).unwrap();
    assert!(!trace.is_cut);
    (answers, stats, trace.events)
}

#[test]
fn detections_see_nothing_of_the_trace() {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let (plain, plain_stats, none) = runtime.block_on(answered(false));
    let (traced, stats, mut events) = runtime.block_on(answered(true));
    assert_eq!(plain, traced);
    assert_eq!((plain_stats.candidates, none.len()), (2, 0));
    assert_eq!(stats.candidates, plain_stats.candidates, "the trace is not counted");
    assert_eq!(stats.drift.into_report(|_| Vec::new()), plain_stats.drift.into_report(|_| Vec::new()));
    events.sort_by(|a, b| a.id.cmp(&b.id));
    let ids: Vec<&str> = events.iter().map(|event| &event.id[35..]).collect();
    assert_eq!(ids, ["1", "3", "4", "7"], "what a service made and what is too old is left out");
    let event = &events[0];
    assert_eq!((event.request.as_deref(), event.response.as_deref()), (Some(r#"{"userName":"bob"}"#), None));
    assert_eq!(event.resources, ["arn:aws:s3:::b"]);
    assert_eq!(event.identity.access_key.as_deref(), Some("ASIAEXAMPLE"));
    assert_eq!(event.identity.issuer_name.as_deref(), Some("a"));
    assert_eq!(event.identity.created, Some("2026-03-10T01:00:00Z".parse().unwrap()));
    assert!(event.from_console && !event.identity.is_instance && event.succeeded());
}
