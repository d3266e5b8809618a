//! What a reviewer would otherwise have to watch: who may use whom, the homes of foreign crates, file length, module docs,
//! templates.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Who may use which other modules of the crate. A module that is not listed in a row is forbidden to it.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("library", &["domain"]),
    ("s3", &["aws"]),
    ("table", &["domain"]),
    ("aws", &["domain", "table"]),
    ("config", &["domain", "library", "table"]),
    ("plan", &["domain", "library", "engine"]),
    ("engine", &["domain", "plan", "table", "aws", "s3"]),
    ("triage", &["domain"]),
    ("store", &["domain", "s3"]),
    ("render", &["domain", "library"]),
    ("demo", &["domain"]),
    ("deliver", &["domain", "config", "render", "aws"]),
    ("run", &["domain", "plan", "engine", "triage", "aws"]),
    ("cases", &["domain", "library", "plan", "engine"]),
    ("upkeep", &["domain", "config", "table", "aws", "engine"]),
    ("app", &["domain", "library", "config", "plan", "engine", "run", "store"]),
    ("refusal", &["app", "engine", "run", "store", "upkeep"]),
    ("pick", &["app", "domain", "refusal"]),
    ("place", &["app", "config", "engine", "run", "aws", "table", "upkeep", "refusal"]),
    ("turn", &["app", "domain", "config", "plan", "engine", "run", "render", "store", "deliver", "refusal"]),
    (
        "lambda",
        &[
            "app", "domain", "config", "plan", "engine", "run", "render", "store", "aws", "deliver",
            "refusal", "pick", "place", "turn",
        ],
    ),
    (
        "cli",
        &[
            "app", "domain", "library", "config", "plan", "engine", "run", "cases", "render", "store",
            "demo", "aws", "table", "upkeep", "deliver", "refusal", "pick", "place", "turn",
        ],
    ),
    ("main", &[]),
    ("lib", &["cli", "config", "lambda"]),
];

/// Where a foreign crate may be used: path prefixes below `src/`.
const HOMES: &[(&str, &[&str])] = &[
    ("datafusion", &["engine/embedded"]),
    ("object_store", &["engine/embedded/source", "s3", "aws/credentials.rs", "store"]),
    ("aws_config", &["aws"]),
    ("aws_sdk_athena", &["aws"]),
    ("aws_sdk_glue", &["aws"]),
    ("aws_sdk_lambda", &["aws"]),
    ("lambda_runtime", &["lambda.rs"]),
    ("aws_sdk_organizations", &["aws"]),
    ("askama", &["render"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("indicatif", &["cli"]),
    ("anyhow", &["cli", "lambda", "pick.rs", "place.rs", "refusal.rs", "turn"]),
    ("aws_sdk_secretsmanager", &["aws"]),
    ("aws_sdk_ses", &["aws"]),
    ("aws_sdk_ssm", &["aws"]),
    ("aws_smithy_http_client", &["aws"]),
    ("mail_builder", &["deliver/mail.rs"]),
    ("reqwest", &["deliver/slack.rs", "deliver/webhook.rs"]),
    ("rust_embed", &["library"]),
    ("toml", &["library", "config"]),
];

const LONGEST: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
}

/// Every Rust file below these folders, with its path from the project's root and its text.
fn rust_files(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        files(&root().join(folder), "rs", &mut found);
    }
    found.sort();
    assert!(!found.is_empty(), "no Rust file below {folders:?}");
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            (name, text)
        })
        .collect()
}

/// The module at the top that a file below `src/` belongs to.
fn top(name: &str) -> &str {
    let below = name.strip_prefix("src/").unwrap_or(name);
    below.split(['/', '.']).next().unwrap_or(below)
}

/// The part of a file before its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// The first segment of every path that begins with `crate::`, also of the branches of `use crate::{…}`.
fn crate_modules(text: &str) -> Vec<String> {
    let mut modules = Vec::new();
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            modules.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (place, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    modules.push(word(&group[start..place]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    modules.push(word(&group[start..place]));
                    start = place + 1;
                }
                _ => {}
            }
        }
    }
    modules.retain(|module| !module.is_empty());
    modules
}

#[test]
fn layers_point_inward() {
    let mut faults = Vec::new();
    for (name, text) in rust_files(&["src"]) {
        let own = top(&name);
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == own) else {
            faults.push(format!("{name}: `{own}` has no row in LAYERS"));
            continue;
        };
        for used in crate_modules(without_tests(&text)) {
            if used != own && !allowed.contains(&used.as_str()) {
                faults.push(format!("{name}: uses `{used}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn foreign_crates_stay_at_home() {
    let mut faults = Vec::new();
    for (name, text) in rust_files(&["src"]) {
        let below = name.strip_prefix("src/").unwrap();
        for (foreign, homes) in HOMES {
            let used = without_tests(&text).lines().any(|line| {
                !line.trim_start().starts_with("//")
                    && line.match_indices(&format!("{foreign}::")).any(|(at, _)| {
                        !line[..at]
                            .chars()
                            .next_back()
                            .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                    })
            });
            if used && !homes.iter().any(|home| below.starts_with(home)) {
                faults.push(format!("{name}: uses `{foreign}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_are_short() {
    let long: Vec<String> = rust_files(&["src", "tests", "benches"])
        .into_iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "past {LONGEST} lines:\n{}", long.join("\n"));
}

#[test]
fn modules_say_what_they_are_for() {
    let silent: Vec<String> = rust_files(&["src", "tests", "benches"])
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "without module docs:\n{}", silent.join("\n"));
}

#[test]
fn templates_never_switch_escaping_off() {
    let mut found = Vec::new();
    files(&root().join("templates"), "html", &mut found);
    assert!(!found.is_empty(), "no template");
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        for forbidden in ["|safe", "| safe", "escape \"none\"", "<script", "http-equiv"] {
            assert!(!text.contains(forbidden), "{}: `{forbidden}`", path.display());
        }
    }
}

#[test]
fn only_one_module_reads_the_environment() {
    for (name, text) in rust_files(&["src"]) {
        let reads = without_tests(&text).contains("env::var");
        assert!(!reads || name == "src/config/env.rs", "{name} reads the environment");
    }
}
