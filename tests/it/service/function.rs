//! The Lambda function: the real program behind a Runtime API, from an empty account to the brief.

mod runtime;

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use object_store::ObjectStoreExt as _;
use serde_json::{Value, json};
use trailbrief::testing::aws::{glue::Glue, organizations::Organizations};

use super::{
    athena::{Athena, Fault},
    command,
};
use crate::{
    common::{base, log_file},
    deliver::{
        program::{mails, verify},
        server::{Server, answer},
    },
    rig,
};
use runtime::Function;

/// What an invocation may take.
pub(super) const QUARTER: Duration = Duration::from_secs(900);

/// What a test needs for itself: a bucket with a root sign-in, a configuration, channels, an Athena.
pub(super) struct Place {
    pub(super) folder: tempfile::TempDir,
    pub(super) athena: Athena,
    slack: Server,
    name: &'static str,
}

impl Place {
    pub(super) async fn new(name: &'static str, more: &str) -> Self {
        let organization = Organizations::new(&rig::sdk().await).id().await.unwrap();
        for bucket in [format!("logs-{name}"), format!("own-{name}")] {
            rig::make_bucket(&bucket);
        }
        let path = format!("AWSLogs/{organization}/111122223333/CloudTrail/us-east-1/2026/03/10/a.json.gz");
        let file = log_file(&[base("console-login-root")]);
        rig::bucket(&format!("logs-{name}")).put(&path.into(), file.into()).await.unwrap();
        let mail = format!("{name}@example.com");
        verify(&mail);
        let config = format!(
            "[table]\nlogs = \"s3://logs-{name}\"\ndatabase = \"db_{name}\"\n\
             [athena]\noutput = \"s3://own-{name}/athena/\"\n[state]\npath = \"s3://own-{name}/state\"\n\
             [baseline]\ndaily_statement = false\n\
             [mail]\nwhen = \"always\"\nfrom = \"{mail}\"\nto = [\"{mail}\"]\n[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n{more}"
        );
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        Self { folder, athena: Athena::start(), slack: Server::start(&[answer(200, "ok")]), name }
    }

    pub(super) fn function(&self) -> Function {
        self.function_in(self.folder.path(), &[])
    }

    pub(super) fn function_in(&self, folder: &Path, environment: &[(&str, &str)]) -> Function {
        let mut command = command(folder, &[]);
        command
            .env("AWS_ENDPOINT_URL_ATHENA", &self.athena.url)
            .env("HOOK", &self.slack.url)
            .envs(environment.iter().copied());
        Function::start(command)
    }

    pub(super) fn mails(&self) -> Vec<Value> {
        mails(&format!("{}@example.com", self.name))
    }

    pub(super) async fn state(&self) -> Value {
        let bucket = rig::bucket(&format!("own-{}", self.name));
        let got = bucket.get(&"state/state/hourly.json".into()).await.unwrap();
        serde_json::from_slice(&got.bytes().await.unwrap()).unwrap()
    }
}

