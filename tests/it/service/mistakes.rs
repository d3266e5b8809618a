//! Mistakes in the configuration, one after the other: the real program names each and says what to do.

use std::fs;

use aws_sdk_glue::types::TableInput;
use serde_json::{Value, json};
use trailbrief::testing::aws::glue::Glue;

use super::{athena::Athena, canned::Canned, command, runs::SAMPLE, stderr, stdout};
use crate::rig;

/// A table, without its accounts.
const TABLE: &str = "[table]\nlogs = \"s3://logs-mistakes\"\ndatabase = \"db_mistakes\"\n";
/// A table with its accounts.
const KNOWN: &str =
    "[table]\nlogs = \"s3://logs-mistakes\"\ndatabase = \"db_mistakes\"\norganization = \"o-exampleorgid\"\n";
const RUN: &[&str] = &["run", "--from", "2026-03-10", "--to", "2026-03-11", "--query", "iam.root*"];
const RUN_ON_FILES: &[&str] = &["run", "--logs", "s3://logs-mistakes", "--last", "1h"];
const QUERY: &[&str] = &["query", "SELECT count(*) AS n FROM events", "--last", "1h"];
const PLAN: &[&str] = &["table", "plan"];
const NOTIFY: &[&str] = &["notify", "test"];
const MAIL: &str = "[mail]\nfrom = \"unverified@example.com\"\nto = [\"unverified@example.com\"]\n";
const NOBODY: &[(&str, &str)] =
    &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_EC2_METADATA_DISABLED", "true")];
const NOWHERE: &[(&str, &str)] = &[("AWS_REGION", ""), ("AWS_EC2_METADATA_DISABLED", "true")];

/// What S3 answers.
fn s3(status: u16, code: &str, message: &str, more: &str) -> Canned {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message>{more}<RequestId>1</RequestId></Error>"
    );
    Canned::start(move |_, _, _| (status, Value::String(body.clone())))
}

/// An Athena that refuses this operation and plays along up to it.
fn athena_without(refused: &'static str) -> Canned {
    Canned::start(move |operation, _, _| {
        if operation == refused {
            let message = format!("You are not authorized to perform: athena:{refused} on the resource");
            return (400, json!({"__type": "AccessDeniedException", "Message": message}));
        }
        let id = "00000000-0000-4000-8000-000000000000";
        let answer = match operation {
            "StartQueryExecution" => json!({"QueryExecutionId": id}),
            "BatchGetQueryExecution" => json!({"UnprocessedQueryExecutionIds": [], "QueryExecutions": [
                {"QueryExecutionId": id, "Status": {"State": "SUCCEEDED"}, "ResultConfiguration":
                    {"OutputLocation": format!("s3://results-nobody-has/{id}.csv")}}]}),
            _ => json!({}),
        };
        (200, answer)
    })
}

/// The cases as text: the mistake, the exit code, the output.
#[derive(Default)]
struct Transcript(String);

