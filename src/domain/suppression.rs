//! Suppressions: findings that the configuration holds back, for a reason and for a time.

use super::time::Timestamp;

/// One `[[suppress]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// A detection's id or a pattern such as `iam.*`.
    pub detection: String,
    /// A SQL condition over the finding's columns; empty for all of the detection's findings.
    pub condition: String,
    /// Why.
    pub reason: String,
    /// Who is responsible for it.
    pub owner: String,
    /// From this time on it holds back nothing.
    pub expires: Timestamp,
    /// Its line in the configuration, from 1 on.
    pub line: usize,
}

/// What a suppression did in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionUse {
    /// The suppression.
    pub suppression: Suppression,
    /// How many findings it held back.
    pub matched: u64,
    /// Whether it had expired and so held back nothing.
    pub expired: bool,
    /// Why its condition could not be evaluated, if it could not: then it held back nothing.
    pub error: Option<String>,
}
