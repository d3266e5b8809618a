//! A brief as a message: every form of it at once, ready for the outbox.

use serde_json::{Value, json};

use super::{RenderError, TextStyle, clean::Line, slack};
use crate::domain::{brief::Brief, message::Message};

/// From this size on the CSV is left out, in bytes.
const CSV_BYTES: usize = 1_000_000;

/// From this size on the text is cut, in bytes. With HTML of at most some 90 KB, and encoded as awkwardly as can be, a mail
/// stays below half of what SES takes.
const TEXT_BYTES: usize = 1_000_000;

/// The longest reason of a refusal, in characters.
const REASON: usize = 300;

const REPEAT: &str = "This brief may have been sent before: the run was interrupted while it was sent.";

/// Writes the message.
pub(super) fn write(brief: &Brief) -> Result<Message, RenderError> {
    let rows = brief.findings.len() + brief.suppressed.len();
    let csv = (rows > 0).then(|| super::csv(brief));
    let bytes = csv.as_ref().map_or(0, String::len);
    let noted = (bytes >= CSV_BYTES).then(|| without_csv(brief, bytes));
    let told = noted.as_ref().unwrap_or(brief);
    Ok(Message {
        run: brief.run.id.clone(),
        list: brief.run.schedule.clone().unwrap_or_else(|| "on-demand".to_owned()),
        started: brief.run.started,
        subject: super::subject(brief),
        text: shortened(super::text(told, TextStyle::default())),
        html: super::html(told)?,
        csv: csv.filter(|_| noted.is_none()),
        slack: super::slack(brief),
        json: super::json(brief),
    })
}

/// The same message, which says that it may be one too many.
pub(super) fn repeated(message: &Message) -> Message {
    let html = format!("<p class=\"nt\"><b>Repeat:</b> {REPEAT}</p>\n<h1>");
    Message {
        subject: format!("[repeat] {}", message.subject),
        text: format!("Repeat: {REPEAT}\n\n{}", message.text),
        html: message.html.replacen("<h1>", &html, 1),
        slack: repeated_message(&message.slack),
        ..message.clone()
    }
}

/// A plain text in the place of a message that a channel does not take: the headline, why it is no more, where the brief lies.
/// Nothing in it comes from records but what the channel itself said of them.
pub(super) fn plain(message: &Message, refused: &str, place: &str) -> Message {
    let refused = Line::short(refused, REASON);
    let lines = [
        message.subject.clone(),
        String::new(),
        format!("The full brief of the run {} is not here, because it was refused: {refused}.", message.run),
        format!("It is kept as {place}, and as JSON beside it."),
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

fn repeated_message(message: &str) -> String {
    let Ok(mut message) = serde_json::from_str::<Value>(message) else { return message.to_owned() };
    if let Some(text) = message["text"].as_str() {
        message["text"] = json!(format!("[repeat] {text}"));
    }
    if let Some(blocks) = message["blocks"].as_array_mut() {
        let text = json!({"type": "plain_text", "text": format!("Repeat: {REPEAT}")});
        blocks.insert(0, json!({"type": "context", "elements": [text]}));
    }
    message.to_string()
}

/// The brief with a note that its CSV is missing, and how to get it.
fn without_csv(brief: &Brief, bytes: usize) -> Brief {
    let mut brief = brief.clone();
    let note = format!(
        "The CSV of all findings is not attached: it has {:.1} MB. `trailbrief run … --out DIR` over the same window \
         writes it.",
        bytes as f64 / 1e6
    );
    // First, because a long list of notes is folded at its end.
    brief.run.notes.insert(0, note);
    brief
}

/// The text, cut at the end of a line if it is too long.
fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES {
        let bytes = text.len();
        let cut = text.as_bytes()[..TEXT_BYTES].iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        text.truncate(cut);
        text.push_str(&format!("\n\nThis text is cut: it has {:.1} MB.\n", bytes as f64 / 1e6));
    }
    text
}
