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

#[cfg(test)]
mod tests {
    use super::*;

    fn suppression(detection: &str, fingerprint: Option<&Finding>) -> Suppression {
        Suppression {
            detection: detection.to_owned(),
            fingerprint: fingerprint.map(|finding| finding.fingerprint.clone()),
            condition: String::new(),
            reason: "a drill".to_owned(),
            owner: "alice".to_owned(),
            expires: Timestamp::from_unix_s(100),
            line: 0,
        }
    }

    #[test]
    fn a_suppression_is_about_its_detections_or_about_its_one_finding() {
        let finding = |about| Finding::sample("iam.key", about, None);
        let (one, other) = (finding("one"), finding("other"));
        let united = Finding { united: vec![one.fingerprint.clone()], ..finding("both") };
        for (suppression, about) in [
            (suppression("iam.key", None), [true, true, true]),
            (suppression("iam.*", None), [true, true, true]),
            (suppression("s3.*", None), [false, false, false]),
            (suppression("*", Some(&one)), [true, false, true]),
            (suppression("*", Some(&finding("none"))), [false, false, false]),
        ] {
            let found = [&one, &other, &united].map(|finding| suppression.is_about(finding));
            assert_eq!(found, about, "{suppression:?}");
        }
    }

    #[test]
    fn what_a_suppression_did_begins_with_whether_it_could_do_anything() {
        let answered: [DetectionId; 2] = ["iam.key", "s3.public"].map(|id| id.parse().unwrap());
        for (detection, now, ran, expired) in
            [("iam.*", 99, true, false), ("s3.public", 100, true, true), ("ec2.*", 101, false, true)]
        {
            let now = Timestamp::from_unix_s(now);
            let used = SuppressionUse::begun(&suppression(detection, None), &answered, now);
            assert_eq!((used.ran, used.expired), (ran, expired), "{detection}");
            assert_eq!((used.matched, used.error), (0, None), "{detection}");
        }
    }
}
