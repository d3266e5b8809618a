//! A finding: one row that a detection returned, with its identity.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{
    detection::DetectionId, hex::hex, rows::Value, severity::Severity, time::Timestamp, untrusted::Untrusted,
};

/// What identifies a finding across runs: 16 bytes of a SHA-256 over length-prefixed parts, as hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a detection's id and the values that say what the finding is about.
    ///
    /// Each part is prefixed with its length, so that different lists of parts never coincide; NULL differs from empty text.
    #[must_use]
    pub fn of(detection: &DetectionId, parts: &[Option<String>]) -> Self {
        Self::of_kind(detection.as_str(), parts)
    }

    /// The same for something that no detection returned, by the kind of thing that it is.
    pub(super) fn of_kind(kind: &str, parts: &[Option<String>]) -> Self {
        let mut hash = Sha256::new();
        let mut part = |text: Option<&str>| match text {
            Some(text) => {
                hash.update((text.len() as u64 + 1).to_be_bytes());
                hash.update(text.as_bytes());
            }
            None => hash.update(0u64.to_be_bytes()),
        };
        part(Some(kind));
        for text in parts {
            part(text.as_deref());
        }
        Self(hex(&hash.finalize()[..16]))
    }

    /// Reads a fingerprint that was stored as text; `None` if the text is not one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| Self(text.to_ascii_lowercase()))
    }

    /// The fingerprint as 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a finding is reported, and whether for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingState {
    /// Reported for the first time.
    New,
    /// Reported for the first time, though its time lies in a window that was answered before: its event arrived late.
    Late,
    /// Already reported in an earlier brief.
    Repeated,
    /// Held back by a suppression of the configuration.
    Suppressed,
}

impl FindingState {
    /// Its name in machine output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Late => "late",
            Self::Repeated => "repeated",
            Self::Suppressed => "suppressed",
        }
    }
}

/// One row that a detection returned.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The detection that returned it.
    pub detection: DetectionId,
    /// The severity of its detection.
    pub severity: Severity,
    /// Whether it is reported, and whether for the first time.
    pub state: FindingState,
    /// What identifies it across runs.
    pub fingerprint: Fingerprint,
    /// One sentence: the detection's `says` with its holes filled.
    pub says: Untrusted,
    /// The time of the event; of the first one, for an aggregate. `None` if the row has no readable time.
    pub event_time: Option<Timestamp>,
    /// The time of the last event, for an aggregate.
    pub last_seen: Option<Timestamp>,
    /// How many events an aggregate counts; `None` for a single event.
    pub occurrences: Option<u64>,
    /// The id of the event, for a single event.
    pub event_id: Option<Untrusted>,
    /// The ids of at most 20 of the events, for an aggregate.
    pub event_ids: Vec<Untrusted>,
    /// The account that the event happened in.
    pub account_id: Option<Untrusted>,
    /// The account's name, if the configuration or the organization gives one.
    pub account_name: Option<String>,
    /// The region that the event happened in.
    pub region: Option<Untrusted>,
    /// Who acted: an ARN, or another name if there is none.
    pub actor: Option<Untrusted>,
    /// What was done, usually the event's name.
    pub action: Option<Untrusted>,
    /// What it was done to.
    pub resource: Option<Untrusted>,
    /// The address that the call came from.
    pub source_ip: Option<Untrusted>,
    /// Whether its actors made its calls for the first time in 90 days; `None` if the baseline of habits cannot tell.
    pub is_first: Option<bool>,
    /// Every other column of the row, in order. Texts in it are untrusted.
    pub details: Vec<(String, Value)>,
    /// What identifies the findings that became part of this one: records of the same action in other accounts, and findings
    /// that it replaces.
    pub united: Vec<Fingerprint>,
    /// The wider detections that found the same events; their findings are not reported beside this one.
    pub replaces: Vec<DetectionId>,
}

/// The column by which a row gives its finding a severity of its own.
pub const SEVERITY: &str = "severity";

/// The column that tells calls that succeeded from those that were denied or failed.
pub const OUTCOME: &str = "outcome";

/// Which answers must have a standard column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredIn {
    /// Every answer.
    EveryAnswer,
    /// Answers whose rows are single events.
    SingleEvents,
    /// Answers whose rows count events.
    Aggregates,
}

/// A column that answers share. Every other column of an answer is a detail of its findings.
#[derive(Clone, Copy, Debug)]
pub struct StandardColumn {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Which answers must have it.
    pub required_in: RequiredIn,
    /// A finding's value as text; `None` if it has no value.
    pub text: fn(&Finding) -> Option<String>,
}

/// The standard columns of an answer.
pub static COLUMNS: [StandardColumn; 12] = {
    use RequiredIn::{Aggregates, EveryAnswer, SingleEvents};
    [
        column("event_time", SingleEvents, |finding| finding.event_time.map(|at| at.to_string())),
        column("first_seen", Aggregates, |finding| finding.event_time.map(|at| at.to_string())),
        column("last_seen", Aggregates, |finding| finding.last_seen.map(|at| at.to_string())),
        column("occurrences", Aggregates, |finding| finding.occurrences.map(|count| count.to_string())),
        column("event_id", SingleEvents, |finding| raw(&finding.event_id)),
        column("event_ids", Aggregates, |finding| {
            let ids: Vec<&str> = finding.event_ids.iter().map(Untrusted::raw).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }),
        column("account_id", EveryAnswer, |finding| raw(&finding.account_id)),
        column("region", EveryAnswer, |finding| raw(&finding.region)),
        column("actor", EveryAnswer, |finding| raw(&finding.actor)),
        column("action", EveryAnswer, |finding| raw(&finding.action)),
        column("resource", EveryAnswer, |finding| raw(&finding.resource)),
        column("source_ip", EveryAnswer, |finding| raw(&finding.source_ip)),
    ]
};

