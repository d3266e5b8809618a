//! Suppressions: findings that are held back, for a reason and for a time.

use super::{
    detection::{DetectionId, pattern_matches},
    finding::{Finding, Fingerprint},
    time::Timestamp,
};

/// What stands in lines to paste for what a person must write.
pub const PLACEHOLDER: &str = "...";

/// One `[[suppress]]` of the configuration, or one finding that somebody suppressed by its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// A detection's id or a pattern such as `iam.*`; `*` for a single finding.
    pub detection: String,
    /// The only finding that it holds back; `None` for every finding of the detection that fits the condition.
    pub fingerprint: Option<Fingerprint>,
    /// A SQL condition over the finding's columns; empty for all of the detection's findings.
    pub condition: String,
    /// Why.
    pub reason: String,
    /// Who is responsible for it.
    pub owner: String,
    /// From this time on it holds back nothing.
    pub expires: Timestamp,
    /// Its line in the configuration, from 1 on; 0 for a single finding, which the configuration does not name.
    pub line: usize,
}

impl Suppression {
    /// Whether it may hold back a finding, as far as its condition does not decide.
    #[must_use]
    pub fn is_about(&self, finding: &Finding) -> bool {
        match &self.fingerprint {
            Some(fingerprint) => finding.fingerprint == *fingerprint || finding.united.contains(fingerprint),
            None => pattern_matches(&self.detection, &finding.detection),
        }
    }
}

/// What a suppression did in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionUse {
    /// The suppression.
    pub suppression: Suppression,
    /// How many findings it held back.
    pub matched: u64,
    /// Whether a detection that it is about gave an answer: only then could it hold back anything.
    pub ran: bool,
    /// Whether it had expired and so held back nothing.
    pub expired: bool,
    /// Why its condition could not be evaluated, if it could not: then it held back nothing.
    pub error: Option<String>,
}

impl SuppressionUse {
    /// What a suppression did that held back nothing so far; `answered` are the detections that gave an answer, `now` is the
    /// time of the run.
    #[must_use]
    pub fn begun<'a>(
        suppression: &Suppression,
        answered: impl IntoIterator<Item = &'a DetectionId>,
        now: Timestamp,
    ) -> Self {
        let mut answered = answered.into_iter();
        Self {
            suppression: suppression.clone(),
            matched: 0,
            ran: answered.any(|id| pattern_matches(&suppression.detection, id)),
            expired: suppression.expires <= now,
            error: None,
        }
    }
}
