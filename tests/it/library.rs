//! The library: every lint by a file that has that fault alone, and what loading promises.

mod files;
mod headers;

use std::{collections::BTreeSet, fs, path::Path};

use proptest::prelude::*;
use trailbrief::testing::{
    app::{self, read_library},
    domain::detection::DetectionId,
    library::{Library, Sources, UserPath, case_window},
    text::{Diagnostic, Level, Lint, Place},
};

use crate::common;

/// The directory of the lints' files; its path is relative to the package, where tests run.
const LINTS: &str = "tests/lints";

/// Cases of a view.
const VIEW_CASES: &str =
    "[[case]]\nname = \"an event\"\nevents = [{ base = \"console-login\" }]\nfinds = 1\n";

fn lint_file(name: &str) -> Option<String> {
    fs::read_to_string(format!("{LINTS}/{name}")).ok()
}

/// Loads a library as the program does.
fn read(sources: &Sources) -> (Library, Vec<Diagnostic>) {
    read_library(None, sources.clone())
}

/// Everything that `trailbrief check` finds wrong with a configuration and a library.
fn check(config: &Path, sources: Sources) -> Vec<Diagnostic> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let now = "2026-03-10T00:00:00Z".parse().unwrap();
    runtime.block_on(app::check(Some(config), sources, now)).unwrap().diagnostics
}

/// The clean detection with its cases and base event, as a user's library.
fn clean() -> Sources {
    ["clean.sql", "clean.cases.toml", "events/console-login.json"]
        .into_iter()
        .fold(Sources::default(), |sources, name| {
            sources.with_user(format!("{LINTS}/{name}"), &lint_file(name).unwrap())
        })
}

fn with_cases(sources: Sources, stem: &str, text: &str) -> Sources {
    sources.with_user(format!("{LINTS}/{stem}.cases.toml"), text)
}

/// Everything that is wrong with the files of one lint.
fn problems_of(lint: Lint) -> Vec<Diagnostic> {
    let code = lint.code();
    if let Some(text) = lint_file(&format!("{code}.toml")) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("trailbrief.toml");
        fs::write(&config, text).unwrap();
        let below = format!("{}/", folder.path().display());
        let relative = |problem: Diagnostic| Diagnostic {
            file: problem.file.replace(&below, ""),
            message: problem.message.replace(&below, ""),
            ..problem
        };
        return check(&config, clean()).into_iter().map(relative).collect();
    }
    let cases = lint_file(&format!("{code}.cases.toml"));
    let mut sources = clean();
    if let Some(sql) = lint_file(&format!("{code}.sql")) {
        if matches!(lint, Lint::TakenName | Lint::ViewCircle | Lint::UndescribedColumn) {
            let view = format!("{LINTS}/views/{}", code.replace('-', "_"));
            let sources = sources.with_user(format!("{view}.sql"), &sql);
            return check(
                &common::empty_config(),
                sources.with_user(format!("{view}.cases.toml"), VIEW_CASES),
            );
        }
        if lint == Lint::DuplicateId {
            let clean_cases = lint_file("clean.cases.toml").unwrap();
            sources = sources
                .with_shipped(&format!("lints/{code}.sql"), &sql)
                .with_shipped(&format!("lints/{code}.cases.toml"), &clean_cases)
                .with_shipped("events/console-login.json", &lint_file("events/console-login.json").unwrap());
        }
        sources = sources.with_user(format!("{LINTS}/{code}.sql"), &sql);
        let cases = cases.unwrap_or_else(|| lint_file("clean.cases.toml").unwrap());
        return check(&common::empty_config(), with_cases(sources, code, &cases));
    }
    let cases = cases.unwrap_or_else(|| panic!("there is no file for `{code}`"));
    check(&common::empty_config(), with_cases(sources, code, &cases))
}

#[test]
fn every_lint_has_a_file_that_triggers_it_alone() {
    let mut page = String::new();
    for lint in Lint::ALL {
        let problems = problems_of(*lint);
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [*lint], "{problems:#?}");
        page.push_str(&format!("{}\n\n", problems[0]));
    }
    insta::with_settings!({filters => vec![("\\\\", "/")]}, { insta::assert_snapshot!("lints", page) });
}

