//! The real program: deliver, then record.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    server::{Server, answer, ask},
    stderr, stdout, trailbrief, workspace,
};
use crate::rig;

const SCHEDULED_RUN: [&str; 5] = ["run", "--logs", ".", "--schedule", "hourly"];

/// Lets SES send from or to an address, as a person does who follows a link.
pub fn verify(address: &str) {
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=0",
        ),
    ];
    let body =
        format!("Action=VerifyEmailIdentity&Version=2010-12-01&EmailAddress={}", address.replace('@', "%40"));
    let (status, said) = ask(&rig::emulator().url, "POST", "/", &headers, &body);
    assert_eq!(status, 200, "{said}");
}

/// The mails that SES took for a recipient.
pub fn mails(to: &str) -> Vec<Value> {
    let (_, text) = ask(&rig::emulator().url, "GET", "/_ministack/ses/messages", &[], "");
    let mut found = Vec::new();
    collect(&serde_json::from_str(&text).unwrap(), &mut found);
    found.retain(|mail| mail["To"].to_string().contains(to));
    found
}

/// Every object with a subject, however deep it lies.
fn collect(json: &Value, found: &mut Vec<Value>) {
    match json {
        Value::Object(fields) if fields.contains_key("Subject") => found.push(json.clone()),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// Ids and ports, which differ each time, as words.
fn filtered(text: &str, check: impl FnOnce(&str)) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"SES message \S+", "SES message [ID]");
    settings.bind(|| check(text));
}

fn states(folder: &Path, at: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let output =
        trailbrief(folder, environment, &[&SCHEDULED_RUN[..], &["--at", at, "--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let brief: Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = |finding: &&Value| finding["detection"] == "iam.root-console-login";
    let findings = brief["findings"].as_array().unwrap().iter().filter(root);
    findings.map(|finding| finding["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_finding_that_was_mailed_is_repeated_in_the_next_brief() {
    verify("taken@example.com");
    let workspace = workspace(
        "[mail]\nwhen = \"always\"\nfrom = \"Brief <taken@example.com>\"\nto = [\"taken@example.com\"]\nsubject_prefix = \"[prod]\"\n",
    );
    assert_eq!(states(workspace.path(), "2026-03-10T12:30:00Z", &[]), ["new"]);
    let found = mails("taken@example.com");
    let [mail] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(mail["Source"], "taken@example.com");
    let subject = mail["Subject"].as_str().unwrap();
    assert!(subject.starts_with("[prod] 1 critical"), "{subject}");
    assert!(subject.contains("trailbrief hourly"), "{subject}");
    assert!(mail["BodyText"].as_str().unwrap().contains("Root user signed in"));
    assert!(mail["BodyHtml"].as_str().unwrap().contains("<html"));
    assert_eq!(states(workspace.path(), "2026-03-10T13:30:00Z", &[]), ["repeated"]);
}

#[test]
fn a_brief_that_one_channel_did_not_take_is_pending_for_it_alone() {
    let slack = Server::start(&[answer(200, "ok")]);
    let workspace = workspace(
        "[mail]\nwhen = \"always\"\nfrom = \"refused@example.com\"\nto = [\"refused@example.com\"]\n[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n",
    );
    let hook = format!("{}/services/sesame", slack.url);
    let environment = [("HOOK", hook.as_str())];
    let scheduled_run = [&SCHEDULED_RUN[..], &["--at", "2026-03-10T12:30:00Z"]].concat();
    let output = trailbrief(workspace.path(), &environment, &scheduled_run);
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("Root user signed in"), "the brief is shown all the same");
    // The channels are tried at the same time: either may be first.
    let mut lines: Vec<String> = stderr(&output).lines().map(str::to_owned).collect();
    lines.sort();
    filtered(&lines.join("\n"), |text| insta::assert_snapshot!("refused", text));
    assert_eq!(slack.asked().len(), 1);
    let message: Value = serde_json::from_str(&slack.asked()[0]).unwrap();
    assert!(message["text"].as_str().unwrap().starts_with("1 critical"));
    let outbox = workspace.path().join(".trailbrief/outbox/hourly");
    assert_eq!(std::fs::read_dir(&outbox).unwrap().count(), 1);

    // As long as the channel takes nothing, each brief says so.
    let output = trailbrief(
        workspace.path(),
        &environment,
        &[&SCHEDULED_RUN[..], &["--at", "2026-03-10T13:30:00Z"]].concat(),
    );
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stdout(&output)
            .contains("Note: the brief of run hourly-20260310T123000Z has not been delivered to mail"),
        "{}",
        stdout(&output)
    );
    assert_eq!(slack.asked().len(), 2);
    assert_eq!(std::fs::read_dir(&outbox).unwrap().count(), 2);

    verify("refused@example.com");
    assert_eq!(states(workspace.path(), "2026-03-10T14:30:00Z", &environment), ["repeated"]);
    assert_eq!(slack.asked().len(), 3);
    let found = mails("refused@example.com");
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|mail| !mail["Subject"].to_string().contains("[repeat]")), "{found:?}");
    assert_eq!(std::fs::read_dir(&outbox).unwrap().count(), 0);
}

#[test]
fn a_brief_that_no_channel_took_is_delivered_before_anything_else() {
    let workspace =
        workspace("[mail]\nwhen = \"always\"\nfrom = \"dead@example.com\"\nto = [\"dead@example.com\"]\n");
    let first = [&SCHEDULED_RUN[..], &["--at", "2026-03-10T12:30:00Z"]].concat();
    let second = [&SCHEDULED_RUN[..], &["--at", "2026-03-10T13:30:00Z", "--format", "json"]].concat();
    for scheduled_run in [&first, &second] {
        let output = trailbrief(workspace.path(), &[], scheduled_run);
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains("it stays in the outbox"), "{}", stderr(&output));
    }
    let state = std::fs::read_to_string(workspace.path().join(".trailbrief/state/hourly.json")).unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!((&state["watermarks"], &state["generation"]), (&json!({}), &json!(0)));

    verify("dead@example.com");
    let output = trailbrief(workspace.path(), &[], &second);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("note: resuming the run hourly-20260310T123000Z, which did not end"));
    let found = mails("dead@example.com");
    let subjects: Vec<&str> = found.iter().map(|mail| mail["Subject"].as_str().unwrap()).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects.iter().any(|subject| subject.starts_with("1 critical")), "{subjects:?}");
}

