//! What must hold for any brief, whatever stands in it.

use proptest::prelude::*;
use serde_json::Value as Json;
use trailbrief::testing::{
    domain::{brief::Brief, untrusted::Untrusted},
    render,
};
use unicode_width::UnicodeWidthStr;

use super::{bad_day, daily, hostile, markup, sample};

/// What may never stand raw in anything that people look at: written down here once more, so that the renderer's
/// own list is not its judge.
fn dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{a0}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202f}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{fff9}'..='\u{fffb}')
}

/// Any text, often with something that a medium could take for its own.
fn text() -> impl Strategy<Value = String> {
    let trap = prop::sample::select(vec![
        "<script>",
        "</td>",
        "&lt;",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{2067}",
        "\u{2028}",
        "\u{a0}",
        "\u{200b}",
        "\r\n",
        "\n",
        "\t",
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "\u{ff1d}1",
        "\"",
        "'",
        "`",
        "*",
        "_",
        "<!channel>",
        "<@U1>",
        "<http://evil.example|x>",
        "https://evil.example/",
        "{{ 7*7 }}",
        "\u{0}",
        "\u{7f}",
        "\u{9b}31m",
        "\u{feff}",
        "\u{e0041}",
        "漢字",
        "\u{301}\u{301}\u{301}\u{301}\u{301}",
        "&",
        "\\u{202e}",
        " ",
        "",
    ]);
    prop_oneof![
        any::<String>(),
        (trap.clone(), any::<String>()).prop_map(|(a, b)| format!("{a}{b}")),
        (trap.clone(), trap, 0usize..60).prop_map(|(a, b, n)| format!("{a}{}", b.repeat(n))),
    ]
}

/// A brief with one of everything, in which these texts stand everywhere.
fn brief() -> impl Strategy<Value = Brief> {
    prop::collection::vec(text(), 1..24).prop_map(|texts| {
        let mut brief = daily::daily();
        let mut texts = texts.iter().cycle().cloned();
        hostile::scribble(&mut brief, || texts.next().unwrap());
        brief
    })
}

/// What an untrusted text may look like in CSV once the guard is taken off.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

pub fn check_text(text: &str) {
    for line in text.lines() {
        let hidden = line.chars().find(|c| dangerous(*c));
        assert!(hidden.is_none(), "{hidden:?} in {line:?}");
        let link = line.trim_start().trim_start_matches("References").trim_start().starts_with("https://");
        // A command that is cut cannot be copied.
        let command = line.starts_with("     $ ");
        assert!(link || command || line.width() <= 78, "{} columns: {line:?}", line.width());
    }
}

pub fn check_html(html: &str, brief: &Brief) {
    assert!(html.len() <= 102_000, "{} bytes", html.len());
    let parsed = markup::parse(html);
    let hidden = parsed.text.chars().find(|c| dangerous(*c) && *c != '\n');
    assert!(hidden.is_none(), "{hidden:?}");
    for node in &parsed.nodes {
        let address = ["://", "evil.example", "@evil"].into_iter().find(|address| node.contains(address));
        assert!(address.is_none(), "a mail program makes a link of {address:?} in {node:?}");
    }
    let known: Vec<&String> = brief.detections.values().flat_map(|known| &known.references).collect();
    for link in &parsed.links {
        assert!(link.starts_with("https://") && known.contains(&link), "a link of nobody's: {link}");
    }
}

pub fn check_csv(csv: &str, brief: &Brief) {
    let hidden = csv.replace("\r\n", "").chars().find(|c| dangerous(*c));
    assert!(hidden.is_none(), "{hidden:?}");
    let mut rows = 0;
    for row in csv::ReaderBuilder::new().from_reader(csv.as_bytes()).records() {
        let row = row.unwrap();
        rows += 1;
        assert_eq!(row.len(), 25);
        for cell in &row {
            let first = cell.trim_start_matches(['"', '\'', ' ']).chars().next().unwrap_or('a');
            let formula = "=+-@\t\r\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(first);
            assert!(!formula || cell.starts_with('\''), "a formula: {cell}");
        }
        assert!(serde_json::from_str::<Json>(&row[21]).unwrap().is_object());
    }
    assert_eq!(rows, brief.findings.len() + brief.suppressed.len());
}

