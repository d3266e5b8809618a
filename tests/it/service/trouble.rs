//! Scheduled runs while Organizations, Glue or the bucket's listing are in trouble: the table is used as it is, the brief says
//! so, and Organizations is asked once a day. Without a table, the error names what is missing and what to do.

use std::{fs, process::Output};

use object_store::ObjectStoreExt as _;
use serde_json::{Value, json};
use trailbrief::testing::aws::organizations::Organizations;

use super::{athena::Athena, canned::Canned, command, runs::json as brief_of, stack::call, stderr};
use crate::{
    common::{ROOT_LOGIN, base, log_file},
    rig,
};

/// A trail with one sign-in, its configuration, and an Athena.
struct Trail {
    folder: tempfile::TempDir,
    athena: Athena,
    organization: String,
    name: &'static str,
}

impl Trail {
    async fn new(name: &'static str) -> Self {
        let organization = Organizations::new(&rig::sdk().await).id().await.unwrap();
        for bucket in [format!("logs-{name}"), format!("own-{name}")] {
            rig::make_bucket(&bucket);
        }
        let folder = tempfile::tempdir().unwrap();
        let detections = folder.path().join("detections/test");
        fs::create_dir_all(&detections).unwrap();
        fs::write(detections.join("root-login.sql"), ROOT_LOGIN).unwrap();
        let database = name.replace('-', "_");
        let config = format!(
            "[library]\npaths = [\"detections\"]\n[schedules.tiny]\npacks = [\"tiny\"]\nevery = \"1h\"\n\
             [table]\nlogs = \"s3://logs-{name}\"\ndatabase = \"db_{database}\"\n\
             [athena]\noutput = \"s3://own-{name}/athena/\"\n[state]\npath = \"state\"\n"
        );
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        let trail = Self { folder, athena: Athena::start(), organization, name };
        trail.account("111122223333").await;
        trail
    }

    /// Logs of an account, with a sign-in at 12:10 on March 10 and on March 11.
    async fn account(&self, id: &str) {
        let (organization, bucket) = (&self.organization, rig::bucket(&format!("logs-{}", self.name)));
        for day in ["10", "11"] {
            let path = format!("AWSLogs/{organization}/{id}/CloudTrail/us-east-1/2026/03/{day}/a.json.gz");
            let mut login = base("console-login-root");
            login["eventTime"] = json!(format!("2026-03-{day}T12:10:00Z"));
            login["eventID"] = json!(format!("{day}000000-0000-4000-8000-{id}"));
            bucket.put(&path.into(), log_file(&[login]).into()).await.unwrap();
        }
    }

    /// The scheduled run at a time, with these services elsewhere.
    fn run(&self, at: &str, elsewhere: &[(&str, &str)]) -> Output {
        let now = at.replace(":30:", ":35:");
        let arguments =
            ["run", "--schedule", "tiny", "--at", at, "--now", &now, "--no-notify", "--format", "json"];
        let mut command = command(self.folder.path(), &arguments);
        command.env("AWS_ENDPOINT_URL_ATHENA", &self.athena.url).env("AWS_MAX_ATTEMPTS", "1");
        command.envs(elsewhere.iter().copied()).output().unwrap()
    }

    /// The notes of a run that answered everything.
    fn notes(&self, at: &str, elsewhere: &[(&str, &str)]) -> Vec<String> {
        let output = self.run(at, elsewhere);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let brief = brief_of(&output);
        assert_eq!(brief["coverage"]["detections_answered"], 1, "{brief}");
        let notes = brief["run"]["notes"].as_array().unwrap();
        notes.iter().map(|note| note.as_str().unwrap().to_owned()).collect()
    }
}

fn has(notes: &[String], words: &[&str]) -> bool {
    notes.iter().any(|note| words.iter().all(|word| note.contains(word)))
}

const ORGANIZATIONS: &str = "AWS_ENDPOINT_URL_ORGANIZATIONS";
const GLUE: &str = "AWS_ENDPOINT_URL_GLUE";

fn throttling() -> Canned {
    Canned::refusing(400, "TooManyRequestsException", "slow down")
}

