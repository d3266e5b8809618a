//! Suggested suppressions with the lines to paste, in words and as JSON.

use serde::Serialize;

use super::{
    TextStyle,
    clean::Line,
    clock::{self, Clock},
    text::{Ink, TextPage},
    words,
};
use crate::domain::{
    finding::Fingerprint,
    severity::Severity,
    suggestion::{Suggestion, Suggestions},
    suppression::PLACEHOLDER,
    time::{Span, Timestamp},
    untrusted::is_hidden,
};

/// For how long a suggested suppression counts.
const LENGTH: Span = Span::from_s(30 * 86_400);

/// The most suggestions in the text.
const MOST: usize = 25;

/// Who would own the suppressions, and from when they would count.
pub(super) type Owner<'a> = (&'a str, Timestamp);

/// The suggestions as text.
pub(super) fn text(found: &Suggestions, owner: Owner<'_>, style: TextStyle) -> String {
    let mut page = TextPage::new(style);
    for it in found.all.iter().take(MOST) {
        page.gap();
        let ink = Ink::soft(it.worst.as_str());
        let head = format!("{:<7}", it.grade.as_str());
        page.hang(
            &head,
            &format!("{} by {}", it.detection, Line::short(it.actor.raw(), 200)),
            Ink::Strong,
            ink,
        );
        page.block(7, &facts(it), Ink::Plain);
        for line in paste(it, owner).lines() {
            page.line(2, line, Ink::Plain);
        }
    }
    page.gap();
    if found.all.len() > MOST {
        let more = words::number((found.all.len() - MOST) as u64);
        page.block(0, &format!("{more} more: `--format json` has all."), Ink::Dim);
    }
    page.block(0, &legend(found), Ink::Dim);
    page.finish()
}

fn facts(it: &Suggestion) -> String {
    let story =
        it.worst_story.map_or_else(String::new, |worst| format!("; their stories are at most {worst}"));
    let last =
        it.last.map_or_else(String::new, |last| format!("; last {}", Clock::utc(last).full_in_zone(last)));
    format!(
        "would have hidden {}, at most {}, on {}, news in {}{story}{last}",
        words::count(it.findings.len() as u64, "finding"),
        it.worst,
        words::count(it.days, "day"),
        words::count(it.briefs, "brief"),
    )
}

fn legend(found: &Suggestions) -> String {
    let hidden: u64 = found.all.iter().map(|it| it.findings.len() as u64).sum();
    let mut text = format!(
        "All together they would have hidden {} of {}. Good: at most medium, in no worse story, on five days or more. Fair: \
         the same on fewer days. Risky: high, in a high story, or done for the first time; look before you suppress it.",
        words::number(hidden),
        words::count(found.reported, "reported finding")
    );
    if found.critical > 0 {
        let many = words::count(found.critical, "more suppression");
        text.push_str(&format!(
            " {many} would hide what is critical or part of a critical story: not suggested."
        ));
    }
    text
}

/// The lines to paste: a command for one finding, an entry of the configuration for all of a detection and an actor.
fn paste(it: &Suggestion, (owner, now): Owner<'_>) -> String {
    if let Some(fingerprint) = it.single() {
        return format!("trailbrief suppress {fingerprint} --reason '{PLACEHOLDER}' --for {LENGTH}");
    }
    let actor = it.actor.raw().replace('\'', "''");
    format!(
        "[[suppress]]\ndetection = {}\nwhere = {}\nreason = {}\nowner = {}\nexpires = {}",
        quoted(it.detection.as_str()),
        quoted(&format!("actor = '{actor}'")),
        quoted(PLACEHOLDER),
        quoted(owner),
        quoted(&clock::day(now.plus(LENGTH)))
    )
}

/// A text as a basic string of TOML, in which every character can be seen.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_hidden(c) => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[derive(Serialize)]
struct SuggestionsV1<'a> {
    schema_version: u32,
    reported: u64,
    critical_left_out: u64,
    suggestions: Vec<SuggestionV1<'a>>,
}

#[derive(Serialize)]
struct SuggestionV1<'a> {
    grade: &'a str,
    detection: &'a str,
    actor: &'a str,
    findings: Vec<&'a str>,
    briefs: u64,
    days: u64,
    worst: &'a str,
    worst_story: Option<&'a str>,
    last_seen: Option<String>,
    paste: String,
}

/// The suggestions as one JSON object.
pub(super) fn json(found: &Suggestions, owner: Owner<'_>) -> String {
    let suggestions = found
        .all
        .iter()
        .map(|it| SuggestionV1 {
            grade: it.grade.as_str(),
            detection: it.detection.as_str(),
            actor: it.actor.raw(),
            findings: it.findings.iter().map(Fingerprint::as_str).collect(),
            briefs: it.briefs,
            days: it.days,
            worst: it.worst.as_str(),
            worst_story: it.worst_story.map(Severity::as_str),
            last_seen: it.last.map(|last| last.to_string()),
            paste: paste(it, owner),
        })
        .collect();
    let object = SuggestionsV1 {
        schema_version: 1,
        reported: found.reported,
        critical_left_out: found.critical,
        suggestions,
    };
    serde_json::to_string(&object).expect("the object holds only texts, numbers and lists")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_string_of_toml_that_hides_nothing() {
        for (text, toml) in [
            ("plain", "\"plain\""),
            ("a\"b\\c'd", "\"a\\\"b\\\\c'd\""),
            ("\u{1b}\n\u{202e}x", "\"\\U0000001b\\U0000000a\\U0000202ex\""),
            ("Zoë 東京", "\"Zoë 東京\""),
        ] {
            assert_eq!(quoted(text), toml);
        }
    }
}