/// Whatever the parser reports, it names a line that a person can correct.
#[test]
fn problems_of_sql_are_reported_where_the_sql_is() {
    let clean = lint_file("clean.sql").unwrap();
    let body = clean.find("SELECT").unwrap();
    let line = clean[..body].lines().count() + 1;
    for (sql, place) in [
        ("DELETE FROM events", (line, 1)),
        ("\n  INSERT INTO events SELECT 1", (line + 1, 3)),
        ("", (line - 1, 1)),
        ("SELECT 1;\nSELECT 2", (line + 1, 1)),
        ("SELECT account_id\nFROM events WHERE (", (line + 1, 20)),
        ("SELEC account_id\nFROM events", (line, 1)),
    ] {
        let text = format!("{}{sql}", &clean[..body]);
        let (_, problems) = read(&Sources::default().with_user(format!("{LINTS}/clean.sql"), &text));
        let found = problems.iter().find(|problem| problem.code == Lint::SqlSyntax);
        let found = found.unwrap_or_else(|| panic!("`{sql}`: {problems:#?}"));
        assert_eq!((found.line, found.column), place, "{found}");
    }
}

#[test]
fn every_file_belongs_to_a_lint() {
    let codes: BTreeSet<&str> = Lint::ALL.iter().map(|lint| lint.code()).chain(["clean"]).collect();
    for entry in fs::read_dir(LINTS).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.split('.').next().unwrap();
        assert!(codes.contains(stem) || matches!(name.as_str(), "events" | "README.md"), "{name}");
    }
}

#[test]
fn codes_are_distinct_and_sentences_are_sentences() {
    let codes: BTreeSet<&str> = Lint::ALL.iter().map(|lint| lint.code()).collect();
    assert_eq!(codes.len(), Lint::ALL.len());
    for lint in Lint::ALL {
        assert!(lint.sentence().ends_with('.') && lint.explanation().ends_with('.'), "{lint}");
        assert_eq!(Lint::with_code(lint.code()), Some(*lint));
    }
}

#[test]
fn a_file_says_everything_that_is_wrong_with_it() {
    let sql = "-- ---
-- id = \"lints.many\"
-- titel = \"Many\"
-- severity = \"worst\"
-- packs = \"hourly\"
-- attack = [\"TA0001:T1078.004\", \"TA9999:T1\", 7]
-- about = [\"acount_id\"]
-- says = \"{who} did it\"
-- lookback = \"soon\"
-- ---
SELECT recipientaccountid AS account_id, frob(:x) AS y
FROM logs
";
    let (library, problems) = read(&clean().with_user("x/lints/many.sql", sql));
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("many", text.join("\n"));
    let broken = library.broken();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].id.as_ref().map(DetectionId::as_str), Some("lints.many"));
    assert!(broken[0].reason.contains("many.sql:1"), "{}", broken[0].reason);
}

#[test]
fn a_detection_keeps_its_lines_and_its_words() {
    let (library, problems) = read(&clean());
    assert_eq!(problems, []);
    let id: DetectionId = "lints.clean".parse().unwrap();
    let detection = library.get(&id).unwrap();
    let file = lint_file("clean.sql").unwrap();
    assert_eq!(detection.sql.lines().count(), file.lines().count());
    let body = file.lines().position(|line| line == "SELECT").unwrap();
    assert_eq!(detection.sql.lines().position(|line| line == "SELECT"), Some(body));
    assert!(detection.sql.lines().take(body).all(|line| line == "--"));
    assert_eq!(detection.hash.len(), 12);
    assert_eq!(detection.description, "A detection as it should be");
    assert_eq!(library.nearest("lints.claen"), Some(&id));
    assert_eq!(library.nearest("clen"), Some(&id));
    assert_eq!(library.packs().into_iter().collect::<Vec<_>>(), ["hourly"]);
    assert_eq!(library.in_packs(&["hourly".to_owned()]).count(), 1);
    assert_eq!(library.in_packs(&["daily".to_owned()]).count(), 0);
}