fn denying() -> Canned {
    Canned::refusing(400, "AccessDeniedException", "you may not")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizations_is_asked_once_a_day_and_may_fail() {
    let trail = Trail::new("trouble-org").await;
    assert!(!has(&trail.notes("2026-03-10T12:30:00Z", &[]), &["not updated"]));
    let kept = fs::read_to_string(trail.folder.path().join("state/organization.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!((&kept["asked"], &kept["id"]), (&json!("2026-03-10T12:35:00Z"), &json!(trail.organization)));

    // Within a day it is not asked, and new folders are found nevertheless.
    trail.account("222233334444").await;
    let throttling = throttling();
    let notes = trail.notes("2026-03-10T13:30:00Z", &[(ORGANIZATIONS, &throttling.url)]);
    assert_eq!(throttling.asked(), Vec::<String>::new());
    assert!(has(&notes, &["unknown accounts that have logs", "222233334444"]), "{notes:?}");

    // A day later it is asked, and what it said before is used.
    let notes = trail.notes("2026-03-11T12:30:00Z", &[(ORGANIZATIONS, &throttling.url)]);
    assert!(!throttling.asked().is_empty());
    let words = ["the accounts are those of 2026-03-10T12:35:00Z", "organizations:", "TooManyRequests"];
    assert!(has(&notes, &words), "{notes:?}");

    // Without an earlier answer, the table stays as it is.
    fs::remove_file(trail.folder.path().join("state/organization.json")).unwrap();
    let denying = denying();
    let notes = trail.notes("2026-03-11T13:30:00Z", &[(ORGANIZATIONS, &denying.url)]);
    let words = ["the table was not updated and is used as it is", "organizations:", "you may not"];
    assert!(has(&notes, &words), "{notes:?}");
    // A damaged answer counts as none.
    fs::write(trail.folder.path().join("state/organization.json"), "{").unwrap();
    let notes = trail.notes("2026-03-11T14:30:00Z", &[]);
    assert!(has(&notes, &["what Organizations said last is not known"]), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_cannot_be_updated_is_used_as_it_is() {
    let trail = Trail::new("trouble-glue").await;
    trail.notes("2026-03-10T12:30:00Z", &[]);
    // The table has to change, and may not.
    trail.account("222233334444").await;
    let read_only = Canned::start(|operation, body, _| match operation {
        "GetTable" => (200, call("glue", "AWSGlue.GetTable", body)),
        _ => (400, json!({"__type": "AccessDeniedException", "Message": "you may not"})),
    });
    let notes = trail.notes("2026-03-10T13:30:00Z", &[(GLUE, &read_only.url)]);
    let words = ["the table was not updated and is used as it is", "glue:UpdateTable", "you may not"];
    assert!(has(&notes, &words), "{notes:?}");
    for (at, canned) in [("2026-03-10T14:30:00Z", throttling()), ("2026-03-10T15:30:00Z", denying())] {
        let notes = trail.notes(at, &[(GLUE, &canned.url)]);
        assert!(has(&notes, &["it is taken to be up to date", "glue:GetTable"]), "{notes:?}");
    }
    // Folders that cannot be listed.
    let path = trail.folder.path().join("trailbrief.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, config.replace("s3://logs-trouble-glue", "s3://logs-trouble-nowhere")).unwrap();
    let notes = trail.notes("2026-03-10T16:30:00Z", &[]);
    let words =
        ["the table was not updated and is used as it is", "s3://logs-trouble-nowhere", "NoSuchBucket"];
    assert!(has(&notes, &words), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_table_trouble_is_an_error_that_says_what_to_do() {
    let trail = Trail::new("trouble-none").await;
    let denying = denying();
    let output = trail.run("2026-03-10T12:30:00Z", &[(ORGANIZATIONS, &denying.url)]);
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    for words in [
        "the table `db_trouble_none.cloudtrail` does not exist, and trailbrief cannot create it",
        "organizations:DescribeOrganization",
        "hint: set `organization` in `[table]`",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(trail.athena.executions().is_empty());
}
