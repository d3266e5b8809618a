//! What in a brief is news: what no earlier brief of the schedule has reported.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{
    brief::{Brief, Problem},
    changes::Undone,
    finding::{Finding, FindingState, Fingerprint},
    hex::hex,
    roll_up::BySeverity,
    severity::Severity,
    state::State,
    story::Standing,
    time::{Span, Timestamp},
    undecidable::Undecidable,
    waiting,
};

/// How many files that could not be read are remembered one by one. Of more than that, only that there are more.
const MAX_FILES: usize = 200;

/// The news in a brief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The worst severity of the findings, stories and events without judgement that are new, of the stories of which
    /// something was undone, and of what waits. `None` if there are none.
    pub worst: Option<Severity>,
    /// Whether something was not answered, read or searched and no earlier brief said so, the brief holds a note that somebody
    /// must see, or there is more that is new than can wait for another brief.
    pub is_fault: bool,
    /// Whether all that is new only continues stories that were sent already, and is not worse than what was sent of them.
    pub only_continues: bool,
    /// How long ago the last brief was sent; `None` if none was.
    pub since_sent: Option<Span>,
}

impl News {
    /// The news in a brief. `before` is the schedule's state before its run.
    #[must_use]
    pub fn of(brief: &Brief, before: &State) -> Self {
        let waiting = waiting::news_from(brief, before);
        let stories = brief.stories.iter().filter(|story| story.state.is_news());
        let undecidable = undecidable(brief).map(|(_, severity)| severity);
        let others: Vec<Severity> = undecidable.chain(undone(brief).map(|undone| undone.severity)).collect();
        let worst = fresh(brief)
            .map(|finding| finding.severity)
            .chain(stories.map(|story| story.severity))
            .chain(others.iter().copied())
            .chain(waiting.iter().map(|waiting| waiting.severity))
            .max();
        let continuing = continuing(brief, before);
        let mut is_continuing = fresh(brief)
            .map(|finding| continuing.contains(&finding.fingerprint))
            .chain(waiting.iter().map(|waiting| waiting.only_continues))
            .peekable();
        let since = |sent: Timestamp| Span::from_s((brief.run.time().unix_s() - sent.unix_s()).max(0));
        Self {
            worst,
            is_fault: has_new_fault(brief, before) || exceeds(brief, before),
            only_continues: others.is_empty()
                && is_continuing.peek().is_some()
                && is_continuing.all(|continues| continues),
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
        self.only_continues && !self.is_fault && self.since_sent.is_some_and(|since| since < pause)
    }
}

/// The findings that are reported for the first time.
pub fn fresh(brief: &Brief) -> impl Iterator<Item = &Finding> {
    brief.findings.iter().filter(|finding| finding.state != FindingState::Repeated)
}

/// The events that could not be judged and that no earlier brief reported, each with the severity of what it may be.
pub fn undecidable(brief: &Brief) -> impl Iterator<Item = (&Undecidable, Severity)> {
    // An event may be what a detection that is not known any more looks for: as bad as can be.
    brief.newly_undecidable().map(|it| (it, brief.severity(&it.detection).unwrap_or(Severity::Critical)))
}

/// What somebody undid. What is only changed belongs to the acts of a story.
pub fn undone(brief: &Brief) -> impl Iterator<Item = &Undone> {
    let undone = brief.changes.iter().flat_map(|changes| &changes.undone);
    undone.filter(|undone| undone.standing != Some(Standing::Check))
}

/// The new findings that belong to a story that was sent with their severity or a worse one.
#[must_use]
pub fn continuing<'a>(brief: &'a Brief, before: &State) -> BTreeSet<&'a Fingerprint> {
    let stories = brief.stories_of();
    let continues = |finding: &&Finding| {
        let story = stories.get(&finding.fingerprint);
        let known = story.and_then(|story| before.stories.stories.get(&story.id));
        known.and_then(|known| known.sent).is_some_and(|sent| sent >= finding.severity)
    };
    fresh(brief).filter(continues).map(|finding| &finding.fingerprint).collect()
}

/// The findings that are reported for the first time, by severity.
#[must_use]
pub fn counts(brief: &Brief) -> BySeverity {
    let mut counts = [0; 5];
    fresh(brief).for_each(|finding| counts[finding.severity as usize] += 1);
    counts
}

/// Whether a brief has a fault that no brief that was sent has reported.
#[must_use]
pub fn has_new_fault(brief: &Brief, before: &State) -> bool {
    faults(brief).iter().any(|fault| !before.faults.contains(fault))
}

/// Whether a brief holds more that is new than can wait. What a detection finds beyond what a brief holds of it is found only
/// once that was reported.
#[must_use]
pub fn exceeds(brief: &Brief, before: &State) -> bool {
    let is_truncated = brief.truncated.iter().any(|truncation| truncation.kept > 0);
    is_truncated || waiting::after(brief, before).len() > waiting::MAX_WAITING
}

