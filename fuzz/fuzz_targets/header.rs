//! Any text as the file of a detection, and any text as its cases: no panic, and whatever is wrong is named with its place.
//!
//! `cargo +nightly fuzz run header fuzz/corpus/header fuzz/seeds/header -- -max_len=4000`
#![no_main]

use libfuzzer_sys::fuzz_target;
use src::{
    domain,
    library::{Inspector, Sources, SqlShape, bind_params, conditions, load},
    text,
};

#[allow(dead_code, unused_imports, unexpected_cfgs, reason = "a part of the program")]
#[path = "../../src"]
mod src {
    pub mod domain;
    pub mod library;
    pub mod text;
}

/// What stands between a detection and its cases in one input.
const CASES: &str = "\n====\n";

fuzz_target!(|input: &str| {
    let (sql, cases) = input.split_once(CASES).unwrap_or((input, ""));
    let outputs =
        ["event_time", "account_id", "region", "actor", "action", "resource", "source_ip", "event_id"];
    let shape = SqlShape { outputs: outputs.map(str::to_owned).to_vec(), ..SqlShape::default() };
    let inspector = Inspector { inspect: &|_| Ok(shape.clone()), known_functions: &["lower"] };
    let sources = Sources::default()
        .with_user("family/name.sql", sql)
        .with_user("family/name.cases.toml", cases);
    let (library, problems) = load(&sources, &inspector);
    let used: Vec<_> = library.detections().collect();
    assert_eq!(used.len() + library.broken().len(), 1, "a file is a detection or broken");
    assert!(!used.is_empty() || !problems.is_empty(), "what is broken is named");
    let lines = sql.lines().count().max(cases.lines().count()) + 1;
    for problem in &problems {
        assert!(problem.line >= 1 && problem.line <= lines, "{problem}");
    }
    for detection in used {
        let defaults = detection.params.iter().map(|(name, param)| (name.clone(), param.default.clone()));
        let _ = bind_params(&detection.sql, &defaults.collect());
        for condition in conditions(&detection.sql) {
            assert!(detection.sql.contains(condition.text(&detection.sql)));
        }
    }
    // Tokens cover the text.
    let mut end = 0;
    for token in text::sql_tokens::tokens(input) {
        assert!(token.range.start == end && !token.text(input).is_empty());
        end = token.range.end;
    }
    assert_eq!(end, input.len());
});
