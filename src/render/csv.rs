//! The findings as CSV (RFC 4180), for spreadsheets: one row a finding, the suppressed ones last.
//!
//! No cell begins what a spreadsheet would compute, and none holds a control or direction character. The JSON has the
//! exact bytes.

use super::{clean, json};
use crate::domain::{
    brief::Brief,
    finding::{Finding, standard_column},
    story::Story,
    suppression::Suppression,
    untrusted::is_hidden,
};

/// One line of the file: a finding, and the suppression that holds it back.
struct CsvRow<'a> {
    brief: &'a Brief,
    finding: &'a Finding,
    suppression: Option<&'a Suppression>,
    story: Option<&'a Story>,
}

impl CsvRow<'_> {
    /// The ATT&CK techniques of the detection, each once, with spaces between them.
    fn techniques(&self) -> Option<String> {
        let attack = &self.brief.detections.get(&self.finding.detection)?.attack;
        let mut techniques: Vec<&str> = Vec::new();
        for it in attack {
            if !techniques.contains(&it.technique.as_str()) {
                techniques.push(&it.technique);
            }
        }
        Some(techniques.join(" "))
    }
}

/// Where a column's cells come from.
enum Cells {
    /// A standard column of the detections' answers.
    Standard,
    /// Text, which is escaped.
    Text(fn(&CsvRow<'_>) -> Option<String>),
    /// The details, which are JSON and stay so.
    Details,
}

/// The columns, in order.
const COLUMNS: [(&str, Cells); 25] = [
    ("severity", Cells::Text(|row| Some(row.finding.severity.to_string()))),
    ("state", Cells::Text(|row| Some(row.finding.state.as_str().to_owned()))),
    ("detection", Cells::Text(|row| Some(row.finding.detection.to_string()))),
    ("title", Cells::Text(|row| Some(row.brief.detections.get(&row.finding.detection)?.title.clone()))),
    ("event_time", Cells::Standard),
    ("last_seen", Cells::Standard),
    ("occurrences", Cells::Standard),
    ("account_id", Cells::Standard),
    ("account_name", Cells::Text(|row| row.finding.account_name.clone())),
    ("region", Cells::Standard),
    ("actor", Cells::Standard),
    ("action", Cells::Standard),
    ("resource", Cells::Standard),
    ("source_ip", Cells::Standard),
    ("says", Cells::Text(|row| Some(row.finding.says.raw().to_owned()))),
    ("event_id", Cells::Standard),
    ("event_ids", Cells::Standard),
    ("fingerprint", Cells::Text(|row| Some(row.finding.fingerprint.to_string()))),
    ("suppression_reason", Cells::Text(|row| Some(row.suppression?.reason.clone()))),
    ("suppression_owner", Cells::Text(|row| Some(row.suppression?.owner.clone()))),
    ("suppression_expires", Cells::Text(|row| Some(row.suppression?.expires.to_string()))),
    ("details", Cells::Details),
    ("story", Cells::Text(|row| Some(row.story?.id.to_string()))),
    ("person", Cells::Text(|row| Some(row.story?.person.raw().to_owned()))),
    ("attack", Cells::Text(|row| row.techniques())),
];

/// The findings as CSV.
pub(super) fn render(brief: &Brief) -> String {
    let mut writer = csv::WriterBuilder::new()
        // Quotes around every cell, so that no other separator can cut one in two.
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let stories = brief.stories_of();
    let reported = brief.findings.iter().map(|finding| {
        let story = stories.get(&finding.fingerprint).copied();
        CsvRow { brief, finding, suppression: None, story }
    });
    let suppressed = brief.suppressed.iter().map(|(finding, at)| {
        let suppression = brief.suppressions.get(*at).map(|used| &used.suppression);
        CsvRow { brief, finding, suppression, story: None }
    });
    let rows = reported.chain(suppressed).map(|row| COLUMNS.map(|(name, cells)| cells.of(name, &row)));
    for row in std::iter::once(COLUMNS.map(|(name, _)| name.to_owned())).chain(rows) {
        writer.write_record(&row).expect("memory takes every row, and all have the header's length");
    }
    let bytes = writer.into_inner().expect("memory can always be flushed");
    String::from_utf8(bytes).expect("only text was written")
}

impl Cells {
    /// The cell of a row in the column of this name.
    fn of(&self, name: &str, row: &CsvRow<'_>) -> String {
        let text = match self {
            Self::Standard => standard_column(name).and_then(|column| (column.text)(row.finding)),
            Self::Text(text) => text(row),
            Self::Details => return details(row.finding),
        };
        cell(&text.unwrap_or_default())
    }
}

/// A text as a cell: hidden characters visible, and an apostrophe before what could begin a formula.
pub(super) fn cell(text: &str) -> String {
    let text = clean::Line::new(text).to_string();
    if begins_formula(&text) { format!("'{text}") } else { text }
}

/// Whether a spreadsheet could take a cell for a formula, once it has dropped the characters that it ignores in front.
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
    use crate::domain::{attack::Attack, detection::Detection};

    #[test]
    fn columns_without_a_text_of_their_own_are_standard_columns() {
        for (name, cells) in COLUMNS {
            assert_eq!(matches!(cells, Cells::Standard), standard_column(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_last_column_names_the_techniques_each_once() {
        let attack = |tactic: &str, technique: &str| Attack {
            tactic: tactic.to_owned(),
            technique: technique.to_owned(),
        };
        let known = Detection {
            attack: vec![attack("TA0003", "T1098"), attack("TA0004", "T1098"), attack("TA0001", "T1078.004")],
            ..Detection::sample("a.b")
        };
        let brief = Brief {
            findings: vec![Finding::sample("a.b", "x", None), Finding::sample("c.d", "x", None)],
            detections: [(known.id.clone(), known)].into(),
            ..Brief::sample()
        };
        let csv = render(&brief);
        let last: Vec<&str> = csv.lines().map(|line| line.rsplit_once(',').unwrap().1).collect();
        assert_eq!(last, ["\"attack\"", "\"T1098 T1078.004\"", "\"\""]);
    }

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
