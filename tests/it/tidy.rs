//! What a reviewer would otherwise have to watch: who may use whom, the homes of foreign crates, words that were given up,
//! promises without proof, paths that lead nowhere, file length, module docs, templates.

mod documents;
mod folders;
mod imports;
mod layers;
mod markdown;
mod promises;
mod rust;
mod tree;
mod words;

use tree::{Tree, report};

/// Folders with Rust files of the project.
const CODE: [&str; 4] = ["src", "crates", "tests", "benches"];

/// Pages that people read.
const PAGES: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs", "queries/README.md", "crates"];

/// What lies at the top level beside folders and hidden files.
const TOP_LEVEL: [&str; 12] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "build.rs",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
    "trailbrief.example.toml",
];

/// No file is longer than this, in lines.
const LONGEST: usize = 400;

#[test]
fn layers_point_inward() {
    let tree = Tree::of_project(&["src", "ARCHITECTURE.md"]);
    let faults = layers::modules(&tree, &imports::imports(&tree, "src"));
    report("move what is shared down; ARCHITECTURE.md's list of layers says what may use what", &faults);
}

#[test]
fn no_two_folders_import_each_other() {
    let tree = Tree::of_project(&["src", "crates"]);
    let mut faults = folders::circles(&imports::imports(&tree, "src"), "src");
    for name in crates(&tree) {
        let folder = format!("crates/{name}/src");
        faults.extend(folders::circles(&imports::imports(&tree, &folder), &folder));
    }
    report("move what both need into a file of its own, or below both", &faults);
}

/// The names of the folders below `crates`.
fn crates(tree: &Tree) -> Vec<String> {
    let below = tree.rust().filter_map(|(file, _)| file.strip_prefix("crates/")?.split('/').next());
    let names: std::collections::BTreeSet<&str> = below.collect();
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn foreign_crates_stay_at_home() {
    let faults = layers::foreign(&Tree::of_project(&["src", "ARCHITECTURE.md"]));
    report("use it where ARCHITECTURE.md's list of crates says", &faults);
}

#[test]
fn promises_have_a_function_and_a_test() {
    let faults = promises::faults(&Tree::of_project(&["src", "crates", "tests", "docs/promises.md"]));
    report("docs/promises.md names what keeps each promise and what proves it", &faults);
}

#[test]
fn pages_name_paths_that_exist() {
    let mut pages = Tree::of_project(&PAGES);
    pages.files.retain(|(path, _)| path.ends_with(".md"));
    report("name the file as it is called now", &documents::faults(&pages, &tree::paths(&["."])));
}

/// Results of trials once came in with a commit of everything.
#[test]
fn nothing_lies_about_at_the_top_level() {
    let names = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap().flatten();
    let files = names.filter(|entry| entry.path().is_file());
    let mut stray: Vec<String> =
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    stray.retain(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()));
    report("delete the file, or name it in TOP_LEVEL", &stray);
}

#[test]
fn files_are_short() {
    let tree = Tree::of_project(&CODE);
    let lines = tree.rust().map(|(file, text)| (file, text.lines().count()));
    let long: Vec<String> = lines
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{file}: {lines} lines"))
        .collect();
    report(&format!("cut the file in two: at most {LONGEST} lines"), &long);
}

#[test]
fn modules_say_what_they_are_for() {
    let tree = Tree::of_project(&CODE);
    let silent = tree.rust().filter(|(_, text)| !text.starts_with("//! ")).map(|(file, _)| file.to_owned());
    report("begin the file with `//! ` and what it answers", &silent.collect::<Vec<_>>());
}

#[test]
fn templates_never_switch_escaping_off() {
    let tree = Tree::of_project(&["templates"]);
    let mut faults = Vec::new();
    for (file, text) in tree.with_ending(".html") {
        for forbidden in ["|safe", "| safe", "escape \"none\"", "<script", "http-equiv"] {
            if text.contains(forbidden) {
                faults.push(format!("{file}: `{forbidden}`"));
            }
        }
    }
    assert!(tree.with_ending(".html").next().is_some(), "no template");
    report("text of log records stays text", &faults);
}

#[test]
fn only_one_module_reads_the_environment() {
    let tree = Tree::of_project(&["src", "crates"]);
    let reads = |text: &str| {
        let (tokens, _) = rust::without_tests(rust::code(rust::tokens(text)));
        let names = ["var", "var_os", "vars", "vars_os"];
        tokens.windows(3).any(|three| {
            three[0].is("env") && three[1].is("::") && names.iter().any(|name| three[2].is(name))
        })
    };
    let readers = tree.rust().filter(|(file, text)| *file != "src/config/env.rs" && reads(text));
    report(
        "only `src/config/env.rs` reads the environment",
        &readers.map(|(file, _)| file.to_owned()).collect::<Vec<_>>(),
    );
}

/// What people read, besides [`PAGES`].
const TEXTS: [&str; 5] = ["CHANGELOG.md", "queries", "trailbrief.example.toml", "infra", "templates"];

#[test]
fn words_that_were_given_up_do_not_return() {
    let mut tree = Tree::of_project(&[&CODE[..], &PAGES, &TEXTS].concat());
    // The list of these words stands there.
    tree.files.retain(|(file, _)| !file.starts_with("tests/it/tidy"));
    tree.files.dedup();
    report("one word, one thing: use the word that ARCHITECTURE.md gives", &words::returned(&tree));
}

#[test]
fn a_name_with_one_meaning_has_one_definition() {
    let faults = words::doubled(&Tree::of_project(&["src"]));
    report("give each of them a specific name, such as `ErrorKind`", &faults);
}