const fn column(
    name: &'static str,
    required_in: RequiredIn,
    text: fn(&Finding) -> Option<String>,
) -> StandardColumn {
    StandardColumn { name, required_in, text }
}

fn raw(text: &Option<Untrusted>) -> Option<String> {
    text.as_ref().map(|text| text.raw().to_owned())
}

/// The standard column of this name, in any case of letters.
#[must_use]
pub fn standard_column(name: &str) -> Option<&'static StandardColumn> {
    COLUMNS.iter().find(|column| column.name.eq_ignore_ascii_case(name))
}

/// The names of the standard columns that are required in these answers.
pub fn required_in(answers: RequiredIn) -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().filter(move |column| column.required_in == answers).map(|column| column.name)
}

#[cfg(test)]
impl Finding {
    /// A finding of this detection about this thing, at this time, and nothing else.
    pub(crate) fn sample(detection: &str, about: &str, event_time: Option<Timestamp>) -> Self {
        let detection = detection.parse().unwrap();
        Self {
            fingerprint: Fingerprint::of(&detection, &[Some(about.to_owned())]),
            detection,
            severity: Severity::Low,
            state: FindingState::New,
            says: Untrusted::default(),
            event_time,
            last_seen: None,
            occurrences: None,
            event_id: None,
            event_ids: Vec::new(),
            account_id: None,
            account_name: None,
            region: None,
            actor: None,
            action: None,
            resource: None,
            source_ip: None,
            is_first: None,
            details: Vec::new(),
            united: Vec::new(),
            replaces: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id() -> DetectionId {
        "iam.x".parse().unwrap()
    }

    proptest! {
        #[test]
        fn different_parts_have_different_fingerprints(
            a in prop::collection::vec(prop::option::of("[a-c-]{0,3}"), 0..4),
            b in prop::collection::vec(prop::option::of("[a-c-]{0,3}"), 0..4),
        ) {
            prop_assert_eq!(a == b, Fingerprint::of(&id(), &a) == Fingerprint::of(&id(), &b));
        }
    }

    #[test]
    fn a_fingerprint_is_read_back_and_nothing_else_is() {
        let fingerprint = Fingerprint::of(&id(), &[Some("a".to_owned())]);
        let text = fingerprint.to_string();
        assert_eq!((text.len(), fingerprint.as_str()), (32, text.as_str()));
        assert_eq!(Fingerprint::from_stored(&text), Some(fingerprint.clone()));
        assert_eq!(Fingerprint::from_stored(&text.to_uppercase()), Some(fingerprint));
        for bad in [&text[1..], &format!("{text}0"), &format!("g{}", &text[1..]), ""] {
            assert_eq!(Fingerprint::from_stored(bad), None, "{bad}");
        }
        // Stored by earlier versions: what identifies a finding must not change.
        assert_eq!(
            Fingerprint::of(&id(), &[None, Some(String::new())]).as_str(),
            "18a6443c1b6e5f633d2a16079d6a5fa1"
        );
    }

    #[test]
    fn states_have_names() {
        use FindingState::{Late, New, Repeated, Suppressed};
        let names = [New, Late, Repeated, Suppressed].map(FindingState::as_str);
        assert_eq!(names, ["new", "late", "repeated", "suppressed"]);
    }

    #[test]
    fn a_standard_column_gives_the_value_of_its_field() {
        let text = |text: &str| Some(Untrusted::new(text));
        let at = |seconds| Some(Timestamp::from_unix_s(seconds));
        let full = Finding {
            last_seen: at(60),
            occurrences: Some(7),
            event_id: text("e-1"),
            event_ids: vec![Untrusted::new("e-2"), Untrusted::new("e-3")],
            account_id: text("111122223333"),
            region: text("us-east-1"),
            actor: text("root"),
            action: text("Login"),
            resource: text("console"),
            source_ip: text("192.0.2.7"),
            ..Finding::sample("iam.x", "a", at(0))
        };
        let values = [
            ("event_time", "1970-01-01T00:00:00Z"),
            ("first_seen", "1970-01-01T00:00:00Z"),
            ("last_seen", "1970-01-01T00:01:00Z"),
            ("occurrences", "7"),
            ("event_id", "e-1"),
            ("event_ids", "e-2 e-3"),
            ("account_id", "111122223333"),
            ("region", "us-east-1"),
            ("actor", "root"),
            ("action", "Login"),
            ("resource", "console"),
            ("source_ip", "192.0.2.7"),
        ];
        let empty = Finding::sample("iam.x", "a", None);
        assert_eq!(values.len(), COLUMNS.len());
        for (name, value) in values {
            let column = standard_column(&name.to_uppercase()).unwrap();
            assert_eq!((column.name, (column.text)(&full).as_deref()), (name, Some(value)));
            assert_eq!((column.text)(&empty), None, "{name}");
        }
        assert!(standard_column("mfa").is_none());
    }

    #[test]
    fn answers_require_what_they_are_made_of() {
        let names = |answers| required_in(answers).collect::<Vec<_>>();
        assert_eq!(names(RequiredIn::SingleEvents), ["event_time", "event_id"]);
        assert_eq!(names(RequiredIn::Aggregates), ["first_seen", "last_seen", "occurrences", "event_ids"]);
        let every = ["account_id", "region", "actor", "action", "resource", "source_ip"];
        assert_eq!(names(RequiredIn::EveryAnswer), every);
    }
}
