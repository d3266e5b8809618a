//! The brief: the report of one run, before it is rendered.

use std::collections::BTreeMap;

use super::{
    changes::Changes,
    decision::Decision,
    detection::{Detection, DetectionId},
    finding::{Finding, Fingerprint},
    nothing_to_read::NothingToRead,
    price::Price,
    roll_up::{LeftOutPack, RollUp},
    severity::Severity,
    story::Story,
    suppression::SuppressionUse,
    time::{Timestamp, Window},
    truncation::Truncation,
    undecidable::Undecidable,
    whereabouts::Whereabouts,
    zone::Zone,
};

/// The report of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// What ran and how much it read.
    pub run: RunFacts,
    /// New, late and repeated findings: by severity (worst first), detection, time.
    pub findings: Vec<Finding>,
    /// What the findings are about, by who did it: news first, then the worst.
    pub stories: Vec<Story>,
    /// What changed since the schedule's last brief; `None` for a run on demand.
    pub changes: Option<Changes>,
    /// What the other schedules reported, in a daily brief.
    pub roll_up: Option<RollUp>,
    /// What people decided and what counts in a scheduled run.
    pub decisions: Vec<Decision>,
    /// Findings that a suppression held back, each with the index of its suppression in `suppressions`.
    pub suppressed: Vec<(Finding, usize)>,
    /// What each suppression of the configuration did.
    pub suppressions: Vec<SuppressionUse>,
    /// Detections that gave no answer.
    pub failures: Vec<Failure>,
    /// Events that a detection could not judge: by severity of the detection (worst first), detection, time.
    pub undecidable: Vec<Undecidable>,
    /// What is left out of detections that found too much.
    pub truncated: Vec<Truncation>,
    /// Files and records that could not be read, by file.
    pub problems: Vec<Problem>,
    /// What the run covered and what it did not.
    pub coverage: Coverage,
    /// Where addresses of findings and stories are, if the user has databases that know it.
    pub addresses: BTreeMap<String, Whereabouts>,
    /// The detections that ran, for titles, steps and references.
    pub detections: BTreeMap<DetectionId, Detection>,
}

impl RunFacts {
    /// The time that the run was for: the scheduled time, else when it began.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        if self.schedule.is_some() { self.window.end() } else { self.started }
    }

    /// Whether nothing at all was read, if these are the problems of reading.
    #[must_use]
    pub fn is_blind(&self, problems: &[Problem]) -> bool {
        let unread = match self.files_read {
            0 => self.bytes_scanned == 0,
            _ => !problems.is_empty(),
        };
        unread && self.events_read == 0 && self.candidates == 0
    }
}

impl Brief {
    /// The events that a detection could not judge and that no earlier brief reported.
    pub fn newly_undecidable(&self) -> impl Iterator<Item = &Undecidable> {
        self.undecidable.iter().filter(|undecidable| !undecidable.repeated)
    }

    /// The story of each finding that belongs to one.
    #[must_use]
    pub fn stories_of(&self) -> BTreeMap<&Fingerprint, &Story> {
        self.stories
            .iter()
            .flat_map(|story| story.findings.iter().map(move |finding| (finding, story)))
            .collect()
    }

    /// The severity of a detection that ran.
    #[must_use]
    pub fn severity(&self, detection: &DetectionId) -> Option<Severity> {
        self.detections.get(detection).map(|detection| detection.severity)
    }
}

/// What ran and how much it read.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFacts {
    /// Unique id of the run.
    pub id: String,
    /// The schedule, or `None` for a run on demand.
    pub schedule: Option<String>,
    /// `embedded` or `athena`.
    pub engine: &'static str,
    /// The window of event time that was asked for.
    pub window: Window,
    /// When the run began.
    pub started: Timestamp,
    /// The zone in which people read its times.
    pub zone: Zone,
    /// Where the logs were read from, for people.
    pub source: String,
    /// Log files read.
    pub files_read: u64,
    /// Records read from them.
    pub events_read: u64,
    /// Events inside the window.
    pub events_in_window: u64,
    /// Events that at least one detection could need.
    pub candidates: u64,
    /// Events dropped because the same event had been read already.
    pub duplicates_dropped: u64,
    /// Bytes read, as stored (compressed).
    pub bytes_scanned: u64,
    /// What it cost.
    pub price: Price,
    /// What a reader of the brief must know about this run: catching up was capped, the state was lost, ….
    pub notes: Vec<String>,
}

