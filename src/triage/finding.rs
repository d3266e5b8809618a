//! From a row to a finding: the standard columns by name, everything else as a named detail.

use crate::domain::{
    account::Accounts,
    detection::{Attempts, Detection},
    finding::{Finding, FindingState, Fingerprint, OUTCOME, SEVERITY, standard_column},
    rows::{Rows, Value, cmp_fields},
    severity::Severity,
    time::Timestamp,
    untrusted::Untrusted,
};

/// The findings of a detection's rows, one for each row, in an order that does not depend on the engine's.
#[must_use]
pub fn findings_of(detection: &Detection, rows: &Rows, accounts: &Accounts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rows
        .rows
        .iter()
        .map(|values| of_row(detection, &AnswerRow { columns: &rows.columns, values }, accounts))
        .collect();
    findings.sort_by(|a, b| {
        a.event_time
            .cmp(&b.event_time)
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
            .then_with(|| cmp_fields(&a.details, &b.details))
    });
    findings
}

/// A row of an answer, read by column name.
struct AnswerRow<'a> {
    columns: &'a [String],
    values: &'a [Value],
}

impl AnswerRow<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let at = self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))?;
        self.values.get(at)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.text()
    }

    fn untrusted(&self, name: &str) -> Option<Untrusted> {
        self.text(name).map(Untrusted::new)
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(|text| Timestamp::parse_iso(&text))
    }
}

fn of_row(detection: &Detection, row: &AnswerRow<'_>, accounts: &Accounts) -> Finding {
    let event_id = row.text("event_id");
    let event_ids = match row.value("event_ids") {
        Some(Value::List(items)) => items.iter().filter_map(Value::text).map(Untrusted::new).collect(),
        _ => Vec::new(),
    };
    let details = row
        .columns
        .iter()
        .zip(row.values)
        .filter(|(column, _)| standard_column(column).is_none() && !column.eq_ignore_ascii_case(SEVERITY))
        .map(|(column, value)| (column.to_ascii_lowercase(), value.clone()))
        .collect();
    let account_id = row.text("account_id");
    Finding {
        detection: detection.id.clone(),
        severity: severity(detection, row),
        state: FindingState::New,
        fingerprint: fingerprint(detection, row, event_id.as_deref()),
        says: Untrusted::new(fill(&detection.says, row)),
        event_time: row.time("event_time").or_else(|| row.time("first_seen")),
        last_seen: row.time("last_seen"),
        occurrences: match row.value("occurrences") {
            Some(Value::Integer(count)) => u64::try_from(*count).ok(),
            _ => None,
        },
        event_id: event_id.map(Untrusted::new),
        event_ids,
        account_name: account_id.as_deref().and_then(|id| accounts.name(id)).map(str::to_owned),
        account_id: account_id.map(Untrusted::new),
        region: row.untrusted("region"),
        actor: row.untrusted("actor"),
        action: row.untrusted("action"),
        resource: row.untrusted("resource"),
        source_ip: row.untrusted("source_ip"),
        is_first: None,
        details,
        united: Vec::new(),
        replaces: Vec::new(),
    }
}

/// The severity that the row gives, else the detection's; one step lower for an attempt, if the detection says so.
fn severity(detection: &Detection, row: &AnswerRow<'_>) -> Severity {
    let own = row.text(SEVERITY).and_then(|text| text.parse().ok());
    let severity = own.unwrap_or(detection.severity);
    let is_attempt =
        || row.text(OUTCOME).is_some_and(|outcome| matches!(outcome.as_str(), "denied" | "failed"));
    if detection.attempts == Attempts::Lower && is_attempt() { severity.lower() } else { severity }
}

/// The detection's id, what its finding is about and, for a single event, the event. A row that has none of these is
/// identified by all its values.
fn fingerprint(detection: &Detection, row: &AnswerRow<'_>, event_id: Option<&str>) -> Fingerprint {
    let mut parts: Vec<Option<String>> = detection.about.iter().map(|column| row.text(column)).collect();
    if row.value("event_id").is_some() {
        parts.push(event_id.map(str::to_owned));
    }
    if parts.iter().all(Option::is_none) {
        parts.extend(row.values.iter().map(Value::text));
    }
    Fingerprint::of(&detection.id, &parts)
}

