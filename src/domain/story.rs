//! A story: what one person or key did, from the findings and the calls around them.

use std::{borrow::Cow, fmt};

use sha2::{Digest, Sha256};

use super::{
    detection::DetectionId, finding::Fingerprint, hex::hex, severity::Severity, time::Timestamp,
    untrusted::Untrusted,
};

/// What identifies a story across runs: 8 bytes of a SHA-256 over who it begins with, as hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoryId(String);

impl StoryId {
    /// The id of the story of whoever is identified so.
    #[must_use]
    pub fn of(root: &str) -> Self {
        Self(hex(&Sha256::digest(root.as_bytes())[..8]))
    }

    /// Reads an id that was stored as text; `None` if the text is not one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id as 16 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The word before a list of names, as people say it: `port` becomes `ports`. Words that are not known stay as they are.
#[must_use]
pub fn before_several(word: &str) -> &str {
    let plurals = [
        ("alarm", "alarms"),
        ("bucket", "buckets"),
        ("database", "databases"),
        ("instance", "instances"),
        ("key", "keys"),
        ("port", "ports"),
        ("role", "roles"),
        ("secret", "secrets"),
        ("topic", "topics"),
        ("trail", "trails"),
        ("user", "users"),
    ];
    plurals.into_iter().find(|(one, _)| *one == word).map_or(word, |(_, many)| many)
}

/// What one person or key did.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// What identifies it across runs.
    pub id: StoryId,
    /// Who it begins with, as people say it.
    pub person: Untrusted,
    /// What that is: `IAM user`, `root user`, ….
    pub kind: Cow<'static, str>,
    /// Who else acted in it, in order of time, each with the reason why it is the same story.
    pub chain: Vec<StoryLink>,
    /// Where it happened, the account with the most acts first.
    pub accounts: Vec<StoryAccount>,
    /// When the first act happened; `None` if no act has a readable time.
    pub first: Option<Timestamp>,
    /// When the last act happened.
    pub last: Option<Timestamp>,
    /// From where, the address with the most acts first.
    pub addresses: Vec<StoryAddress>,
    /// The worst severity of its findings.
    pub severity: Severity,
    /// A detection of that severity, the one with the most telling act.
    pub why: DetectionId,
    /// What happened, in order of time. Small acts of long stories are left out.
    pub steps: Vec<Step>,
    /// How many acts are left out of the steps.
    pub left_out: u64,
    /// What was made and is not undone as far as the logs show.
    pub left_behind: Vec<LeftBehind>,
    /// What was made and undone again.
    pub undone: u64,
    /// What contains it, who acts first.
    pub do_now: Vec<Containment>,
    /// Its findings, the worst first.
    pub findings: Vec<Fingerprint>,
    /// Whether earlier briefs reported it.
    pub state: StoryState,
}

/// Whether earlier briefs reported a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoryState {
    /// All of it is reported for the first time.
    New,
    /// An earlier brief reported a part of it.
    Grown,
    /// An earlier brief reported all of it.
    Repeated,
}

impl StoryState {
    /// Its name in machine output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Repeated => "repeated",
        }
    }

    /// Whether something of it is reported for the first time.
    #[must_use]
    pub fn is_news(self) -> bool {
        self != Self::Repeated
    }
}

/// Somebody who acted in a story, and why it is the same story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLink {
    /// Who acted.
    pub who: Untrusted,
    /// Why this is the same story: a clause.
    pub reason: Untrusted,
    /// When the link was made.
    pub at: Option<Timestamp>,
    /// The event that shows it.
    pub event_id: Option<Untrusted>,
}

/// An account in which a story happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryAccount {
    /// Its id.
    pub id: Untrusted,
    /// Its name, if the configuration or the organization gives one.
    pub name: Option<String>,
}

/// An address that a story's calls came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryAddress {
    /// The address, or the service that called.
    pub address: Untrusted,
    /// Whether it lies in the networks of the watch-list `trusted-cidrs`; `None` if there is no such list.
    pub is_trusted: Option<bool>,
    /// The program that called most from there.
    pub agent: Option<Untrusted>,
    /// How many acts came from there.
    pub acts: u64,
}

