//! Logs in an object store: the same files give the same brief as in a directory.

mod bucket;

use std::{collections::BTreeMap, fs, sync::Arc};

use object_store::{ObjectStoreExt as _, memory::InMemory, path::Path};
use serde_json::{Value, json};
use trailbrief::testing::{
    domain::time::Window,
    engine::embedded::{scan::Progress, source::Source},
    run::{self, Job, Logs},
};

use self::bucket::Bucket;
use crate::{
    cli::stderr,
    common::{app, base, log_file},
};

const DAY: &str = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/10";

/// A log file with one root sign-in of its own.
fn login(number: usize) -> Vec<u8> {
    let mut record = base("console-login-root");
    record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
    log_file(&[record])
}

/// The brief of a run over a bucket, for one detection.
fn brief(bucket: &Bucket, prefix: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output =
        bucket.run(folder.path(), prefix, &["--query", "iam.root-console-login", "--format", "json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

#[test]
fn a_bucket_is_read_by_partitions() {
    let app = app();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime.block_on(async {
        let store = InMemory::new();
        let trail = "central/AWSLogs/o-exampleorgid/123456789012";
        for (number, path) in [
            (1, format!("{trail}/CloudTrail/us-east-1/2026/03/10/a.json.gz")),
            (2, format!("{trail}/CloudTrail/us-east-1/2026/03/11/b.json.gz")),
            (3, format!("{trail}/CloudTrail/us-east-1/2026/03/12/c.json.gz")),
            (4, format!("{trail}/CloudTrail-Insight/us-east-1/2026/03/10/d.json.gz")),
        ] {
            let mut record = base("console-login-root");
            record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
            store.put(&Path::from(path), log_file(&[record]).into()).await.unwrap();
        }
        let source = Source::of_store("s3://logs/central", Arc::new(store), Path::from("central"));
        let id = "iam.root-console-login".parse().unwrap();
        let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
        let job =
            Job::on_demand(window, vec![app.library.get(&id).unwrap()], Logs::Files(&source), window.end());
        let brief = run::run(
            &app.context,
            job,
            &Arc::new(Progress::default()),
            &mut trailbrief::testing::engine::ledger::NoLedger,
        )
        .await
        .unwrap()
        .brief;
        // The day of the window and the next: what is delivered after midnight lies there.
        assert_eq!(brief.run.files_read, 2);
        assert_eq!(brief.findings.len(), 2);
        assert_eq!(brief.problems, []);
        assert_eq!(brief.coverage.folders_skipped, [("CloudTrail-Insight".to_owned(), 1)]);
        assert_eq!(brief.coverage.accounts_seen, ["123456789012"]);
    });
}

/// Every prefix that S3 allows: what lies below it is read, or named, and costs nothing else.
#[test]
fn a_key_of_any_characters_costs_itself_only() {
    let readable = [
        "",
        "a~b/",
        "a b+c/",
        "a%20b/",
        "a%2Fb/",
        "a#b/",
        "a?b/",
        "\u{e9}quipe/",
        "a[b]/",
        "a'b&c<d>/",
        "twice//",
        "/",
        "a//b/",
        "AWSLogs/",
        "AWSLogs/o-exampleorgid//",
    ];
    let unreadable = ["a/../b/", "./", "ctrl\u{1}/", "//"];
    let key = |prefix: &str| format!("{prefix}{DAY}/x.json.gz");
    let objects: BTreeMap<String, Vec<u8>> =
        readable.iter().chain(&unreadable).enumerate().map(|(n, prefix)| (key(prefix), login(n))).collect();
    let bucket = Bucket::start(objects, BTreeMap::new());
    let brief = brief(&bucket, "");
    assert_eq!(brief["findings"].as_array().unwrap().len(), readable.len(), "{}", brief["problems"]);
    let problems = brief["problems"].as_array().unwrap();
    let named: Vec<&str> = problems.iter().map(|problem| problem["file"].as_str().unwrap()).collect();
    assert_eq!(named, ["./", &key("//"), "a/../", &key("ctrl\u{1}/")], "{problems:?}");
    assert!(
        problems.iter().all(|problem| problem["reason"].as_str().unwrap().contains("no HTTP client can ask"))
    );
    assert!(problems.iter().all(|problem| problem["uncounted"] == true));
    let listings = bucket.requests().iter().filter(|target| target.contains("list-type=2")).count();
    assert!(listings < 200, "{listings} listings");
    // What S3 charges is counted.
    let cost = &brief["run"]["cost"];
    assert_eq!((&cost["s3_gets"], &cost["s3_lists"]), (&json!(readable.len()), &json!(listings)), "{cost}");
    assert!(brief["run"]["cost_usd"].as_f64().unwrap() > 0.0, "{brief}");
}

#[test]
fn a_prefix_may_be_any_key_s_beginning() {
    let objects = ["b+c ~/", "/", "x//"]
        .iter()
        .enumerate()
        .map(|(n, prefix)| (format!("{prefix}{DAY}/x.json.gz"), login(n)));
    let bucket = Bucket::start(objects.collect(), BTreeMap::new());
    for prefix in ["b+c ~", "b+c ~/", "/", "x//"] {
        assert_eq!(brief(&bucket, prefix)["findings"].as_array().unwrap().len(), 1, "{prefix}");
    }
}

#[test]
fn folders_of_others_are_not_listed_and_markers_are_nothing() {
    let mut objects = BTreeMap::from([(format!("AWSLogs/{DAY}/x.json.gz"), login(1))]);
    for folder in ["", "123456789012/", "123456789012/CloudTrail/", "123456789012/CloudTrail/us-east-1/"] {
        objects.insert(format!("AWSLogs/AWSLogs/{folder}"), Vec::new());
    }
    for other in ["CloudTrail-Digest", "CloudTrail-Insight", "Config", "vpcflowlogs"] {
        objects
            .insert(format!("AWSLogs/AWSLogs/123456789012/{other}/us-east-1/2026/03/10/y.json.gz"), login(2));
    }
    let bucket = Bucket::start(objects, BTreeMap::new());
    let brief = brief(&bucket, "");
    assert_eq!(brief["findings"].as_array().unwrap().len(), 1);
    assert_eq!(brief["problems"], json!([]));
    let skipped: Vec<&str> = brief["coverage"]["folders_skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["folder"].as_str().unwrap())
        .collect();
    assert_eq!(skipped, ["CloudTrail-Digest", "CloudTrail-Insight", "Config", "vpcflowlogs"]);
    for target in bucket.requests() {
        assert!(
            !target.contains("Digest") && !target.contains("Config") && !target.contains("flow"),
            "{target}"
        );
    }
}

/// What S3 refuses is in the brief with what to do; what is large is read as it arrives.
#[test]
fn what_s3_refuses_is_named_and_what_is_large_is_streamed() {
    let mut lines = Vec::new();
    while lines.len() < 9 << 20 {
        let mut record = base("create-user");
        record["requestParameters"] = json!({ "padding": "x".repeat(1 << 20) });
        lines.extend_from_slice(format!("{record}\n").as_bytes());
    }
    let mut record = base("console-login-root");
    record["eventID"] = json!("last");
    lines.extend_from_slice(record.to_string().as_bytes());
    let key = |name: &str| format!("{DAY}/{name}");
    let objects = [
        ("archived.json.gz", login(1)),
        ("encrypted.json.gz", login(2)),
        ("large.json", lines),
        ("unnamed", login(3)),
    ];
    let objects = objects.into_iter().map(|(name, bytes)| (key(name), bytes)).collect();
    let refused = BTreeMap::from([
        (
            key("archived.json.gz"),
            (403, "InvalidObjectState", "The operation is not valid for the object's storage class"),
        ),
        (
            key("encrypted.json.gz"),
            (
                403,
                "AccessDenied",
                "not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:1:key/2 x",
            ),
        ),
    ]);
    let bucket = Bucket::start(objects, refused);
    let brief = brief(&bucket, "");
    let reasons: Vec<&str> = brief["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            "the file cannot be read: it is archived (S3 Glacier): restore it with `aws s3api restore-object`, then run again",
            "the file cannot be read: `arn:aws:kms:us-east-1:1:key/2` encrypts it, and these credentials may not use that key: \
             allow `kms:Decrypt` in the policy of the role or user that runs this, and in the key's",
        ]
    );
    assert_eq!(brief["findings"].as_array().unwrap().len(), 2);
    assert!(brief["run"]["events_read"].as_u64().unwrap() > 9);
}

/// A file that reached the bucket hours after the time in its name counts as delivered then.
#[test]
fn what_reaches_the_bucket_late_is_judged_once() {
    let mut record = base("console-login-root");
    record["eventTime"] = json!("2026-03-10T07:58:00Z");
    let name = |time: &str| format!("{DAY}/123456789012_CloudTrail_us-east-1_20260310T{time}Z_a.json.gz");
    let objects = [(name("0805"), log_file(&[record])), (name("1205"), login(1))];
    // The bucket got both at 12:10.
    let bucket = Bucket::start(objects.into(), BTreeMap::new());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("trailbrief.toml"), "[state]\npath = \"state\"\n").unwrap();
    let mut states = Vec::new();
    for hour in [13, 14] {
        let at = format!("2026-03-10T{hour}:00:00Z");
        let run = ["--schedule", "hourly", "--at", &at, "--format", "json"];
        let output = bucket.run_for(folder.path(), "", &run);
        let brief: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        let logins = brief["findings"].as_array().unwrap().iter();
        let logins = logins.filter(|finding| finding["detection"] == "iam.root-console-login");
        states.push(
            logins
                .map(|finding| format!("{} {}", finding["event_time"], finding["state"]).replace('"', ""))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(states[0], ["2026-03-10T07:58:00Z new", "2026-03-10T12:00:00Z new"], "{states:?}");
    assert!(states[1].iter().all(|state| state.ends_with("repeated")), "{states:?}");
}
