//! What in a brief is news: what no earlier brief of the schedule has reported.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{
    brief::{Brief, Problem},
    finding::{Finding, FindingState, Fingerprint},
    roll_up::BySeverity,
    severity::Severity,
    state::{State, Waiting},
    story::{Standing, hex},
    time::{Span, Timestamp},
};

/// How many files that could not be read are remembered one by one. Of more than that, only that there are more.
const MAX_FILES: usize = 200;

/// The news in a brief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The worst severity of the findings, stories and events without judgement that are new, and of the stories of which
    /// something was undone; and of findings that wait. `None` if there are none.
    pub worst: Option<Severity>,
    /// Whether something was not answered, read or searched and no earlier brief said so, or the brief holds a note that
    /// somebody must see.
    pub is_fault: bool,
    /// Whether all of it is more of stories that were sent already, and nothing of it is worse than what was sent of its story.
    pub only_continues: bool,
    /// How long ago the last brief was sent; `None` if none was.
    pub since_sent: Option<Span>,
}

impl News {
    /// The news in a brief. `before` is the schedule's state before its run.
    #[must_use]
    pub fn of(brief: &Brief, before: &State) -> Self {
        let stories = brief.stories.iter().filter(|story| story.state.is_news());
        // An event may be what a detection that is not known any more looks for: as bad as can be.
        let undecidable =
            brief.newly_undecidable().map(|it| brief.severity(&it.detection).unwrap_or(Severity::Critical));
        // What is only changed belongs to the acts of a story.
        let undone = brief.changes.iter().flat_map(|changes| &changes.undone);
        let undone = undone.filter(|undone| undone.standing != Some(Standing::Check));
        let others: Vec<Severity> = undecidable.chain(undone.map(|undone| undone.severity)).collect();
        let worst = fresh(brief)
            .map(|finding| finding.severity)
            .chain(stories.map(|story| story.severity))
            .chain(others.iter().copied())
            .chain(before.waiting.iter().map(|waiting| waiting.severity))
            .max();
        let is_fault = faults(brief).iter().any(|fault| !before.faults.contains(fault));
        let since = |sent: Timestamp| Span::from_s((brief.run.time().unix_s() - sent.unix_s()).max(0));
        Self {
            worst,
            is_fault,
            only_continues: worst.is_some()
                && !is_fault
                && others.is_empty()
                && only_continues(brief, before),
            since_sent: before.last_sent.map(since),
        }
    }

    /// Whether there is news of this severity or a worse one. A fault is news of any severity.
    #[must_use]
    pub fn reaches(&self, severity: Severity) -> bool {
        self.is_fault || self.worst.is_some_and(|worst| worst >= severity)
    }

    /// Whether it can wait for a later brief, if a channel wants a pause of this length between briefs about the same stories.
    #[must_use]
    pub fn can_wait(&self, pause: Span) -> bool {
        self.only_continues && self.since_sent.is_some_and(|since| since < pause)
    }
}

/// The findings that are reported for the first time.
pub fn fresh(brief: &Brief) -> impl Iterator<Item = &Finding> {
    brief.findings.iter().filter(|finding| finding.state != FindingState::Repeated)
}

/// The most findings that wait; of more than that, the worst.
const MAX_WAITING: usize = 500;

/// The findings that wait for a brief that is sent, after one that is not: those that waited before it, and its own.
#[must_use]
pub fn waiting(brief: &Brief, before: &State) -> Vec<Waiting> {
    let mut all = still_waiting(brief, before);
    all.extend(fresh(brief).map(|finding| Waiting {
        fingerprint: finding.fingerprint.clone(),
        severity: finding.severity,
        says: finding.says.raw().chars().take(300).collect(),
        at: finding.last_seen.or(finding.event_time),
    }));
    all.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.at.cmp(&b.at)));
    all.truncate(MAX_WAITING);
    all
}

/// The findings that wait and that a brief does not hold itself.
#[must_use]
pub fn still_waiting(brief: &Brief, before: &State) -> Vec<Waiting> {
    let found: BTreeSet<&Fingerprint> = brief
        .findings
        .iter()
        .chain(brief.suppressed.iter().map(|(finding, _)| finding))
        .flat_map(|finding| std::iter::once(&finding.fingerprint).chain(&finding.united))
        .collect();
    before.waiting.iter().filter(|it| !found.contains(&it.fingerprint)).cloned().collect()
}

/// The findings that are reported for the first time, by severity.
#[must_use]
pub fn counts(brief: &Brief) -> BySeverity {
    let mut counts = [0; 5];
    fresh(brief).for_each(|finding| counts[finding.severity as usize] += 1);
    counts
}

/// Whether every new finding belongs to a story that was sent with its severity or a worse one.
fn only_continues(brief: &Brief, before: &State) -> bool {
    let stories = brief.stories_of();
    fresh(brief).all(|finding| {
        let story = stories.get(&finding.fingerprint);
        let known = story.and_then(|story| before.stories.stories.get(&story.id));
        known.and_then(|known| known.sent).is_some_and(|sent| sent >= finding.severity)
    })
}

/// What makes a brief incomplete, and the files that it could not read: a text for each, the same in every run in which it
/// stands.
#[must_use]
pub fn faults(brief: &Brief) -> BTreeSet<String> {
    let coverage = &brief.coverage;
    let failures = brief.failures.iter().map(|failure| format!("no answer: {}", failure.detection));
    let missing = coverage.accounts_missing.iter().map(|account| format!("no log: {account}"));
    let skipped = coverage.skipped.iter().map(|window| format!("not searched: {window}"));
    let files = brief.problems.iter().take(MAX_FILES).map(unread);
    let others = [
        (coverage.folders_unlisted > 0, "folders not read"),
        (coverage.searched_until.is_some(), "behind"),
        (brief.is_blind(), "nothing read"),
        (brief.problems.len() > MAX_FILES, "more files not read"),
    ];
    let others = others.into_iter().filter(|(stands, _)| *stands).map(|(_, fault)| fault.to_owned());
    failures.chain(missing).chain(skipped).chain(files).chain(others).collect()
}

