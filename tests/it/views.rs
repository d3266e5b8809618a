//! Views: what reads one reads the relation behind it, no more and no less.

use std::{fs, path::Path};

use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::{account::Accounts, delivery::USUAL_DELAY, habits::Habits, time::Span},
    engine::embedded::pack::{Pack, Surroundings},
    library::case_window,
    plan::{Question, Sql},
};

use crate::{
    cli::trailbrief,
    common::{base as base_event, empty_config},
};

/// The columns and the conditions of a planned statement, as texts; `None` if it cannot be planned.
type NeedsAsText = Option<(Vec<String>, Vec<String>)>;

/// What statements need of a record.
fn needs(statements: &[&str]) -> Vec<NeedsAsText> {
    let app = App::load(Some(&empty_config())).unwrap();
    let question = |sql: &&str| Question {
        detection: "a.b".parse().unwrap(),
        sql: Sql::ad_hoc((*sql).to_owned()),
        window: case_window(),
        delivered_from: None,
        returned: None,
        late: None,
        delay: USUAL_DELAY,
        align: Span::ZERO,
        lookback: Span::ZERO,
        own_scan: false,
    };
    let questions: Vec<Question> = statements.iter().map(question).collect();
    let accounts = Accounts::default();
    let habits = Habits::default();
    let surroundings =
        Surroundings { accounts: &accounts, watchlist: &[], habits: &habits, now: case_window().end() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let pack = runtime.block_on(Pack::plan(&app.context.sessions, &questions, &surroundings)).unwrap();
    let text = |number: usize| {
        let needs = pack.needs().nth(number)??;
        Some((needs.columns.clone(), needs.conditions.iter().map(ToString::to_string).collect()))
    };
    (0..questions.len()).map(text).collect()
}

#[test]
fn filters_and_columns_reach_the_scan_through_a_view() {
    for (view, relation) in [
        (
            "SELECT action, event_id FROM calls WHERE action = 'StopLogging'",
            "SELECT eventname, eventid FROM events WHERE eventname = 'StopLogging'",
        ),
        (
            "SELECT account_id FROM calls WHERE eventsource = 'iam.amazonaws.com' AND errorcode IS NULL \
             AND eventname IN ('CreateUser', 'CreateRole') AND useridentity.type <> 'AWSService'",
            "SELECT recipientaccountid, account FROM events WHERE eventsource = 'iam.amazonaws.com' \
             AND errorcode IS NULL AND eventname IN ('CreateUser', 'CreateRole') AND useridentity.type <> 'AWSService'",
        ),
        (
            "WITH own AS (SELECT actor, requestparameters FROM calls WHERE action LIKE 'Delete%') \
             SELECT actor, count(*) FROM own WHERE requestparameters IS NOT NULL GROUP BY actor",
            "SELECT useridentity.arn, count(*) FROM events WHERE eventname LIKE 'Delete%' \
             AND requestparameters IS NOT NULL GROUP BY useridentity.arn",
        ),
        (
            "SELECT event_id FROM past_calls WHERE region = 'eu-west-1'",
            "SELECT eventid FROM history WHERE awsregion = 'eu-west-1'",
        ),
        // The outcome is an expression; what each of its values needs is known all the same.
        (
            "SELECT event_id FROM calls WHERE outcome = 'denied'",
            "SELECT eventid FROM events WHERE errorcode LIKE '%AccessDenied%' OR errorcode LIKE '%Unauthorized%' \
             OR errorcode LIKE 'AuthorizationError%' OR errorcode IN ('Forbidden', 'NotAuthorizedException')",
        ),
        // A query of the statement's own takes the name, as on Athena.
        (
            "WITH calls AS (SELECT eventid FROM events WHERE eventname = 'A') SELECT eventid FROM calls",
            "SELECT eventid FROM events WHERE eventname = 'A'",
        ),
    ] {
        let [of_view, of_relation] = &needs(&[view, relation])[..] else { unreachable!() };
        let (of_view, of_relation) = (of_view.as_ref().unwrap(), of_relation.as_ref().unwrap());
        assert_eq!(of_view.1, of_relation.1, "{view}");
        if !view.contains("outcome") {
            assert_eq!(of_view.0, of_relation.0, "{view}");
        }
    }
}

#[test]
fn views_of_a_user_read_others_and_are_read_by_detections_and_queries() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("trailbrief.toml", "[library]\npaths = [\"mine\"]\n");
    write(
        "mine/views/strangers.sql",
        "-- ---\n-- id = \"strangers\"\n-- description = \"Calls from other accounts\"\n-- [columns]\n\
         -- who = \"who called\"\n-- ---\nSELECT actor AS who, eventname\nFROM calls\nWHERE actor_kind = 'other account';\n",
    );
    write(
        "mine/views/strangers.cases.toml",
        "[[case]]\nname = \"a stranger\"\nfinds = 1\nrows = [{ who = \"AIDAEXAMPLE of account 210987654321\" }]\n\
         events = [{ base = \"create-user\", unset = [\"userIdentity.arn\", \"userIdentity.userName\"], set = { \
         \"userIdentity.type\" = \"AWSAccount\", \"userIdentity.accountId\" = \"210987654321\", \
         \"userIdentity.principalId\" = \"AIDAEXAMPLE\" } }]\n",
    );
    let run = |arguments: &[&str]| {
        let output = trailbrief(folder.path(), arguments);
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text)
    };
    let (code, text) = run(&["test", "--views"]);
    let shipped = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/views")).unwrap();
    let views =
        shipped.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|it| it == "sql"));
    let views = format!(", {} views: ", views.count() + 1);
    assert!(code == Some(0) && text.contains(&views), "{text}");
    let (code, text) = run(&["list", "--views"]);
    let listed = |line: &str| line.starts_with("strangers ") && line.ends_with(" Calls from other accounts");
    assert!(code == Some(0) && text.lines().any(listed), "{text}");
    let (code, text) = run(&["show", "strangers"]);
    assert!(code == Some(0) && text.contains("past_strangers") && text.contains("who called"), "{text}");
    let (code, text) = run(&["query", "DESCRIBE strangers", "--format", "csv"]);
    assert_eq!((code, text.lines().nth(1)), (Some(0), Some("\"who\",\"varchar\",\"who called\"")), "{text}");

    let record = include_str!("../events/create-user.json").replace("IAMUser", "AWSAccount");
    write("logs/a.json", &format!("{{\"Records\":[{record}]}}"));
    let sql = "SELECT who, eventname FROM strangers WHERE eventname = 'CreateUser'";
    let (code, text) = run(&["query", "--logs", "logs", "--format", "csv", sql]);
    assert!(code == Some(0) && text.contains("\"CreateUser\""), "{text}");

    // An error is reported where it stands, once.
    let broken = "-- ---\n-- id = \"strangers\"\n-- description = \"x\"\n-- [columns]\n-- who = \"x\"\n-- ---\n\
                  SELECT aktor AS who\nFROM calls\n";
    write("mine/views/strangers.sql", broken);
    let (code, text) = run(&["check"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("strangers.sql:7:8") && text.matches("error[").count() == 1, "{text}");
}

