//! The brief as a Slack message in Block Kit: the worst in full, the rest by line, what is left out by number.
//!
//! Slack refuses a message that exceeds any of its limits, so blocks are added only while they fit. Text from records
//! appears only in code spans or plain text.

mod blocks;
mod stories;

use blocks::{Blocks, Paragraph, code, words as plain};
use serde_json::{Value, json};

use super::{
    limits::Limits,
    view::{DetectionView, Section, SeverityView, View},
    words,
};
use crate::domain::brief::Brief;

/// Bytes of blocks up to which detections are shown in full.
const FULL_BYTES: usize = 6_500;

/// Bytes of blocks up to which detections get a line.
const LINE_BYTES: usize = 9_000;

/// Bytes of blocks up to which the other parts get their lines.
const REST_BYTES: usize = 11_000;

/// A message of plain text, in which Slack sees no mention, channel or link.
pub(super) fn text_only(text: &str) -> String {
    let text = blocks::escape(text);
    json!({ "text": text, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false }).to_string()
}

/// The same message, marked as one that may have been sent before, with this explanation.
pub(super) fn marked_as_repeat(message: &str, explanation: &str) -> String {
    let Ok(mut message) = serde_json::from_str::<Value>(message) else { return message.to_owned() };
    if let Some(text) = message["text"].as_str() {
        message["text"] = json!(format!("[repeat] {text}"));
    }
    if let Some(blocks) = message["blocks"].as_array_mut() {
        let text = json!({"type": "plain_text", "text": format!("Repeat: {explanation}")});
        blocks.insert(0, json!({"type": "context", "elements": [text]}));
    }
    message.to_string()
}

/// The message as JSON.
pub(super) fn render(brief: &Brief) -> String {
    let view = View::of(brief, &Limits::SLACK);
    let mut message = Blocks::default();
    message.header(view.headline.as_str());
    message.context(&format!("trailbrief · {} · {}", view.schedule, view.window));
    if let Some(also) = &view.also {
        message.context(also.as_str());
    }
    let mut notes: Vec<String> = view.notes.iter().take(3).map(|note| format!("Note: {note}")).collect();
    if view.notes.len() > 3 {
        notes.push("… and more notes, see the mail or JSON".to_owned());
    }
    if !notes.is_empty() {
        message.plain(&notes);
    }
    for part in &view.alerts {
        alert(&mut message, part);
    }
    if let Some(nothing) = &view.nothing {
        message.plain(&[nothing.to_string()]);
    }
    if let Some(stories) = &view.stories {
        stories::add(&mut message, stories);
    }
    findings(&mut message, &view);
    rest(&mut message, &view);
    let text = format!("{} · {} · {}", plain(&view.headline), plain(&view.schedule), plain(&view.window));
    json!({ "text": text, "blocks": message.into_blocks(), "unfurl_links": false, "unfurl_media": false })
        .to_string()
}

/// What a reader must know before the findings, such as detections without an answer.
fn alert(message: &mut Blocks, part: &Section) {
    let mut lines: Vec<String> = part.lead.iter().map(ToString::to_string).collect();
    let shown = part.entries.len().min(3);
    for entry in &part.entries[..shown] {
        lines.push(format!("• {}: {}", entry.head, entry.body));
        lines.extend(entry.facts.iter().map(|fact| format!("   {}: {}", fact.label, fact.value)));
    }
    if part.entries.len() > shown || part.more.is_some() {
        lines.push("… and more, see the mail or JSON".to_owned());
    }
    message.plain(&lines);
}

/// Detections in full, then by line, then as a number.
fn findings(message: &mut Blocks, view: &View) {
    let all: Vec<(&SeverityView, &DetectionView)> = view
        .severities
        .iter()
        .flat_map(|severity| severity.detections.iter().map(move |detection| (severity, detection)))
        .collect();
    let mut left = all.as_slice();
    while let [(severity, detection), rest @ ..] = left {
        if !message.add(full(severity, detection), FULL_BYTES) {
            break;
        }
        left = rest;
    }
    let (before, mut lines) = (left, Paragraph::default());
    while let [(severity, detection), rest @ ..] = left {
        let line = line(severity, detection);
        if message.bytes() + lines.bytes() + line.len() > LINE_BYTES || !lines.push(&line) {
            break;
        }
        left = rest;
    }
    if !message.add(lines, LINE_BYTES + 1_000) {
        left = before;
    }
    let hidden: Vec<&str> =
        view.severities.iter().filter_map(|s| s.more.as_ref()).map(|m| m.as_str()).collect();
    if !left.is_empty() || !hidden.is_empty() {
        let findings: u64 = left.iter().map(|(_, detection)| detection.findings).sum();
        let mut lines = Vec::new();
        if !left.is_empty() {
            lines.push(format!(
                "Not shown here: {} of {}, see the mail, CSV or JSON.",
                words::count(findings, "finding"),
                words::count(left.len() as u64, "more detection")
            ));
        }
        lines.extend(hidden.into_iter().map(str::to_owned));
        message.plain(&lines);
    }
}

/// A detection with its first findings.
fn full(severity: &SeverityView, detection: &DetectionView) -> Paragraph {
    let mut section = Paragraph::default();
    section.push(&line(severity, detection));
    let mut shown = 0;
    for group in &detection.groups {
        let who = format!("by {} in {}", code(&group.actor), code(&group.account));
        for row in &group.rows {
            let mark = row.mark.map_or_else(String::new, |mark| format!(" ({mark})"));
            if !section.push(&format!("• {}{mark} {}\n   {who}", plain(&row.time), code(&row.says))) {
                break;
            }
            shown += 1;
        }
    }
    let left = detection.findings - shown;
    if left > 0 {
        section.last(&format!("… and {}, see the mail, CSV or JSON", words::count(left, "more finding")));
    }
    if let Some(step) = detection.steps.first() {
        section.push(&format!("_First step:_ {}", plain(step)));
    }
    section
}

fn line(severity: &SeverityView, detection: &DetectionView) -> String {
    format!(
        "{} · *{}* · {}",
        blocks::severity(severity.severity),
        plain(&detection.title),
        plain(&detection.counts)
    )
}

/// Suppressed, not read, coverage, this run: a line each, or the number of those that did not fit.
fn rest(message: &mut Blocks, view: &View) {
    let mut left_out = 0;
    for part in &view.sections {
        let mut lines: Vec<String> = vec![part.title.to_owned()];
        lines.extend(part.lead.iter().map(ToString::to_string));
        let shown = part.entries.len().min(if part.tabular { 10 } else { 3 });
        lines.extend(part.entries[..shown].iter().map(|entry| format!("• {}: {}", entry.head, entry.body)));
        if part.entries.len() > shown || part.more.is_some() {
            lines.push("… and more, see the mail or JSON".to_owned());
        }
        if message.bytes() + lines.iter().map(String::len).sum::<usize>() > REST_BYTES || !message.has_room()
        {
            left_out += 1;
            continue;
        }
        message.context(&lines.join("\n"));
    }
    if left_out > 0 {
        message.context(&format!(
            "{} of this brief did not fit here, see the mail or JSON",
            words::count(left_out, "other part")
        ));
    }
}
