//! The table in Glue, from an empty account to a new member of the organization.

use std::fs;

use aws_sdk_glue::types::{Column, SerDeInfo, StorageDescriptor, TableInput};
use object_store::{ObjectStoreExt as _, path::Path};
use serde_json::Value;
use trailbrief::{
    app::upkeep,
    aws::{glue::Glue, organizations::Organizations},
};

use super::{canned::Canned, command, stderr, stdout, trailbrief};
use crate::rig;

/// A bucket with these folders of an organization's trail, and a configuration for it in a directory.
async fn place(name: &str, folders: &[&str]) -> tempfile::TempDir {
    let organization = Organizations::new(&rig::sdk().await).id().await.unwrap();
    rig::make_bucket(&format!("logs-{name}"));
    let bucket = rig::bucket(&format!("logs-{name}"));
    for folder in folders {
        let path = format!("AWSLogs/{organization}/{folder}/2026/03/10/a.json.gz");
        bucket.put(&Path::from(path), Vec::new().into()).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[table]\nlogs = \"s3://logs-{name}\"\ndatabase = \"db_{name}\"\n");
    fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
    folder
}

fn object(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

const JSON: [&str; 2] = ["--format", "json"];

#[tokio::test]
async fn an_empty_account_gets_a_table_that_follows_the_organization() {
    let folder =
        place("follows", &["111122223333/CloudTrail/eu-west-1", "111122223333/CloudTrail-Digest/eu-west-3"])
            .await;
    let planned = object(&trailbrief(folder.path(), &[&["table", "plan"], JSON.as_slice()].concat()));
    assert_eq!(planned["creates_database"], true);
    assert_eq!(planned["changes"], serde_json::json!([{"change": "create"}]));
    assert_eq!(planned["accounts_only_in_bucket"], serde_json::json!(["111122223333"]));

    let sdk = rig::sdk().await;
    let glue = Glue::new(&sdk);
    assert!(glue.table("db_follows", "cloudtrail").await.unwrap().is_none(), "a plan changes nothing");
    object(&trailbrief(folder.path(), &[&["table", "apply"], JSON.as_slice()].concat()));
    let made = glue.table("db_follows", "cloudtrail").await.unwrap().unwrap().definition;
    assert_eq!(
        made.parameters["projection.region.values"],
        "ap-southeast-2,eu-north-1,eu-west-1,us-east-1,us-east-2"
    );
    assert!(made.parameters["storage.location.template"].starts_with("s3://logs-follows/AWSLogs/o-"));
    // Other tests make accounts in the same organization, whose ids may come between these.
    let accounts: Vec<_> = made.parameters["projection.account.values"].split(',').collect();
    assert!(accounts.contains(&"000000000000") && accounts.contains(&"111122223333"), "{accounts:?}");

    // As it should be: nothing is written.
    let version = version("db_follows").await;
    let output = trailbrief(folder.path(), &["table", "apply"]);
    assert!(stdout(&output).contains("The table is up to date."), "{}", stdout(&output));
    assert_eq!(self::version("db_follows").await, version);

    // A new account of the organization is there with the next turn.
    let client = aws_sdk_organizations::Client::new(&sdk);
    let created =
        client.create_account().email("new@example.com").account_name("new \u{1b}[31mteam").send().await;
    let id = created.unwrap().create_account_status.unwrap().account_id.unwrap();
    let applied = trailbrief(folder.path(), &["table", "apply"]);
    let text = stdout(&applied);
    let change = text.lines().find(|line| line.contains("~ projection.account.values:  +"));
    assert!(change.is_some_and(|line| line.contains(&id)), "{text}");
    assert!(!text.contains('\u{1b}'), "a name is text: {text}");
    let now = glue.table("db_follows", "cloudtrail").await.unwrap().unwrap().definition;
    assert!(now.parameters["projection.account.values"].contains(&id));
}

async fn version(database: &str) -> Option<String> {
    let client = aws_sdk_glue::Client::new(&rig::sdk().await);
    let answer = client.get_table().database_name(database).name("cloudtrail").send().await.unwrap();
    answer.table.unwrap().version_id
}

#[tokio::test]
async fn a_table_of_something_else_is_adopted_only_on_purpose() {
    let folder = place("foreign", &["111122223333/CloudTrail/eu-west-1"]).await;
    let client = aws_sdk_glue::Client::new(&rig::sdk().await);
    Glue::new(&rig::sdk().await).create_database("db_foreign").await.unwrap();
    let theirs = TableInput::builder()
        .name("cloudtrail")
        .description("ours since 2019")
        .owner("hadoop")
        .parameters("team", "data")
        .storage_descriptor(
            StorageDescriptor::builder()
                .columns(Column::builder().name("extra").r#type("string").comment("of 2019").build().unwrap())
                .serde_info(
                    SerDeInfo::builder()
                        .serialization_library("com.amazon.emr.hive.serde.CloudTrailSerde")
                        .build(),
                )
                .location("s3://logs-foreign/AWSLogs/")
                .build(),
        )
        .build()
        .unwrap();
    client.create_table().database_name("db_foreign").table_input(theirs).send().await.unwrap();

    for step in ["plan", "apply"] {
        let output = trailbrief(folder.path(), &["table", step]);
        assert_eq!(output.status.code(), Some(2));
        insta::assert_snapshot!("foreign", stderr(&output));
    }
    let output = trailbrief(folder.path(), &["table", "apply", "--adopt"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let answer = client.get_table().database_name("db_foreign").name("cloudtrail").send().await.unwrap();
    let table = answer.table.unwrap();
    assert_eq!((table.description(), table.owner()), (Some("ours since 2019"), Some("hadoop")));
    assert_eq!(table.parameters().unwrap()["team"], "data");
    let extra = table.storage_descriptor().unwrap().columns().last().unwrap();
    assert_eq!((extra.name(), extra.comment()), ("extra", Some("of 2019")));
    assert!(stdout(&trailbrief(folder.path(), &["table", "plan"])).contains("up to date"));
}

#[tokio::test]
async fn a_write_of_somebody_else_in_between_is_not_lost() {
    let folder = place("contended", &["111122223333/CloudTrail/eu-west-1"]).await;
    assert!(trailbrief(folder.path(), &["table", "apply"]).status.success());
    let glue = Glue::new(&rig::sdk().await);
    let before = glue.table("db_contended", "cloudtrail").await.unwrap().unwrap();
    let mut theirs = before.definition.clone();
    theirs.parameters.insert("team".to_owned(), "data".to_owned());
    glue.update(&before, &theirs).await.unwrap();
    // What was read before theirs cannot be written over it.
    let mut ours = before.definition.clone();
    ours.parameters.insert("projection.account.values".to_owned(), "111122223333".to_owned());
    let refused = glue.update(&before, &ours).await.unwrap_err();
    assert_eq!(refused.to_string(), "another program changed the table at the same time");
    // Read again, changed again: theirs stays.
    upkeep::apply(&glue, &ours, false).await.unwrap();
    let after = glue.table("db_contended", "cloudtrail").await.unwrap().unwrap().definition;
    assert_eq!(after.parameters["team"], "data");
    assert_eq!(after.parameters["projection.account.values"], "111122223333");
}

/// A Glue whose table is dropped between a look at it and the write.
#[tokio::test]
async fn a_table_that_is_dropped_meanwhile_is_made_anew() {
    let folder = place("dropped", &["111122223333/CloudTrail/eu-west-1"]).await;
    assert!(trailbrief(folder.path(), &["table", "apply"]).status.success());
    let glue = Glue::new(&rig::sdk().await);
    let mut wanted = glue.table("db_dropped", "cloudtrail").await.unwrap().unwrap().definition;
    let parameters = wanted.parameters.clone();
    wanted.parameters.insert("projection.account.values".to_owned(), "111122223333".to_owned());
    let canned = Canned::start(move |operation, _, nth| {
        let gone = || {
            (
                400,
                serde_json::json!({"__type": "EntityNotFoundException", "Message": "Table cloudtrail not found."}),
            )
        };
        match (operation, nth) {
            ("GetTable", 0) => (
                200,
                serde_json::json!({"Table": {"Name": "cloudtrail", "VersionId": "1", "Parameters": parameters}}),
            ),
            ("GetTable" | "UpdateTable", _) => gone(),
            _ => (200, serde_json::json!({"Database": {"Name": "db_dropped"}})),
        }
    });
    let glue = Glue::new(&rig::sdk().await.into_builder().endpoint_url(&canned.url).build());
    let applied = upkeep::apply(&glue, &wanted, false).await.unwrap();
    assert_eq!(applied.difference.changes, [trailbrief::table::Change::Create]);
    assert_eq!(canned.asked(), ["GetTable", "UpdateTable", "GetTable", "GetDatabase", "CreateTable"]);
}

#[tokio::test]
async fn mistakes_of_configuration_say_which_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let said = |config: &str| {
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        let output = trailbrief(folder.path(), &["table", "plan"]);
        format!("{}\n{}", output.status.code().unwrap(), stderr(&output))
    };
    insta::assert_snapshot!("no-table", said(""));
    insta::assert_snapshot!(
        "no-bucket",
        said("[table]\nlogs = \"s3://nowhere-to-be-found\"\norganization = \"o-exampleorgid\"\n")
    );
    rig::make_bucket("logs-empty");
    insta::assert_snapshot!(
        "no-accounts",
        said("[table]\nlogs = \"s3://logs-empty\"\ntrail = \"account\"\n")
    );
}

#[tokio::test]
async fn the_statement_names_every_column() {
    let folder = place("ddl", &["111122223333/CloudTrail/eu-west-1"]).await;
    let config = fs::read_to_string(folder.path().join("trailbrief.toml")).unwrap();
    let accounts = "[[accounts]]\nid = \"111122223333\"\nname = \"one\"\n";
    fs::write(folder.path().join("trailbrief.toml"), config + accounts).unwrap();
    let organization = Organizations::new(&rig::sdk().await).id().await.unwrap();
    let output = trailbrief(folder.path(), &["table", "ddl"]);
    insta::assert_snapshot!("ddl", stdout(&output).replace(&organization, "o-exampleorgid"));
}

/// An S3 with logs of two accounts that will not list the second's.
fn half_listed() -> Canned {
    Canned::start(|address, _, _| {
        let address = address.replace("%2F", "/");
        let prefix =
            address.split("prefix=").nth(1).unwrap_or_default().split('&').next().unwrap_or_default();
        let (status, folders) = match prefix {
            "AWSLogs/" => (200, &["111122223333", "222233334444"][..]),
            "AWSLogs/111122223333/" => (200, &["CloudTrail"][..]),
            "AWSLogs/111122223333/CloudTrail/" => (200, &["eu-west-1"][..]),
            _ => (403, &[][..]),
        };
        let folders: String = folders
            .iter()
            .map(|name| format!("<CommonPrefixes><Prefix>{prefix}{name}/</Prefix></CommonPrefixes>"))
            .collect();
        (
            status,
            Value::String(format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated>{folders}</ListBucketResult>"
            )),
        )
    })
}

/// Else its logs would not be read, and the watermarks would go on.
#[test]
fn what_cannot_be_listed_stays_in_the_table() {
    rig::make_bucket("logs-unlisted");
    let bucket = rig::bucket("logs-unlisted");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for folder in ["111122223333/CloudTrail/eu-west-1", "222233334444/CloudTrail/eu-central-2"] {
        let path = Path::from(format!("AWSLogs/{folder}/2026/03/10/a.json.gz"));
        runtime.block_on(bucket.put(&path, Vec::new().into())).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let config = "[table]\nlogs = \"s3://logs-unlisted\"\ndatabase = \"db_unlisted\"\ntrail = \"account\"\n";
    fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
    let s3 = half_listed();
    let planned = || {
        let mut command = command(folder.path(), &[&["table", "plan"], JSON.as_slice()].concat());
        object(&command.env("AWS_ENDPOINT_URL_S3", &s3.url).output().unwrap())
    };
    let accounts = serde_json::json!(["111122223333", "222233334444"]);
    assert_eq!(planned()["accounts"], accounts, "there is a folder, whatever is in it");
    object(&trailbrief(folder.path(), &[&["table", "apply"], JSON.as_slice()].concat()));
    let planned = planned();
    assert_eq!(planned["problems"][0]["folder"], "222233334444");
    assert_eq!(planned["accounts"], accounts);
    assert_eq!(planned["changes"], serde_json::json!([]));
}