/// What makes a brief incomplete, and the files that it could not read: a text for each, the same in every run in which it
/// stands.
#[must_use]
pub fn faults(brief: &Brief) -> BTreeSet<String> {
    let coverage = &brief.coverage;
    let failures = brief.failures.iter().map(|failure| format!("no answer: {}", failure.detection));
    let missing = coverage.accounts_missing.iter().map(|account| format!("no log: {account}"));
    let regions = coverage.regions_missing.iter().map(|it| format!("no log: {}/{}", it.account, it.region));
    let skipped = coverage.skipped.iter().map(|window| format!("not searched: {window}"));
    let truncated = brief.truncated.iter().map(|it| format!("truncated: {}", it.detection));
    let files = brief.problems.iter().take(MAX_FILES).map(unread);
    let others = [
        (coverage.folders_unlisted > 0, "folders not read"),
        (coverage.searched_until.is_some(), "behind"),
        (brief.is_blind(), "nothing read"),
        (brief.problems.len() > MAX_FILES, "more files not read"),
    ];
    let others = others.into_iter().filter(|(stands, _)| *stands).map(|(_, fault)| fault.to_owned());
    failures
        .chain(missing)
        .chain(regions)
        .chain(skipped)
        .chain(truncated)
        .chain(files)
        .chain(others)
        .collect()
}

/// A file that could not be read, by a hash: names may be long, and are written by others.
fn unread(problem: &Problem) -> String {
    format!("not read: {}", hex(&Sha256::digest(problem.file.as_bytes())[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        brief::{Failure, MissingRegion},
        open_story::{OpenStories, OpenStory},
        story::{Story, StoryState},
        time::Window,
        truncation::Truncation,
    };

    fn failure(detection: &str) -> Failure {
        Failure { detection: detection.parse().unwrap(), reason: "r".to_owned(), hint: None }
    }

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
        let faulty = Brief { failures: vec![failure("a.b")], ..brief.clone() };
        assert!(!News::of(&faulty, &sent(Some(Severity::High), 60)).can_wait(Span::DAY), "it has a fault");
        let noted = News { is_fault: true, ..News::of(&brief, &sent(Some(Severity::High), 60)) };
        assert!(!noted.can_wait(Span::DAY), "it has a note that somebody must see");
        assert_eq!(super::counts(&brief), [0, 0, 0, 1, 0]);
        // What waits is news of its severity, and can wait only if it could when it was found.
        for sent_before in [Some(Severity::High), None] {
            let before = sent(sent_before, 60);
            let before = State { waiting: waiting::after(&brief, &before), ..before };
            let news = News::of(&Brief::sample(), &before);
            assert_eq!(news.worst, Some(Severity::High));
            assert_eq!(news.can_wait(Span::DAY), sent_before.is_some());
        }
    }

    #[test]
    fn what_is_too_much_to_wait_is_sent() {
        let finding = |at: usize| Finding::sample("a.b", &at.to_string(), None);
        let many = |count| Brief { findings: (0..count).map(finding).collect(), ..Brief::sample() };
        let is_sent = |brief: &Brief, before: &State| News::of(brief, before).reaches(Severity::Critical);
        let half = waiting::MAX_WAITING / 2;
        assert!(
            !is_sent(&many(2 * half), &State::default()) && is_sent(&many(2 * half + 1), &State::default())
        );
        let before = State { waiting: waiting::after(&many(half), &State::default()), ..State::default() };
        assert!(!is_sent(&many(2 * half), &before), "half of them are the same");
        let others = (half..2 * half + 1).map(finding).collect();
        assert!(is_sent(&Brief { findings: others, ..Brief::sample() }, &before));
        // A detection goes on only once what the brief holds of it was reported.
        let truncation =
            |kept| Truncation { detection: "a.b".parse().unwrap(), kept, left_out: Vec::new(), is_cut: true };
        let known = State { faults: ["truncated: a.b".to_owned()].into(), ..State::default() };
        let truncated = |kept| Brief { truncated: vec![truncation(kept)], ..many(1) };
        assert!(is_sent(&truncated(1), &known));
        assert!(!is_sent(&truncated(0), &known) && is_sent(&truncated(0), &State::default()));
    }

    #[test]
    fn a_fault_is_news_until_a_brief_has_reported_it() {
        let mut brief = Brief::sample();
        brief.failures = vec![failure("a.b")];
        assert!(news(&brief, &[]).reaches(Severity::Critical));
        assert_eq!(news(&brief, &["no answer: a.b"]), News::default());
        assert!(news(&brief, &["no answer: c.d"]).is_fault);
        let start = Timestamp::from_unix_s(0);
        brief.coverage.skipped = vec![Window::new(start, Timestamp::from_unix_s(60)).unwrap()];
        brief.coverage.accounts_missing = vec!["111122223333".to_owned()];
        brief.coverage.regions_missing = vec![MissingRegion {
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            last_file: start,
        }];
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
        assert_eq!(all.len(), 7, "{all:?}");
        for fault in &all {
            let others: Vec<&str> = all.iter().filter(|it| *it != fault).map(String::as_str).collect();
            assert!(news(&brief, &others).is_fault, "{fault}");
        }
        brief.run.events_read = 0;
        (brief.run.files_read, brief.run.bytes_scanned) = (0, 0);
        assert_eq!(faults(&brief).len(), 8, "nothing was read");
        brief.problems = (0..MAX_FILES).map(file).collect();
        assert_eq!(faults(&brief).len(), MAX_FILES + 7, "each file is named");
        brief.problems = (0..1_000).map(file).collect();
        assert_eq!(faults(&brief).len(), MAX_FILES + 8);
    }
}
