//! A brief as a message: all its forms at once, ready for the outbox.

use super::{RenderError, TextStyle, clean::Line, csv, html, json, slack, subject, text, words};
use crate::domain::{brief::Brief, message::Message};

/// From this size on the CSV is not attached, in bytes.
const CSV_BYTES: usize = 1_000_000;

/// From this size on the text is cut, in bytes. With HTML of at most some 90 KB, and in the longest encoding, a mail stays
/// below half of what SES takes.
const TEXT_BYTES: usize = 1_000_000;

/// The longest reason for a plain text, in characters.
const MAX_REASON: usize = 300;

const REPEAT: &str = "This brief may have been sent before: its delivery was interrupted or not confirmed.";

/// Writes the message.
pub(super) fn write(brief: &Brief) -> Result<Message, RenderError> {
    let rows = brief.findings.len() + brief.suppressed.len();
    let csv = (rows > 0).then(|| csv::render(brief));
    let bytes = csv.as_ref().map_or(0, String::len);
    let without_csv = (bytes >= CSV_BYTES).then(|| without_csv(brief, bytes));
    let shown = without_csv.as_ref().unwrap_or(brief);
    Ok(Message {
        run: brief.run.id.clone(),
        list: brief.run.schedule.clone().unwrap_or_else(|| "on-demand".to_owned()),
        started: brief.run.started,
        subject: subject::render(brief),
        text: shortened(text::render(shown, TextStyle::default())),
        html: html::render(shown)?,
        csv: csv.filter(|_| without_csv.is_none()),
        slack: slack::render(brief),
        json: json::render(brief),
    })
}

/// The same message, marked as one that may have been sent before.
pub(super) fn repeated(message: &Message) -> Message {
    let html = html::note("Repeat", REPEAT) + "<h1";
    Message {
        subject: format!("[repeat] {}", message.subject),
        text: format!("Repeat: {REPEAT}\n\n{}", message.text),
        html: message.html.replacen("<h1", &html, 1),
        slack: slack::marked_as_repeat(&message.slack, REPEAT),
        ..message.clone()
    }
}

/// A plain text in place of a message that a channel refused: the subject, the channel's reason, where the brief is archived.
/// It holds no text from records, unless the channel's reason quotes some.
pub(super) fn plain(message: &Message, refused: &str, archived: &str) -> Message {
    let refused = Line::short(refused, MAX_REASON);
    let lines = [
        message.subject.clone(),
        String::new(),
        format!(
            "The full brief of run {} is not included because the channel refused it: {refused}.",
            message.run
        ),
        format!("It is archived as {archived}, with the JSON beside it."),
    ];
    let text = lines.join("\n");
    Message {
        slack: slack::text_only(&text),
        text: text + "\n",
        html: String::new(),
        csv: None,
        ..message.clone()
    }
}

/// The brief with a note that the CSV is not attached, and how to get it.
fn without_csv(brief: &Brief, bytes: usize) -> Brief {
    let mut brief = brief.clone();
    let note = format!(
        "The CSV of all findings is not attached because it has {}. `trailbrief run … --out DIR` over the same window \
         writes it.",
        words::bytes(bytes as u64)
    );
    // First, because a long list of notes is cut at its end.
    brief.run.notes.insert(0, note);
    brief
}

/// The text, cut at the end of a line if it is too long.
fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES {
        let bytes = text.len();
        let cut = text.as_bytes()[..TEXT_BYTES].iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        text.truncate(cut);
        text.push_str(&format!("\n\nThe text is cut here. In full it has {}.\n", words::bytes(bytes as u64)));
    }
    text
}
