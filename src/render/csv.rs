//! The findings as CSV (RFC 4180), for spreadsheets: one row a finding, the suppressed ones last.
//!
//! A cell never begins what a spreadsheet would compute, and holds no control or direction character. Whoever needs
//! the exact bytes takes the JSON.

use super::{clean, json};
use crate::domain::{
    brief::Brief,
    finding::Finding,
    suppression::SuppressionUse,
    untrusted::{Untrusted, is_hidden},
};

/// The columns, in order.
const HEADER: [&str; 22] = [
    "severity",
    "state",
    "detection",
    "title",
    "event_time",
    "last_seen",
    "occurrences",
    "account_id",
    "account_name",
    "region",
    "actor",
    "action",
    "resource",
    "source_ip",
    "says",
    "event_id",
    "event_ids",
    "fingerprint",
    "suppression_reason",
    "suppression_owner",
    "suppression_expires",
    "details",
];

/// The findings as CSV.
pub(super) fn render(brief: &Brief) -> String {
    let mut writer = csv::WriterBuilder::new()
        // Quotes around every cell, so that no other separator can cut one in two.
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let told = brief.findings.iter().map(|finding| (finding, None));
    let held = brief.suppressed.iter().map(|(finding, at)| (finding, brief.suppressions.get(*at)));
    let rows = told.chain(held).map(|(finding, used)| cells(brief, finding, used));
    for row in std::iter::once(HEADER.map(str::to_owned)).chain(rows) {
        writer.write_record(&row).expect("memory takes every row, and all have the header's length");
    }
    let bytes = writer.into_inner().expect("memory can always be flushed");
    String::from_utf8(bytes).expect("only text was written")
}

fn cells(brief: &Brief, finding: &Finding, used: Option<&SuppressionUse>) -> [String; HEADER.len()] {
    let text = |value: &Option<Untrusted>| cell(value.as_ref().map_or("", Untrusted::raw));
    let rule = used.map(|used| &used.suppression);
    let time = |at: Option<_>| {
        at.map_or_else(String::new, |at: crate::domain::time::Timestamp| cell(&at.to_string()))
    };
    [
        finding.severity.as_str().to_owned(),
        finding.state.as_str().to_owned(),
        cell(finding.detection.as_str()),
        cell(brief.detections.get(&finding.detection).map_or("", |known| &known.title)),
        time(finding.event_time),
        time(finding.last_seen),
        finding.occurrences.map_or_else(String::new, |n| n.to_string()),
        text(&finding.account_id),
        cell(finding.account_name.as_deref().unwrap_or_default()),
        text(&finding.region),
        text(&finding.actor),
        text(&finding.action),
        text(&finding.resource),
        text(&finding.source_ip),
        cell(finding.says.raw()),
        text(&finding.event_id),
        cell(&finding.event_ids.iter().map(Untrusted::raw).collect::<Vec<_>>().join(" ")),
        finding.fingerprint.to_string(),
        cell(rule.map_or("", |rule| &rule.reason)),
        cell(rule.map_or("", |rule| &rule.owner)),
        time(rule.map(|rule| rule.expires)),
        details(finding),
    ]
}

/// A text as a cell: hidden characters visible, and an apostrophe before what could begin a formula.
fn cell(text: &str) -> String {
    let text = clean::Line::new(text).to_string();
    if begins_formula(&text) { format!("'{text}") } else { text }
}

/// Whether a spreadsheet could take a cell for a formula, once it has dropped what it likes to drop in front.
fn begins_formula(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| {
        c.is_whitespace()
            || c.is_control()
            || is_hidden(c)
            || "\"'`\u{2018}\u{2019}\u{201c}\u{201d}".contains(c)
    });
    // Escapes of dropped characters count as dropped too: another program may undo them.
    if let Some(after) = rest.strip_prefix("\\t").or(rest.strip_prefix("\\r")).or(rest.strip_prefix("\\n")) {
        return begins_formula(after);
    }
    if let Some((_, after)) = rest.strip_prefix("\\u{").and_then(|rest| rest.split_once('}')) {
        return begins_formula(after);
    }
    rest.starts_with([
        '=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{2212}',
    ]) || rest
        .starts_with(['\u{fe66}', '\u{fe62}', '\u{fe63}', '\u{fe6b}', '\u{207a}', '\u{207b}', '\u{207c}'])
}

/// The details as one JSON object that is still JSON after hidden characters are escaped.
fn details(finding: &Finding) -> String {
    let object = serde_json::Value::Object(json::fields(&finding.details)).to_string();
    let mut out = String::with_capacity(object.len());
    for c in object.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for bad in
            ["=1", "+1", "-1", "@x", " =1", "\t=1", "\r=1", "\"=1", "'=1", "\u{ff1d}1", "\u{feff}=1", "|x"]
        {
            assert!(cell(bad).starts_with('\''), "{bad:?} → {}", cell(bad));
        }
        for good in ["", "arn:aws:iam::111122223333:root", "198.51.100.7", "{\"a\":1}"] {
            assert_eq!(cell(good), good);
        }
    }
}
