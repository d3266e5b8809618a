//! What values a header may have, and what they mean.

use trailbrief::testing::{
    domain::detection::{Detection, Need},
    library::Sources,
    text::Lint,
};

use super::{LINTS, lint_file, read};

/// The clean detection with these lines at the end of its header.
fn with(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("-- {line}\n")).collect();
    lint_file("clean.sql").unwrap().replace("-- ---\nSELECT", &format!("{lines}-- ---\nSELECT"))
}

/// The detection, if it can be used, and the messages about it.
fn found(sql: &str) -> (Option<Detection>, Vec<String>) {
    let (library, problems) = read(&Sources::default().with_user(format!("{LINTS}/clean.sql"), sql));
    let problems = problems.iter().filter(|problem| problem.code != Lint::NoFiringCase);
    (library.detections().next().cloned(), problems.map(|problem| problem.message.clone()).collect())
}

#[test]
fn a_detection_needs_a_watchlist_habits_or_a_trail() {
    let of = |needs: &str| found(&with(&[&format!("needs = [\"{needs}\"]")]));
    let needed = |text: &str| of(text).0.unwrap_or_else(|| panic!("`{text}` is refused")).needs;
    assert_eq!(needed("watchlist:trusted-7"), [Need::Watchlist("trusted-7".to_owned())]);
    assert_eq!(needed("habits"), [Need::Habits]);
    assert_eq!(needed("s3-data-events"), [Need::Trail("s3-data-events".to_owned())]);
    for bad in ["", "watchlist:", "watchlist:Trusted", "habits:x", "S3", "s3 events", "s3_events"] {
        let (detection, problems) = of(bad);
        assert!(detection.is_none(), "{bad}");
        assert_eq!(problems, [format!("`{bad}` is not something that a detection can need")]);
    }
}

#[test]
fn a_detection_has_a_scan_of_its_own_only_if_it_asks_for_one() {
    let own = |lines: &[&str]| found(&with(lines)).0.map(|detection| detection.own_scan);
    assert_eq!(own(&["scan = \"own\""]), Some(true));
    assert_eq!(own(&["scan = \"shared\""]), Some(false));
    assert_eq!(own(&[]), Some(false));
    assert_eq!(own(&["scan = \"both\""]), None);
}

#[test]
fn a_reference_is_an_https_link() {
    let of = |link: &str| found(&with(&[&format!("references = [\"{link}\"]")]));
    let (detection, problems) = of("https://example.com/a");
    assert_eq!(
        (detection.unwrap().references, problems.len()),
        (vec!["https://example.com/a".to_owned()], 0)
    );
    let (detection, problems) = of("http://example.com/a");
    assert!(detection.is_none());
    assert_eq!(problems, ["reference `http://example.com/a` is not an https link"]);
}

#[test]
fn a_title_is_one_line_of_text() {
    let of = |title: &str| {
        let text = format!("title = \"{title}\"");
        found(&with(&[]).replace("title = \"Nothing is wrong here\"", &text))
    };
    assert_eq!(of("A title").1, Vec::<String>::new());
    for bad in ["", "  ", "two\\nlines"] {
        assert_eq!(of(bad).1, ["`title` needs one line of text"], "{bad:?}");
    }
}

#[test]
fn the_name_of_a_parameter_can_stand_in_sql() {
    let of = |name: &str| {
        let table = [format!("[params.{name}]"), "type = \"integer\"".to_owned()];
        let more = ["default = 1", "about = \"A number\""];
        let lines: Vec<&str> = table.iter().map(String::as_str).chain(more).collect();
        let problems = found(&with(&lines)).1;
        problems.into_iter().filter(|message| message.contains("is not a name for a parameter")).count()
    };
    for good in ["a", "_", "min_denied", "_min9"] {
        assert_eq!(of(good), 0, "{good}");
    }
    for bad in ["9a", "A", "aB", "a-b", "-"] {
        assert_eq!(of(bad), 1, "{bad}");
    }
}

#[test]
fn a_header_of_thirty_lines_is_short_enough() {
    let text = with(&[]);
    let now = text.lines().skip(1).position(|line| line == "-- ---").unwrap();
    let of = |lines: usize| found(&with(&vec!["# A remark"; lines - now]));
    assert_eq!(of(30).1, Vec::<String>::new());
    assert_eq!(of(31).1, ["the header has 31 lines, 30 are enough"]);
}
