//! A brief as it is sent: every form of it, so that a pending message can be sent later as it was written.

use super::time::Timestamp;

/// A brief in the forms that channels take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The run's id.
    pub run: String,
    /// What mail programs sort by: the schedule's name, or `on-demand`.
    pub list: String,
    /// When the run began.
    pub started: Timestamp,
    /// The subject, without the configured prefix.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML; empty if the mail has only plain text.
    pub html: String,
    /// All findings; `None` if there are none, or too many to attach.
    pub csv: Option<String>,
    /// The body of the request to Slack, as JSON.
    pub slack: String,
    /// The brief as JSON, `schema_version` 1.
    pub json: String,
}
