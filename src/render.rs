//! From a brief to the media people and programs read it in: text, HTML mail, JSON, CSV, Slack blocks.
//!
//! Pure: no clock, no environment, no files, no sending. Every renderer takes the same [`Brief`]; those for people
//! share one `view` with the words already chosen, so that all media say the same. Text from log records passes
//! through `clean` and then through its medium's own escaping; nothing else may print it.

pub mod clean;
mod csv;
mod html;
mod json;
mod letter;
mod limits;
mod slack;
mod subject;
mod text;
mod view;
mod words;

use crate::domain::{brief::Brief, letter::Letter};
pub(crate) use text::wrap;

/// How the text brief is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Columns of a line; fewer than 40 count as 40.
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

/// The subject of the mail: one line of at most 150 characters, the worst first.
#[must_use]
pub fn subject(brief: &Brief) -> String {
    subject::render(brief)
}

/// The brief in every form that channels take.
///
/// # Errors
///
/// If the HTML cannot be rendered.
pub fn letter(brief: &Brief) -> Result<Letter, RenderError> {
    letter::write(brief)
}

/// A letter that may have been sent before, which says so.
#[must_use]
pub fn repeated(letter: &Letter) -> Letter {
    letter::repeated(letter)
}

/// A plain text in the place of a letter that a channel refused for what is in it, for this reason; the full brief lies at
/// this place.
#[must_use]
pub fn plain(letter: &Letter, refused: &str, place: &str) -> Letter {
    letter::plain(letter, refused, place)
}
