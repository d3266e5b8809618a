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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{account::Accounts, expected::ExpectedLogs, rows::Value, state::State, time::Span},
        engine::embedded::{
            reader::Limits,
            session::Resources,
            source::{Memory, Source},
        },
        plan::window::Cadence,
        run::{Logs, PackLimits},
    };

    fn sessions() -> Sessions {
        Sessions::new(Resources { memory_bytes: 1 << 24, threads_per_query: 1 }).unwrap()
    }

    fn now() -> Timestamp {
        "2026-03-10T12:00:00Z".parse().unwrap()
    }

    fn suppression(fingerprint: Option<&Finding>, condition: &str) -> Suppression {
        Suppression {
            detection: "own.*".to_owned(),
            fingerprint: fingerprint.map(|finding| finding.fingerprint.clone()),
            condition: condition.to_owned(),
            reason: "planned".to_owned(),
            owner: "someone".to_owned(),
            expires: now().plus(Span::HOUR),
            line: 1,
        }
    }

    /// What one suppression holds back of these findings, by their numbers, and what it did.
    fn held_back(findings: &[Finding], suppression: Suppression) -> (Vec<usize>, SuppressionUse) {
        let context = RunContext {
            accounts: Accounts::default(),
            expected: ExpectedLogs::default(),
            watchlist: Vec::new(),
            learning: Span::ZERO,
            daily_statement: false,
            zone: crate::domain::zone::Zone::default(),
            databases: crate::mmdb::Databases::default(),
            params: std::collections::BTreeMap::new(),
            suppressions: vec![suppression],
            sessions: sessions(),
            limits: PackLimits {
                threads: 1,
                candidate_bytes: 1 << 20,
                rows: 100,
                reader: Limits { record_bytes: 1 << 20, file_bytes: 1 << 20 },
                deadline: None,
            },
        };
        let (source, state) = (Source::Memory(Memory::default()), State::default());
        let pack = (Vec::new(), Cadence::default());
        let job = Job::scheduled("hourly", now(), pack, &state, Logs::Files(&source), now());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let applied = runtime.block_on(apply(&context, &job, &[], findings.to_vec()));
        let (reported, suppressed, mut uses) = applied;
        assert_eq!(reported.len() + suppressed.len(), findings.len(), "nothing is lost");
        let is = |finding: &Finding| suppressed.iter().any(|(one, _)| one.fingerprint == finding.fingerprint);
        ((0..findings.len()).filter(|at| is(&findings[*at])).collect(), uses.remove(0))
    }

    /// Two findings of one detection and one of another; each with the columns `port` and `note`.
    fn findings() -> [Finding; 3] {
        [("own.a", "one", "22"), ("own.a", "two", "443"), ("own.b", "three", "443")].map(
            |(id, about, port)| {
                let details = [("port", port), ("note", "22")];
                let details = details.map(|(name, text)| (name.to_owned(), Value::Text(text.to_owned())));
                Finding { details: details.into(), ..Finding::sample(id, about, None) }
            },
        )
    }

    #[test]
    fn a_condition_is_asked_of_each_finding_and_may_use_its_own_columns() {
        let of = |condition: &str| {
            let (held, used) = held_back(&findings(), suppression(None, condition));
            assert_eq!((used.matched, used.error), (held.len() as u64, None), "{condition}");
            held
        };
        assert_eq!(of("port = '443'"), [1, 2]);
        assert_eq!(of("note = '22'"), [0, 1, 2]);
        assert_eq!(of("detection = 'own.a' AND severity = 'low' AND port <> '22'"), [1]);
        assert_eq!(of(""), [0, 1, 2]);
    }

    #[test]
    fn a_suppression_of_one_finding_holds_back_no_other() {
        let all = findings();
        assert_eq!(held_back(&all, suppression(Some(&all[1]), "")).0, [1]);
        assert_eq!(held_back(&all, suppression(Some(&all[1]), "port = '22'")).0, [0; 0]);
    }

    #[test]
    fn a_condition_that_cannot_be_evaluated_holds_back_nothing_and_says_why() {
        let (held, used) = held_back(&findings(), suppression(None, "prot = '22'"));
        assert_eq!(held, [0; 0]);
        assert!(used.error.is_some_and(|error| error.starts_with("for own.") && error.contains("prot")));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outputs = ["event_time", "account_id", "event_ids", "port"].map(str::to_owned);
        let fault = |condition: &str| runtime.block_on(fault(&sessions(), &outputs, condition));
        for good in ["port = '22'", "account_id = '1' AND severity = 'low'", "account_name IS NULL"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, name) in [("prot = '22'", "prot"), ("event_ids = 'x'", "event_ids")] {
            assert!(fault(bad).is_some_and(|reason| reason.contains(name)), "{bad}");
        }
    }
}
