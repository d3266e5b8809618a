//! The commands in the documents: those that need no AWS account are run over the sample organization's logs, and every
//! option that is named exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use trailbrief::testing::demo;

/// The documents whose commands people copy.
const DOCUMENTS: [&str; 2] = ["README.md", "CONTRIBUTING.md"];

/// Directories whose pages do the same.
const FOLDERS: [&str; 2] = ["docs", "queries"];

/// First words of commands that are not run here: they need an AWS account, a network, or minutes.
const FOREIGN: [&str; 14] = [
    "aws",
    "ask",
    "ask()",
    "pip",
    "rustup",
    "infra/package",
    ".ci/mutants",
    ".ci/run",
    "cargo",
    "function",
    "role",
    "common",
    "rm",
    "cat",
];

/// Commands of the program that need an AWS account.
const NEEDS_AWS: [&str; 2] = ["table", "notify"];

/// Commands that need nothing else, so that their name alone is a command to run, too.
const COMPLETE: [&str; 4] = ["demo", "check", "test", "list"];

/// Options of `cargo` and `infra/package` that the documents name alone.
const FOREIGN_OPTIONS: [&str; 7] =
    ["--features", "--no-default-features", "--release", "--test", "--seed", "--target", "--detections"];

/// The id of an event of the sample organization.
macro_rules! event {
    () => {
        "536fa3e1-8485-493b-aba8-e732ab3dca87"
    };
}

/// What stands for something in a command, and what is put in its place.
const PLACEHOLDERS: [(&str, &str); 16] = [
    (
        "show EVENT_ID --logs PATH",
        concat!("show ", event!(), " --logs ./AWSLogs --from 2026-03-10 --to 2026-03-11"),
    ),
    ("show EVENT_ID", concat!("show ", event!(), " --logs ./AWSLogs --from 2026-03-10 --to 2026-03-11")),
    (
        "--event EVENT_ID",
        concat!("--event ", event!(), " --logs ./AWSLogs --from 2026-03-10 --to 2026-03-11"),
    ),
    ("--actor NAME", "--actor ci-deploy"),
    ("cargo run --release -- ", "trailbrief "),
    ("cargo run -- ", "trailbrief "),
    ("s3://my-trail-bucket/prefix", "./AWSLogs"),
    ("--last 24h", "--from 2026-03-10 --to 2026-03-11"),
    (" [--out DIR]", ""),
    ("[--at T]", "--at 2026-03-10T12:00:00Z --no-state"),
    ("PATH", "./AWSLogs"),
    ("SELECT …", "SELECT count(*) FROM events"),
    ("show ID", "show iam.root-console-login"),
    ("query ID", "query iam.root-console-login"),
    ("--explain CODE", "--explain unknown-column"),
    ("bash\\|zsh\\|fish\\|…", "bash"),
];

/// A document: its name and its text.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<PathBuf> = DOCUMENTS.iter().map(|name| root.join(name)).collect();
    for folder in FOLDERS {
        let pages = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        names.extend(pages.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    names.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    names.into_iter().map(read).collect()
}

/// The commands in the blocks of a document that are marked as `sh`; a command that goes over several lines is one.
fn in_blocks(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let (mut inside, mut begun) = (false, String::new());
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && let Some(first) = line.strip_suffix('\\') {
            begun += first;
        } else if inside && !line.trim().is_empty() {
            let command = std::mem::take(&mut begun) + line;
            commands.extend(without_comment(&command).split(" && ").map(str::to_owned));
        }
    }
    commands
}

/// A command without the comment at its end, which two spaces set apart.
fn without_comment(line: &str) -> &str {
    line.split("  #").next().unwrap_or(line).trim_end()
}

/// What stands between single backquotes and begins like this.
fn quoted<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(move |code| code.starts_with(beginning))
}

fn filled(command: &str) -> String {
    let fill = |text: String, (placeholder, value): &(&str, &str)| text.replace(placeholder, value);
    match PLACEHOLDERS.iter().fold(command.to_owned(), fill) {
        // All cases take long, and another test runs them.
        all if all == "trailbrief test" => "trailbrief test --query iam.root-console-login".to_owned(),
        filled => filled,
    }
}

fn first_word(command: &str) -> &str {
    command.split([' ', '=']).next().unwrap_or(command)
}

/// A directory as a new user has it: `AWSLogs` with a day of the sample organization's logs, and its configuration.
fn sandbox() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let written = demo::write(folder.path(), 20_260_310).unwrap();
    keep_a_day(&written.logs);
    assert!(folder.path().join("AWSLogs").is_dir() && folder.path().join("trailbrief.toml").is_file());
    folder
}