#[test]
fn a_user_file_may_replace_a_shipped_one() {
    let shipped = lint_file("clean.sql").unwrap();
    let mine = shipped
        .replace("severity = \"high\"", "severity = \"low\"\n-- overrides = true")
        .replace("tests/lints", "mine");
    let base = lint_file("events/console-login.json").unwrap();
    let cases = lint_file("clean.cases.toml").unwrap();
    let sources = Sources::default()
        .with_shipped("lints/clean.sql", &shipped)
        .with_shipped("lints/clean.cases.toml", &cases)
        .with_shipped("events/console-login.json", &base);
    let (library, problems) = read(&sources.clone().with_user("mine/lints/clean.sql", &mine));
    let id: DetectionId = "lints.clean".parse().unwrap();
    assert_eq!(library.get(&id).unwrap().severity.as_str(), "low");
    assert_eq!(library.cases(&id), [], "the shipped cases speak of the shipped detection");
    assert_eq!(
        problems.iter().map(|p| (p.code, p.level)).collect::<Vec<_>>(),
        [(Lint::NoFiringCase, Level::Warning)]
    );
    // A replacement that is broken leaves the shipped one in place, and says so.
    let broken = mine.replace("\"low\"", "\"none\"");
    let (library, problems) = read(&sources.with_user("mine/lints/clean.sql", &broken));
    assert_eq!(library.get(&id).unwrap().severity.as_str(), "high");
    assert!(problems.iter().any(|problem| problem.code == Lint::BadValue));
    assert_eq!(library.broken().len(), 1);
}

#[test]
fn a_shipped_detection_must_carry_more_than_a_users_own() {
    let sql = lint_file("clean.sql").unwrap();
    let bare: String = sql.split_inclusive('\n').filter(|line| !line.starts_with("-- steps")).collect();
    let found = |sources: Sources| {
        let (library, problems) = read(&sources);
        let problems: Vec<_> = problems.iter().map(|problem| (problem.code, problem.level)).collect();
        (library.detections().count(), problems)
    };
    assert_eq!(
        found(Sources::default().with_user("lints/clean.sql", &bare)),
        (1, vec![(Lint::NoFiringCase, Level::Warning)])
    );
    assert_eq!(
        found(Sources::default().with_shipped("lints/clean.sql", &bare)),
        (0, vec![(Lint::MissingKey, Level::Error), (Lint::NoFiringCase, Level::Error)])
    );
}

#[test]
fn what_a_detection_replaces_exists_and_does_not_replace_it() {
    let clean = lint_file("clean.sql").unwrap();
    let copy = |name: &str, replaces: &str| {
        let header = format!("id = \"lints.{name}\"\n-- replaces = [\"{replaces}\"]");
        clean
            .replace("id = \"lints.clean\"", &header)
            .replace("-- title = \"", &format!("-- title = \"{name}: "))
    };
    let found = |sources: &[(&str, &str)]| {
        let with = |all: Sources, (name, replaces): &(&str, &str)| {
            all.with_user(format!("mine/lints/{name}.sql"), &copy(name, replaces))
        };
        let (library, problems) = read(&sources.iter().fold(Sources::default(), with));
        let asked = [Lint::NoFiringCase, Lint::DuplicateDescription];
        let other = problems.iter().filter(|problem| !asked.contains(&problem.code));
        let said: Vec<String> =
            other.map(|problem| format!("{} {}", problem.code, problem.message)).collect();
        (library.detections().count(), said)
    };
    assert_eq!(
        found(&[("a", "lints.b"), ("b", "lints.c"), ("c", "lints.c-d")]).1,
        ["unknown-detection it replaces `lints.c-d`, which does not exist"]
    );
    let (usable, said) = found(&[("a", "lints.b"), ("b", "lints.a"), ("c", "lints.a")]);
    assert_eq!((usable, said.len()), (1, 2), "{said:?}");
    assert_eq!(said[0], "bad-value it replaces `lints.b`, which replaces it");
    assert_eq!(found(&[("a", "lints.a")]).1, ["bad-value it replaces `lints.a`, which replaces it"]);
    assert_eq!(found(&[("a", "nothing")]).0, 0);
}

#[test]
fn a_detection_of_attempts_returns_their_outcome() {
    let clean = lint_file("clean.sql").unwrap();
    let with = |word: &str| clean.replace("-- title", &format!("-- attempts = \"{word}\"\n-- title"));
    let found = |sql: &str| {
        let (_, problems) = read(&Sources::default().with_user("mine/lints/clean.sql", sql));
        problems
            .into_iter()
            .map(|problem| problem.code)
            .filter(|code| *code != Lint::NoFiringCase)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&with("lower")), vec![Lint::MissingColumn]);
    assert_eq!(found(&with("higher")), vec![Lint::BadValue]);
    assert_eq!(found(&with("no")), Vec::<Lint>::new());
    let outcome = with("same").replacen("\nFROM", ",\n    'denied' AS outcome\nFROM", 1);
    assert_eq!(found(&outcome), Vec::<Lint>::new(), "{outcome}");
}

