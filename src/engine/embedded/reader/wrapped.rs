//! Records inside messages of other services: EventBridge, SNS, SQS, CloudWatch Logs, `lookup-events`.
//!
//! A message is an object that holds a record, or a text that holds JSON, which may hold messages again. Both the depth
//! and the memory of texts inside texts are bounded.

use std::ops::ControlFlow;

use super::buffer::TextBuffer;
use super::document::Document;
use super::json::{self, Slots};
use super::keys;
use super::problems::{self, ProblemKind};
use super::sink::{Context, RecordSink};
use super::text;

/// How many messages may lie inside one another: Lambda's SQS event holds an SNS envelope holds an EventBridge event, and
/// some to spare.
const MAX_DEPTH: u32 = 6;
/// All texts inside one another together may be this many times as long as a record.
const MAX_HELD_RECORDS: usize = 2;
/// How CloudWatch Logs begins the text with which it tests a subscription.
const CONTROL: &str = "CWL CONTROL MESSAGE";
/// How base64 of a gzip stream begins.
const BASE64_OF_GZIP: &str = "H4sI";

/// How much lies around the text at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// Messages.
    messages: u32,
    /// Bytes of their texts.
    text_bytes: usize,
}

impl Around {
    /// Whether the text at hand lies inside a message.
    pub fn is_message(self) -> bool {
        self.messages > 0
    }
}

/// Whether a string, given without its opening quote, begins like JSON that can hold records.
pub fn begins_like_json(string: &[u8]) -> bool {
    matches!(string.get(json::skip_space(string, 0)), Some(b'{' | b'['))
}

impl RecordSink<'_> {
    /// Takes an object that has no event name, if it is a message; `None` if not.
    pub(super) fn message(
        &mut self,
        object: &[u8],
        slots: &Slots,
        context: Context,
    ) -> Option<ControlFlow<()>> {
        for slot in [keys::DETAIL, keys::MESSAGE, keys::BODY, keys::SNS] {
            match slots.get(object, slot) {
                Some([b'"', inner @ .., b'"']) => return self.message_text(inner, context),
                Some(inner @ [b'{', ..]) => return Some(self.inside(inner)),
                _ => {}
            }
        }
        if matches!(slots.get(object, keys::DATA), Some([b'"', ..]))
            || matches!(slots.get(object, keys::AWSLOGS), Some([b'{', ..]))
        {
            self.problems.add(ProblemKind::Encoded, 0, String::new);
            return Some(ControlFlow::Continue(()));
        }
        for list in keys::LISTS {
            if let Some([b'"', inner @ .., b'"']) = slots.get(object, list)
                && let text = text::unescape(inner)
                && begins_like_json(text.as_bytes())
            {
                return Some(self.text(&text));
            }
        }
        None
    }

    /// Takes the text of a message; `None` if the text is not JSON and nothing else shows that the object is a message.
    fn message_text(&mut self, inner: &[u8], context: Context) -> Option<ControlFlow<()>> {
        let text = text::unescape(inner);
        let text = text.trim_ascii();
        if begins_like_json(text.as_bytes()) {
            return Some(self.text(text));
        }
        if text.starts_with(BASE64_OF_GZIP) {
            self.problems.add(ProblemKind::Encoded, 0, String::new);
        } else if matches!(context, Context::Top | Context::Debris) {
            return None;
        } else if !text.starts_with(CONTROL) {
            self.problems.add(ProblemKind::OtherMessage, 0, || problems::looks_like(text.as_bytes()));
        }
        Some(ControlFlow::Continue(()))
    }

    /// Takes the text of `CloudTrailEvent`, which is a record.
    pub(super) fn record_text(&mut self, inner: &[u8]) -> ControlFlow<()> {
        let text = text::unescape(inner);
        let text = text.trim_ascii();
        if begins_like_json(text.as_bytes()) {
            return self.text(text);
        }
        self.problems.add(ProblemKind::Broken, 1, || place(0));
        ControlFlow::Continue(())
    }

    /// Takes what the JSON in a text holds.
    pub(super) fn text(&mut self, text: &str) -> ControlFlow<()> {
        let outside = self.around;
        self.around.text_bytes += text.len();
        if self.around.text_bytes > MAX_HELD_RECORDS * self.limits.record_bytes {
            self.around = outside;
            let limit = self.limits.record_bytes;
            self.problems.add(ProblemKind::TooLarge, 1, || limit.to_string());
            return ControlFlow::Continue(());
        }
        let flow = self.inside(text.as_bytes());
        self.around = outside;
        flow
    }

    /// Takes what the JSON inside a message holds; breaks if the visitor stops.
    pub(super) fn inside(&mut self, json: &[u8]) -> ControlFlow<()> {
        if self.around.messages == MAX_DEPTH {
            self.problems.add(ProblemKind::MessageTooDeep, 1, || MAX_DEPTH.to_string());
            return ControlFlow::Continue(());
        }
        self.around.messages += 1;
        let mut slots = Slots::default();
        Document::new(TextBuffer::whole(json), self, &mut slots).walk();
        self.around.messages -= 1;
        if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// A place in the text of a message, as a problem names it.
pub fn place(at: u64) -> String {
    format!("{at} of the wrapped text")
}
