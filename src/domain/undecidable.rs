//! Events that a detection needs and cannot judge: a value has an unexpected shape, or CloudTrail left it out.

use super::{detection::DetectionId, finding::Fingerprint, time::Timestamp, untrusted::Untrusted};

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
    /// Whether an earlier brief of the schedule reported it.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undecidable(detection: &str, id: &str, account: &str, seconds: i64) -> Undecidable {
        let event = UndecidableEvent {
            event_time: Some(Timestamp::from_unix_s(seconds)),
            event_id: Some(Untrusted::new(id)),
            account_id: Some(Untrusted::new(account)),
            file: None,
            reason: String::new(),
        };
        Undecidable { detection: detection.parse().unwrap(), event, repeated: false }
    }

    #[test]
    fn the_identity_is_the_detection_and_the_event() {
        let all = [
            undecidable("a.b", "1", "2", 3),
            undecidable("a.c", "1", "2", 3),
            undecidable("a.b", "9", "2", 3),
            undecidable("a.b", "1", "9", 3),
            undecidable("a.b", "1", "2", 9),
        ];
        let identities: std::collections::BTreeSet<_> = all.iter().map(Undecidable::fingerprint).collect();
        assert_eq!(identities.len(), all.len());
        let moved =
            UndecidableEvent { file: Some("b".to_owned()), reason: "r".to_owned(), ..all[0].event.clone() };
        let moved = Undecidable { event: moved, repeated: true, ..all[0].clone() };
        assert_eq!(
            moved.fingerprint(),
            all[0].fingerprint(),
            "neither its file nor the reason belongs to its identity"
        );
        let finding = Fingerprint::of(&all[0].detection, &[Some("1".to_owned())]);
        assert!(!identities.contains(&finding));
    }
}