pub fn check_json(json: &str, brief: &Brief) {
    let parsed: Json = serde_json::from_str(json).unwrap();
    assert_eq!(parsed["schema_version"], 1);
    let reported = brief.findings.iter().zip(parsed["findings"].as_array().unwrap());
    let held = brief.suppressed.iter().map(|(finding, _)| finding);
    for (finding, json) in reported.chain(held.zip(parsed["suppressed"].as_array().unwrap())) {
        let same = |key: &str, value: &Option<Untrusted>| {
            assert_eq!(json[key].as_str(), value.as_ref().map(Untrusted::raw), "{key}");
        };
        same("actor", &finding.actor);
        same("action", &finding.action);
        same("resource", &finding.resource);
        same("source_ip", &finding.source_ip);
        same("region", &finding.region);
        same("account_id", &finding.account_id);
        same("event_id", &finding.event_id);
        assert_eq!(json["says"], finding.says.raw());
        assert_eq!(
            json["event_time"].as_str().map(str::to_owned),
            finding.event_time.map(|at| at.to_string())
        );
        assert_eq!(json["details"].as_object().unwrap().len(), finding.details.len());
    }
    assert_eq!(parsed["findings"].as_array().unwrap().len(), brief.findings.len());
    assert_eq!(parsed["suppressed"].as_array().unwrap().len(), brief.suppressed.len());
    assert_eq!(parsed["problems"].as_array().unwrap().len(), brief.problems.len());
    assert_eq!(parsed["failures"].as_array().unwrap().len(), brief.failures.len());
    assert_eq!(parsed["undecidable"].as_array().unwrap().len(), brief.undecidable.len());
    assert_eq!(parsed["truncated"].as_array().unwrap().len(), brief.truncated.len());
}

/// Slack's text, which must hold no control sequence of its own.
fn check_slack_text(text: &str) {
    let bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    assert!(!bare.contains(['<', '>', '&']), "{text}");
    assert!(!text.is_empty() && text.chars().count() <= 3_000, "{} characters", text.chars().count());
    let hidden = text.chars().find(|c| dangerous(*c) && *c != '\n');
    assert!(hidden.is_none(), "{hidden:?}");
    assert!(text.matches('`').count().is_multiple_of(2), "a code span is left open: {text}");
}

