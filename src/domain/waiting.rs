//! What waits for a brief that is sent: what was new in briefs that no channel got.

use std::collections::BTreeSet;

use super::{
    brief::Brief,
    changes::Undone,
    decision::Verdict,
    finding::{Finding, Fingerprint},
    news,
    severity::Severity,
    state::State,
    story::Standing,
    time::Timestamp,
    undecidable::Undecidable,
    untrusted::Untrusted,
};

/// The most that waits. A brief that would add to it is sent.
pub const MAX_WAITING: usize = 500;

/// The longest sentence about something that waits, in characters.
const MAX_SAYS: usize = 300;

/// Something that waits for a brief that is sent: a finding, an event that could not be judged, or something that was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What identifies it.
    pub fingerprint: Fingerprint,
    /// Its severity.
    pub severity: Severity,
    /// What it says; from records.
    pub says: String,
    /// When it happened last.
    pub at: Option<Timestamp>,
    /// Whether it only continues a story that was sent, and is not worse than what was sent of it.
    pub only_continues: bool,
}

impl Waiting {
    fn finding(finding: &Finding, only_continues: bool) -> Self {
        Self {
            fingerprint: finding.fingerprint.clone(),
            severity: finding.severity,
            says: shortened(finding.says.raw()),
            at: finding.last_seen.or(finding.event_time),
            only_continues,
        }
    }

    /// An event that a detection of this severity could not judge.
    #[must_use]
    pub fn undecidable(undecidable: &Undecidable, severity: Severity) -> Self {
        let event = &undecidable.event;
        let id = event.event_id.as_ref().map_or("without an id", Untrusted::raw);
        Self {
            fingerprint: undecidable.fingerprint(),
            severity,
            says: shortened(&format!(
                "{} could not judge event {id}: {}",
                undecidable.detection, event.reason
            )),
            at: event.event_time,
            only_continues: false,
        }
    }

    /// Something that was undone.
    #[must_use]
    pub fn undone(undone: &Undone) -> Self {
        let did = if undone.standing == Some(Standing::Paused) { "switched off" } else { "undid" };
        let (by, what, person) = (undone.by.raw(), undone.what.raw(), undone.person.raw());
        Self {
            fingerprint: undone.fingerprint(),
            severity: undone.severity,
            says: shortened(&format!("{by} {did} what {person} left behind: {what}")),
            at: undone.at,
            only_continues: false,
        }
    }
}

fn shortened(says: &str) -> String {
    says.chars().take(MAX_SAYS).collect()
}

/// What waits if no channel gets a brief: what waited before it, and what is new in it. The worst first.
#[must_use]
pub fn after(brief: &Brief, before: &State) -> Vec<Waiting> {
    let continuing = news::continuing(brief, before);
    let fresh = news::fresh(brief)
        .map(|finding| Waiting::finding(finding, continuing.contains(&finding.fingerprint)));
    let undecidable =
        news::undecidable(brief).map(|(undecidable, severity)| Waiting::undecidable(undecidable, severity));
    let undone = news::undone(brief).map(Waiting::undone);
    let mut all: Vec<Waiting> = not_in(brief, before).cloned().collect();
    all.extend(fresh.chain(undecidable).chain(undone));
    all.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.at.cmp(&b.at)));
    all
}

/// What waited before a brief, and the brief does not hold itself.
fn not_in<'a>(brief: &Brief, before: &'a State) -> impl Iterator<Item = &'a Waiting> {
    let suppressed = brief.suppressed.iter().map(|(finding, _)| finding);
    let found: BTreeSet<Fingerprint> = news::fresh(brief)
        .chain(suppressed)
        .flat_map(|finding| std::iter::once(&finding.fingerprint).chain(&finding.united))
        .cloned()
        .chain(brief.newly_undecidable().map(Undecidable::fingerprint))
        .collect();
    before.waiting.iter().filter(move |it| !found.contains(&it.fingerprint))
}