#[test]
fn a_trial_goes_to_every_channel() {
    verify("trial@example.com");
    let slack = Server::start(&[answer(200, "ok"), answer(404, "no_service")]);
    let workspace = workspace(
        "[mail]\nwhen = \"always\"\nfrom = \"trial@example.com\"\nto = [\"trial@example.com\"]\nschedules = [\"daily\"]\n[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\n",
    );
    let environment = [("HOOK", slack.url.as_str())];
    let output = trailbrief(workspace.path(), &environment, &["notify", "test"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    filtered(&stdout(&output), |text| insta::assert_snapshot!("trial", text));
    assert_eq!(mails("trial@example.com").len(), 1);

    let output = trailbrief(workspace.path(), &environment, &["notify", "test"]);
    assert_eq!(output.status.code(), Some(3));
    filtered(&stdout(&output), |text| insta::assert_snapshot!("trial_failed", text));

    let nothing = super::workspace("");
    let output = trailbrief(nothing.path(), &[], &["notify", "test"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("trial_of_nothing", stderr(&output));
}

#[test]
fn a_brief_on_demand_is_sent_only_with_notify() {
    let slack = Server::start(&[answer(200, "ok")]);
    let workspace =
        workspace("[slack]\nwhen = \"always\"\nwebhook = \"env:HOOK\"\nschedules = [\"daily\"]\n");
    let environment = [("HOOK", slack.url.as_str())];
    let window = [
        "run",
        "--logs",
        ".",
        "--from",
        "2026-03-10",
        "--to",
        "2026-03-11",
        "--query",
        "iam.root-console-login",
    ];
    let run = |arguments: &[&str]| {
        let output = trailbrief(workspace.path(), &environment, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        (slack.asked().len(), stderr(&output))
    };
    assert_eq!(run(&window).0, 0);
    assert_eq!(run(&[&window[..], &["--notify"]].concat()).0, 1);
    let (sent, shown) = run(&[&SCHEDULED_RUN[..], &["--at", "2026-03-10T12:30:00Z", "--no-state"]].concat());
    assert_eq!(sent, 1);
    assert!(shown.contains("no channel receives the briefs of `hourly`"), "{shown}");
    let daily = ["run", "--logs", ".", "--schedule", "daily", "--at", "2026-03-10T12:30:00Z", "--no-state"];
    assert_eq!(run(&[&daily[..], &["--no-notify"]].concat()).0, 1);
    assert_eq!(run(&daily).0, 2);

    let silent = super::workspace("");
    let output = trailbrief(silent.path(), &[], &[&window[..], &["--notify"]].concat());
    assert_eq!(output.status.code(), Some(2));
}

/// Keeps a secret in the emulator.
pub fn keep(target: &str, service: &str, body: &Value) {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", target),
        ("Authorization", authorization.as_str()),
    ];
    let (status, said) = ask(&rig::emulator().url, "POST", "/", &headers, &body.to_string());
    assert_eq!(status, 200, "{said}");
}

#[test]
fn the_address_is_found_where_it_is_kept() {
    let slack = Server::start(&[answer(200, "ok")]);
    let url = format!("{}/services/sesame", slack.url);
    let create = "secretsmanager.CreateSecret";
    keep(create, "secretsmanager", &json!({"Name": "hook/plain", "SecretString": url}));
    let fields = json!({"url": url, "owner": "soc"}).to_string();
    keep(create, "secretsmanager", &json!({"Name": "hook/json", "SecretString": fields}));
    keep(create, "secretsmanager", &json!({"Name": "hook/odd", "SecretString": "sesame"}));
    keep(
        "AmazonSSM.PutParameter",
        "ssm",
        &json!({"Name": "/hook/plain", "Type": "SecureString", "Value": url}),
    );
    let test = |place: &str, environment: &[(&str, &str)]| {
        let workspace = workspace(&format!("[slack]\nwhen = \"always\"\nwebhook = \"{place}\"\n"));
        let output = trailbrief(workspace.path(), environment, &["notify", "test"]);
        let shown = stdout(&output) + &stderr(&output);
        assert!(!shown.contains("sesame"), "{shown}");
        (output.status.code(), shown)
    };
    for place in ["secretsmanager:hook/plain", "secretsmanager:hook/json", "ssm:/hook/plain"] {
        let (code, shown) = test(place, &[]);
        assert_eq!(
            (code, shown.as_str()),
            (Some(0), format!("sent: slack to the webhook of {place}\n").as_str())
        );
    }
    assert_eq!(slack.asked().len(), 3);
    let mut shown = String::new();
    for place in ["secretsmanager:hook/gone", "secretsmanager:hook/odd", "ssm:/hook/gone", "env:HOOK"] {
        let (code, said) = test(place, &[]);
        assert_eq!(code, Some(3));
        shown += &said;
    }
    shown += &test("env:HOOK", &[("HOOK", "http://hooks.slack.com/services/sesame")]).1;
    insta::assert_snapshot!("no_address", shown);
}