pub(super) fn scheduled_run(time: &str) -> Value {
    json!({"schedule": "hourly", "scheduled_time": time})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_empty_account_to_the_brief_and_never_twice() {
    let place = Place::new("function", "").await;
    let function = place.function();
    let answer = function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), QUARTER).unwrap();
    assert_eq!(answer, json!({"run": "hourly-20260310T123000Z", "outcome": "told"}));
    let found = place.mails();
    let [mail] = found.as_slice() else { panic!("{found:?}") };
    assert!(mail["Subject"].as_str().unwrap().starts_with("1 critical"), "{mail}");
    assert_eq!(place.slack.asked().len(), 1);
    assert!(place.slack.asked()[0].contains("Root user signed in"));
    let state = place.state().await;
    assert_eq!(state["told"], "2026-03-10T12:30:00Z");
    let ends: BTreeSet<String> =
        state["watermarks"].as_object().unwrap().values().map(ToString::to_string).collect();
    assert_eq!(ends, [String::from("\"2026-03-10T12:30:00Z\"")].into());
    assert!(state["scanned"]["2026-03"].as_u64().unwrap() > 0);
    assert_eq!((&state["lease"], &state["open"], &state["owed"]), (&Value::Null, &Value::Null, &Value::Null));

    // The same event again: nothing is evaluated and nothing is sent.
    let asked = place.athena.executions().len();
    let again = function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), QUARTER).unwrap();
    assert_eq!(again["outcome"], "already told");
    assert_eq!((place.mails().len(), place.slack.asked().len()), (1, 1));
    assert_eq!(place.athena.executions().len(), asked);

    // A new account that delivers logs is in the table by the next run, which reports nothing twice.
    let client = aws_sdk_organizations::Client::new(&rig::sdk().await);
    let created = client.create_account().email("next@example.com").account_name("next").send().await;
    let id = created.unwrap().create_account_status.unwrap().account_id.unwrap();
    let organization = Organizations::new(&rig::sdk().await).id().await.unwrap();
    let path = format!("AWSLogs/{organization}/{id}/CloudTrail/us-east-1/2026/03/10/a.json.gz");
    rig::bucket("logs-function").put(&path.into(), log_file(&[]).into()).await.unwrap();
    let rule = json!({
        "version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
        "time": "2026-03-10T13:30:00Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/trailbrief-hourly"], "detail": {},
    });
    assert_eq!(function.invoke(&rule, QUARTER).unwrap()["outcome"], "told");
    let table = Glue::new(&rig::sdk().await).table("db_function", "cloudtrail").await.unwrap().unwrap();
    assert!(table.definition.parameters["projection.account.values"].contains(&id));
    let subjects: Vec<String> = place.mails().iter().map(|mail| mail["Subject"].to_string()).collect();
    assert_eq!(subjects.len(), 2);
    assert!(subjects.iter().any(|subject| !subject.contains("critical")), "{subjects:?}");

    let log = function.end();
    let story: Vec<&Value> = log
        .iter()
        .filter(|line| line["requestId"].as_str().is_some_and(|id| id.starts_with("request-1-")))
        .collect();
    assert!(story.len() < 20, "{story:#?}");
    let messages: Vec<&str> = story.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(messages[..4], ["event received", "loaded", "table up to date", "evaluated"]);
    assert_eq!(messages[6..], ["committed", "finished"]);
    assert!(story.iter().all(|line| line["level"] == "INFO" && line["timestamp"].is_string()), "{story:#?}");
    let metrics: Vec<&Value> = log.iter().filter(|line| line["_aws"].is_object()).collect();
    assert!(metrics.iter().any(|line| line["Severity"] == "critical" && line["Findings"] == 1.0));
    let run = metrics.iter().find(|line| line["Runs"] == 1.0).unwrap();
    assert_eq!((&run["Schedule"], &run["Failures"]), (&json!("hourly"), &json!(0.0)));
    for name in ["Duration", "Lateness", "WatermarkAge", "ScannedBytes"] {
        assert!(run[name].is_number(), "{name}: {run}");
        let declared = &run["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert!(declared.as_array().unwrap().iter().any(|metric| metric["Name"] == name), "{declared}");
    }
}