/// A detection that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The detection.
    pub detection: DetectionId,
    /// Why, so that a person can act on it.
    pub reason: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file or directory; untrusted text, renderers escape it.
    pub file: String,
    /// Why.
    pub reason: String,
    /// How many records are known to be lost to it.
    pub records: u64,
    /// Whether more records than that may be lost, and nobody can say how many.
    pub uncounted: bool,
}

/// What a run covered and what it did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Detections that answered.
    pub detections_answered: u64,
    /// Detections that were not run, with the reason, such as an empty watch-list.
    pub idle: Vec<(DetectionId, String)>,
    /// Detections that answered and had nothing to read for a month; `None` if the run cannot tell.
    pub nothing_to_read: Option<NothingToRead>,
    /// How the baseline of habits stands.
    pub baseline: BaselineFacts,
    /// Packs that the schedule leaves out.
    pub packs_left_out: Vec<LeftOutPack>,
    /// Accounts with log files in the window's partitions.
    pub accounts_seen: Vec<String>,
    /// Known accounts without any log file in the window's partitions.
    pub accounts_silent: Vec<String>,
    /// Those of them that the configuration lists, so that they must have some.
    pub accounts_missing: Vec<String>,
    /// Accounts with log files that the account list does not know; empty if there is no list.
    pub accounts_unknown: Vec<String>,
    /// Regions with log files in the window's partitions.
    pub regions_seen: Vec<String>,
    /// Regions that hold log files on other days, but none in the window's partitions.
    pub regions_silent: Vec<String>,
    /// Regions that must have log files by the configuration and by what the schedule remembers, and have none.
    pub regions_missing: Vec<MissingRegion>,
    /// Days of the window (`yyyy/MM/dd`) without a single log file.
    pub days_silent: Vec<String>,
    /// Folders that were skipped because they hold no CloudTrail records (`CloudTrail-Digest`, …), with how many there are.
    pub folders_skipped: Vec<(String, u64)>,
    /// Records whose time could not be read, so that they are in no window.
    pub events_without_time: u64,
    /// Records that were delivered so late that no run judges them, by account.
    pub events_too_late: Vec<(String, u64)>,
    /// Log files that were not opened because the time in their names is that of another delivery.
    pub files_passed_over: u64,
    /// For a run on demand, until when the log files were delivered that it read, if later ones may exist.
    pub delivered_until: Option<Timestamp>,
    /// Folders that could not be listed, or that hold an object which Athena cannot read, so that their logs were not all read.
    pub folders_unlisted: u64,
    /// Events that have the id of another event and differ from it; all were kept.
    pub events_sharing_id: u64,
    /// What about records of the window is not documented, so that a detection may miss what it says.
    pub drift: Vec<Drift>,
    /// Time that no run of the schedule will search: catching up is capped, or a run for it was set aside.
    pub skipped: Vec<Window>,
    /// For a schedule that has not caught up yet, up to when all detections that gave an answer have searched.
    pub searched_until: Option<Timestamp>,
}

/// A region of an account that delivers no log files any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingRegion {
    /// The account's id.
    pub account: String,
    /// The region.
    pub region: String,
    /// The time in the name of its last log file that the schedule read.
    pub last_file: Timestamp,
}

/// How the baseline of habits stands for a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BaselineFacts {
    /// Since when it learns; `None` if there is none.
    pub since: Option<Timestamp>,
    /// Until when it is too young to tell what is new; `None` if it can tell.
    pub learns_until: Option<Timestamp>,
    /// How many habits it holds.
    pub habits: u64,
    /// How many were left out because there were too many.
    pub left_out: u64,
}

/// Something about records that the documentation of CloudTrail does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What it is; may hold untrusted text, renderers escape it.
    pub what: String,
    /// How many records are so.
    pub records: u64,
    /// A file with such a record; untrusted text as well.
    pub example: String,
    /// The detections that may miss what such a record says.
    pub detections: Vec<DetectionId>,
}

impl Brief {
    /// Whether nothing at all was read: there was nothing, or what there was could not be read.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.run.is_blind(&self.problems)
    }

    /// Whether everything that was asked for was read and answered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let Coverage { folders_unlisted, skipped, searched_until, accounts_missing, regions_missing, .. } =
            &self.coverage;
        let is_searched = *folders_unlisted == 0
            && skipped.is_empty()
            && searched_until.is_none()
            && accounts_missing.is_empty()
            && regions_missing.is_empty();
        self.failures.is_empty() && is_searched && !self.is_blind()
    }
}

