//! What several subjects need: the shipped library with its engine, records, log trees.

use std::{fs, io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use trailbrief::app::App;

/// The shipped library, the default configuration, the engine.
pub fn app() -> App {
    App::load(Some(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/empty.toml")))).unwrap()
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

/// Compressed bytes.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
