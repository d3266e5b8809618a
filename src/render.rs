//! Renders a brief as text, HTML mail, JSON, CSV, a Slack message or a page to search.
//!
//! Pure: no clock, no environment, no files, no sending. Every renderer takes the same [`Brief`]; those for people
//! share one `view` in words, so that all media say the same. Text from log records passes through `clean` and then
//! through its medium's own escaping; nothing else may print it.

mod archived;
mod case_file;
pub mod clean;
mod clock;
mod comparison;
mod csv;
mod html;
mod json;
mod limits;
mod message;
mod report;
mod slack;
mod subject;
mod suggestion;
mod text;
mod view;
mod whereabouts;
mod words;

use crate::domain::{
    brief::Brief,
    case_file::{CaseFile, Pivot},
    comparison::Comparison,
    message::Message,
    price::Price,
    suggestion::Suggestions,
    time::Timestamp,
    trace::TraceEvent,
};
pub use archived::{ArchivedBrief, Summary};
pub use json::BadBrief;
pub(crate) use json::CostV1;
pub(crate) use text::wrap;

/// How the text brief is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// The width of a line in columns, at least 40.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub color: bool,
}

impl Default for TextStyle {
    fn default() -> Self {
        Self { width: 78, color: false }
    }
}

/// A brief that could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("rendering the brief as HTML")]
pub struct RenderError(#[from] askama::Error);

/// The brief as plain text, for a terminal, a file or the text part of a mail.
#[must_use]
pub fn text(brief: &Brief, style: TextStyle) -> String {
    text::render(brief, style)
}

/// A case as plain text; `commands` are its pivots as commands to paste.
#[must_use]
pub fn case_text(case: &CaseFile, brief: &Brief, commands: &[String], style: TextStyle) -> String {
    case_file::text(case, brief, commands, style)
}

/// A case as one JSON object, with the records of its calls.
#[must_use]
pub fn case_json(case: &CaseFile, brief: &Brief, events: &[TraceEvent], commands: &[String]) -> String {
    case_file::json(case, brief, events, commands)
}

/// The calls of a case as CSV (RFC 4180).
#[must_use]
pub fn case_csv(case: &CaseFile, events: &[TraceEvent]) -> String {
    case_file::csv(case, events)
}

/// The records of events with CloudTrail's keys, one JSON object a line, as far as the program reads them.
#[cfg(feature = "aws")]
#[must_use]
pub fn records(events: &[TraceEvent]) -> Vec<String> {
    match report::records(events) {
        serde_json::Value::Object(all) => all.into_iter().map(|(_, record)| record.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// What a pivot means as an option of `investigate` with its value, both words of a shell; `None` if it cannot be written so.
#[must_use]
pub fn pivot_option(pivot: &Pivot) -> Option<String> {
    case_file::option(pivot)
}

/// The headline and the stories of a brief in a few lines.
#[must_use]
pub fn summary(brief: &Brief, style: TextStyle) -> String {
    text::summary(brief, style)
}

/// A brief that is JSON already as a page to search, which fetches nothing: with filters, and the records of these events.
#[must_use]
pub fn report(json: &str, events: &[TraceEvent]) -> String {
    report::render(json, events)
}

/// The brief as one self-contained HTML document that fits a mail.
///
/// # Errors
///
/// If the template cannot be filled.
pub fn html(brief: &Brief) -> Result<String, RenderError> {
    html::render(brief)
}

/// The brief as one JSON object, `schema_version` 1.
#[must_use]
pub fn json(brief: &Brief) -> String {
    json::render(brief)
}

/// The brief whose JSON this is, with what renderers show of it.
///
/// # Errors
///
/// If it is not a brief's JSON, or a newer program wrote it.
pub fn read(json: &str) -> Result<Brief, BadBrief> {
    json::read(json)
}

/// Archived briefs as text: time, schedule, counts, headline and id of each.
#[must_use]
pub fn archived_text(all: &[ArchivedBrief], style: TextStyle) -> String {
    archived::text(all, style)
}

/// Archived briefs as one JSON array.
#[must_use]
pub fn archived_json(all: &[ArchivedBrief]) -> String {
    archived::json(all)
}

/// What differs between two briefs, as text.
#[must_use]
pub fn comparison_text(before: &Brief, after: &Brief, found: &Comparison<'_>, style: TextStyle) -> String {
    comparison::text(before, after, found, style)
}

/// What differs between two briefs, as one JSON object.
#[must_use]
pub fn comparison_json(before: &Brief, after: &Brief, found: &Comparison<'_>) -> String {
    comparison::json(before, after, found)
}

/// Suggested suppressions as text, with lines to paste that name this owner and count for 30 days from then on.
#[must_use]
pub fn suggestions_text(found: &Suggestions, owner: (&str, Timestamp), style: TextStyle) -> String {
    suggestion::text(found, owner, style)
}

/// The same as one JSON object.
#[must_use]
pub fn suggestions_json(found: &Suggestions, owner: (&str, Timestamp)) -> String {
    suggestion::json(found, owner)
}

/// A price in words, with its parts.
#[must_use]
pub fn price(price: &Price) -> String {
    words::price(price)
}

/// The findings, with the suppressed ones last, as CSV (RFC 4180): one row a finding and a header row.
#[must_use]
pub fn csv(brief: &Brief) -> String {
    csv::render(brief)
}

/// The brief as a Slack message: `{"text": …, "blocks": […]}`, within Slack's limits.
#[must_use]
pub fn slack(brief: &Brief) -> String {
    slack::render(brief)
}

/// The brief in every form that channels take.
///
/// # Errors
///
/// If the HTML cannot be rendered.
pub fn message(brief: &Brief) -> Result<Message, RenderError> {
    message::write(brief)
}

/// The same message, marked as one that may have been sent before.
#[must_use]
pub fn repeated(message: &Message) -> Message {
    message::repeated(message)
}

/// A plain text in place of a message whose content a channel refused: with the channel's reason, and the address where
/// the full brief is archived.
#[must_use]
pub fn plain(message: &Message, refused: &str, archived: &str) -> Message {
    message::plain(message, refused, archived)
}
