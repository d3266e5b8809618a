//! Events that a detection needs and cannot judge: a value has an unexpected shape, or CloudTrail left it out.

use super::{
    detection::DetectionId,
    finding::Fingerprint,
    time::{Timestamp, Window},
    untrusted::Untrusted,
};

/// An event that a detection cannot judge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UndecidableEvent {
    /// When it happened.
    pub event_time: Option<Timestamp>,
    /// Its id, if it has one.
    pub event_id: Option<Untrusted>,
    /// The account that it was delivered to.
    pub account_id: Option<Untrusted>,
    /// The log file that holds it, if that is known; untrusted text, renderers escape it.
    pub file: Option<String>,
    /// Why it cannot be judged; may quote the record.
    pub reason: String,
}

/// An event that a detection could not judge in a run: it may be what the detection looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecidable {
    /// The detection.
    pub detection: DetectionId,
    /// The event.
    pub event: UndecidableEvent,
    /// Whether an earlier brief of the schedule reported it, or searched the time when it happened.
    pub repeated: bool,
}

impl Undecidable {
    /// Its identity among what a schedule has reported.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let raw = |text: &Option<Untrusted>| text.as_ref().map(|text| text.raw().to_owned());
        let time = self.event.event_time.map(|time| time.to_string());
        let parts =
            [Some("undecidable".to_owned()), time, raw(&self.event.account_id), raw(&self.event.event_id)];
        Fingerprint::of(&self.detection, &parts)
    }

    /// Whether it happened before a window, so that the detection only looks back at it.
    #[must_use]
    pub fn is_before(&self, window: Window) -> bool {
        self.event.event_time.is_some_and(|time| time < window.start())
    }
}
