//! Records without an account or region: files, one statement for all, and statements of their own give the same findings.

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    athena::Athena,
    command,
    runs::{json, reported},
    stderr, trailbrief,
};
use crate::{
    common::{base, log_file},
    rig,
};

const BARE: &str = r#"-- ---
-- id = "test.bare"
-- title = "Root user signed in, the record does not say where"
-- description = "A sign-in of the root user."
-- severity = "low"
-- status = "stable"
-- packs = ["tiny"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "event_id"]
-- says = "root signed in to {folder_account}, {folder_region}"
-- benign = ["announced"]
-- steps = ["ask"]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"]
-- ---
SELECT eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region, useridentity.arn AS actor,
       eventname AS action, CAST(NULL AS varchar) AS resource, sourceipaddress AS source_ip, eventid AS event_id,
       account AS folder_account, events.region AS folder_region
FROM events
WHERE eventsource = 'signin.amazonaws.com' AND eventname = 'ConsoleLogin' AND recipientaccountid IS NULL
      AND awsregion IS NULL
"#;

const RUN: [&str; 9] = [
    "run",
    "--query",
    "test.bare,iam.root-console-login",
    "--from",
    "2026-03-10",
    "--to",
    "2026-03-11",
    "--format",
    "json",
];

fn write(folder: &Path, more: &str) {
    let config = format!(
        "[library]\npaths = [\"{0}\"]\n[table]\nlogs = \"s3://logs-bare\"\ndatabase = \"bare\"\n\
         organization = \"o-exampleorgid\"\n[athena]\nworkgroup = \"managed\"\n{more}",
        folder.join("library").display()
    );
    fs::write(folder.join("trailbrief.toml"), config).unwrap();
}

#[test]
fn a_record_without_account_and_region_is_the_same_in_all_three_ways() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut bare = base("console-login-root");
    let fields = bare.as_object_mut().unwrap();
    assert!(fields.remove("recipientAccountId").is_some() && fields.remove("awsRegion").is_some());
    fields.insert("eventID".to_owned(), Value::from("0a1b2c3d-0000-4000-8000-00000000ba4e"));
    let bytes = log_file(&[bare, base("console-login-root")]);
    let key = "AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-east-1/2026/03/10/a.json.gz";
    fs::create_dir_all(folder.join(key).parent().unwrap()).unwrap();
    fs::write(folder.join(key), &bytes).unwrap();
    rig::make_bucket("logs-bare");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use object_store::ObjectStoreExt as _;
        rig::bucket("logs-bare").put(&key.into(), bytes.into()).await.unwrap();
    });
    fs::create_dir_all(folder.join("library/test")).unwrap();
    fs::write(folder.join("library/test/bare.sql"), BARE).unwrap();
    write(folder, "");
    let applied = trailbrief(folder, &["table", "apply"]);
    assert!(applied.status.success(), "{}", stderr(&applied));

    let files = json(&trailbrief(folder, &[RUN.as_slice(), &["--logs", "AWSLogs"]].concat()));
    assert_eq!(reported(&files).len(), 3, "{files:#}");
    let found = files["findings"].as_array().unwrap();
    let found = found.iter().find(|finding| finding["detection"] == "test.bare").unwrap();
    assert_eq!((&found["account_id"], &found["region"]), (&Value::Null, &Value::Null));
    assert_eq!(found["details"]["folder_account"], "111122223333");
    assert_eq!(found["details"]["folder_region"], "us-east-1");
    for more in ["", "scan = \"own\"\n"] {
        write(folder, more);
        let athena = Athena::start();
        let output = command(folder, &RUN).env("AWS_ENDPOINT_URL_ATHENA", &athena.url).output().unwrap();
        let brief = json(&output);
        assert_eq!(brief["failures"], serde_json::json!([]), "{more}");
        assert_eq!(reported(&brief), reported(&files), "{more}");
        assert_eq!(athena.executions().len(), if more.is_empty() { 1 } else { 2 });
        assert_eq!(brief["findings"], files["findings"], "{more}");
    }
}
