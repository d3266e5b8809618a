//! The brief as plain text: as wide as the terminal, aligned, readable without colour.
//!
//! Lays out what the view says; decides nothing. Colour only repeats what a word already says.

mod page;
mod stories;

pub(crate) use page::wrap;
pub(super) use page::{Ink, TextPage};

use super::{
    TextStyle,
    clean::Line,
    limits::Limits,
    view::{Counted, DetectionView, Fact, FindingRow, Glance, GroupView, Section, SeverityView, View},
    words,
};
use crate::domain::brief::Brief;

/// The longest text, in bytes: what a mail can hold as one of its parts, and far more than anybody reads.
const MAX_BYTES: usize = 1_000_000;

/// The brief as plain text, shortened until it fits.
pub(super) fn render(brief: &Brief, style: TextStyle) -> String {
    let mut text = fill(brief, style, &Limits::TEXT, None);
    for limits in &Limits::MAIL {
        if text.len() <= MAX_BYTES {
            break;
        }
        text = fill(brief, style, limits, Some(limits.shortened_note("a text of one megabyte")));
    }
    text
}

/// The headline and a line for each story: what stays on the screen of a terminal.
pub(super) fn summary(brief: &Brief, style: TextStyle) -> String {
    let view = View::of(brief, &Limits::TEXT);
    let mut page = TextPage::new(style);
    for note in &view.notes {
        page.hang("Note: ", note.as_str(), Ink::Strong, Ink::Plain);
    }
    if let Some(of) = &view.stories {
        stories::titles(&mut page, of);
    }
    page.gap();
    page.block(0, &view.headline.to_string(), Ink::Strong);
    if let Some(also) = &view.also {
        page.block(0, also.as_str(), Ink::Plain);
    }
    page.finish()
}

fn fill(brief: &Brief, style: TextStyle, limits: &Limits, fitted: Option<Line>) -> String {
    let view = View::of(brief, limits);
    let mut page = TextPage::new(style);
    page.block(0, &format!("trailbrief · {} · {}", view.schedule, view.window), Ink::Dim);
    page.gap();
    page.block(0, &view.headline.to_string(), Ink::Strong);
    if let Some(also) = &view.also {
        page.block(0, also.as_str(), Ink::Plain);
    }
    page.rule('=');
    if let Some(fitted) = &fitted {
        page.block(0, fitted.as_str(), Ink::Plain);
    }
    for line in &view.changes {
        page.block(0, line.as_str(), Ink::Plain);
    }
    for note in &view.notes {
        page.hang("Note: ", note.as_str(), Ink::Strong, Ink::Plain);
    }
    for part in &view.alerts {
        section(&mut page, part, Ink::High);
    }
    if let Some(nothing) = &view.nothing {
        page.gap();
        page.block(0, nothing.as_str(), Ink::Plain);
    }
    if let Some(of) = &view.stories {
        stories::stories(&mut page, of, view.held_back.as_ref());
        stories::containment(&mut page, &of.containment);
    }
    // The headings of the findings have the same numbers.
    if view.stories.is_none() {
        glance(&mut page, &view.glance);
        if let Some(legend) = &view.legend {
            page.block(0, legend.as_str(), Ink::Dim);
        }
    }
    overview(&mut page, &view);
    for severity in &view.severities {
        findings(&mut page, severity);
    }
    for part in &view.sections {
        section(&mut page, part, Ink::Strong);
    }
    page.finish()
}

fn glance(page: &mut TextPage, rows: &[Glance]) {
    if rows.is_empty() {
        return;
    }
    page.gap();
    let cells = |name: &str, cells: [String; 4]| {
        let [new, late, repeated, suppressed] = cells;
        format!("{name:<10}{new:>8}{late:>8}{repeated:>18}{suppressed:>13}")
    };
    let head = ["new", "late", words::ALREADY_REPORTED, "suppressed"].map(str::to_owned);
    page.line(0, &cells("", head), Ink::Dim);
    for row in rows {
        let counts = [row.new, row.late, row.repeated, row.suppressed].map(number);
        let line = cells(row.severity, counts);
        page.line(0, &line, if row.fresh() > 0 { Ink::soft(row.severity) } else { Ink::Dim });
    }
}

fn number(n: u64) -> String {
    if n == 0 { "·".to_owned() } else { words::number(n) }
}

fn overview(page: &mut TextPage, view: &View) {
    if view.overview.is_empty() {
        return;
    }
    page.gap();
    let cells = |[new, late, repeated]: [String; 3]| format!("{new:>6}{late:>6}{repeated:>10}");
    page.spread(
        ("", Ink::Plain),
        "What fired",
        &cells(["new", "late", "reported"].map(str::to_owned)),
        Ink::Strong,
    );
    let mut last = "";
    for fired in &view.overview {
        let name = if fired.severity == last { "" } else { fired.severity };
        last = fired.severity;
        let counts = cells(fired.counts.map(number));
        let name = format!("{name:<10}");
        page.spread((&name, Ink::soft(fired.severity)), fired.title.as_str(), &counts, Ink::Plain);
    }
    if let Some(more) = &view.overview_more {
        page.block(10, more.as_str(), Ink::Dim);
    }
}

