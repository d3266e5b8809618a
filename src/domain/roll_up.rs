//! What a daily brief says of the other schedules: what they reported since the last daily brief.

use std::collections::BTreeSet;

use super::{severity::Severity, time::Timestamp, untrusted::Untrusted};

/// Numbers of findings by severity, the least severe first, as in [`Severity::ALL`].
pub type BySeverity = [u64; 5];

/// What the other schedules reported.
#[derive(Clone, Debug, PartialEq)]
pub struct RollUp {
    /// From when on.
    pub since: Timestamp,
    /// Each schedule.
    pub schedules: Vec<ScheduleReport>,
    /// New findings a day of all schedules, on average, over the last 7 and the last 30 days before.
    pub trend: [[f64; 5]; 2],
}

/// What a schedule reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScheduleReport {
    /// Its name.
    pub schedule: String,
    /// How many briefs it wrote.
    pub briefs: u64,
    /// New and late findings, each once.
    pub findings: BySeverity,
    /// Findings that were held back, each once.
    pub suppressed: u64,
    /// Detections that gave no answer in some run.
    pub unanswered: BTreeSet<String>,
    /// What the runs cost, in US dollars.
    pub cost_usd: f64,
    /// Its stories, the worst first.
    pub stories: Vec<ReportedStory>,
    /// What of its briefs could not be read or is left out.
    pub trouble: Vec<String>,
}

/// A story that another schedule reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedStory {
    /// Its id.
    pub story: String,
    /// What it is, in a sentence.
    pub title: Untrusted,
    /// Its worst severity.
    pub severity: Severity,
    /// When its first act happened.
    pub first: Option<Timestamp>,
    /// When its last act happened.
    pub last: Option<Timestamp>,
    /// What it left behind and nothing undid, by name.
    pub left: Vec<Untrusted>,
    /// Who takes care of it, if somebody acknowledged it.
    pub acknowledged_by: Option<String>,
}

/// Adds numbers by severity.
#[must_use]
pub fn sum(of: impl IntoIterator<Item = BySeverity>) -> BySeverity {
    of.into_iter().fold([0; 5], |mut sum, one| {
        sum.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
        sum
    })
}

impl RollUp {
    /// The new and late findings of all schedules.
    #[must_use]
    pub fn findings(&self) -> BySeverity {
        sum(self.schedules.iter().map(|report| report.findings))
    }
}

/// Detections that a schedule leaves out, because it does not run their pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutPack {
    /// The pack.
    pub pack: String,
    /// How many detections only it has, of those that the schedule does not run.
    pub detections: u64,
    /// The worst severity of them.
    pub worst: Severity,
    /// The schedules that run it.
    pub schedules: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_findings_of_all_schedules_are_added_by_severity() {
        let report = |findings| ScheduleReport { findings, ..ScheduleReport::default() };
        let roll_up =
            |schedules| RollUp { since: Timestamp::from_unix_s(0), schedules, trend: [[0.0; 5]; 2] };
        assert_eq!(roll_up(Vec::new()).findings(), [0; 5]);
        let two = roll_up(vec![report([1, 0, 2, 0, 3]), report([0, 4, 5, 0, 6])]);
        assert_eq!(two.findings(), [1, 4, 7, 0, 9]);
    }
}
