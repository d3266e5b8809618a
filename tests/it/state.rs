//! States in S3: claimed by one run at a time, advanced by the real program, and errors that say what to do.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output},
    thread,
};

use object_store::{
    ObjectStoreExt as _,
    aws::{AmazonS3, AmazonS3Builder},
};
use serde_json::{Value, json};
use trailbrief::testing::{
    deliver::trial,
    domain::{
        state::{OpenRun, State},
        time::{Span, Timestamp},
    },
    render,
    store::{Claim, Holder, LEASE, Store, StoreError},
};

use crate::{
    common::{base, gunzipped, log_file},
    rig::emulator,
};

/// What the program and `builder` say alike; the emulator takes any credentials.
const VARIABLES: [(&str, &str); 4] = [
    ("AWS_ALLOW_HTTP", "true"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
];

fn builder(url: &str) -> AmazonS3Builder {
    AmazonS3Builder::new()
        .with_endpoint(url)
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id("AKIAEXAMPLE")
        .with_secret_access_key("example")
}

/// Makes a bucket of the emulator, and a store in it.
fn bucket(name: &str) -> Store {
    let url = &emulator().url;
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "PUT /{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Store::s3_by(builder(url), name, "trail/brief").unwrap()
}

fn objects(bucket: &str) -> AmazonS3 {
    builder(&emulator().url).with_bucket_name(bucket).build().unwrap()
}

async fn text(bucket: &str, path: &str) -> String {
    let got = objects(bucket).get(&path.into()).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    gunzipped(&got.bytes().await.unwrap())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_s(1_773_100_800 + seconds)
}

fn run(id: &str) -> OpenRun {
    OpenRun::new(id, at(0))
}

/// Ends a run whose brief was delivered.
async fn commit(mut claim: Claim, state: &State) -> Result<(), StoreError> {
    claim.forget_notes();
    claim.save(state).await?;
    claim.release().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_at_once_one_wins_and_its_commit_is_read_by_the_next() {
    let store = bucket("state-claims");
    for round in 1..=5 {
        let claims = (0..6).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                store.claim("hourly", run(&format!("{round}-{number}")), at(0), LEASE).await
            })
        });
        let mut won = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            match claim.await.unwrap() {
                Ok(claim) => won.push(claim),
                Err(error) => assert!(matches!(error, StoreError::Busy { .. }), "{error:?}"),
            }
        }
        assert_eq!(won.len(), 1, "in round {round}");
        let claim = won.pop().unwrap();
        assert_eq!(claim.state().generation, round - 1);
        commit(claim, &State { generation: round, ..State::default() }).await.unwrap();
    }
}

#[tokio::test]
async fn a_lease_that_is_over_is_taken_over_and_its_run_commits_nothing() {
    let store = bucket("state-takeover");
    let first = store.claim("hourly", run("first"), at(0), LEASE).await.unwrap();
    let busy = store.claim("hourly", run("second"), at(1), LEASE).await.unwrap_err();
    let until = at(0).plus(LEASE);
    let holder = Holder::Leased { run: "first".to_owned(), until };
    assert!(matches!(&busy, StoreError::Busy { holder: found, .. } if *found == holder), "{busy:?}");
    let second = store.claim("hourly", run("second"), until, LEASE).await.unwrap();
    assert_eq!(second.notes().collect::<Vec<_>>(), ["run first did not finish; this run takes over"]);
    let lost = commit(first, &State { generation: 9, ..State::default() }).await.unwrap_err();
    assert!(matches!(&lost, StoreError::Lost { .. }), "{lost:?}");
    assert!(lost.to_string().contains("s3://state-takeover/trail/brief/state/hourly.json"), "{lost}");
    second.release().await.unwrap();
    assert_eq!(store.peek("hourly").await.unwrap(), State { open: Some(run("first")), ..State::default() });
}

#[tokio::test]
async fn a_damaged_state_is_put_aside_and_a_newer_one_left_alone() {
    let store = bucket("state-damaged");
    let path = "trail/brief/state/daily.json";
    objects("state-damaged").put(&path.into(), "{\"version\":1,".into()).await.unwrap();
    let message = render::message(&trial(at(0))).unwrap();
    store.keep_message("daily", &message).await.unwrap();
    let claim = store.claim("daily", run("first"), at(0), LEASE).await.unwrap();
    assert!(claim.notes().next().unwrap().contains("damaged"));
    assert_eq!(claim.state().orphans, [message.run].into());
    commit(claim, &State::default()).await.unwrap();
    let aside = "trail/brief/state/daily.damaged-20260310T000000Z.json";
    assert_eq!(text("state-damaged", aside).await, "{\"version\":1,");
    objects("state-damaged").put(&path.into(), "{\"version\":2}".into()).await.unwrap();
    let newer = store.claim("daily", run("second"), at(0), LEASE).await.unwrap_err();
    assert!(matches!(newer, StoreError::Newer { version: 2, .. }), "{newer:?}");
}

/// A directory with logs of one root sign-in, and a configuration whose state is stored there.
fn folder(state: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    fs::write(logs.join("a.json.gz"), log_file(&[base("console-login-root")])).unwrap();
    fs::write(folder.path().join("trailbrief.toml"), format!("[state]\npath = \"{state}\"\n")).unwrap();
    folder
}

/// A scheduled run of the real program.
fn scheduled_run(folder: &Path, url: &str, time: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args(["run", "--schedule", "hourly", "--logs", "logs", "--format", "json", "--at", time])
        .args(more)
        .current_dir(folder)
        .env_clear()
        .env("AWS_ENDPOINT_URL", url)
        .envs(VARIABLES)
        .output()
        .unwrap()
}