pub fn check_slack(slack: &str) {
    let parsed: Json = serde_json::from_str(slack).unwrap();
    let text = parsed["text"].as_str().unwrap();
    check_slack_text(text);
    assert!(!text.contains('`') && !text.contains('*') && !text.contains('~'), "{text}");
    let blocks = parsed["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()));
    assert!(parsed["blocks"].to_string().len() <= 12_000);
    for block in blocks {
        let texts: Vec<&Json> = match block["type"].as_str().unwrap() {
            "header" => {
                assert!(block["text"]["text"].as_str().unwrap().chars().count() <= 150);
                vec![&block["text"]]
            }
            "section" => vec![&block["text"]],
            "context" => block["elements"].as_array().unwrap().iter().collect(),
            other => panic!("{other}"),
        };
        for text in texts {
            let words = text["text"].as_str().unwrap();
            if text["type"] == "mrkdwn" {
                check_slack_text(words);
                assert_eq!(text["verbatim"], true);
            } else {
                // Plain text knows no code spans.
                check_slack_text(&words.replace('`', ""));
            }
        }
    }
}

/// Every reported finding is a row, or part of a number of findings that are left out.
fn check_slack_adds_up(slack: &str, brief: &Brief) {
    let parsed: Json = serde_json::from_str(slack).unwrap();
    let mut titles = 0;
    let mut left_out = 0;
    for block in parsed["blocks"].as_array().unwrap() {
        let Some(text) = block["text"]["text"].as_str() else { continue };
        titles += text.lines().filter(|line| SEVERITIES.iter().any(|name| line.starts_with(name))).count();
        if let Some((_, rest)) = text.split_once("Not shown here: ") {
            let (_, of) = rest.split_once(" of ").unwrap();
            left_out = of.split(' ').next().unwrap().replace(',', "").parse().unwrap();
        }
    }
    let fired: std::collections::BTreeSet<_> =
        brief.findings.iter().map(|finding| &finding.detection).collect();
    assert_eq!(titles + left_out, fired.len());
}

/// The numbers that stand between these two texts, added up.
fn numbers(text: &str, before: &str, after: &str) -> usize {
    let number = |rest: &str| {
        let (number, rest) = rest.split_once(' ')?;
        rest.starts_with(after).then(|| number.replace(',', "").parse::<usize>().ok())?
    };
    text.split(before).skip(1).filter_map(number).sum()
}

/// Every reported finding is shown in full, or part of a number.
fn check_html_adds_up(html: &str, brief: &Brief) {
    let parsed = markup::parse(html);
    let full = parsed.tags.iter().filter(|tag| *tag == "td class=\"t\"").count();
    let counted = numbers(&parsed.text, "\u{2026} and ", "more finding");
    let left_out = numbers(&parsed.text, "\u{2026} and ", "findings of ")
        + numbers(&parsed.text, "\u{2026} and ", "finding of ");
    assert_eq!(full + counted + left_out, brief.findings.len(), "{full} + {counted} + {left_out}");
}

const SEVERITIES: [&str; 5] =
    ["\u{1f534} *CRITICAL*", "\u{1f7e0} *HIGH*", "\u{1f7e1} *MEDIUM*", "\u{1f535} *LOW*", "\u{26aa} *INFO*"];

pub fn check_subject(subject: &str) {
    assert!(subject.chars().count() <= 150, "{subject}");
    assert!(!subject.chars().any(dangerous), "{subject:?}");
}

pub fn check(brief: &Brief) {
    let message = render::message(brief).unwrap();
    check_text(&message.text);
    check_html(&message.html, brief);
    check_csv(&render::csv(brief), brief);
    check_json(&message.json, brief);
    check_slack(&message.slack);
    check_subject(&message.subject);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_text_is_only_text(brief in brief()) {
        check(&brief);
    }

    #[test]
    fn csv_keeps_the_words(text in "[a-zA-Z0-9 <>&;:/.,=+@-]{1,40}") {
        let mut brief = sample::small();
        brief.findings[0].actor = Some(Untrusted::new(text.clone()));
        let csv = render::csv(&brief);
        let row = csv::Reader::from_reader(csv.as_bytes()).records().next().unwrap().unwrap();
        prop_assert_eq!(unguarded(&row[10]), text);
    }

    #[test]
    fn html_keeps_the_words(text in "[a-zA-Z0-9 <>&;:/.,'\"@-]{1,60}") {
        let mut brief = sample::small();
        brief.findings[0].says = Untrusted::new(text.clone());
        let html = markup::parse(&render::html(&brief).unwrap());
        prop_assert!(html.text.contains(&text), "{}", text);
    }
}

#[test]
fn what_is_left_out_is_counted() {
    for brief in [sample::empty(), sample::small(), bad_day::large(), hostile::hostile(), hostile::enormous()]
    {
        check_slack_adds_up(&render::slack(&brief), &brief);
        check_html_adds_up(&render::html(&brief).unwrap(), &brief);
    }
}

#[test]
fn every_sample_holds() {
    let samples = [
        sample::empty(),
        sample::small(),
        daily::daily(),
        bad_day::large(),
        hostile::hostile(),
        sample::failures_only(),
    ];
    for brief in samples {
        check(&brief);
    }
}

#[test]
fn more_than_anybody_can_read_still_fits() {
    check(&hostile::enormous());
}
