//! Suppressions that could be made, from what briefs reported: what each would have hidden, and how safe it is.
//!
//! What is critical, or belongs to a critical story, is never suggested.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    brief::Brief,
    detection::DetectionId,
    finding::{FindingState, Fingerprint},
    severity::Severity,
    time::{Day, Timestamp},
    untrusted::Untrusted,
};

/// On how many days something must have been reported before it is suggested.
const LEAST_DAYS: usize = 2;
/// In how many briefs, or as how many findings.
const LEAST_TIMES: usize = 3;
/// On how many days something must have been reported to be well known.
const MANY_DAYS: usize = 5;

/// How safe a suppression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// At most medium and in no story that is worse, on many days.
    Good,
    /// At most medium and in no story that is worse, but on few days.
    Fair,
    /// It is high, in a story that is high, or was done for the first time: look before you suppress it.
    Risky,
}

impl Grade {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Risky => "risky",
        }
    }
}

/// A suppression that could be made: one finding, or all of a detection about one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// How safe it is.
    pub grade: Grade,
    /// The detection.
    pub detection: DetectionId,
    /// The actor.
    pub actor: Untrusted,
    /// What it would have hidden.
    pub findings: BTreeSet<Fingerprint>,
    /// In how many briefs they were.
    pub briefs: u64,
    /// On how many days they happened.
    pub days: u64,
    /// The worst of them.
    pub worst: Severity,
    /// The worst story that any of them belongs to.
    pub worst_story: Option<Severity>,
    /// When the last of them happened.
    pub last: Option<Timestamp>,
}

impl Suggestion {
    /// The finding, if it is only one.
    #[must_use]
    pub fn single(&self) -> Option<&Fingerprint> {
        self.findings.first().filter(|_| self.findings.len() == 1)
    }
}

/// What could be suppressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// The safest first, then those that hide the most.
    pub all: Vec<Suggestion>,
    /// How many findings the briefs reported.
    pub reported: u64,
    /// How many were often enough reported and are not suggested because they are critical, or belong to a critical story.
    pub critical: u64,
}

/// What briefs report of a finding, or of all findings of a detection and an actor.
#[derive(Clone, Debug, Default)]
struct Reported {
    briefs: BTreeSet<u64>,
    days: BTreeSet<Day>,
    worst: Option<Severity>,
    worst_story: Option<Severity>,
    last: Option<Timestamp>,
    is_first: bool,
}

impl Reported {
    fn add(&mut self, other: Self) {
        self.briefs.extend(other.briefs);
        self.days.extend(other.days);
        self.worst = self.worst.max(other.worst);
        self.worst_story = self.worst_story.max(other.worst_story);
        self.last = self.last.max(other.last);
        self.is_first |= other.is_first;
    }
}

/// What briefs report, as far as suggestions need it: briefs are added one after the other, in whatever order.
#[derive(Debug, Default)]
pub struct ReportedFindings {
    briefs: u64,
    of_actors: BTreeMap<(DetectionId, Untrusted), BTreeMap<Fingerprint, Reported>>,
    all: BTreeSet<Fingerprint>,
    /// What is suppressed in any brief: somebody has decided about it.
    suppressed: BTreeSet<Fingerprint>,
}

impl ReportedFindings {
    /// Adds what a brief reports.
    pub fn add(&mut self, brief: &Brief) {
        self.briefs += 1;
        self.suppressed.extend(brief.suppressed.iter().map(|(finding, _)| finding.fingerprint.clone()));
        let stories = brief.stories_of();
        for finding in &brief.findings {
            self.all.insert(finding.fingerprint.clone());
            let Some(actor) = finding.actor.clone() else { continue };
            let last = finding.last_seen.or(finding.event_time);
            // A finding that was reported before takes one line: it is not what disturbs.
            let is_news = finding.state != FindingState::Repeated;
            let reported = Reported {
                briefs: is_news.then_some(self.briefs).into_iter().collect(),
                days: finding.event_time.into_iter().chain(last).map(Timestamp::day).collect(),
                worst: Some(finding.severity),
                worst_story: stories.get(&finding.fingerprint).map(|story| story.severity),
                last,
                is_first: finding.is_first == Some(true),
            };
            let of_actor = self.of_actors.entry((finding.detection.clone(), actor)).or_default();
            of_actor.entry(finding.fingerprint.clone()).or_default().add(reported);
        }
    }
}

impl Suggestions {
    /// The suggestions from what briefs report. What is suppressed already is none.
    #[must_use]
    pub fn of(reported: ReportedFindings) -> Self {
        let ReportedFindings { briefs: _, of_actors, all, suppressed } = reported;
        let mut found = Self { reported: all.difference(&suppressed).count() as u64, ..Self::default() };
        for ((detection, actor), mut findings) in of_actors {
            findings.retain(|fingerprint, _| !suppressed.contains(fingerprint));
            let mut group = Reported::default();
            for one in findings.values() {
                group.add(one.clone());
            }
            let times = findings.len().max(group.briefs.len());
            let (Some(worst), true) = (group.worst, group.days.len() >= LEAST_DAYS && times >= LEAST_TIMES)
            else {
                continue;
            };
            if worst.max(group.worst_story.unwrap_or(worst)) >= Severity::Critical {
                found.critical += 1;
                continue;
            }
            let findings = findings.into_keys().collect();
            found.all.push(suggestion((detection, actor), findings, group, worst));
        }
        found.all.sort_by(|a, b| {
            let order = |it: &Suggestion| (it.grade, std::cmp::Reverse((it.briefs, it.findings.len())));
            order(a).cmp(&order(b)).then_with(|| (&a.detection, &a.actor).cmp(&(&b.detection, &b.actor)))
        });
        found
    }
}