/// Long enough to start a statement, too short to wait for one that hangs.
pub(super) const SECONDS: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_outlasts_its_invocation_is_resumed() {
    let place = Place::new("outlast", "").await;
    let lambda = Server::start(&[answer(202, "")]);
    let environment = [("AWS_ENDPOINT_URL_LAMBDA", lambda.url.as_str())];
    let function = place.function_in(place.folder.path(), &environment);
    place.athena.fail(&[Fault::Stuck]);
    let open = function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), SECONDS).unwrap();
    assert_eq!(open["outcome"], "open");
    assert_eq!(place.mails().len(), 0);
    let state = place.state().await;
    assert_eq!(state["open"]["run"], "hourly-20260310T123000Z");
    assert_eq!(state["open"]["executions"].as_object().unwrap().len(), 1);
    assert_eq!((&state["lease"], &state["watermarks"]), (&Value::Null, &json!({})));
    assert_eq!(place.athena.stopped(), 0, "its statements keep running");

    // It invokes itself and resumes the run with the statements that it started, also in another process.
    let asked: Vec<Value> = lambda.asked().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let again = json!({"schedule": "hourly", "scheduled_time": "2026-03-10T12:30:00Z", "resumes": 1});
    assert_eq!(asked, [again]);
    assert_eq!(lambda.lines(), ["POST /2015-03-31/functions/trailbrief/invocations HTTP/1.1"]);
    place.athena.unstick();
    let other = place.function_in(place.folder.path(), &environment);
    assert_eq!(other.invoke(&asked[0], QUARTER).unwrap()["outcome"], "told");
    assert_eq!((place.mails().len(), place.slack.asked().len()), (1, 1));
    assert_eq!(place.athena.executions().len(), 1);
    assert_eq!(place.state().await["open"], Value::Null);
    let log = other.end();
    assert!(log.iter().any(|line| line["message"] == "resuming an open run"), "{log:#?}");

    // The next run finishes the open run first. If the function cannot invoke itself, that is an error of its own kind.
    place.athena.fail(&[Fault::Stuck]);
    let alone = place.function_in(place.folder.path(), &[("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")]);
    let refused = alone.invoke(&scheduled_run("2026-03-10T13:30:00Z"), SECONDS).unwrap_err();
    assert_eq!(refused["errorType"], "Unfinished", "{refused}");
    place.athena.unstick();
    assert_eq!(alone.invoke(&scheduled_run("2026-03-10T14:30:00Z"), QUARTER).unwrap()["outcome"], "told");
    assert_eq!(place.athena.executions().len(), 3);
    assert_eq!(place.mails().len(), 3);
    assert_eq!(place.state().await["told"], "2026-03-10T14:30:00Z");
}