/// Acts of a kind at about one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When the first of them happened.
    pub at: Option<Timestamp>,
    /// When the last of them happened.
    pub until: Option<Timestamp>,
    /// What was done: a clause that follows the person, such as `created access key AKIA… for bob`.
    pub text: Untrusted,
    /// How many acts these are.
    pub count: u64,
    /// Whether they succeeded.
    pub succeeded: bool,
    /// How telling they are, from 1 to 5.
    pub weight: u8,
    /// The worst severity of the findings about them.
    pub severity: Option<Severity>,
    /// The events, at most 20.
    pub event_ids: Vec<Untrusted>,
}

/// How something that was left behind stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing undid it.
    Present,
    /// It was switched off and can be switched on again.
    Paused,
    /// It was changed since, so somebody must look.
    Check,
}

impl Standing {
    /// Its name in machine output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Paused => "paused",
            Self::Check => "check",
        }
    }
}

/// Something that a story made and that is not undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// What it is, such as `access key AKIA… of user bob`.
    pub what: Untrusted,
    /// What kind of thing it is: `key`, `password`, `role`, ….
    pub kind: Cow<'static, str>,
    /// How it stands.
    pub standing: Standing,
    /// Until when it can be undone, if it cannot be for ever.
    pub deadline: Option<Timestamp>,
    /// Who made it.
    pub by: Untrusted,
    /// When.
    pub at: Option<Timestamp>,
    /// The account where it is.
    pub account: Untrusted,
    /// The Region where it is.
    pub region: Untrusted,
    /// The event that shows it.
    pub event_id: Untrusted,
    /// How telling the act was, from 1 to 5.
    pub weight: u8,
    /// A command that contains it, if one can be given.
    pub contain: Option<Untrusted>,
    /// A command that removes it, if one can be given.
    pub remove: Option<Untrusted>,
    /// What the containment breaks.
    pub risk: Option<Cow<'static, str>>,
}

/// Something to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Containment {
    /// What it does.
    pub what: Untrusted,
    /// The command, its values quoted for a shell; `None` if there is none.
    pub command: Option<Untrusted>,
    /// The account in which it must be run.
    pub account: Option<Untrusted>,
    /// What it breaks.
    pub risk: Option<Cow<'static, str>>,
}

#[cfg(test)]
impl Story {
    /// A new story of somebody about these findings, and nothing else.
    pub(crate) fn sample(person: &str, findings: &[&super::finding::Finding]) -> Self {
        Self {
            id: StoryId::of(person),
            person: Untrusted::new(person),
            kind: "IAM user".into(),
            chain: Vec::new(),
            accounts: Vec::new(),
            first: None,
            last: None,
            addresses: Vec::new(),
            severity: findings.iter().map(|finding| finding.severity).max().unwrap(),
            why: findings[0].detection.clone(),
            steps: Vec::new(),
            left_out: 0,
            left_behind: Vec::new(),
            undone: 0,
            do_now: Vec::new(),
            findings: findings.iter().map(|finding| finding.fingerprint.clone()).collect(),
            state: StoryState::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_stored_and_read_again() {
        let id = StoryId::of("user:123456789012:alice");
        assert_eq!(StoryId::from_stored(id.as_str()).as_ref(), Some(&id));
        assert_eq!(id.to_string(), id.as_str());
        assert_ne!(id, StoryId::of("user:123456789012:bob"));
        assert_eq!((StoryId::from_stored("xyz"), StoryId::from_stored(&"g".repeat(16))), (None, None));
    }

    #[test]
    fn a_word_before_several_names_is_a_plural_if_it_is_known() {
        let words = ["alarm", "key", "user", "users", "policy"].map(before_several);
        assert_eq!(words, ["alarms", "keys", "users", "users", "policy"]);
    }

    #[test]
    fn states_have_names_and_only_what_was_reported_is_no_news() {
        let states = [StoryState::New, StoryState::Grown, StoryState::Repeated];
        assert_eq!(states.map(StoryState::as_str), ["new", "grown", "repeated"]);
        assert_eq!(states.map(StoryState::is_news), [true, true, false]);
        let standings = [Standing::Present, Standing::Paused, Standing::Check];
        assert_eq!(standings.map(Standing::as_str), ["present", "paused", "check"]);
    }
}
