//! What people decided about findings and stories: that somebody takes care of one, or that one need not be reported.

use sha2::{Digest, Sha256};

use super::{finding::Fingerprint, hex::hex, story::StoryId, suppression::Suppression, time::Timestamp};

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A finding.
    Finding(Fingerprint),
    /// A story.
    Story(StoryId),
}

impl Subject {
    /// Reads the fingerprint of a finding or the id of a story; `None` if the text is neither.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let finding = || Fingerprint::from_stored(text).map(Self::Finding);
        StoryId::from_stored(text).map(Self::Story).or_else(finding)
    }

    /// The fingerprint or the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Finding(fingerprint) => fingerprint.as_str(),
            Self::Story(id) => id.as_str(),
        }
    }

    /// `finding` or `story`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Finding(_) => "finding",
            Self::Story(_) => "story",
        }
    }
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Somebody takes care of it. Briefs report it as before, and say who.
    Acknowledged,
    /// It is held back.
    Suppressed,
}

impl Verdict {
    /// Its name in machine output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Suppressed => "suppressed",
        }
    }
}

/// A decision that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// What it is about.
    pub subject: Subject,
    /// What was decided.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: String,
    /// When.
    pub made: Timestamp,
    /// From this time on it counts no more.
    pub expires: Timestamp,
}

impl Decision {
    /// What tells it from every other decision: 8 bytes of a SHA-256, as hex.
    #[must_use]
    pub fn id(&self) -> String {
        let (made, expires) = (self.made.to_string(), self.expires.to_string());
        let parts = [self.subject.as_str(), self.verdict.as_str(), &self.reason, &self.by, &made, &expires];
        hex(&Sha256::digest(parts.join("\0").as_bytes())[..8])
    }

    /// Whether it counts at a time.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires > now
    }

    /// The suppression of a finding, if it is one. Whether it holds, the suppression says.
    #[must_use]
    pub fn suppression(&self) -> Option<Suppression> {
        let Subject::Finding(fingerprint) = &self.subject else { return None };
        (self.verdict == Verdict::Suppressed).then(|| Suppression {
            detection: "*".to_owned(),
            fingerprint: Some(fingerprint.clone()),
            condition: String::new(),
            reason: self.reason.clone(),
            owner: self.by.clone(),
            expires: self.expires,
            line: 0,
        })
    }
}

/// Who takes care of a story at a time, if somebody acknowledged it and that counts.
#[must_use]
pub fn acknowledged_by<'d>(decisions: &'d [Decision], story: &StoryId, now: Timestamp) -> Option<&'d str> {
    let is_about = |it: &&Decision| matches!(&it.subject, Subject::Story(id) if id == story);
    let mut all = decisions.iter().filter(is_about);
    all.find(|it| it.verdict == Verdict::Acknowledged && it.holds(now)).map(|it| it.by.as_str())
}

/// The most decisions that are kept: those that were made last.
pub const MAX_DECISIONS: usize = 2_000;

/// The decisions with one more, which takes the place of those about the same subject with the same verdict. Those that do not
/// count at `made` any more are left out.
#[must_use]
pub fn decided(mut all: Vec<Decision>, new: Decision) -> Vec<Decision> {
    all.retain(|it| it.holds(new.made) && (&it.subject, it.verdict) != (&new.subject, new.verdict));
    all.push(new);
    all.sort_by_key(|it| it.made);
    all.drain(..all.len().saturating_sub(MAX_DECISIONS));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(subject: &str, verdict: Verdict, made: i64) -> Decision {
        Decision {
            subject: Subject::from_text(subject).unwrap(),
            verdict,
            reason: "r".to_owned(),
            by: "alice".to_owned(),
            made: Timestamp::from_unix_s(made),
            expires: Timestamp::from_unix_s(made + 100),
        }
    }

    #[test]
    fn a_subject_is_a_finding_or_a_story_and_verdicts_have_names() {
        let (story, finding) = ("0123456789abcdef", "0123456789abcdef0123456789abcdef");
        assert_eq!(Subject::from_text(story).unwrap().kind(), "story");
        let subject = Subject::from_text(&finding.to_uppercase()).unwrap();
        assert_eq!((subject.kind(), subject.as_str()), ("finding", finding));
        let verdicts = [Verdict::Acknowledged, Verdict::Suppressed].map(Verdict::as_str);
        assert_eq!(verdicts, ["acknowledged", "suppressed"]);
        assert_eq!([Subject::from_text(""), Subject::from_text("iam.*")], [None, None]);
    }

    #[test]
    fn a_decision_takes_the_place_of_the_one_before_it() {
        let (a, b) = ("a".repeat(32), "b".repeat(32));
        let first = decided(Vec::new(), decision(&a, Verdict::Suppressed, 0));
        let second = decided(first.clone(), decision(&a, Verdict::Acknowledged, 10));
        let third = decided(second, decision(&a, Verdict::Suppressed, 20));
        let made: Vec<i64> = third.iter().map(|it| it.made.unix_s()).collect();
        assert_eq!(made, [10, 20]);
        let later = decided(third, decision(&b, Verdict::Suppressed, 110));
        let made: Vec<i64> = later.iter().map(|it| it.made.unix_s()).collect();
        assert_eq!(made, [20, 110], "one has expired");
        assert_ne!(first[0].id(), later[0].id());
        let many = (0..2_010).fold(Vec::new(), |all, at| {
            let one = Decision {
                expires: Timestamp::from_unix_s(9_999_999),
                ..decision(&format!("{at:032x}"), Verdict::Suppressed, at)
            };
            decided(all, one)
        });
        assert_eq!((many.len(), many[0].made.unix_s()), (MAX_DECISIONS, 10));
    }

    #[test]
    fn an_acknowledgement_names_who_takes_care_until_it_expires() {
        let story = StoryId::of("alice");
        let at = Timestamp::from_unix_s;
        let all = [decision(story.as_str(), Verdict::Acknowledged, 0)];
        assert_eq!(acknowledged_by(&all, &story, at(99)), Some("alice"));
        assert_eq!(acknowledged_by(&all, &story, at(100)), None, "it has expired");
        assert_eq!(acknowledged_by(&all, &StoryId::of("bob"), at(0)), None, "it is about another story");
        let suppressed = [decision(story.as_str(), Verdict::Suppressed, 0)];
        assert_eq!(acknowledged_by(&suppressed, &story, at(0)), None);
    }

    #[test]
    fn only_a_suppressed_finding_is_a_suppression() {
        let of = |subject: &str, verdict| decision(subject, verdict, 0).suppression();
        let suppression = of(&"a".repeat(32), Verdict::Suppressed).unwrap();
        assert_eq!((suppression.owner.as_str(), suppression.expires), ("alice", Timestamp::from_unix_s(100)));
        assert_eq!(of(&"a".repeat(32), Verdict::Acknowledged), None);
        assert_eq!(of(&"a".repeat(16), Verdict::Suppressed), None);
        assert!(!decision(&"a".repeat(32), Verdict::Suppressed, 0).holds(Timestamp::from_unix_s(100)));
    }
}