#[test]
fn the_nearest_base_event_wins() {
    let base = |name: &str| {
        format!("{{\"eventTime\": \"2026-03-10T12:00:00Z\", \"userIdentity\": {{}}, \"from\": \"{name}\"}}")
    };
    let all = Sources::default()
        .with_user("mine/lints/clean.sql", &lint_file("clean.sql").unwrap())
        .with_user("mine/lints/clean.cases.toml", &lint_file("clean.cases.toml").unwrap())
        .with_shipped("events/console-login.json", &base("shipped"));
    let from = |sources: &Sources| {
        let (library, _) = read(sources);
        let cases = library.cases(&"lints.clean".parse().unwrap()).to_vec();
        cases[0].records().unwrap().events[0]["from"].as_str().unwrap().to_owned()
    };
    assert_eq!(from(&all), "shipped");
    let all = all.with_user("mine/events/console-login.json", &base("library"));
    assert_eq!(from(&all), "library");
    let all = all.with_user("mine/lints/events/console-login.json", &base("family"));
    assert_eq!(from(&all), "family");
}

#[test]
fn cases_become_records() {
    let (library, _) = read(&clean());
    let cases = library.cases(&"lints.clean".parse().unwrap());
    let records = cases[0].records().unwrap();
    assert_eq!(records.events.len(), 1);
    assert_eq!(records.events[0]["userIdentity"]["type"], "Root");
    assert_ne!(records.events[0]["eventID"], cases[1].records().unwrap().events[0]["eventID"]);
    assert_eq!(case_window().to_string(), "2026-03-10T00:00:00Z … 2026-03-11T00:00:00Z");
}

#[test]
fn cases_say_what_is_wrong_with_them() {
    let cases = r#"
[[case]]
name = "one"
events = [{ base = "console-login", set = { "userIdentity.type" = "Root", "eventName.x" = 1 }, unset = ["nothing"], repeat = 0 }]
params = { min = 1 }
finds = -1

[[case]]
name = "two"
events = [{ base = "console-login", set = { "userIdentity.type" = "Root", "eventName.x" = 1 }, unset = ["nothing", "eventName.x"] }]
history = [{ base = "console-login", st = {} }]
accounts = [{ account_id = "12" }]
finds = 1
rows = [{ regoin = "us-east-1" }, {}]
"#;
    let sources = Sources::default()
        .with_user(format!("{LINTS}/clean.sql"), &lint_file("clean.sql").unwrap())
        .with_user(
            format!("{LINTS}/events/console-login.json"),
            &lint_file("events/console-login.json").unwrap(),
        );
    let (_, problems) = read(&with_cases(sources, "clean", cases));
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("cases", text.join("\n"));
}

#[test]
fn a_directory_is_read_with_its_base_events() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir_all(at("lints")).unwrap();
    fs::create_dir_all(at("events")).unwrap();
    for name in ["clean.sql", "clean.cases.toml"] {
        fs::write(at("lints").join(name), lint_file(name).unwrap()).unwrap();
    }
    fs::write(at("events/console-login.json"), lint_file("events/console-login.json").unwrap()).unwrap();
    fs::write(at("lints/notes.txt"), "not read").unwrap();
    fs::write(at("lints/bytes.sql"), [0xff, 0xfe]).unwrap();
    let (library, problems) = read(&Sources::default().with_user_paths(&[UserPath {
        path: place.path().to_owned(),
        named_in: "trailbrief.toml".to_owned(),
        place: Place::START,
    }]));
    assert_eq!(library.detections().count(), 1);
    assert_eq!(library.cases(&"lints.clean".parse().unwrap()).len(), 2);
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Lint::Unreadable]);
}

proptest! {
    #[test]
    fn no_file_makes_loading_panic(
        cut in 0usize..900, junk in "[-'\"\\[\\]{}=:;.a#\n é]{0,12}", cases in "\\PC{0,60}",
    ) {
        let mut sql = lint_file("clean.sql").unwrap();
        let cut = cut.min(sql.len());
        sql.insert_str(cut, &junk);
        let sources = Sources::default().with_user("lints/clean.sql", &sql);
        let (library, problems) = read(&sources.with_user("lints/clean.cases.toml", &cases));
        let is_broken = !library.broken().is_empty();
        prop_assert!(is_broken != (library.detections().count() == 1));
        prop_assert!(!is_broken || problems.iter().any(|problem| problem.level == Level::Error));
    }
}
