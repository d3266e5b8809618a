//! The stack: the template as it is deployed, the configuration that it renders, and the zip.
//!
//! The emulator takes `trailbrief.yaml` whole; of its properties it forgets the bucket's lifecycle and the schedules' time
//! zone. It has no trails: of `organization-trail.yaml` only the bucket is deployed here. What is left is checked by the
//! linter of `.ci/templates` alone.

mod deployed;
mod story;
mod zip;

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use trailbrief::testing::aws::glue::Glue;

use super::{stderr, trailbrief};
use crate::rig;
use deployed::{Stack, create, get, infra, query, texts};
pub use deployed::{call, deploy};

const IDENTITY: &str = "arn:aws:ses:us-east-1:000000000000:identity/example.com";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:trailbrief/slack-a1B2c3";
const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555";

/// Parameters of a stack with mail, Slack, alarms, a limit and a schedule that is off.
const WHOLE: &[(&str, &str)] = &[
    ("LogBucket", "logs-whole"),
    ("OrganizationId", "o-exampleorgid"),
    ("Database", "db_whole"),
    ("Architecture", "x86_64"),
    ("MailFrom", "trailbrief <trailbrief@example.com>"),
    ("MailTo", "soc@example.com, on-call@example.com"),
    ("MailIdentityArns", IDENTITY),
    ("SlackSecretArn", SECRET),
    ("HourlySchedule", "cron(0 0 2 1 ? 2099)"),
    ("DailyState", "DISABLED"),
    ("ScannedBytesLimit", "20000000000"),
    ("AlarmTopicArn", "arn:aws:sns:us-east-1:000000000000:alarms"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_has_what_the_service_needs() {
    let stack = deploy("whole", WHOLE).await.unwrap();
    function_is_set_up(&stack);
    let dead_letters = dead_letters(&stack).await;
    schedules_start_the_function(&stack, &dead_letters);
    workgroup_keeps_to_its_limits(&stack);
    let glue = Glue::new(&rig::sdk().await);
    assert!(glue.has_database("db_whole").await.unwrap());
    assert!(glue.table("db_whole", "cloudtrail").await.unwrap().is_none(), "the service owns the table");
    bucket_is_closed(&stack);
    alarms_watch_what_runs();
}

/// The function's settings.
fn function_is_set_up(stack: &Stack) {
    let function = stack.settings();
    assert_eq!(function["Runtime"], "provided.al2023");
    assert_eq!(function["Handler"], "bootstrap");
    assert_eq!((&function["Timeout"], &function["MemorySize"]), (&json!(900), &json!(1_024)));
    assert_eq!(function["Architectures"], json!(["x86_64"]));
    assert_eq!(function["Role"], stack.output("FunctionRoleArn"));
    assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON");
    assert_eq!(function["LoggingConfig"]["LogGroup"], stack.output("LogGroup"));
    let variables = function["Environment"]["Variables"].as_object().unwrap();
    assert_eq!(variables.keys().collect::<Vec<_>>(), ["TRAILBRIEF_CONFIG_TEXT"]);
}

/// The queue of what failed after its retries; it keeps messages for two weeks.
async fn dead_letters(stack: &Stack) -> String {
    let lambda = aws_sdk_lambda::Client::new(&rig::sdk().await);
    let retries = lambda.get_function_event_invoke_config().function_name(stack.function());
    let retries = retries.qualifier("$LATEST").send().await.unwrap();
    assert_eq!(retries.maximum_retry_attempts(), Some(2));
    let dead_letters = retries.destination_config().unwrap().on_failure().unwrap().destination().unwrap();
    let queue = stack.output("DeadLetterQueueUrl").rsplit('/').next().unwrap();
    assert_eq!(dead_letters.rsplit(':').next(), Some(queue));
    let fields = [("QueueUrl".to_owned(), stack.output("DeadLetterQueueUrl"))];
    let fields = [&fields[..], &[("AttributeName.1".to_owned(), "MessageRetentionPeriod")]].concat();
    assert!(query("sqs", "GetQueueAttributes", "2012-11-05", &fields).unwrap().contains("1209600"));
    dead_letters.to_owned()
}

/// Each schedule's time, state and target.
fn schedules_start_the_function(stack: &Stack, dead_letters: &str) {
    for (name, state, day) in [("hourly", "ENABLED", 2), ("daily", "DISABLED", 1)] {
        let said = get("scheduler", &format!("/schedules/{name}?groupName={}", stack.name));
        let schedule: Value = serde_json::from_str(&said).unwrap();
        let target = &schedule["Target"];
        let input: Value = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
        assert_eq!(input, json!({"schedule": name, "scheduled_time": "<aws.scheduler.scheduled-time>"}));
        assert!(target["Arn"].as_str().unwrap().ends_with(stack.function()), "{target}");
        assert_eq!(target["DeadLetterConfig"]["Arn"], dead_letters);
        assert_eq!(schedule["ScheduleExpression"], format!("cron(0 0 {day} 1 ? 2099)"));
        assert!(target["RetryPolicy"]["MaximumEventAgeInSeconds"].is_number(), "{target}");
        assert_eq!(
            (&schedule["State"], &schedule["FlexibleTimeWindow"]["Mode"]),
            (&json!(state), &json!("OFF"))
        );
    }
}

/// The workgroup of the statements.
fn workgroup_keeps_to_its_limits(stack: &Stack) {
    let name = json!({"WorkGroup": stack.output("WorkGroup")});
    let workgroup = call("athena", "AmazonAthena.GetWorkGroup", &name);
    let settings = &workgroup["WorkGroup"]["Configuration"];
    assert_eq!(settings["EnforceWorkGroupConfiguration"], true);
    assert_eq!(settings["PublishCloudWatchMetricsEnabled"], true);
    assert_eq!(settings["BytesScannedCutoffPerQuery"], "20000000000");
    let results = &settings["ResultConfiguration"];
    assert_eq!(results["OutputLocation"], format!("s3://{}/athena/", stack.bucket()));
    assert_eq!(results["ExpectedBucketOwner"], "000000000000");
}

/// The bucket of the results.
fn bucket_is_closed(stack: &Stack) {
    let of_bucket = |what: &str| get("s3", &format!("/{}?{what}", stack.bucket()));
    assert!(of_bucket("versioning").contains("Enabled"));
    assert!(of_bucket("encryption").contains("AES256"));
    assert_eq!(of_bucket("publicAccessBlock").matches("true").count(), 4);
    let policy: Value = serde_json::from_str(&of_bucket("policy")).unwrap();
    assert_eq!(policy["Statement"][0]["Effect"], "Deny");
    assert_eq!(policy["Statement"][0]["Condition"]["Bool"]["aws:SecureTransport"], "false");
}

/// An alarm for each thing that goes wrong, and one for what does not run at all.
fn alarms_watch_what_runs() {
    let prefix = json!({"AlarmNamePrefix": "whole-"});
    let alarms = call("monitoring", "GraniteServiceVersion20100801.DescribeAlarms", &prefix);
    let alarms: Vec<&Value> = alarms["MetricAlarms"].as_array().unwrap().iter().collect();
    for alarm in &alarms {
        assert_eq!(alarm["AlarmActions"], json!(["arn:aws:sns:us-east-1:000000000000:alarms"]), "{alarm}");
    }
    let of = |metric: &str| -> Vec<&&Value> {
        alarms.iter().filter(|alarm| alarm["MetricName"] == metric).collect()
    };
    for metric in ["Errors", "Throttles", "ApproximateNumberOfMessagesVisible"] {
        assert_eq!(of(metric).len(), 1, "{metric}: {alarms:?}");
    }
    // The daily schedule is off, so nobody waits for it.
    let [quiet] = of("Runs")[..] else { panic!("{alarms:?}") };
    assert_eq!(quiet["TreatMissingData"], "breaching");
    assert_eq!((&quiet["Namespace"], &quiet["Period"]), (&json!("trailbrief"), &json!(3_600)));
    assert_eq!(quiet["Dimensions"], json!([{"Name": "Schedule", "Value": "hourly"}]));
    for (metric, statistic, threshold) in [("Failures", "Sum", 1.0), ("WatermarkAge", "Maximum", 10_800.0)] {
        let [alarm] = of(metric)[..] else { panic!("{metric}: {alarms:?}") };
        assert_eq!(alarm["Dimensions"], quiet["Dimensions"]);
        assert_eq!((&alarm["Namespace"], &alarm["Statistic"]), (&quiet["Namespace"], &json!(statistic)));
        assert_eq!((&alarm["Threshold"], &alarm["Period"]), (&json!(threshold), &json!(3_600)));
        assert_eq!(
            alarm["TreatMissingData"], "notBreaching",
            "a run that is missing has an alarm of its own"
        );
    }
}

/// Parameters of a stack, by the name of what they show.
const FORMS: &[(&str, &[(&str, &str)])] = &[
    ("least", &[]),
    (
        "whole",
        &[
            ("LogPrefix", "security/trail"),
            ("OrganizationId", "o-exampleorgid"),
            ("MailFrom", "trailbrief <trailbrief@example.com>"),
            ("MailTo", "soc@example.com, on-call@example.com"),
            ("MailIdentityArns", IDENTITY),
            ("MailRegion", "eu-central-1"),
            ("SlackSecretArn", SECRET),
            ("KeyArn", KEY),
        ],
    ),
    (
        "control-tower",
        &[
            ("TrailKind", "control-tower"),
            ("OrganizationId", "o-exampleorgid"),
            ("SlackParameter", "/soc/slack"),
        ],
    ),
    ("accounts", &[("TrailKind", "account"), ("MailFrom", "a@example.com"), ("MailTo", "b@example.com")]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_takes_the_configuration_that_the_template_renders() {
    for (form, more) in FORMS {
        let (name, database) = (format!("form-{form}"), format!("db_form_{}", form.replace('-', "_")));
        let parameters = [("LogBucket", "example-cloudtrail-logs"), ("Database", database.as_str())];
        let stack = deploy(&name, &[&parameters, *more].concat()).await.unwrap();
        let text = stack.rendered();
        assert!(text.len() < 2_000, "Lambda takes 4 KB for the whole environment");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rendered.toml"), &text).unwrap();
        let output = trailbrief(folder.path(), &["check", "--config", "rendered.toml"]);
        assert!(output.status.success(), "{form}: {text}\n{}", stderr(&output));
        insta::assert_snapshot!(*form, text.replace(stack.bucket(), "[bucket]"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_is_refused_before_anything_is_made() {
    for (number, (parameters, reason)) in [
        (&[("MailFrom", "a@example.com")][..], "Give both, or neither"),
        (&[("MailTo", "a@example.com")], "Give both, or neither"),
        (&[("SlackSecretArn", SECRET), ("SlackParameter", "/slack")], "kept in one place"),
        (&[("TrailKind", "account"), ("OrganizationId", "o-exampleorgid")], "no meaning"),
        (&[("MailFrom", "a\" <a@example.com>"), ("MailTo", "a@example.com")], "MailFrom"),
        (&[("MailTo", "a@example.com\"]\nx = [\"b@example.com")], "MailTo"),
        (&[("LogPrefix", "a\"b")], "LogPrefix"),
        (&[("SlackParameter", "https://hooks.slack.com/services/T/B/x")], "SlackParameter"),
        (&[("ReservedConcurrency", "1")], "ReservedConcurrency"),
    ]
    .into_iter()
    .enumerate()
    {
        let log_bucket = [("LogBucket", "example-cloudtrail-logs")];
        let refused = deploy(&format!("refused-{number}"), &[&log_bucket, parameters].concat()).await;
        let said = refused.unwrap_err();
        assert!(said.contains(reason), "{parameters:?}: {said}");
    }
}

/// The statements of all policies of a role.
fn statements(role_arn: &str) -> Vec<Value> {
    let role = role_arn.rsplit('/').next().unwrap();
    let named = |more: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
        let own = [("RoleName".to_owned(), role.to_owned())].into_iter();
        own.chain(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))).collect()
    };
    let ask = |action: &str, fields: &[(String, String)]| {
        let fields: Vec<(String, &str)> =
            fields.iter().map(|(key, value)| (key.clone(), value.as_str())).collect();
        query("iam", action, "2010-05-08", &fields).unwrap()
    };
    let listed = ask("ListRolePolicies", &named(&[]));
    let policies: Vec<String> = texts(&listed, "member").into_iter().map(str::to_owned).collect();
    let mut found = Vec::new();
    for policy in policies {
        let mut fields = named(&[]);
        fields.push(("PolicyName".to_owned(), policy));
        let said = ask("GetRolePolicy", &fields);
        let document: Value = serde_json::from_str(&decoded(texts(&said, "PolicyDocument")[0])).unwrap();
        found.extend(document["Statement"].as_array().unwrap().iter().cloned());
    }
    found
}

/// A text of a URL or of XML as it was.
fn decoded(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = (byte == b'%').then(|| std::str::from_utf8(&tail[..2]).unwrap());
        bytes.push(code.map_or(byte, |code| u8::from_str_radix(code, 16).unwrap()));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_function_may_do_only_what_it_needs() {
    let parameters = [("LogBucket", "logs-rights"), ("Database", "db_rights")];
    let least = statements(deploy("rights", &parameters).await.unwrap().output("FunctionRoleArn"));
    let more = [
        ("Database", "db_rights_more"),
        ("MailFrom", "trailbrief <a@example.com>"),
        ("MailTo", "b@example.org"),
        ("SlackParameter", "/soc/slack"),
        ("SecretKeyArn", KEY),
        ("LogKeyArn", KEY),
        ("KeyArn", KEY),
        ("LakeFormation", "yes"),
    ];
    let whole = deploy("rights-more", &[&parameters[..1], &more].concat()).await.unwrap();
    let whole = statements(whole.output("FunctionRoleArn"));
    let sids = |statements: &[Value]| -> BTreeSet<String> {
        statements.iter().map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect()
    };
    let optional: Vec<String> = sids(&whole).difference(&sids(&least)).cloned().collect();
    assert_eq!(
        optional,
        ["DecryptLogs", "DecryptSecret", "GetDataAccess", "ReadParameter", "SendMail", "UseKey"]
    );
    for statement in &whole {
        let (sid, text) = (&statement["Sid"], statement["Action"].to_string());
        assert!(!text.contains('*'), "{sid}: {text}");
        // Only Organizations and Lake Formation know no narrower resource.
        let is_wide = sid == "ReadOrganization" || sid == "GetDataAccess";
        assert_eq!(statement["Resource"] == "*", is_wide, "{sid}");
        assert!(!text.contains("kms:") || statement["Condition"].is_object(), "{sid}: a key for one service");
    }
    let resource =
        |sid: &str| whole.iter().find(|statement| statement["Sid"] == sid).unwrap()["Resource"].clone();
    assert_eq!(resource("ReadLogs"), "arn:aws:s3:::logs-rights/*AWSLogs/*/CloudTrail/*");
    let sender = "arn:aws:ses:us-east-1:000000000000:identity/";
    assert_eq!(
        resource("SendMail"),
        json!([format!("{sender}example.com"), format!("{sender}*@example.com")])
    );
    let mail = whole.iter().find(|statement| statement["Sid"] == "SendMail").unwrap();
    assert_eq!(mail["Condition"], json!({"StringEquals": {"ses:FromAddress": "a@example.com"}}));
    let itself = resource("InvokeItself");
    let [function, qualified] = [0, 1].map(|nth| itself[nth].as_str().unwrap());
    assert!(function.contains(":function:rights-more-") && qualified == format!("{function}:*"), "{itself}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deployed_function_is_the_program() {
    let parameters = [("LogBucket", "logs-program"), ("Database", "db_program")];
    let stack = deploy("program", &parameters).await.unwrap();
    stack.point_at_emulator(&[]);
    let refused = stack.invoke(&json!({"shedule": "hourly"})).await.unwrap_err();
    assert!(
        refused["errorMessage"].as_str().unwrap().contains("`shedule` is not one of schedule"),
        "{refused}"
    );
}

#[test]
fn the_bucket_of_an_organization_trail_takes_that_trail_only() {
    let parameters = [
        ("Parts", "bucket"),
        ("OrganizationId", "o-exampleorgid"),
        ("ManagementAccountId", "111122223333"),
        ("TrailRegion", "eu-central-1"),
        ("BucketName", "example-trail-bucket"),
        ("LogPrefix", "security/trail"),
        ("ReaderAccountId", "444455556666"),
    ];
    let stack = create("trail-bucket", "organization-trail.yaml", &parameters).unwrap();
    assert_eq!(stack.output("LogBucket"), "example-trail-bucket");
    let policy: Value = serde_json::from_str(&get("s3", "/example-trail-bucket?policy")).unwrap();
    insta::assert_json_snapshot!("trail-bucket", policy);
    assert!(get("s3", "/example-trail-bucket?versioning").contains("Enabled"));
}

#[test]
fn the_guide_names_only_parameters_that_are_there() {
    let text = |name: &str| fs::read_to_string(infra(name)).unwrap();
    let templates = [text("trailbrief.yaml"), text("organization-trail.yaml")].concat();
    let guide = text("../docs/deploy.md");
    // Of other commands.
    let others = ["OutputKey", "DataLakePrincipalIdentifier"];
    let given =
        guide.split(|c: char| !c.is_ascii_alphanumeric() && c != '=').filter_map(|word| word.split_once('='));
    let names: BTreeSet<&str> = given
        .map(|(name, _)| name)
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names.into_iter().filter(|name| !others.contains(name)) {
        assert!(templates.contains(&format!("\n  {name}:\n    Type: ")), "no parameter {name}");
    }
}

#[test]
fn every_call_that_the_program_makes_is_allowed() {
    let template = fs::read_to_string(infra("trailbrief.yaml")).unwrap();
    let mut calls = BTreeSet::new();
    for file in fs::read_dir(infra("../src/aws")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        calls.extend(text.split('"').filter(|text| is_call(text)).map(str::to_owned));
    }
    // The stack makes the database.
    assert!(calls.remove("glue:CreateDatabase"));
    assert!(calls.len() > 10, "{calls:?}");
    for call in calls {
        assert!(template.contains(&call), "the role of the function lacks {call}");
    }
}

/// Whether a text is a service and one of its operations, as policies write them.
fn is_call(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, operation)| {
        !service.is_empty()
            && service.bytes().all(|byte| byte.is_ascii_lowercase())
            && operation.starts_with(|first: char| first.is_ascii_uppercase())
            && operation.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
