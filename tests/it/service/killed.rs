//! Killed anywhere: the real program dies before or after each call that it makes to the outside, and is run again. In the
//! end every finding was reported, none twice but as a marked repeat, nothing was charged twice, and the watermarks are right.

mod proxy;

use std::{
    collections::BTreeMap,
    fs,
    process::{Command, Output, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use object_store::ObjectStoreExt as _;
use serde_json::{Value, json};

use super::{athena::Athena, command, stderr};
use crate::{
    common::{ROOT_LOGIN, base, log_file},
    deliver::{
        program::{mails, verify},
        server::{Server, answer},
    },
    rig,
};
use proxy::{Moment, Proxy};

const FIRST: &str = "2026-03-10T12:30:00Z";
const SECOND: &str = "2026-03-10T13:30:00Z";

/// Two sign-ins, one in the hour before each run.
fn logs() -> [Value; 2] {
    [("2026-03-10T12:10:00Z", "aaaaaaaa"), ("2026-03-10T13:10:00Z", "bbbbbbbb")].map(|(time, id)| {
        let mut login = base("console-login-root");
        login["eventTime"] = json!(time);
        login["eventID"] = json!(format!("{id}-0000-4000-8000-000000000000"));
        login
    })
}

/// One run of the story: its own state, its own channels, its own Athena.
struct Story {
    folder: tempfile::TempDir,
    athena: Athena,
    slack: Server,
    mail: String,
    state: String,
}

impl Story {
    fn new(name: &str) -> Self {
        let mail = format!("{name}@example.com");
        verify(&mail);
        let folder = tempfile::tempdir().unwrap();
        let detections = folder.path().join("detections/test");
        fs::create_dir_all(&detections).unwrap();
        fs::write(detections.join("root-login.sql"), ROOT_LOGIN).unwrap();
        let config = format!(
            "[library]\npaths = [\"detections\"]\n[schedules.tiny]\npacks = [\"tiny\"]\nevery = \"1h\"\nlateness = \"2h\"\n\
             [[accounts]]\nid = \"111122223333\"\nname = \"payments\"\n\
             [table]\nlogs = \"s3://logs-killed\"\ndatabase = \"db_killed\"\norganization = \"o-exampleorgid\"\n\
             [athena]\noutput = \"s3://own-killed/athena/{name}/\"\n[state]\npath = \"s3://own-killed/{name}\"\n\
             [mail]\nwhen = \"always\"\nfrom = \"{mail}\"\nto = [\"{mail}\"]\n[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n"
        );
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        let (athena, slack) = (Athena::start(), Server::start(&[answer(200, "ok")]));
        Self { folder, athena, slack, mail, state: format!("{name}/state/tiny.json") }
    }

    fn scheduled_run(&self, proxy: &Proxy, at: &str) -> Command {
        let now = at.replace(":30:", ":35:");
        let arguments = ["run", "--schedule", "tiny", "--at", at, "--now", &now, "--format", "json"];
        let mut command = command(self.folder.path(), &arguments);
        command
            .env("AWS_ENDPOINT_URL", &proxy.url)
            .env("HOOK", format!("{}/hook", proxy.url))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn proxy(&self, moment: Option<Moment>) -> Proxy {
        Proxy::start(&rig::emulator().url, &self.athena.url, &self.slack.url, moment)
    }

    /// Runs the first run, killed at this moment if it comes, and then the second; gives the calls of the first.
    ///
    /// One that was killed before it claimed the state never was: it is run again, as Lambda does with its events.
    fn tell(&self, moment: Option<Moment>) -> Vec<String> {
        let proxy = self.proxy(moment);
        let killed = proxy.run(self.scheduled_run(&proxy, FIRST));
        assert_eq!(killed.is_none(), proxy.has_killed(), "{moment:?}");
        if let Some(output) = killed {
            ended(&output, moment);
        }
        let calls = proxy.calls();
        let claimed = calls.iter().position(|call| self.is_claim(call)).map(|index| index + 1);
        let begun = moment
            .is_none_or(|at| claimed.is_some_and(|call| call < at.call || (call == at.call && at.after)));
        for at in [FIRST, SECOND].iter().skip(usize::from(begun)) {
            let proxy = self.proxy(None);
            ended(&proxy.run(self.scheduled_run(&proxy, at)).unwrap(), moment);
        }
        calls
    }

    fn is_claim(&self, call: &str) -> bool {
        call.starts_with("PUT ") && call.contains(&self.state)
    }

    /// What must hold in the end.
    async fn check(&self, moment: Option<Moment>) {
        let mails = mails(&self.mail);
        let mails: Vec<(String, String)> = mails
            .iter()
            .map(|mail| (mail["Subject"].as_str().unwrap().to_owned(), mail["BodyText"].to_string()))
            .collect();
        let messages: Vec<(String, String)> = self
            .slack
            .asked()
            .iter()
            .map(|body| {
                let message: Value = serde_json::from_str(body).unwrap();
                (message["text"].as_str().unwrap().to_owned(), body.clone())
            })
            .collect();
        for (channel, sent) in [("mail", &mails), ("slack", &messages)] {
            // Each run has one critical finding that is new.
            let marked = sent.iter().filter(|(subject, _)| subject.contains("[repeat]")).count();
            let news = sent.iter().filter(|(subject, _)| subject.contains("1 critical")).count();
            assert!(news >= 2, "{moment:?}: {channel} lost a finding: {sent:#?}");
            assert!(news - marked <= 2 && marked <= 1, "{moment:?}: {channel} got it twice: {sent:#?}");
        }
        let mut paid: BTreeMap<String, usize> = BTreeMap::new();
        for execution in self.athena.executions() {
            *paid.entry(execution.sql).or_default() += 1;
        }
        assert_eq!(paid.len(), 2, "{moment:?}: {paid:#?}");
        assert!(paid.values().all(|count| *count == 1), "{moment:?}: paid twice: {paid:#?}");
        let got = rig::bucket("own-killed").get(&self.state.as_str().into()).await.unwrap();
        let state: Value = serde_json::from_slice(&got.bytes().await.unwrap()).unwrap();
        assert_eq!(state["watermarks"], json!({"test.root-login": SECOND}), "{moment:?}");
        assert_eq!((&state["told"], &state["generation"]), (&json!(SECOND), &json!(2)), "{moment:?}");
        for left in ["open", "owed", "lease"] {
            assert_eq!(state[left], Value::Null, "{moment:?}: {left}");
        }
    }
}

fn ended(output: &Output, moment: Option<Moment>) {
    assert_eq!(output.status.code(), Some(0), "{moment:?}: {}", stderr(output));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_or_after_any_call_it_reports_everything_and_is_charged_once() {
    for bucket in ["logs-killed", "own-killed"] {
        rig::make_bucket(bucket);
    }
    let path = "AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-east-1/2026/03/10/a.json.gz";
    rig::bucket("logs-killed").put(&path.into(), log_file(&logs()).into()).await.unwrap();

    let whole = Story::new("killed-never");
    let calls = whole.tell(None);
    whole.check(None).await;
    assert!(calls.len() > 15, "{calls:#?}");

    let moments: Vec<Moment> = (1..=calls.len())
        .flat_map(|call| [Moment { call, after: false }, Moment { call, after: true }])
        .collect();
    let (next, stories) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(moment) = moments.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let side = if moment.after { "after" } else { "before" };
                    let story = Story::new(&format!("killed-{side}-{}", moment.call));
                    story.tell(Some(*moment));
                    stories.lock().unwrap().push((*moment, story));
                }
            });
        }
    });
    let stories = stories.into_inner().unwrap();
    assert_eq!(stories.len(), moments.len());
    for (moment, story) in &stories {
        story.check(Some(*moment)).await;
    }
}
