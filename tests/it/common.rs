//! What several subjects need: the shipped library with its engine, records, log trees.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::Value;
use trailbrief::testing::app::App;

/// A configuration that says nothing: the defaults, whatever lies in the current directory.
pub fn empty_config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/empty.toml")
}

/// The shipped library, the default configuration, the engine.
pub fn app() -> App {
    App::load(Some(&empty_config())).unwrap()
}

/// A base event of the cases.
pub fn base(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/events/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A log file as CloudTrail delivers it.
pub fn log_file(records: &[Value]) -> Vec<u8> {
    gzip(serde_json::json!({ "Records": records }).to_string().as_bytes())
}

/// The text of bytes that are compressed, or not.
pub fn gunzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    match bytes {
        [0x1f, 0x8b, ..] => GzDecoder::new(bytes).read_to_string(&mut text).unwrap(),
        mut plain => plain.read_to_string(&mut text).unwrap(),
    };
    text
}

/// Compressed bytes.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A detection of the pack `tiny`: sign-ins of the root user, one finding for each account.
pub const ROOT_LOGIN: &str = r#"-- ---
-- id = "test.root-login"
-- title = "Root user signed in"
-- description = "A sign-in of the root user."
-- severity = "critical"
-- status = "stable"
-- packs = ["tiny"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id"]
-- says = "root signed in to {account_id} from {source_ip}"
-- benign = ["announced"]
-- steps = ["ask"]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"]
-- ---
SELECT eventtime AS event_time, recipientaccountid AS account_id, awsregion AS region, useridentity.arn AS actor,
       eventname AS action, CAST(NULL AS varchar) AS resource, sourceipaddress AS source_ip, eventid AS event_id
FROM events
WHERE eventsource = 'signin.amazonaws.com' AND eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
"#;