#[test]
fn a_view_that_cannot_be_used_is_no_relation() {
    let found = needs(&["SELECT eventid FROM no_view", "SELECT eventid FROM past_accounts"]);
    assert!(found.iter().all(Option::is_none));
}

/// The paths of all values below this one, but for those inside of what is JSON text to SQL.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    if let Value::Object(fields) = value {
        for (key, inner) in fields {
            found.push(format!("{path}/{key}"));
            paths(inner, found.last().unwrap().clone().as_str(), found);
        }
    }
}

#[test]
fn every_record_is_a_call_by_somebody_whatever_field_is_missing_or_odd() {
    let mut records = Vec::new();
    for base in
        ["create-user", "secret-get-value-sso", "sso-create-token", "s3-get-object", "console-login-failed"]
    {
        let record = base_event(base);
        let mut all = Vec::new();
        paths(&record, "", &mut all);
        for path in all.iter().filter(|path| !["/eventTime", "/eventName"].contains(&path.as_str())) {
            for odd in [Value::Null, json!(""), json!(7), json!({}), json!(["x"])] {
                let mut changed = record.clone();
                *changed.pointer_mut(path).unwrap() = odd;
                records.push(changed);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), json!({ "Records": records }).to_string()).unwrap();
    let sql = "SELECT count(*) AS n, count(actor) AS actors, count(principal) AS principals, count(actor_kind) AS kinds, \
               count(outcome) AS outcomes, count(from_console) AS consoles, count(person) > 0 AS persons, \
               count(session) > 0 AS sessions, count(resource) > 0 AS resources FROM calls";
    let output = trailbrief(folder.path(), &["query", "--logs", "a.json", "--format", "csv", sql]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let n = records.len();
    let expected = format!("\"{n}\",\"{n}\",\"{n}\",\"{n}\",\"{n}\",\"{n}\",\"true\",\"true\",\"true\"");
    assert_eq!(text.lines().nth(1), Some(expected.as_str()), "{text}");
}
