//! Applies the configuration's suppressions: suppressed findings are counted, never lost.

use std::collections::BTreeSet;

use super::RunContext;
use crate::{
    domain::{
        detection::{DetectionId, pattern_matches},
        finding::{Finding, FindingState},
        suppression::{Suppression, SuppressionUse},
        time::Timestamp,
        untrusted::Untrusted,
    },
    engine::embedded::{filter, session::Sessions},
};

/// Findings to report, suppressed findings with their suppression's number, and what each suppression did.
pub(super) type Applied = (Vec<Finding>, Vec<(Finding, usize)>, Vec<SuppressionUse>);

/// Applies every suppression that has not expired; the first that matches a finding suppresses it.
pub(super) async fn apply(context: &RunContext, findings: Vec<Finding>, now: Timestamp) -> Applied {
    let mut by: Vec<Option<usize>> = vec![None; findings.len()];
    let mut uses = Vec::new();
    for (number, suppression) in context.suppressions.iter().enumerate() {
        let expired = suppression.expires <= now;
        let mut used = SuppressionUse { suppression: suppression.clone(), matched: 0, expired, error: None };
        if !expired {
            let detections: BTreeSet<DetectionId> = findings
                .iter()
                .filter(|finding| pattern_matches(&suppression.detection, &finding.detection))
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
    let indices: Vec<usize> =
        (0..findings.len()).filter(|at| findings[*at].detection == *detection).collect();
    if suppression.condition.trim().is_empty() {
        return Ok(indices);
    }
    let mut columns: Vec<&str> = STANDARD.iter().map(|(name, _)| *name).collect();
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
    let mut columns: Vec<&str> = STANDARD.iter().map(|(name, _)| *name).collect();
    // The evidence is not a column of a finding.
    let details = outputs.iter().map(String::as_str).filter(|name| *name != "event_ids");
    columns.extend(details.filter(|name| !STANDARD.iter().any(|(standard, _)| standard == name)));
    let answer = filter::matching(sessions, &columns, Vec::new(), condition, Timestamp::from_unix_s(0)).await;
    answer.err().map(|no_answer| no_answer.reason)
}

/// A column of every finding, with how to read it.
type Column = (&'static str, fn(&Finding) -> Option<String>);

fn raw(text: Option<&Untrusted>) -> Option<String> {
    text.map(|text| text.raw().to_owned())
}

const STANDARD: [Column; 14] = [
    ("event_time", |finding| finding.event_time.map(|time| time.to_string())),
    ("first_seen", |finding| finding.event_time.map(|time| time.to_string())),
    ("last_seen", |finding| finding.last_seen.map(|time| time.to_string())),
    ("occurrences", |finding| finding.occurrences.map(|count| count.to_string())),
    ("event_id", |finding| raw(finding.event_id.as_ref())),
    ("account_id", |finding| raw(finding.account_id.as_ref())),
    ("account_name", |finding| finding.account_name.clone()),
    ("region", |finding| raw(finding.region.as_ref())),
    ("actor", |finding| raw(finding.actor.as_ref())),
    ("action", |finding| raw(finding.action.as_ref())),
    ("resource", |finding| raw(finding.resource.as_ref())),
    ("source_ip", |finding| raw(finding.source_ip.as_ref())),
    ("severity", |finding| Some(finding.severity.to_string())),
    ("detection", |finding| Some(finding.detection.to_string())),
];

fn row(finding: &Finding, columns: &[&str]) -> Vec<Option<String>> {
    columns
        .iter()
        .map(|name| match STANDARD.iter().find(|(standard, _)| standard == name) {
            Some((_, read)) => read(finding),
            None => finding.details.iter().find(|(own, _)| own == name).and_then(|(_, value)| value.text()),
        })
        .collect()
}
