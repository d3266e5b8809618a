//! Block Kit blocks within Slack's limits, and text that Slack does not interpret.
//!
//! Knows nothing of briefs. Limits: 50 blocks, a header of 150 characters, a text of 3,000; about 13,000 characters
//! of blocks altogether, which is not documented and so kept at 12,000 bytes.

use serde_json::{Value, json};

use crate::render::clean::Line;

/// Blocks of a message.
const MAX_BLOCKS: usize = 48;

/// Bytes of a message's blocks as JSON.
const MAX_BYTES: usize = 12_000;

/// Characters of one text.
const MAX_TEXT: usize = 2_900;

/// Characters of a header.
const MAX_HEADER: usize = 150;

/// `&`, `<` and `>` as Slack wants them, so that no mention, channel or link can be written.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text from a record: a code span that it cannot end.
pub(super) fn code(line: &Line) -> String {
    match escape(&line.as_str().replace('`', "\u{2cb}")) {
        text if text.trim().is_empty() => "(empty)".to_owned(),
        text => format!("`{text}`"),
    }
}

/// Text of this program or of the library between other words: no bold, strike or code begins in it.
pub(super) fn words(line: &Line) -> String {
    let text = line.as_str();
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        out.push(match c {
            '*' => '\u{2217}',
            '~' => '\u{223c}',
            '`' => '\u{2cb}',
            // Slack ignores it within a word, and commands must stay as they are when they are copied.
            '_' if !inside => '\u{ff3f}',
            c => c,
        });
        before = c;
    }
    escape(&out)
}

/// The first characters of a text that is not escaped yet, so that it fits once it is: in characters, and in bytes of
/// JSON, so that no single text can take the room of the others.
fn fit(text: &str, max: usize) -> String {
    let max_bytes = max + max / 4;
    let (mut out, mut chars, mut bytes) = (String::new(), 0, 0);
    for c in text.chars() {
        let shown = escape(c.encode_utf8(&mut [0; 4]));
        chars += shown.chars().count();
        bytes += shown.len() + usize::from(matches!(c, '"' | '\\' | '\n'));
        if chars >= max || bytes >= max_bytes {
            out.push('\u{2026}');
            break;
        }
        out.push_str(&shown);
    }
    out
}

/// A severity as a circle of its colour and a bold word. Slack colours a message by a bar only in attachments, which it folds
/// after a few lines.
pub(super) fn severity(name: &str) -> String {
    format!("{} *{}*", circle(name), name.to_uppercase())
}

/// The circle of a severity's colour.
pub(super) fn circle(name: &str) -> &'static str {
    match name {
        "critical" => "\u{1f534}",
        "high" => "\u{1f7e0}",
        "medium" => "\u{1f7e1}",
        "low" => "\u{1f535}",
        _ => "\u{26aa}",
    }
}

/// Lines of formatted text that become one block.
#[derive(Default)]
pub(super) struct Paragraph(String);

impl Paragraph {
    /// Adds a line if it fits.
    pub(super) fn push(&mut self, line: &str) -> bool {
        // Room is kept for a last line.
        self.put(line, MAX_TEXT - 150)
    }

    /// Adds a short closing line.
    pub(super) fn last(&mut self, line: &str) {
        self.put(line, MAX_TEXT);
    }

    fn put(&mut self, line: &str, max: usize) -> bool {
        let fits = self.0.chars().count() + line.chars().count() < max;
        if fits {
            if !self.0.is_empty() {
                self.0.push('\n');
            }
            self.0.push_str(line);
        }
        fits
    }

    /// Its length so far, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// The blocks of a message so far.
#[derive(Default)]
pub(super) struct Blocks {
    blocks: Vec<Value>,
    bytes: usize,
}

impl Blocks {
    /// Their length as JSON so far, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether another block and a closing one fit.
    pub(super) fn has_room(&self) -> bool {
        self.blocks.len() + 2 <= MAX_BLOCKS
    }

    /// The heading.
    pub(super) fn header(&mut self, text: &str) {
        let text = fit(text, MAX_HEADER);
        self.push(
            json!({"type": "header", "text": {"type": "plain_text", "text": text, "emoji": false}}),
            MAX_BYTES,
        );
    }

    /// Small print.
    pub(super) fn context(&mut self, text: &str) {
        let text = fit(text, 1_900);
        let element = json!({"type": "plain_text", "text": text, "emoji": false});
        self.push(json!({"type": "context", "elements": [element]}), MAX_BYTES);
    }

    /// Text that is not formatted.
    pub(super) fn plain(&mut self, lines: &[String]) {
        let text = fit(&lines.join("\n"), 1_900);
        self.push(
            json!({"type": "section", "text": {"type": "plain_text", "text": text, "emoji": false}}),
            MAX_BYTES,
        );
    }

    /// Adds formatted text, if the message then is no longer than `max` bytes.
    pub(super) fn add(&mut self, paragraph: Paragraph, max: usize) -> bool {
        if paragraph.0.is_empty() {
            return true;
        }
        let text = json!({"type": "mrkdwn", "text": paragraph.0, "verbatim": true});
        self.has_room() && self.push(json!({"type": "section", "text": text}), max)
    }

    fn push(&mut self, block: Value, max: usize) -> bool {
        let bytes = block.to_string().len() + 1;
        let fits = self.blocks.len() < MAX_BLOCKS && self.bytes + bytes < max;
        if fits {
            self.bytes += bytes;
            self.blocks.push(block);
        }
        fits
    }

    /// The blocks.
    pub(super) fn into_blocks(self) -> Vec<Value> {
        self.blocks
    }
}