/// What waited before a brief and is news in it: what it does not hold itself and nobody suppressed meanwhile.
#[must_use]
pub fn news_from(brief: &Brief, before: &State) -> Vec<Waiting> {
    let suppressed: BTreeSet<&str> = brief
        .decisions
        .iter()
        .filter(|it| it.verdict == Verdict::Suppressed && it.holds(brief.run.time()))
        .map(|it| it.subject.as_str())
        .collect();
    not_in(brief, before).filter(|it| !suppressed.contains(it.fingerprint.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        changes::Changes,
        decision::{Decision, Subject},
        detection::Detection,
        finding::FindingState,
        story::StoryId,
        undecidable::UndecidableEvent,
    };

    fn brief(findings: &[&Finding]) -> Brief {
        Brief { findings: findings.iter().map(|finding| (*finding).clone()).collect(), ..Brief::sample() }
    }

    fn says(waiting: &[Waiting]) -> Vec<&str> {
        waiting.iter().map(|it| it.says.as_str()).collect()
    }

    #[test]
    fn everything_new_of_a_brief_that_no_channel_gets_waits() {
        let finding = |about: &str, state, severity| Finding {
            state,
            severity,
            says: Untrusted::new(about),
            ..Finding::sample("a.b", about, None)
        };
        let fresh = finding("fresh", FindingState::Late, Severity::Low);
        let known = finding("known", FindingState::Repeated, Severity::High);
        let event = UndecidableEvent {
            event_time: None,
            event_id: Some(Untrusted::new("e-1")),
            account_id: None,
            file: None,
            reason: "the text is not a number".to_owned(),
        };
        let undecidable =
            |repeated| Undecidable { detection: "a.b".parse().unwrap(), event: event.clone(), repeated };
        let undone = |what: &str, standing| Undone {
            story: StoryId::of("alice"),
            person: Untrusted::new("alice"),
            severity: Severity::High,
            what: Untrusted::new(what),
            standing,
            by: Untrusted::new("bob"),
            at: None,
            event_id: Untrusted::new("e-2"),
        };
        let all = [
            undone("key 1", None),
            undone("key 2", Some(Standing::Paused)),
            undone("key 3", Some(Standing::Check)),
        ];
        let changes = Changes { undone: all.into(), ..Changes::default() };
        let detection = Detection { severity: Severity::Medium, ..Detection::sample("a.b") };
        let unsent = Brief {
            undecidable: vec![undecidable(false)],
            changes: Some(changes),
            detections: [(detection.id.clone(), detection)].into(),
            ..brief(&[&fresh, &known])
        };
        let waiting = after(&unsent, &State::default());
        let expected = [
            "bob undid what alice left behind: key 1",
            "bob switched off what alice left behind: key 2",
            "a.b could not judge event e-1: the text is not a number",
            "fresh",
        ];
        assert_eq!(says(&waiting), expected, "the worst first");
        assert!(waiting.iter().all(|it| !it.only_continues));
        // It waits until a brief holds it itself.
        let before = State { waiting, ..State::default() };
        assert_eq!(news_from(&Brief::sample(), &before), before.waiting);
        assert_eq!(says(&after(&Brief::sample(), &before)), expected);
        let again = Brief { undecidable: vec![undecidable(false)], ..brief(&[&fresh]) };
        assert_eq!(says(&news_from(&again, &before)), expected[..2]);
        let repeated = Finding { state: FindingState::Repeated, ..fresh.clone() };
        assert_eq!(
            says(&news_from(&brief(&[&repeated]), &before)),
            expected,
            "as already reported it is not news"
        );
    }

    #[test]
    fn what_was_suppressed_meanwhile_is_not_reported_while_that_counts() {
        let finding = Finding::sample("a.b", "x", None);
        let waiting = after(&brief(&[&finding]), &State::default());
        let before = State { waiting, ..State::default() };
        let decided = |verdict, expires: i64| {
            let decision = Decision {
                subject: Subject::Finding(finding.fingerprint.clone()),
                verdict,
                reason: "r".to_owned(),
                by: "carol".to_owned(),
                made: Timestamp::from_unix_s(0),
                expires: Timestamp::from_unix_s(expires),
            };
            let later = Brief { decisions: vec![decision], ..Brief::sample() };
            (news_from(&later, &before).len(), after(&later, &before).len())
        };
        assert_eq!(decided(Verdict::Suppressed, 99_999), (0, 1), "it waits on");
        assert_eq!(decided(Verdict::Suppressed, 1), (1, 1), "its time is over");
        assert_eq!(decided(Verdict::Acknowledged, 99_999), (1, 1));
    }
}