fn suggestion(
    (detection, actor): (DetectionId, Untrusted),
    findings: BTreeSet<Fingerprint>,
    group: Reported,
    worst: Severity,
) -> Suggestion {
    let is_high = worst.max(group.worst_story.unwrap_or(worst)) >= Severity::High;
    let grade = match group.days.len() {
        _ if is_high || group.is_first => Grade::Risky,
        MANY_DAYS.. => Grade::Good,
        _ => Grade::Fair,
    };
    Suggestion {
        grade,
        detection,
        actor,
        findings,
        briefs: group.briefs.len() as u64,
        days: group.days.len() as u64,
        worst,
        worst_story: group.worst_story,
        last: group.last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{finding::Finding, story::Story};

    /// A finding of this detection by this actor on this day of 1970.
    fn finding(detection: &str, actor: &str, day: i64, severity: Severity) -> Finding {
        Finding {
            severity,
            actor: Some(Untrusted::new(actor)),
            ..Finding::sample(
                detection,
                &format!("{actor} {day}"),
                Some(Timestamp::from_unix_s(day * 86_400)),
            )
        }
    }

    /// A brief a day with such findings.
    fn days(days: i64, of: impl Fn(i64) -> Vec<Finding>) -> Vec<Brief> {
        (0..days).map(|day| Brief { findings: of(day), ..Brief::sample() }).collect()
    }

    fn suggestions(briefs: &[Brief]) -> Suggestions {
        let mut reported = ReportedFindings::default();
        briefs.iter().for_each(|brief| reported.add(brief));
        Suggestions::of(reported)
    }

    fn grades(briefs: &[Brief]) -> Vec<(Grade, String, u64)> {
        let found = suggestions(briefs);
        found.all.iter().map(|it| (it.grade, it.actor.raw().to_owned(), it.days)).collect()
    }

    #[test]
    fn what_comes_again_and_again_is_suggested_the_safest_first() {
        use Severity::{High, Low, Medium};
        let briefs = days(6, |day| {
            let mut found = vec![finding("a.b", "often", day, Medium), finding("a.c", "high", day, High)];
            found.extend((day < 3).then(|| finding("a.b", "seldom", day, Low)));
            found.extend((day < 1).then(|| finding("a.b", "once", day, Low)));
            found.push(Finding { actor: None, ..finding("a.b", "nobody", day, Low) });
            found
        });
        let expected = [
            (Grade::Good, "often".to_owned(), 6),
            (Grade::Fair, "seldom".to_owned(), 3),
            (Grade::Risky, "high".to_owned(), 6),
        ];
        assert_eq!(grades(&briefs), expected);
        let mut other = briefs.clone();
        other.reverse();
        assert_eq!(grades(&other), expected, "whatever the order");
        assert_eq!(suggestions(&briefs).reported, 22);
    }

    #[test]
    fn nothing_critical_is_suggested_nor_a_part_of_a_critical_story() {
        let critical = finding("a.b", "root", 0, Severity::Critical);
        let mut briefs = days(6, |day| vec![finding("a.c", "alice", day, Severity::Low)]);
        assert_eq!(grades(&briefs).len(), 1);
        let part = briefs[2].findings[0].clone();
        briefs[2].stories = vec![Story::sample("alice", &[&part, &critical])];
        let found = suggestions(&briefs);
        assert_eq!((found.all.len(), found.critical), (0, 1));
        let one = days(6, |day| {
            let severity = if day == 4 { Severity::Critical } else { Severity::Low };
            vec![finding("a.b", "root", day, severity)]
        });
        let found = suggestions(&one);
        assert_eq!((found.all.len(), found.critical), (0, 1), "one of six is critical");
    }

    #[test]
    fn what_is_suppressed_already_or_only_repeated_is_no_suggestion_and_a_first_time_is_risky() {
        let of = |change: fn(&mut Finding)| {
            let mut briefs = days(6, |_| vec![finding("a.b", "alice", 0, Severity::Low)]);
            for (day, brief) in briefs.iter_mut().enumerate() {
                brief.findings[0].last_seen = Some(Timestamp::from_unix_s(day as i64 * 86_400));
                change(&mut brief.findings[0]);
            }
            briefs
        };
        let grown = of(|_| {});
        let found = suggestions(&grown);
        assert_eq!((found.all[0].grade, found.all[0].briefs), (Grade::Good, 6));
        assert_eq!(found.all[0].single(), Some(&grown[0].findings[0].fingerprint));
        assert_eq!(grades(&of(|it| it.is_first = Some(true)))[0].0, Grade::Risky);
        assert_eq!(grades(&of(|it| it.state = FindingState::Repeated)), []);
        let mut suppressed = grown.clone();
        suppressed[5].suppressed = suppressed[5].findings.drain(..).map(|finding| (finding, 0)).collect();
        assert_eq!(grades(&suppressed), []);
    }
}
