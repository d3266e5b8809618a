//! From a row to a finding: the standard columns by name, everything else as a named detail.

use crate::domain::{
    account::Accounts,
    detection::Detection,
    finding::{Finding, FindingState, Fingerprint, standard_column},
    rows::{Rows, Value, cmp_fields},
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
        .filter(|(column, _)| standard_column(column).is_none())
        .map(|(column, value)| (column.to_ascii_lowercase(), value.clone()))
        .collect();
    let account_id = row.text("account_id");
    Finding {
        detection: detection.id.clone(),
        severity: detection.severity,
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
        details,
    }
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
