//! Which files belong together: cases and what they test, detections with one id, base events.

use trailbrief::testing::{
    app::App,
    domain::detection::DetectionId,
    library::{Library, Sources},
    text::{Diagnostic, Level, Lint},
};

use crate::common;

use super::{VIEW_CASES, clean, lint_file, read, with_cases};

/// The clean detection in the file `name` of this directory, so that its id fits.
fn detection(folder: &str, title: &str, more: &str) -> (String, String) {
    let text = lint_file("clean.sql").unwrap().replace("Nothing is wrong here", title);
    (format!("{folder}/lints/clean.sql"), text.replace("-- severity", &format!("{more}-- severity")))
}

fn id() -> DetectionId {
    "lints.clean".parse().unwrap()
}

fn codes(problems: &[Diagnostic]) -> Vec<Lint> {
    problems.iter().map(|problem| problem.code).collect()
}

fn event() -> String {
    lint_file("events/console-login.json").unwrap()
}

/// A view over `events` with one column.
fn view(name: &str, column: &str) -> String {
    format!(
        "-- ---\n-- id = \"{name}\"\n-- description = \"Something about each event\"\n-- [columns]\n-- {column} = \"what it is\"\n\
         -- ---\nSELECT eventname AS {column}\nFROM events\n"
    )
}

#[test]
fn only_a_shipped_detection_can_be_replaced() {
    let (first, text) = detection("a", "The first", "");
    for (more, title) in [("", "The second"), ("-- overrides = true\n", "The third")] {
        let (second, other) = detection("b", title, more);
        let (library, problems) =
            read(&Sources::default().with_user(&first, &text).with_user(&second, &other));
        let taken = problems.iter().find(|problem| problem.code == Lint::DuplicateId).unwrap();
        assert_eq!((taken.file.as_str(), taken.level), (second.as_str(), Level::Error));
        assert_eq!(taken.hint.as_deref(), Some("choose another id"));
        assert_eq!(library.get(&id()).unwrap().title, "The first");
        assert_eq!(library.broken().len(), 1, "{title}");
    }
}

#[test]
fn a_detection_that_replaces_nothing_is_used() {
    let (path, text) = detection("a", "The only one", "-- overrides = true\n");
    let (library, problems) = read(&Sources::default().with_user(path, &text));
    assert_eq!(codes(&problems), [Lint::NoFiringCase, Lint::OverrideWithoutOriginal]);
    assert_eq!(library.get(&id()).unwrap().title, "The only one");
}

#[test]
fn cases_belong_to_the_detection_in_the_same_directory() {
    let (path, text) = detection("a", "The only one", "");
    let cases = lint_file("clean.cases.toml").unwrap();
    let sources =
        Sources::default().with_user(path, &text).with_user("a/lints/events/console-login.json", &event());
    let beside = read(&sources.clone().with_user("a/lints/clean.cases.toml", &cases));
    assert_eq!((codes(&beside.1), beside.0.cases(&id()).len()), (vec![], 2));
    let elsewhere = read(&sources.with_user("b/lints/clean.cases.toml", &cases));
    assert_eq!(codes(&elsewhere.1), [Lint::NoFiringCase, Lint::OrphanCases]);
    assert_eq!(elsewhere.0.cases(&id()), []);
}

#[test]
fn a_view_has_the_cases_and_columns_of_its_own_file() {
    let cases = |column: &str| format!("{VIEW_CASES}rows = [{{ {column} = \"ConsoleLogin\" }}]\n");
    let with = |sources: Sources, name: &str, column: &str, cases: &str| {
        let path = format!("a/views/{name}");
        sources
            .with_user(format!("{path}.sql"), &view(name, column))
            .with_user(format!("{path}.cases.toml"), cases)
    };
    let sources = Sources::default().with_user("a/events/console-login.json", &event());
    let sources = with(sources, "calls", "call", &cases("call"));
    let (library, problems) = read(&with(sources, "names", "name", &format!("{0}\n{0}", cases("name"))));
    assert_eq!(codes(&problems), [Lint::BadValue], "two cases of one name: {problems:#?}");
    let of = |library: &Library, name: &str| {
        let view = library.views().iter().find(|view| view.name == name).unwrap();
        (library.cases_of_view(view).len(), library.case_errors_of_view(view).len())
    };
    assert_eq!((of(&library, "calls"), of(&library, "names")), ((1, 0), (1, 1)));
}

#[test]
fn of_two_cases_with_one_name_the_second_is_an_error() {
    let cases = lint_file("clean.cases.toml").unwrap().replace("a user signs in", "root signs in");
    let (library, problems) = read(&with_cases(clean_without_cases(), "clean", &cases));
    let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["two cases are called `root signs in`"]);
    assert_eq!(library.cases(&id()).iter().map(|case| case.finds).collect::<Vec<_>>(), [1]);
}

fn clean_without_cases() -> Sources {
    let sources = Sources::default().with_user("tests/lints/clean.sql", &lint_file("clean.sql").unwrap());
    sources.with_user("tests/lints/events/console-login.json", &event())
}

/// What keeps a case from being run stands beside the cases; that there are too few of them does not.
#[test]
fn errors_of_cases_are_those_that_keep_one_from_being_run() {
    let errors = |sources: Sources| codes(read(&sources).0.case_errors(&id()));
    let cases = lint_file("clean.cases.toml").unwrap();
    let unknown = cases.replacen("console-login", "console-logon", 1);
    assert_eq!(errors(with_cases(clean_without_cases(), "clean", &unknown)), [Lint::UnknownBase]);
    // A warning: the base event has no such field.
    let warned = cases.replace("console-login\"", "console-login\", unset = [\"nothing\"]");
    assert_eq!(codes(&read(&with_cases(clean_without_cases(), "clean", &warned)).1), [Lint::BadValue; 2]);
    assert_eq!(errors(with_cases(clean_without_cases(), "clean", &warned)), []);
    let shipped = Sources::default().with_shipped("lints/clean.sql", &lint_file("clean.sql").unwrap());
    assert_eq!(codes(&read(&shipped).1), [Lint::NoFiringCase]);
    assert_eq!(errors(shipped), []);
    assert_eq!(errors(clean()), []);
}

#[test]
fn the_shipped_base_events_are_open_to_every_case() {
    let shipped = Sources::default().with_shipped("events/console-login.json", &event());
    let (library, _) = read(&shipped.with_user("a/events/other.json", &event()));
    assert!(library.base("console-login").is_some_and(|record| record["eventName"] == "ConsoleLogin"));
    assert_eq!(library.bases().map(|(name, _)| name).collect::<Vec<_>>(), ["console-login"]);
}

/// A run needs no cases, so it does not read them, and misses none.
#[test]
fn a_run_asks_for_no_cases() {
    let app = App::load_to_run(Some(&common::empty_config())).unwrap();
    assert_eq!(codes(&app.diagnostics), []);
    assert!(app.library.views().iter().count() > 0 && app.library.bases().count() == 0);
}
