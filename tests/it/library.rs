//! The library: every lint by a file that has that fault alone, and what loading promises.

use std::{collections::BTreeSet, fs, path::PathBuf};

use proptest::prelude::*;
use trailbrief::{
    config,
    domain::detection::DetectionId,
    library::{
        Diagnostic, Inspector, Level, Library, Lint, Named, Place, Sources, SqlProblem, SqlShape,
        case_window, load,
        tokens::{self, TokenKind},
    },
};

const FUNCTIONS: &[&str] = &["coalesce", "count", "json_extract_scalar"];

/// The directory of the lints' files; its path is relative to the package, where tests run.
const LINTS: &str = "tests/lints";

fn lint_file(name: &str) -> Option<String> {
    fs::read_to_string(format!("{LINTS}/{name}")).ok()
}

/// A parser for the simple SQL of these tests; the real one is the engine's.
fn inspect(sql: &str) -> Result<SqlShape, SqlProblem> {
    let place = |at: usize| {
        let before = &sql[..at];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    };
    let tokens: Vec<_> = tokens::tokens(sql)
        .into_iter()
        .filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment))
        .collect();
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text(sql)).to_lowercase();
    let named = |index: usize, name: String| Named { name, place: place(tokens[index].range.start) };
    let mut shape =
        SqlShape { single_select: matches!(text(0).as_str(), "select" | "with"), ..Default::default() };
    let (mut open, mut in_list) = (Vec::new(), false);
    for (index, token) in tokens.iter().enumerate() {
        let (word, next) = (text(index), text(index + 1));
        let is_word = token.kind == TokenKind::Word;
        match word.as_str() {
            "(" => open.push(index),
            ")" => {
                open.pop();
            }
            ";" => shape.single_select = false,
            "select" if open.is_empty() => in_list = true,
            "from" if open.is_empty() => in_list = false,
            "*" if matches!(text(index.wrapping_sub(1)).as_str(), "select" | ",") => {
                shape.stars.push(place(token.range.start));
            }
            _ => {}
        }
        if matches!(word.as_str(), "from" | "join") {
            shape.relations.push(named(index + 1, next.clone()));
        }
        if is_word && next == "(" && !matches!(word.as_str(), "in" | "and" | "or" | "as") {
            shape.functions.push(named(index, word.clone()));
        }
        if is_word && next == "." && word == "useridentity" {
            shape.columns.push(named(index, format!("{word}.{}", text(index + 2))));
        }
        if is_word && in_list && open.is_empty() && matches!(next.as_str(), "," | "from") {
            shape.outputs.push(word);
        }
    }
    let unclosed = tokens.iter().position(|token| token.kind == TokenKind::Unclosed);
    match unclosed.or(open.pop()) {
        None => Ok(shape),
        Some(index) => {
            let Place { line, column } = place(tokens[index].range.start);
            Err(SqlProblem { line, column, message: "this is never closed".to_owned(), hint: None })
        }
    }
}

fn check(sources: &Sources) -> (Library, Vec<Diagnostic>) {
    load(sources, &Inspector { inspect: &inspect, known_functions: FUNCTIONS })
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
    if lint == Lint::Unreadable {
        return check(&clean().with_user_paths(&[PathBuf::from(LINTS).join("nowhere")])).1;
    }
    if let Some(text) = lint_file(&format!("{code}.toml")) {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("trailbrief.toml"), text).unwrap();
        let (library, problems) = check(&clean());
        assert_eq!(problems, []);
        return config::load(None, place.path())
            .map_or_else(|problems| problems, |config| config::resolve(&config, &library));
    }
    let cases = lint_file(&format!("{code}.cases.toml"));
    let mut sources = clean();
    if let Some(sql) = lint_file(&format!("{code}.sql")) {
        if lint == Lint::DuplicateId {
            let clean_cases = lint_file("clean.cases.toml").unwrap();
            sources = sources
                .with_shipped(&format!("lints/{code}.sql"), &sql)
                .with_shipped(&format!("lints/{code}.cases.toml"), &clean_cases)
                .with_shipped("events/console-login.json", &lint_file("events/console-login.json").unwrap());
        }
        sources = sources.with_user(format!("{LINTS}/{code}.sql"), &sql);
        let cases = cases.unwrap_or_else(|| lint_file("clean.cases.toml").unwrap());
        return check(&with_cases(sources, code, &cases)).1;
    }
    let cases = cases.unwrap_or_else(|| panic!("there is no file for `{code}`"));
    check(&with_cases(sources, code, &cases)).1
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
    assert!(Lint::ALL.iter().all(|lint| lint.sentence().ends_with('.')));
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
    let (library, problems) = check(&clean().with_user("x/lints/many.sql", sql));
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("many", text.join("\n"));
    let broken = library.broken();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].id.as_ref().map(DetectionId::as_str), Some("lints.many"));
    assert!(broken[0].reason.contains("many.sql:1"), "{}", broken[0].reason);
}

#[test]
fn a_detection_keeps_its_lines_and_its_words() {
    let (library, problems) = check(&clean());
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
    let (library, problems) = check(&sources.clone().with_user("mine/lints/clean.sql", &mine));
    let id: DetectionId = "lints.clean".parse().unwrap();
    assert_eq!(library.get(&id).unwrap().severity.as_str(), "low");
    assert_eq!(library.cases(&id), [], "the shipped cases speak of the shipped detection");
    assert_eq!(
        problems.iter().map(|p| (p.code, p.level)).collect::<Vec<_>>(),
        [(Lint::NoFiringCase, Level::Warning)]
    );
    // A replacement that is broken leaves the shipped one in place, and says so.
    let broken = mine.replace("\"low\"", "\"none\"");
    let (library, problems) = check(&sources.with_user("mine/lints/clean.sql", &broken));
    assert_eq!(library.get(&id).unwrap().severity.as_str(), "high");
    assert!(problems.iter().any(|problem| problem.code == Lint::BadValue));
    assert_eq!(library.broken().len(), 1);
}

#[test]
fn a_shipped_detection_must_carry_more_than_a_users_own() {
    let sql = lint_file("clean.sql").unwrap();
    let bare: String = sql.split_inclusive('\n').filter(|line| !line.starts_with("-- steps")).collect();
    let found = |sources: Sources| {
        let (library, problems) = check(&sources);
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
fn the_nearest_base_event_wins() {
    let base = |name: &str| {
        format!("{{\"eventTime\": \"2026-03-10T12:00:00Z\", \"userIdentity\": {{}}, \"from\": \"{name}\"}}")
    };
    let all = Sources::default()
        .with_user("mine/lints/clean.sql", &lint_file("clean.sql").unwrap())
        .with_user("mine/lints/clean.cases.toml", &lint_file("clean.cases.toml").unwrap())
        .with_shipped("events/console-login.json", &base("shipped"));
    let from = |sources: &Sources| {
        let (library, _) = check(sources);
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
    let (library, _) = check(&clean());
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
    let (_, problems) = check(&with_cases(sources, "clean", cases));
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
    let (library, problems) = check(&Sources::default().with_user_paths(&[place.path().to_owned()]));
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
        let (library, problems) = check(&sources.with_user("lints/clean.cases.toml", &cases));
        let is_broken = !library.broken().is_empty();
        prop_assert!(is_broken != (library.detections().count() == 1));
        prop_assert!(!is_broken || problems.iter().any(|problem| problem.level == Level::Error));
    }
}
