//! What the program logs about itself on a terminal, and what it never logs.

use serde_json::json;

use super::{
    program::keep,
    server::{Server, answer},
    stderr, stdout, trailbrief, workspace,
};

const CALL: &str =
    "debug: call operation=\"secretsmanager:GetSecretValue\" thing=\"hook/logged\" duration_ms=";

#[test]
fn calls_are_logged_where_somebody_wants_it_and_an_address_never() {
    let slack = Server::start(&[answer(200, "ok")]);
    let url = format!("{}/services/sesame", slack.url);
    let secret = json!({"Name": "hook/logged", "SecretString": url});
    keep("secretsmanager.CreateSecret", "secretsmanager", &secret);
    let folder = workspace("[slack]\nwhen = \"always\"\nwebhook = \"secretsmanager:hook/logged\"\n");
    for (more, environment, is_logged) in [
        (None, None, false),
        (Some("-v"), None, true),
        (None, Some("trace"), true),
        (None, Some("trailbrief::aws::call=info"), false),
        (Some("-v"), Some("trailbrief::telemetry=debug"), true),
        (Some("-v"), Some("off"), false),
    ] {
        let arguments: Vec<&str> = ["notify", "test"].into_iter().chain(more).collect();
        let environment: Vec<(&str, &str)> =
            environment.map(|level| ("RUST_LOG", level)).into_iter().collect();
        let output = trailbrief(folder.path(), &environment, &arguments);
        let logged = stderr(&output);
        assert_eq!(stdout(&output), "sent: slack to the webhook of secretsmanager:hook/logged\n", "{logged}");
        assert_eq!(logged.contains(CALL), is_logged, "{arguments:?} {environment:?}: {logged}");
        assert!(is_logged || logged.is_empty(), "{arguments:?} {environment:?}: {logged}");
        assert!(!is_logged || logged.contains(" attempts=1\n"), "{logged}");
        assert!(!logged.contains("sesame"), "{logged}");
    }
    let output = trailbrief(folder.path(), &[("RUST_LOG", "a=b=c")], &["notify", "test"]);
    assert!(stderr(&output).starts_with("warning: RUST_LOG cannot be read"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn failures_are_logged_with_their_reason_and_without_the_address() {
    let trace = [("RUST_LOG", "trace"), ("HOOK", "http://127.0.0.1:1/services/sesame")];
    for (place, logged) in [
        (
            "secretsmanager:hook/gone",
            "debug: call failed operation=\"secretsmanager:GetSecretValue\" thing=\"hook/gone\"",
        ),
        ("env:HOOK", ""),
    ] {
        let folder = workspace(&format!("[slack]\nwhen = \"always\"\nwebhook = \"{place}\"\n"));
        let output = trailbrief(folder.path(), &trace, &["notify", "test"]);
        let shown = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(3), "{shown}");
        assert!(shown.contains(logged) && !shown.contains("sesame"), "{shown}");
    }
}