/// Removes the folders of all other days, and those of other regions than the one that has the sign-ins.
fn keep_a_day(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = path.to_string_lossy().into_owned();
        let is_other = |after: &str, kept: &str| {
            let name = text.rsplit_once(after).map(|(_, name)| name);
            name.is_some_and(|name| !name.contains('/') && name != kept)
        };
        if is_other("/CloudTrail/", "us-east-1") || is_other("/2026/03/", "10") {
            fs::remove_dir_all(path).unwrap();
        } else if path.is_dir() {
            keep_a_day(&path);
        }
    }
}

fn shell(folder: &Path, command: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_trailbrief"));
    let path = std::env::var("PATH").unwrap();
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .env_remove("TRAILBRIEF_CONFIG")
        .output()
        .unwrap()
}

#[test]
fn commands_in_the_documents_succeed() {
    let folder = sandbox();
    let (mut done, mut faults) = (BTreeSet::new(), Vec::new());
    for (name, text) in documents() {
        let shown = quoted(&text, "trailbrief ").filter(|code| {
            let mut words = code.split(' ').skip(1);
            words.next().is_some_and(|command| COMPLETE.contains(&command)) || words.next().is_some()
        });
        let shown = shown.map(str::to_owned);
        for command in in_blocks(&text).into_iter().chain(shown) {
            let filled = filled(&command);
            let mut words = filled.split(' ');
            match words.next() {
                Some("trailbrief") if NEEDS_AWS.contains(&words.next().unwrap_or_default()) => continue,
                Some("trailbrief") => {}
                _ if FOREIGN.contains(&first_word(&filled)) => continue,
                _ => {
                    faults.push(format!("{name}: `{command}` is neither run nor listed as not to be run"));
                    continue;
                }
            }
            if filled.contains('…') || !done.insert(filled.clone()) {
                continue;
            }
            let output = shell(folder.path(), &filled);
            if !output.status.success() || output.stdout.is_empty() {
                let printed = String::from_utf8_lossy(&output.stderr).into_owned();
                faults.push(format!("{name}: `{filled}` ended with {}:\n{printed}", output.status));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for command in
        ["demo", "run", "query", "plan", "check", "list", "show", "investigate", "test", "completions"]
    {
        let is_of = |done: &&String| done.split(' ').nth(1) == Some(command);
        assert!(done.iter().any(|done| is_of(&done)), "no document shows how to use `{command}`");
    }
}

/// The names of all options of the program, those of its commands, and the examples in its help.
fn known() -> (BTreeSet<String>, BTreeSet<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let help = |command: &str| {
        let output = shell(folder.path(), &format!("trailbrief {command} --help"));
        assert!(output.status.success(), "trailbrief {command} --help");
        String::from_utf8(output.stdout).unwrap()
    };
    let commands = |text: &str| -> Vec<String> {
        let lines =
            text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    let (mut options, mut names, mut examples) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut waiting = vec![String::new()];
    while let Some(command) = waiting.pop() {
        let text = help(&command);
        let defined = text.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let words = defined.flat_map(|line| line.split([' ', ',']));
        options.extend(words.filter(|word| word.starts_with("--")).map(str::to_owned));
        let shown = text.split("\nExamples:\n").nth(1).unwrap_or_default();
        examples.extend(shown.lines().filter(|line| line.starts_with("  ")).map(str::to_owned));
        let below = commands(&text).into_iter().filter(|name| name != "help");
        waiting.extend(below.map(|name| format!("{command} {name}")));
        names.insert(command.trim().to_owned());
    }
    (options, names, examples)
}

#[test]
fn commands_and_options_in_the_documents_exist() {
    let (options, commands, examples) = known();
    assert!(examples.len() > 10, "the help has no examples: {examples:?}");
    let mut faults = Vec::new();
    for word in examples.iter().flat_map(|example| example.split(' ')).filter(|word| word.starts_with("--")) {
        if !options.contains(word) {
            faults.push(format!("the help shows `{word}`, which is not an option"));
        }
    }
    for (name, text) in documents() {
        for code in quoted(&text, "trailbrief ") {
            let command = code.split(' ').nth(1).unwrap_or_default();
            if command.starts_with(|c: char| c.is_ascii_lowercase()) && !commands.contains(command) {
                faults.push(format!("{name}: `{code}`: there is no command `{command}`"));
            }
        }
        let ours = quoted(&text, "--").chain(quoted(&text, "trailbrief "));
        let words = ours.flat_map(|code| code.split([' ', '=', '[', ']', '|', '\\', ',']));
        for word in words.filter(|word| word.len() > 2 && word.starts_with("--") && *word != "---") {
            if !options.contains(word) && !FOREIGN_OPTIONS.contains(&word) {
                faults.push(format!("{name}: there is no option `{word}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// It is copied as it is, so it must be right as it is.
#[test]
fn the_example_configuration_passes_the_check_where_it_is_copied_to() {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("trailbrief.example.toml");
    fs::copy(example, folder.path().join("trailbrief.toml")).unwrap();
    let output = shell(folder.path(), "trailbrief check");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && printed.ends_with("0 errors, 0 warnings\n"), "{printed}");
}