fn findings(page: &mut TextPage, severity: &SeverityView) {
    page.gap();
    page.heading(&severity.severity.to_uppercase(), severity.counts.as_str(), Ink::of(severity.severity));
    for detection in &severity.detections {
        self::detection(page, detection, Ink::soft(severity.severity));
    }
    if let Some(more) = &severity.more {
        page.gap();
        page.block(0, more.as_str(), Ink::Strong);
    }
}

fn detection(page: &mut TextPage, detection: &DetectionView, ink: Ink) {
    page.gap();
    page.spread(("", Ink::Plain), detection.title.as_str(), detection.counts.as_str(), ink);
    page.block(0, detection.id.as_str(), Ink::Dim);
    if let Some(why) = &detection.why {
        page.block(0, why.as_str(), Ink::Plain);
    }
    for group in &detection.groups {
        self::group(page, group);
    }
    if let Some(note) = &detection.counted_note {
        page.gap();
        page.block(2, note.as_str(), Ink::Plain);
        for counted in &detection.counted {
            self::counted(page, counted);
        }
    }
    page.gap();
    for (name, lines) in [("Harmless if", &detection.benign), ("First steps", &detection.steps)] {
        let numbered = name == "First steps" && lines.len() > 1;
        for (at, line) in lines.iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            let nth = if numbered { format!("{}. ", at + 1) } else { String::new() };
            page.hang(&format!("  {name:<13}{nth}"), line.as_str(), Ink::Dim, Ink::Plain);
        }
    }
    for (at, link) in detection.references.iter().enumerate() {
        let name = if at == 0 { "References" } else { "" };
        if link.link {
            // A link that is cut does not work.
            page.line(0, &format!("  {name:<13}{}", link.text), Ink::Dim);
        } else {
            page.hang(&format!("  {name:<13}"), link.text.as_str(), Ink::Dim, Ink::Dim);
        }
    }
}

fn group(page: &mut TextPage, group: &GroupView) {
    page.gap();
    page.block(2, &format!("{} in {}", group.actor, group.account), Ink::Strong);
    for row in &group.rows {
        self::row(page, row);
    }
}

fn row(page: &mut TextPage, row: &FindingRow) {
    let mark = row.mark.map_or_else(String::new, |mark| format!("[{mark}] "));
    page.hang(
        &format!("    {:<15} ", row.time.to_string()),
        &format!("{mark}{}", row.says),
        Ink::Dim,
        Ink::Plain,
    );
    if !row.facts.is_empty() {
        page.block(20, &inline(&row.facts), Ink::Dim);
    }
    if !row.details.is_empty() {
        page.block(20, &inline(&row.details), Ink::Dim);
    }
    if let Some(command) = &row.suppress {
        page.line(0, &format!("     $ {command}"), Ink::Dim);
    }
}

/// Facts side by side.
fn inline(facts: &[Fact]) -> String {
    let parts: Vec<String> = facts
        .iter()
        .map(|fact| match fact.label.as_str() {
            "" => fact.value.to_string(),
            label => format!("{label} {}", fact.value),
        })
        .collect();
    parts.join(" · ")
}

fn counted(page: &mut TextPage, counted: &Counted) {
    let head = format!("  {:>6}  ", words::number(counted.findings));
    page.hang(
        &head,
        &format!("{} in {}, {}", counted.actor, counted.account, counted.times),
        Ink::Plain,
        Ink::Plain,
    );
}

fn section(page: &mut TextPage, section: &Section, ink: Ink) {
    page.gap();
    page.heading(section.title, "", ink);
    if let Some(lead) = &section.lead {
        page.block(0, lead.as_str(), Ink::Plain);
    }
    for entry in &section.entries {
        if section.tabular {
            page.hang(&format!("{:<18}", entry.head.to_string()), entry.body.as_str(), Ink::Dim, Ink::Plain);
            continue;
        }
        page.gap();
        page.block(2, entry.head.as_str(), Ink::Strong);
        page.block(4, entry.body.as_str(), Ink::Plain);
        for fact in &entry.facts {
            if fact.label.is_empty() {
                page.block(4, fact.value.as_str(), Ink::Dim);
                continue;
            }
            page.hang(
                &format!("    {:<12}", fact.label.to_string()),
                fact.value.as_str(),
                Ink::Dim,
                Ink::Plain,
            );
        }
    }
    if let Some(more) = &section.more {
        page.gap();
        page.block(2, more.as_str(), Ink::Strong);
    }
}