#[cfg(test)]
impl Brief {
    /// The brief of an hour in which one event was read and nothing was found.
    pub(crate) fn sample() -> Self {
        let started = Timestamp::from_unix_s(7_200);
        Self {
            run: RunFacts {
                id: String::new(),
                schedule: None,
                engine: "embedded",
                window: Window::new(Timestamp::from_unix_s(3_600), started).unwrap(),
                started,
                zone: Zone::default(),
                source: String::new(),
                files_read: 1,
                events_read: 1,
                events_in_window: 1,
                candidates: 0,
                duplicates_dropped: 0,
                bytes_scanned: 1,
                price: Price::default(),
                notes: Vec::new(),
            },
            findings: Vec::new(),
            stories: Vec::new(),
            changes: None,
            roll_up: None,
            decisions: Vec::new(),
            suppressed: Vec::new(),
            suppressions: Vec::new(),
            failures: Vec::new(),
            undecidable: Vec::new(),
            truncated: Vec::new(),
            problems: Vec::new(),
            coverage: Coverage::default(),
            addresses: BTreeMap::new(),
            detections: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::undecidable::UndecidableEvent;

    #[test]
    fn what_was_not_answered_read_or_searched_makes_a_brief_incomplete() {
        let with = |change: fn(&mut Brief)| {
            let mut brief = Brief::sample();
            change(&mut brief);
            brief.is_complete()
        };
        assert!(with(|_| {}));
        let failure = || Failure { detection: "a.b".parse().unwrap(), reason: String::new(), hint: None };
        assert!(!with(|brief| brief.coverage.folders_unlisted = 1));
        assert!(!with(|brief| brief.coverage.skipped = vec![brief.run.window]));
        assert!(!with(|brief| brief.coverage.searched_until = Some(brief.run.window.end())));
        assert!(!with(|brief| brief.coverage.accounts_missing = vec!["111122223333".to_owned()]));
        assert!(!with(|brief| {
            brief.coverage.regions_missing = vec![MissingRegion {
                account: "111122223333".to_owned(),
                region: "us-east-1".to_owned(),
                last_file: brief.run.started,
            }];
        }));
        let failed = Brief { failures: vec![failure()], ..Brief::sample() };
        assert!(!failed.is_complete());
    }

    #[test]
    fn a_run_that_read_nothing_or_only_what_is_damaged_is_blind() {
        let problem =
            || Problem { file: "a.json.gz".to_owned(), reason: String::new(), records: 0, uncounted: true };
        for (files, bytes, events, candidates, problems, is_blind) in [
            (0, 0, 0, 0, vec![], true),
            (0, 0, 0, 0, vec![problem()], true),
            // Athena tells bytes, and no files.
            (0, 1, 0, 0, vec![], false),
            (0, 1, 0, 0, vec![problem()], false),
            (1, 1, 0, 0, vec![], false),
            (1, 1, 0, 0, vec![problem()], true),
            (2, 1, 1, 0, vec![problem()], false),
            (0, 0, 0, 1, vec![], false),
        ] {
            let mut brief = Brief { problems, ..Brief::sample() };
            (brief.run.files_read, brief.run.bytes_scanned) = (files, bytes);
            (brief.run.events_read, brief.run.candidates) = (events, candidates);
            let facts = format!("{files} {bytes} {events} {candidates} {}", brief.problems.len());
            assert_eq!((brief.is_blind(), brief.is_complete()), (is_blind, !is_blind), "{facts}");
        }
    }

    #[test]
    fn what_an_earlier_brief_reported_is_not_newly_undecidable() {
        let known = Detection { severity: Severity::High, ..Detection::sample("a.b") };
        let undecidable = |repeated| Undecidable {
            detection: known.id.clone(),
            event: UndecidableEvent {
                event_time: None,
                event_id: None,
                account_id: None,
                file: None,
                reason: format!("{repeated}"),
            },
            repeated,
        };
        let brief = Brief {
            undecidable: vec![undecidable(true), undecidable(false)],
            detections: [(known.id.clone(), known.clone())].into(),
            ..Brief::sample()
        };
        assert_eq!(brief.newly_undecidable().collect::<Vec<_>>(), [&brief.undecidable[1]]);
        assert_eq!(brief.severity(&known.id), Some(Severity::High));
        assert_eq!(brief.severity(&"x.y".parse().unwrap()), None);
    }
}
