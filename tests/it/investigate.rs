//! `trailbrief investigate` and `trailbrief show EVENT_ID` over the demo's log files.

use std::{fs, io::Read as _, path::Path};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use trailbrief::testing::demo;

use crate::cli::trailbrief;

/// The options of all commands here.
const ALL: [&str; 8] =
    ["--config", "trailbrief.toml", "--logs", "AWSLogs", "--from", "2026-03-10", "--to", "2026-03-12"];

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = trailbrief(folder, &[arguments, &ALL].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_investigation_is_a_case_to_hand_over() {
    let folder = tempfile::tempdir().unwrap();
    demo::write(folder.path(), 20_260_310).unwrap();
    let (code, text, errors) = run(
        folder.path(),
        &["investigate", "--actor", "ci-deploy", "--format", "json", "--out", "case", "-q"],
    );
    assert_eq!(code, Some(0), "{errors}");
    let case: Value = serde_json::from_str(&text).unwrap();
    let list = |pointer: &str, key: &str| -> Vec<String> {
        let all = case.pointer(pointer).and_then(Value::as_array).unwrap().iter();
        all.map(|one| one[key].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(case["calls"], case["records"].as_object().unwrap().len());
    assert!(list("/story/steps", "did").iter().any(|did| did == "created user support-bot"), "{text}");
    assert!(list("/story/left_behind", "what").iter().any(|what| what == "stopped trail web-shop-audit"));
    assert!(list("/findings", "detection").iter().any(|id| id == "logging.cloudtrail-stopped"));
    assert!(list("/story/chain", "who").iter().any(|who| who.starts_with("key AKIA")));

    let read = |name: &str| fs::read(folder.path().join("case").join(name)).unwrap();
    let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.len(), 5);
    for file in files {
        let bytes = read(file["name"].as_str().unwrap());
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(file["sha256"], hash.as_str(), "{file}");
    }
    let mut records = String::new();
    flate2::read::GzDecoder::new(&read("records.ndjson.gz")[..]).read_to_string(&mut records).unwrap();
    let ids: Vec<Value> =
        records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["eventID"].clone()).collect();
    assert_eq!(ids.len(), case["calls"].as_u64().unwrap() as usize, "each record once");
    assert!(ids.iter().all(|id| case["records"].get(id.as_str().unwrap()).is_some()));
    assert_eq!(manifest["records"]["written"], ids.len());
    let page = String::from_utf8(read("case.html")).unwrap();
    assert!(page.contains("default-src 'none'") && page.contains("support-bot"));
    assert_eq!(String::from_utf8(read("calls.csv")).unwrap().lines().count(), ids.len() + 1);
}

/// The session's calls have another key than the user's, and only a second pass reads those that no detection needs.
#[test]
fn an_event_leads_to_what_came_of_whoever_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo::write(folder.path(), 20_260_310).unwrap();
    let planted = demo.attacks.iter().find(|it| it.detection == "iam.watched-role-assumed").unwrap();
    let (code, text, errors) =
        run(folder.path(), &["investigate", "--event", &planted.event_ids[0], "--format", "json", "-q"]);
    assert_eq!(code, Some(0), "{errors}");
    let case: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(case["story"]["person"], "tomas");
    let calls: Vec<&str> =
        case["tally"].as_array().unwrap().iter().map(|tally| tally["call"].as_str().unwrap()).collect();
    for expected in ["sts:AssumeRole", "config:StopConfigurationRecorder", "guardduty:DeleteDetector"] {
        assert!(calls.contains(&expected), "{expected}: {calls:?}");
    }
    assert_eq!(case["story"]["chain"].as_array().unwrap().len(), 2, "{}", case["story"]["chain"]);
    let next = case["ask_on"].as_array().unwrap();
    assert!(
        next.iter().any(|command| command.as_str().unwrap().starts_with("trailbrief investigate --key ASIA"))
    );
}

#[test]
fn whoever_is_not_there_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    demo::write(folder.path(), 20_260_310).unwrap();
    let (code, _, errors) = run(folder.path(), &["investigate", "--person", "tomass", "-q"]);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("nothing from 2026-03-10T00:00:00Z to 2026-03-12T00:00:00Z matches person tomass")
    );
    assert!(errors.contains("did you mean `tomas`?") && errors.contains("--last 30d"), "{errors}");
    for (arguments, expected) in [
        (&["--ip", "1.2.3"][..], "`1.2.3` is not an address"),
        (&["--story", "xyz"], "`xyz` is not the id of a story"),
        (&["--fingerprint", "xyz"], "`xyz` is not a fingerprint"),
        (&["--actor", " "], "the subject is empty"),
        (&["--actor", "a", "--around", "2h"], "`--around` needs a time to be around"),
        (&["--actor", "a", "--key", "b"], "cannot be used with"),
    ] {
        let (code, _, errors) = run(folder.path(), &[&["investigate"], arguments].concat());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(errors.contains(expected), "{arguments:?}: {errors}");
    }
}

#[test]
fn an_event_is_shown_with_what_it_triggers_and_why_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo::write(folder.path(), 20_260_310).unwrap();
    let planted = demo.attacks.iter().find(|it| it.detection == "iam.access-key-for-another").unwrap();
    let id = planted.event_ids[0].as_str();
    let only = "iam.access-key-for-another,iam.root-credentials-changed,s3.bucket-public";
    let (code, text, errors) = run(folder.path(), &["show", id, "--query", only]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(text.contains(&format!(
        "event {id}\nfile  o-exampleorgid/555566667777/CloudTrail/us-east-1/2026/03/10/"
    )));
    assert!(text.contains("\"eventName\": \"CreateAccessKey\""));
    let (_, triggers) = text.split_once("Triggers (").unwrap();
    let (triggers, others) = triggers.split_once("Does not trigger").unwrap();
    assert!(
        triggers.contains("iam.access-key-for-another  arn:aws:iam::555566667777:user/ci-deploy"),
        "{text}"
    );
    assert!(!others.contains("iam.access-key-for-another"), "{text}");
    assert!(
        others.contains("fails: useridentity.type = 'Root'   (useridentity.type is IAMUser)"),
        "the condition that failed, with the value: {text}"
    );
    assert!(
        text.contains(&format!(
            "trailbrief investigate --event {id} --config trailbrief.toml --logs AWSLogs"
        ))
    );

    let unknown = "3f2b0c1d-0000-4000-8000-000000000001";
    let (code, _, errors) = run(folder.path(), &["show", unknown]);
    assert_eq!(code, Some(2));
    assert!(errors.contains(&format!("no event {unknown} in log files from 2026-03-10")), "{errors}");
}