fn brief(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn found(brief: &Value) -> Vec<&str> {
    brief["findings"].as_array().unwrap().iter().map(|finding| finding["state"].as_str().unwrap()).collect()
}

/// The sample's sign-in lies before the first and within the lateness of the second.
const FIRST: &str = "2026-03-10T12:30:00Z";
const SECOND: &str = "2026-03-10T13:30:00Z";

#[tokio::test]
async fn a_schedule_whose_state_is_in_s3_remembers_what_it_reported() {
    let url = &emulator().url;
    let store = bucket("state-program");
    let folder = folder("s3://state-program/trail/brief/");
    let first = brief(&scheduled_run(folder.path(), url, FIRST, &[]));
    assert_eq!(found(&first), ["new"]);
    let state = store.peek("hourly").await.unwrap();
    assert_eq!((state.generation, state.seen.len()), (1, 1));
    let second = brief(&scheduled_run(folder.path(), url, SECOND, &[]));
    assert_eq!(found(&second), ["repeated"]);
    let advanced = store.peek("hourly").await.unwrap();
    assert_eq!(advanced.generation, 2);
    assert!(advanced.watermarks.values().all(|end| end.to_string() == SECOND));

    let id = first["run"]["id"].as_str().unwrap();
    let kept = text("state-program", &format!("trail/brief/briefs/hourly/{id}.json.gz")).await;
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), first);
    let page = text("state-program", &format!("trail/brief/briefs/hourly/{id}.html.gz")).await;
    assert!(page.starts_with("<!"), "{page}");

    let again = scheduled_run(folder.path(), url, SECOND, &[]);
    assert!(stderr(&again).contains("nothing is due"), "{}", stderr(&again));
    // A run that fails gives its lease back, and one that is not recorded needs none.
    assert_eq!(store.peek("hourly").await.unwrap(), advanced);
    let held = store.claim("hourly", run("another"), now(), LEASE).await.unwrap();
    brief(&scheduled_run(folder.path(), url, "2026-03-10T14:30:00Z", &["--no-state"]));
    let busy = scheduled_run(folder.path(), url, "2026-03-10T14:30:00Z", &[]);
    assert_eq!(busy.status.code(), Some(3));
    for part in
        ["`hourly`", "`another`", "until 2", "s3://state-program/trail/brief/state/hourly.json", "hint: wait"]
    {
        assert!(stderr(&busy).contains(part), "{part}: {}", stderr(&busy));
    }
    held.release().await.unwrap();
}

/// The time now: the program has a clock of its own.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix_s(i64::try_from(since.as_secs()).unwrap())
}

#[tokio::test]
async fn a_run_says_that_the_run_before_did_not_finish() {
    let url = &emulator().url;
    let store = bucket("state-killed");
    let folder = folder("s3://state-killed/trail/brief");
    let killed = OpenRun::new("killed", FIRST.parse().unwrap());
    drop(store.claim("hourly", killed, now().minus(Span::HOUR), LEASE).await.unwrap());
    let brief = brief(&scheduled_run(folder.path(), url, FIRST, &[]));
    let notes = &brief["run"]["notes"];
    assert!(
        notes.as_array().unwrap().contains(&json!("run killed did not finish; this run takes over")),
        "{notes}"
    );
    assert_eq!(store.peek("hourly").await.unwrap().generation, 1);
}

#[test]
fn a_damaged_state_is_reported_once() {
    let folder = folder("kept");
    let state = folder.path().join("kept/state");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("hourly.json"), "{\"version\":1,").unwrap();
    let shown = |time: &str| {
        let brief = brief(&scheduled_run(folder.path(), &emulator().url, time, &[]));
        let notes = brief["run"]["notes"].as_array().unwrap().clone();
        notes.iter().filter(|note| note.as_str().unwrap().contains("was damaged")).count()
    };
    assert_eq!((shown(FIRST), shown(SECOND)), (1, 0));
}

/// An address where every request gets this answer.
fn always(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(&stream).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn what_goes_wrong_with_a_bucket_is_named_with_what_to_do() {
    let nowhere = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let denied = always(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 58\r\nConnection: close\r\n\r\n\
         <Error><Code>AccessDenied</Code><Message>No</Message></Error>",
    );
    let moved = always(
        "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\nx-amz-bucket-region: eu-west-1\r\nConnection: close\r\n\r\n",
    );
    let region = always(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 55\r\nConnection: close\r\n\r\n\
         <Error><Code>AuthorizationHeaderMalformed</Code></Error>",
    );
    let folder = folder("s3://state-nowhere/brief");
    let no_scheme = scheduled_run(folder.path(), "127.0.0.1:9", FIRST, &[]);
    assert!(stderr(&no_scheme).contains("`127.0.0.1:9` (`AWS_ENDPOINT_URL`)"), "{}", stderr(&no_scheme));
    for (url, trouble, hint) in [
        (emulator().url.clone(), "the bucket does not exist", "create the bucket"),
        (nowhere, "the endpoint does not answer", "AWS_ENDPOINT_URL"),
        (denied, "permission is denied", "s3:ListBucket"),
        (moved, "the bucket is in another region", "AWS_REGION"),
        (region, "the bucket is in another region", "AWS_REGION"),
    ] {
        for more in [&[][..], &["--no-state"]] {
            let output = scheduled_run(folder.path(), &url, FIRST, more);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(3), "{said}");
            for part in ["s3://state-nowhere/brief/state/hourly.json", trouble, hint] {
                assert!(said.contains(part), "{part}:\n{said}");
            }
        }
    }
}