/// An alias may stand for another program than the newest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_resumed_by_the_alias_that_was_invoked() {
    let place = Place::new("alias", "").await;
    let lambda = Server::start(&[answer(202, "")]);
    let function =
        place.function_in(place.folder.path(), &[("AWS_ENDPOINT_URL_LAMBDA", lambda.url.as_str())]);
    function.qualify(":live");
    place.athena.fail(&[Fault::Stuck]);
    assert_eq!(function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), SECONDS).unwrap()["outcome"], "open");
    let line = "POST /2015-03-31/functions/trailbrief/invocations?Qualifier=live HTTP/1.1";
    assert_eq!(lambda.lines(), [line]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_run_is_resumed_once_whatever_a_channel_lacks() {
    let place = Place::new("lacking", "").await;
    let (lambda, dead) = (Server::start(&[answer(202, "")]), Server::start(&[answer(404, "no_service")]));
    let environment = [("AWS_ENDPOINT_URL_LAMBDA", lambda.url.as_str()), ("HOOK", dead.url.as_str())];
    let function = place.function_in(place.folder.path(), &environment);
    let refused = function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), QUARTER).unwrap_err();
    assert_eq!(refused["errorType"], "Delivery", "{refused}");
    // Lambda gives an event that fails again, besides the one that the function gives itself.
    place.athena.fail(&[Fault::Stuck]);
    let open = function.invoke(&scheduled_run("2026-03-10T13:30:00Z"), SECONDS).unwrap();
    assert_eq!((open["outcome"].as_str(), lambda.asked().len()), (Some("open"), 1));
    place.athena.unstick();
    let ended = function.invoke(&serde_json::from_str(&lambda.asked()[0]).unwrap(), QUARTER).unwrap_err();
    assert_eq!(ended["errorType"], "Delivery", "{ended}");
    assert_eq!((place.mails().len(), place.state().await["owed"].as_object().unwrap().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_invocations_at_once_one_delivers() {
    let place = Place::new("both", "").await;
    let functions = [place.function(), place.function()];
    let event = scheduled_run("2026-03-10T12:30:00Z");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked = functions.each_ref().map(|function| scope.spawn(|| function.invoke(&event, QUARTER)));
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert!(
        answers.iter().any(|answer| answer.as_ref().is_ok_and(|answer| answer["outcome"] == "told")),
        "{answers:?}"
    );
    // The other one came while the first worked, or after it; neither is a failure.
    let other = |answer: &Result<Value, Value>| {
        answer
            .as_ref()
            .is_ok_and(|answer| answer["outcome"] == "already told" || answer["outcome"] == "under way")
    };
    assert_eq!(answers.iter().filter(|answer| other(answer)).count(), 1, "{answers:?}");
    assert_eq!((place.mails().len(), place.slack.asked().len()), (1, 1));
    assert_eq!(place.athena.executions().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_on_demand_is_answered_with_the_brief() {
    let place = Place::new("demand", "").await;
    let function = place.function();
    let window = json!({"from": "2026-03-10", "to": "2026-03-11", "query": ["iam.root-console-login"]});
    let refused = function.invoke(&window, QUARTER).unwrap_err();
    assert_eq!(refused["errorType"], "Configuration", "{refused}");
    assert!(refused["errorMessage"].as_str().unwrap().contains("there is no table `db_demand.cloudtrail`"));

    assert_eq!(function.invoke(&scheduled_run("2026-03-10T06:00:00Z"), QUARTER).unwrap()["outcome"], "told");
    let sent = place.mails().len();
    let answer = function.invoke(&window, QUARTER).unwrap();
    let brief = &answer["brief"];
    assert_eq!(brief["schema_version"], 1);
    assert_eq!(brief["findings"].as_array().unwrap().len(), 1);
    assert_eq!(place.mails().len(), sent);
    let mut notify = window.clone();
    notify["notify"] = json!(["mail"]);
    assert_eq!(function.invoke(&notify, QUARTER).unwrap()["outcome"], "told");
    assert_eq!(place.mails().len(), sent + 1);
    let mut plan = window.clone();
    plan["dry_run"] = json!(true);
    let planned = function.invoke(&plan, QUARTER).unwrap();
    assert_eq!(planned["detections"], json!(["iam.root-console-login"]));
    let mut typo = window;
    typo["querry"] = json!("x");
    let refused = function.invoke(&typo, QUARTER).unwrap_err();
    assert_eq!(refused["errorType"], "Request");
    assert!(refused["errorMessage"].as_str().unwrap().contains("`querry` is not one of"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_may_lie_in_the_environment() {
    let place = Place::new("environment", "").await;
    let config = fs::read_to_string(place.folder.path().join("trailbrief.toml")).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let function = place.function_in(empty.path(), &[("TRAILBRIEF_CONFIG_TEXT", &config)]);
    assert_eq!(function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), QUARTER).unwrap()["outcome"], "told");
    assert_eq!(place.mails().len(), 1);

    let function = place.function_in(empty.path(), &[("TRAILBRIEF_CONFIG_TEXT", "[tabel]\n")]);
    let refused = function.invoke(&json!({}), QUARTER).unwrap_err();
    assert_eq!(refused["errorType"], "Configuration");
    let log = function.end();
    let problem = log.iter().find(|line| line["message"] == "configuration").unwrap();
    let problem = problem["problem"].as_str().unwrap();
    assert!(problem.contains("TRAILBRIEF_CONFIG_TEXT:1") && problem.contains("tabel"), "{problem}");

    // A function's disk is lost with its process, and a state on it would be, too.
    let kept = config.replace("s3://own-environment/state", "/var/state");
    let more = "[library]\npaths = [\"gone\"]\n";
    let function = place.function_in(empty.path(), &[("TRAILBRIEF_CONFIG_TEXT", &(kept + more))]);
    let refused = function.invoke(&scheduled_run("2026-03-10T13:30:00Z"), QUARTER).unwrap_err();
    assert_eq!(refused["errorType"], "Configuration", "{refused}");
    let said = refused["errorMessage"].as_str().unwrap();
    assert!(said.contains("`/var/state`") && said.contains("s3://bucket/prefix"), "{said}");
    // Detections that are not in the zip are missed.
    let log = function.end();
    let warned = log.iter().find(|line| line["level"] == "WARN").unwrap();
    assert!(warned["problem"].as_str().unwrap().contains("gone`: no such file"), "{warned}");
}
