//! What the reader of a brief must know about the runs themselves, such as a message that was never delivered.
//!
//! A note is either for the brief that this run writes, or must reach a reader in any case: then it is also kept in the
//! state until a brief that shows it was delivered. Only this file decides whether such a note still waits for a brief.

use crate::store::Claim;

/// The notes of a scheduled run.
#[derive(Debug)]
pub(super) struct Notes {
    for_brief: Vec<String>,
    /// Whether a kept note was added after the last brief was written, so that no brief shows it yet.
    unwritten: bool,
}

impl Notes {
    /// The notes that stand before the run does anything: what was found out before it, and what earlier runs left.
    pub(super) fn new(before: &[String], claim: &Claim) -> Self {
        let for_brief = before.iter().map(String::as_str).chain(claim.notes()).map(str::to_owned).collect();
        Self { for_brief, unwritten: false }
    }

    /// Adds a note for this run's brief. It is lost if this run writes none.
    pub(super) fn add(&mut self, note: String) {
        self.for_brief.push(note);
    }

    /// Adds a note that is kept with the claim's next save until a brief with it was delivered.
    pub(super) fn add_and_keep(&mut self, note: String, claim: &mut Claim) {
        claim.keep_note(&note);
        self.unwritten = true;
        self.for_brief.push(note);
    }

    /// The notes for a brief that is about to be written.
    pub(super) fn for_brief(&self) -> Vec<String> {
        self.for_brief.clone()
    }

    /// A brief with these notes is written.
    pub(super) fn written(&mut self) {
        self.unwritten = false;
    }

    /// The brief was delivered: the notes that are kept need not be shown again, unless one was added since.
    pub(super) fn delivered(&self, claim: &mut Claim) {
        if !self.unwritten {
            claim.forget_notes();
        }
    }
}