impl Transcript {
    /// Runs the program with a configuration and its own environment.
    fn take(&mut self, what: &str, config: &str, environment: &[(&str, &str)], arguments: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        let mut command = command(folder.path(), arguments);
        let output = command.envs(environment.iter().copied()).env("HOME", folder.path()).output().unwrap();
        assert!(!output.status.success(), "{what}: {}{}", stdout(&output), stderr(&output));
        let said = if arguments[0] == "notify" { stdout(&output) } else { stderr(&output) };
        let advice = said.lines().filter(|line| line.trim_start().starts_with("hint: ")).count();
        assert!(advice > 0, "{what} says not what to do: {said}");
        self.0 += &format!("## {what}: {}\n{}\n{said}\n", arguments.join(" "), output.status.code().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_named_with_what_to_do() {
    let client = aws_sdk_glue::Client::new(&rig::sdk().await);
    Glue::new(&rig::sdk().await).create_database("db_mistakes").await.unwrap();
    let theirs = TableInput::builder().name("theirs").build().unwrap();
    client.create_table().database_name("db_mistakes").table_input(theirs).send().await.unwrap();
    tokio::task::spawn_blocking(cases).await.unwrap();
}

fn cases() {
    rig::make_bucket("logs-mistakes");
    let mut transcript = Transcript::default();
    of_credentials(&mut transcript);
    of_the_table(&mut transcript);
    of_the_bucket(&mut transcript);
    of_athena(&mut transcript);
    of_channels(&mut transcript);

    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"127\.0\.0\.1:\d{2,}", "127.0.0.1:[PORT]");
    settings.add_filter(r"\d{8}-0000-4000-8000-000000000000", "[ID]");
    settings.bind(|| insta::assert_snapshot!("mistakes", transcript.0));
}

/// A service that refuses every call.
fn refused(code: &'static str, message: &'static str) -> Canned {
    Canned::refusing(400, code, message)
}

/// A service that allows nothing.
fn denied() -> Canned {
    refused("AccessDeniedException", "User: arn:aws:iam::111122223333:user/x is not authorized")
}

/// Nobody to ask as, nowhere to ask, nobody to answer.
fn of_credentials(transcript: &mut Transcript) {
    for (what, environment) in [("no credentials", NOBODY), ("no region", NOWHERE)] {
        for arguments in [PLAN, RUN, QUERY] {
            transcript.take(what, KNOWN, environment, arguments);
        }
    }
    transcript.take("no credentials", "", NOBODY, RUN_ON_FILES);
    let gone = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
    transcript.take("nobody answers", KNOWN, &gone, RUN);
}

/// The organization's accounts, the table's metadata.
fn of_the_table(transcript: &mut Transcript) {
    for (what, canned) in [
        ("no permission", denied()),
        ("no organization", refused("AWSOrganizationsNotInUseException", "Your account is not a member")),
        (
            "keys that are gone",
            refused("UnrecognizedClientException", "The security token included in the request is invalid"),
        ),
        (
            "keys that have ended",
            refused("ExpiredTokenException", "The security token included in the request is expired"),
        ),
    ] {
        transcript.take(what, TABLE, &[("AWS_ENDPOINT_URL_ORGANIZATIONS", &canned.url)], PLAN);
    }
    let (glue, lake) = (
        denied(),
        refused("AccessDeniedException", "Insufficient Lake Formation permission(s) on cloudtrail"),
    );
    transcript.take("no permission", KNOWN, &[("AWS_ENDPOINT_URL_GLUE", &glue.url)], RUN);
    transcript.take("Lake Formation", KNOWN, &[("AWS_ENDPOINT_URL_GLUE", &lake.url)], RUN);
    transcript.take("no table", KNOWN, &[], RUN);
    transcript.take("a table of another tool", &format!("{KNOWN}name = \"theirs\"\n"), &[], RUN);
    transcript.take("a table of another tool", &format!("{KNOWN}name = \"theirs\"\n"), &[], QUERY);
}

/// The bucket of the logs.
fn of_the_bucket(transcript: &mut Transcript) {
    for (what, s3) in [
        ("no permission", s3(403, "AccessDenied", "Access Denied", "")),
        ("wrong bucket", s3(404, "NoSuchBucket", "The specified bucket does not exist", "")),
        (
            "wrong region",
            s3(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint",
                "<Endpoint>logs-mistakes.s3.eu-west-1.amazonaws.com</Endpoint>",
            ),
        ),
    ] {
        let environment = [("AWS_ENDPOINT_URL_S3", s3.url.as_str())];
        transcript.take(what, KNOWN, &environment, PLAN);
        transcript.take(what, "", &environment, RUN_ON_FILES);
    }
}

/// Statements and their results.
fn of_athena(transcript: &mut Transcript) {
    let service = fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    for operation in ["StartQueryExecution", "BatchGetQueryExecution", "GetQueryResults"] {
        let athena = athena_without(operation);
        let environment = [("AWS_ENDPOINT_URL_ATHENA", athena.url.as_str())];
        if operation != "GetQueryResults" {
            transcript.take("no permission", &service, &environment, RUN);
        }
        transcript.take("no permission", &service, &environment, QUERY);
    }
    let athena = Athena::start();
    let environment = [("AWS_ENDPOINT_URL_ATHENA", athena.url.as_str())];
    let output = "output = \"s3://results-sample/athena/\"\n";
    transcript.take("no workgroup", &service.replace(output, "workgroup = \"nowhere\"\n"), &environment, RUN);
    transcript.take("no place for results", &service.replace(output, ""), &environment, QUERY);
}

/// Where briefs go.
fn of_channels(transcript: &mut Transcript) {
    transcript.take("an unverified sender", MAIL, &[], NOTIFY);
    let slack = "[slack]\nwebhook = \"secretsmanager:trailbrief/slack\"\n";
    let secrets = denied();
    transcript.take("no permission", slack, &[("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets.url)], NOTIFY);
    let dead = Canned::start(|_, _, _| (404, Value::String("no_service".to_owned())));
    transcript.take("a dead webhook", "[slack]\nwebhook = \"env:HOOK\"\n", &[("HOOK", &dead.url)], NOTIFY);
}

#[test]
fn a_result_that_cannot_be_read_is_a_failure_of_every_detection() {
    let athena = athena_without("nothing");
    let folder = SAMPLE.folder.path();
    let arguments = [
        "run",
        "--config",
        "service.toml",
        "--last",
        "1h",
        "--query",
        "iam.root-console-login",
        "--format",
        "json",
    ];
    let output = command(folder, &arguments).env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let brief: Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_json_snapshot!("unreadable_result", brief["failures"]);
}