/// A sentence with its `{column}` holes filled; a column without a value is shown as `unknown`.
fn fill(says: &str, row: &AnswerRow<'_>) -> String {
    let mut filled = String::new();
    let mut rest = says;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((hole, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(row.text(hole).as_deref().unwrap_or("unknown"));
        rest = after;
    }
    filled + rest
}

/// Adds to `kept` the details in which `other`, another row of the same finding, differs.
pub(super) fn merge(kept: &mut Finding, other: Finding) {
    kept.severity = kept.severity.max(other.severity);
    for (name, value) in other.details {
        let Some((_, own)) = kept.details.iter_mut().find(|(own, _)| *own == name) else { continue };
        match own {
            own if *own == value => {}
            Value::List(items) if !matches!(value, Value::List(_)) => {
                if !items.contains(&value) {
                    items.push(value);
                }
            }
            own => *own = Value::List(vec![own.clone(), value]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Account;

    fn detection(about: &[&str], says: &str) -> Detection {
        Detection {
            severity: Severity::High,
            about: about.iter().map(|column| (*column).to_owned()).collect(),
            says: says.to_owned(),
            ..Detection::sample("a.b")
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn found(detection: &Detection, columns: &[&str], rows: &[&[Value]]) -> Vec<Finding> {
        let account = Account {
            id: "123456789012".parse().unwrap(),
            name: "sandbox".to_owned(),
            email: String::new(),
            ou: String::new(),
            state: "ACTIVE".to_owned(),
        };
        let rows = Rows {
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: rows.iter().map(|row| row.to_vec()).collect(),
        };
        findings_of(detection, &rows, &[account].into_iter().collect())
    }

    fn raw(text: Option<&Untrusted>) -> Option<&str> {
        text.map(Untrusted::raw)
    }

    #[test]
    fn columns_become_fields_and_the_others_details() {
        let columns = [
            "Event_Time",
            "account_id",
            "region",
            "actor",
            "action",
            "resource",
            "source_ip",
            "event_id",
            "MFA",
        ];
        let row = [
            "2026-03-10T12:00:00Z",
            "123456789012",
            "us-east-1",
            "root",
            "Login",
            "console",
            "192.0.2.7",
            "e-1",
            "No",
        ];
        let says = detection(&["account_id"], "{actor} in {account_id} by {nothing}{");
        let finding = &found(&says, &columns, &[&row.map(text)])[0];
        assert_eq!(finding.says.raw(), "root in 123456789012 by unknown{");
        assert_eq!(finding.event_time, Timestamp::parse_iso(row[0]));
        assert_eq!((finding.last_seen, finding.occurrences), (None, None));
        let fields = [
            &finding.account_id,
            &finding.region,
            &finding.actor,
            &finding.action,
            &finding.resource,
            &finding.source_ip,
            &finding.event_id,
        ];
        assert_eq!(fields.map(|field| raw(field.as_ref())), [1, 2, 3, 4, 5, 6, 7].map(|at| Some(row[at])));
        assert_eq!(finding.account_name.as_deref(), Some("sandbox"));
        assert_eq!(finding.details, [("mfa".to_owned(), text("No"))]);
        assert_eq!((finding.severity, finding.state), (Severity::High, FindingState::New));
    }

    #[test]
    fn a_row_may_have_a_severity_of_its_own_and_an_attempt_a_lower_one() {
        let of = |attempts, columns: &[&str], row: &[&str]| {
            let detection = Detection { attempts, ..detection(&[], "") };
            let row: Vec<Value> = row.iter().map(|value| text(value)).collect();
            let finding = found(&detection, columns, &[&row]).remove(0);
            (finding.severity, finding.details.len())
        };
        assert_eq!(of(Attempts::No, &["Severity"], &["critical"]), (Severity::Critical, 0));
        assert_eq!(of(Attempts::No, &["severity"], &["bad"]), (Severity::High, 0), "the detection's");
        assert_eq!(of(Attempts::Lower, &["outcome"], &["success"]), (Severity::High, 1));
        assert_eq!(of(Attempts::Lower, &["outcome"], &["denied"]), (Severity::Medium, 1));
        assert_eq!(of(Attempts::Lower, &["severity", "outcome"], &["low", "failed"]), (Severity::Info, 1));
        assert_eq!(of(Attempts::Lower, &["severity", "outcome"], &["info", "failed"]), (Severity::Info, 1));
        assert_eq!(of(Attempts::Same, &["outcome"], &["denied"]), (Severity::High, 1));
        assert_eq!(of(Attempts::No, &["outcome"], &["denied"]), (Severity::High, 1));
    }

    #[test]
    fn an_aggregate_has_two_times_a_count_and_ids() {
        let columns = ["first_seen", "last_seen", "occurrences", "event_ids"];
        let times = [text("2026-03-10T12:00:00Z"), text("2026-03-10T13:00:00Z")];
        let ids = Value::List(vec![text("e-1"), Value::Null, text("e-2")]);
        let row = |count| [times[0].clone(), times[1].clone(), Value::Integer(count), ids.clone()];
        let finding = &found(&detection(&[], ""), &columns, &[&row(7)])[0];
        assert_eq!(finding.event_time, Timestamp::parse_iso("2026-03-10T12:00:00Z"));
        assert_eq!(finding.last_seen, Timestamp::parse_iso("2026-03-10T13:00:00Z"));
        assert_eq!((finding.occurrences, finding.event_id.is_none()), (Some(7), true));
        assert_eq!(finding.event_ids.iter().map(Untrusted::raw).collect::<Vec<_>>(), ["e-1", "e-2"]);
        assert_eq!(found(&detection(&[], ""), &columns, &[&row(-1)])[0].occurrences, None);
    }

    #[test]
    fn the_identity_is_what_a_finding_is_about_and_its_event() {
        let about = detection(&["actor"], "");
        let identities = |detection: &Detection, columns: &[&str], rows: &[[&str; 2]]| {
            let rows: Vec<[Value; 2]> = rows.iter().map(|row| row.map(text)).collect();
            let rows: Vec<&[Value]> = rows.iter().map(<[Value; 2]>::as_slice).collect();
            let found = found(detection, columns, &rows);
            found
                .into_iter()
                .map(|finding| finding.fingerprint)
                .collect::<std::collections::BTreeSet<_>>()
                .len()
        };
        let rows = [["root", "1"], ["root", "2"], ["eve", "1"]];
        assert_eq!(identities(&about, &["actor", "mfa"], &rows), 2, "a detail is no part of it");
        assert_eq!(identities(&about, &["actor", "event_id"], &rows), 3, "a single event is");
        assert_eq!(
            identities(&detection(&[], ""), &["x", "y"], &rows),
            3,
            "a row about nothing is all it holds"
        );
    }

    #[test]
    fn rows_come_in_one_order_whatever_the_engines() {
        let columns = ["event_time", "actor", "n"];
        let row = |time: &str, actor: &str, n: &str| [time, actor, n].map(text);
        let rows = [
            row("2026-03-10T13:00:00Z", "a", "1"),
            row("2026-03-10T12:00:00Z", "b", "2"),
            row("2026-03-10T12:00:00Z", "b", "1"),
            row("2026-03-10T12:00:00Z", "a", "1"),
        ];
        let order = |order: [usize; 4]| {
            let rows: Vec<&[Value]> = order.iter().map(|at| rows[*at].as_slice()).collect();
            found(&detection(&["actor"], ""), &columns, &rows)
        };
        let sorted = order([0, 1, 2, 3]);
        assert_eq!((&order([3, 2, 1, 0]), &order([2, 0, 3, 1])), (&sorted, &sorted));
        assert_eq!(sorted[3].event_time, Timestamp::parse_iso("2026-03-10T13:00:00Z"));
    }

    #[test]
    fn what_differs_is_kept_beside_and_lists_are_left_alone() {
        let of = |value: Value| Finding {
            details: vec![("d".to_owned(), value)],
            ..found(&detection(&[], ""), &["x"], &[&[text("x")]]).remove(0)
        };
        let merged = |values: &[Value]| {
            let mut kept = of(values[0].clone());
            values[1..].iter().for_each(|value| merge(&mut kept, of(value.clone())));
            kept.details[0].1.clone()
        };
        let list = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
        assert_eq!(merged(&[text("a"), text("a")]), text("a"));
        assert_eq!(merged(&[text("a"), text("b"), text("b"), text("c")]), list(&["a", "b", "c"]));
        assert_eq!(merged(&[list(&["a"]), list(&["a"])]), list(&["a"]));
        assert_eq!(merged(&[list(&["a"]), list(&["b"])]), Value::List(vec![list(&["a"]), list(&["b"])]));
        let mut kept = of(text("a"));
        let other = Finding { details: vec![("other".to_owned(), text("b"))], ..kept.clone() };
        merge(&mut kept, other);
        assert_eq!(kept.details, [("d".to_owned(), text("a"))]);
    }
}