/// A file that could not be read, by a hash: names may be long, and are written by others.
fn unread(problem: &Problem) -> String {
    format!("not read: {}", hex(&Sha256::digest(problem.file.as_bytes())[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        brief::Failure,
        open_story::{OpenStories, OpenStory},
        story::{Story, StoryState},
        time::Window,
    };

    fn news(brief: &Brief, known: &[&str]) -> News {
        let faults = known.iter().map(|fault| (*fault).to_owned()).collect();
        News::of(brief, &State { faults, ..State::default() })
    }

    fn with(state: FindingState, severity: Severity) -> Brief {
        let finding = Finding { state, severity, ..Finding::sample("a.b", "x", None) };
        Brief { findings: vec![finding], ..Brief::sample() }
    }

    #[test]
    fn what_was_reported_is_no_news_and_everything_else_is() {
        assert_eq!(news(&Brief::sample(), &[]), News::default());
        assert_eq!(news(&with(FindingState::Repeated, Severity::Critical), &[]), News::default());
        for state in [FindingState::New, FindingState::Late] {
            let news = news(&with(state, Severity::Medium), &[]);
            assert_eq!(news.worst, Some(Severity::Medium));
            let reached = Severity::ALL.map(|severity| news.reaches(severity));
            assert_eq!(reached, [true, true, true, false, false]);
        }
        assert!(!News::default().reaches(Severity::Info));
    }

    #[test]
    fn more_of_a_story_that_was_sent_can_wait_and_what_waits_is_news() {
        let finding = Finding { severity: Severity::High, ..Finding::sample("a.b", "x", None) };
        let story = Story::sample("alice", &[&finding]);
        let brief = Brief {
            stories: vec![Story { state: StoryState::Grown, ..story.clone() }],
            findings: vec![finding.clone()],
            ..Brief::sample()
        };
        let sent = |sent, ago: i64| {
            let known = OpenStory {
                person: "alice".to_owned(),
                severity: Severity::High,
                first: None,
                last: None,
                last_news: Timestamp::from_unix_s(0),
                sent,
                left: Vec::new(),
            };
            let stories = OpenStories { stories: [(story.id.clone(), known)].into(), events: Vec::new() };
            let last_sent = Some(Timestamp::from_unix_s(7_200 - ago));
            State { stories, last_sent, ..State::default() }
        };
        let waits = |before: &State, pause| News::of(&brief, before).can_wait(Span::from_s(pause));
        assert!(waits(&sent(Some(Severity::High), 60), 61));
        assert!(!waits(&sent(Some(Severity::High), 60), 60), "the pause is over");
        assert!(!waits(&sent(Some(Severity::Medium), 60), 61), "it is worse than what was sent");
        assert!(!waits(&sent(None, 60), 61), "nothing was sent of it");
        assert!(!waits(&State::default(), 61), "nothing was sent at all");
        let alone = Brief { stories: Vec::new(), ..brief.clone() };
        assert!(!News::of(&alone, &sent(Some(Severity::High), 60)).can_wait(Span::DAY), "it is in no story");
        // What waits is news of its severity, and is not listed where a brief holds it.
        let waiting = super::waiting(&brief, &State::default());
        let before = State { waiting, ..State::default() };
        assert_eq!(News::of(&Brief::sample(), &before).worst, Some(Severity::High));
        assert_eq!(still_waiting(&Brief::sample(), &before), before.waiting);
        assert_eq!(still_waiting(&brief, &before), []);
        let counts = super::counts(&brief);
        assert_eq!(counts, [0, 0, 0, 1, 0]);
    }

    #[test]
    fn a_fault_is_news_until_a_brief_has_reported_it() {
        let mut brief = Brief::sample();
        let failure = Failure { detection: "a.b".parse().unwrap(), reason: "r".to_owned(), hint: None };
        brief.failures = vec![failure];
        assert!(news(&brief, &[]).reaches(Severity::Critical));
        assert_eq!(news(&brief, &["no answer: a.b"]), News::default());
        assert!(news(&brief, &["no answer: c.d"]).is_fault);
        let start = Timestamp::from_unix_s(0);
        brief.coverage.skipped = vec![Window::new(start, Timestamp::from_unix_s(60)).unwrap()];
        brief.coverage.accounts_missing = vec!["111122223333".to_owned()];
        brief.coverage.searched_until = Some(start);
        brief.coverage.folders_unlisted = 2;
        let file = |name: usize| Problem {
            file: format!("{name}.json.gz"),
            reason: "damaged".to_owned(),
            records: 0,
            uncounted: false,
        };
        brief.problems = vec![file(1)];
        let all = faults(&brief);
        assert_eq!(all.len(), 6, "{all:?}");
        for fault in &all {
            let others: Vec<&str> = all.iter().filter(|it| *it != fault).map(String::as_str).collect();
            assert!(news(&brief, &others).is_fault, "{fault}");
        }
        brief.run.events_read = 0;
        (brief.run.files_read, brief.run.bytes_scanned) = (0, 0);
        assert_eq!(faults(&brief).len(), 7, "nothing was read");
        brief.problems = (0..1_000).map(file).collect();
        assert_eq!(faults(&brief).len(), MAX_FILES + 7);
    }
}
