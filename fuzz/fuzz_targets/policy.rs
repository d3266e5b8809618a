//! Any text as a policy in a record: its JSON as SQL reads it never panics, and its canonical form stays what it is.
//!
//! `cargo +nightly fuzz run policy fuzz/corpus/policy fuzz/seeds/policy -- -max_len=3000`
#![no_main]

use functions::json::{path::JsonPath, text};
use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "a part of the functions")]
#[path = "../../crates/datafusion-trino/src/functions"]
mod functions {
    pub mod error;
    pub mod json {
        pub mod path;
        pub mod text;
    }
    pub mod number {
        pub mod text;
    }
}

/// What the views ask of a policy.
const PATHS: [&str; 5] = ["$", "$.Statement", "$.Statement[0].Principal.AWS", "$[\"Condition\"]", "$.Version"];

fuzz_target!(|input: (&str, &str)| {
    let (document, path) = input;
    for path in PATHS.into_iter().chain([path]) {
        let Ok(path) = JsonPath::parse(path) else { continue };
        if let Some(found) = path.find(document) {
            assert!(document.contains(found));
        }
    }
    if let Some(canonical) = text::canonical(document) {
        assert_eq!(text::canonical(&canonical).as_deref(), Some(canonical.as_str()));
        assert!(serde_json::from_str::<serde_json::Value>(&canonical).is_ok() || canonical.contains("\\ud"));
    }
    let mut quoted = String::new();
    text::quote(document, &mut quoted);
    assert_eq!(text::Cursor::new(&quoted).string().as_deref(), Some(document));
});
