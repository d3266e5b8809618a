//! Applies suppressions, those of the configuration and of single findings: suppressed findings are counted, never lost.

use std::collections::BTreeSet;

use super::{Job, RunContext};
use crate::{
    domain::{
        decision::Decision,
        detection::DetectionId,
        finding::{COLUMNS, Finding, FindingState},
        suppression::{Suppression, SuppressionUse},
        time::Timestamp,
    },
    engine::embedded::{filter, session::Sessions},
};

/// Findings to report, suppressed findings with their suppression's number, and what each suppression did.
pub(super) type Applied = (Vec<Finding>, Vec<(Finding, usize)>, Vec<SuppressionUse>);

/// Applies every suppression of the configuration and of the job that has not expired by the time of the run; the first that
/// matches a finding suppresses it. `answered` are the detections that gave an answer.
pub(super) async fn apply(
    context: &RunContext,
    job: &Job<'_>,
    answered: &[(DetectionId, Timestamp)],
    findings: Vec<Finding>,
) -> Applied {
    let now = job.time();
    let single: Vec<Suppression> = job.decisions.iter().filter_map(Decision::suppression).collect();
    let mut by: Vec<Option<usize>> = vec![None; findings.len()];
    let mut uses = Vec::new();
    for (number, suppression) in context.suppressions.iter().chain(&single).enumerate() {
        let mut used = SuppressionUse::begun(suppression, answered.iter().map(|(id, _)| id), now);
        if !used.expired {
            let detections: BTreeSet<DetectionId> = findings
                .iter()
                .filter(|finding| suppression.is_about(finding))
                .map(|finding| finding.detection.clone())
                .collect();
            for detection in detections {
                match matching(context, suppression, &findings, &detection, now).await {
                    Ok(matching) => {
                        for at in matching {
                            if by[at].is_none() {
                                by[at] = Some(number);
                                used.matched += 1;
                            }
                        }
                    }
                    Err(reason) => used.error = Some(format!("for {detection}: {reason}")),
                }
            }
        }
        uses.push(used);
    }
    let mut reported = Vec::new();
    let mut suppressed = Vec::new();
    for (mut finding, by) in findings.into_iter().zip(by) {
        match by {
            Some(number) => {
                finding.state = FindingState::Suppressed;
                suppressed.push((finding, number));
            }
            None => reported.push(finding),
        }
    }
    (reported, suppressed, uses)
}

/// The indices of a detection's findings that a suppression matches.
async fn matching(
    context: &RunContext,
    suppression: &Suppression,
    findings: &[Finding],
    detection: &DetectionId,
    now: Timestamp,
) -> Result<Vec<usize>, String> {
    let is_about = |at: &usize| findings[*at].detection == *detection && suppression.is_about(&findings[*at]);
    let indices: Vec<usize> = (0..findings.len()).filter(is_about).collect();
    if suppression.condition.trim().is_empty() {
        return Ok(indices);
    }
    let mut columns: Vec<&str> = columns().map(|(name, _)| name).collect();
    for at in &indices {
        for (name, _) in &findings[*at].details {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let table = indices.iter().map(|at| row(&findings[*at], &columns)).collect();
    let matches = filter::matching(&context.sessions, &columns, table, &suppression.condition, now)
        .await
        .map_err(|no_answer| no_answer.reason)?;
    Ok(indices.into_iter().zip(matches).filter(|(_, matches)| *matches).map(|(at, _)| at).collect())
}

/// Why a condition cannot be evaluated for the findings of a detection whose rows have these columns; `None` if it can.
pub async fn fault(sessions: &Sessions, outputs: &[String], condition: &str) -> Option<String> {
    let mut columns: Vec<&str> = columns().map(|(name, _)| name).collect();
    let details: Vec<&str> = outputs.iter().map(String::as_str).filter(|name| *name != EVIDENCE).collect();
    columns.extend(details.into_iter().filter(|name| !self::columns().any(|(own, _)| own == *name)));
    let answer = filter::matching(sessions, &columns, Vec::new(), condition, Timestamp::from_unix_s(0)).await;
    answer.err().map(|no_answer| no_answer.reason)
}

/// The standard column that a condition cannot use: a list of the events that an aggregate counts.
const EVIDENCE: &str = "event_ids";

/// A column's name, and how to read its value.
type NamedValue = (&'static str, fn(&Finding) -> Option<String>);

/// The columns of every finding that a condition can use.
fn columns() -> impl Iterator<Item = NamedValue> {
    let standard = COLUMNS.iter().filter(|column| column.name != EVIDENCE);
    let more: [NamedValue; 3] = [
        ("account_name", |finding| finding.account_name.clone()),
        ("severity", |finding| Some(finding.severity.to_string())),
        ("detection", |finding| Some(finding.detection.to_string())),
    ];
    standard.map(|column| (column.name, column.text)).chain(more)
}

fn row(finding: &Finding, names: &[&str]) -> Vec<Option<String>> {
    names
        .iter()
        .map(|name| match columns().find(|(own, _)| own == name) {
            Some((_, read)) => read(finding),
            None => finding.details.iter().find(|(own, _)| own == name).and_then(|(_, value)| value.text()),
        })
        .collect()
}
