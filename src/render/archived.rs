//! The list of archived briefs, in words and as JSON.

use serde::Serialize;

use super::{
    TextStyle,
    clean::Line,
    clock::Clock,
    json::WindowV1,
    text::{Ink, TextPage},
    view, words,
};
use crate::domain::{
    brief::Brief,
    finding::FindingState,
    severity::Severity,
    time::{Timestamp, Window},
};

/// A brief of the archive.
#[derive(Debug)]
pub struct ArchivedBrief {
    /// The id of its run.
    pub run: String,
    /// Its schedule.
    pub schedule: String,
    /// The time for which the schedule ran.
    pub at: Timestamp,
    /// What a list shows of it, or why it cannot be read.
    pub summary: Result<Summary, String>,
}

/// What a list shows of a brief.
#[derive(Debug)]
pub struct Summary {
    headline: String,
    window: Window,
    stories: u64,
    findings: CountsV1,
    unanswered: u64,
}

impl Summary {
    /// The summary of a brief.
    #[must_use]
    pub fn of(brief: &Brief) -> Self {
        Self {
            headline: view::headline(brief).to_string(),
            window: brief.run.window,
            stories: brief.stories.len() as u64,
            findings: CountsV1::of(brief),
            unanswered: brief.failures.len() as u64,
        }
    }
}

/// How many findings a brief has.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct CountsV1 {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
    repeated: u64,
    suppressed: u64,
}

impl CountsV1 {
    /// New and late findings by severity, and those that were reported before or are suppressed.
    fn of(brief: &Brief) -> Self {
        let mut counts = Self { suppressed: brief.suppressed.len() as u64, ..Self::default() };
        for finding in &brief.findings {
            let count = match (finding.state, finding.severity) {
                (FindingState::Repeated, _) => &mut counts.repeated,
                (_, Severity::Critical) => &mut counts.critical,
                (_, Severity::High) => &mut counts.high,
                (_, Severity::Medium) => &mut counts.medium,
                (_, Severity::Low) => &mut counts.low,
                (_, Severity::Info) => &mut counts.info,
            };
            *count += 1;
        }
        counts
    }

    fn words(self) -> String {
        let named = [
            (self.critical, "critical"),
            (self.high, "high"),
            (self.medium, "medium"),
            (self.low, "low"),
            (self.info, "info"),
            (self.repeated, words::ALREADY_REPORTED),
            (self.suppressed, "suppressed"),
        ];
        let parts: Vec<String> = named
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, name)| format!("{} {name}", words::number(n)))
            .collect();
        if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
    }

    const fn worst(self) -> &'static str {
        match self {
            Self { critical: 1.., .. } => "critical",
            Self { high: 1.., .. } => "high",
            Self { medium: 1.., .. } => "medium",
            Self { low: 1.., .. } => "low",
            _ => "info",
        }
    }
}

/// The list as text: a line with time, schedule and counts, and the headline below it.
pub(super) fn text(all: &[ArchivedBrief], style: TextStyle) -> String {
    let mut page = TextPage::new(style);
    let longest = all.iter().map(|it| it.schedule.chars().count()).max().unwrap_or_default();
    for it in all {
        let (counts, ink, headline) = match &it.summary {
            Ok(Summary { findings, headline, .. }) => {
                (findings.words(), Ink::soft(findings.worst()), headline.clone())
            }
            Err(why) => ("cannot be read".to_owned(), Ink::High, Line::new(why).to_string()),
        };
        let head = format!(
            "{}  {:<longest$}  ",
            Clock::utc(it.at).full_in_zone(it.at),
            Line::new(&it.schedule).as_str()
        );
        page.hang(&head, &counts, Ink::Strong, ink);
        page.block(2, &headline, Ink::Plain);
        page.line(2, Line::new(&it.run).as_str(), Ink::Dim);
    }
    page.finish()
}

#[derive(Serialize)]
struct ArchivedV1<'a> {
    id: &'a str,
    schedule: &'a str,
    time: String,
    window: Option<WindowV1>,
    headline: Option<&'a str>,
    stories: Option<u64>,
    findings: Option<CountsV1>,
    unanswered: Option<u64>,
    error: Option<&'a str>,
}

/// The list as one JSON array.
pub(super) fn json(all: &[ArchivedBrief]) -> String {
    let entries: Vec<ArchivedV1<'_>> = all
        .iter()
        .map(|it| {
            let summary = it.summary.as_ref().ok();
            ArchivedV1 {
                id: &it.run,
                schedule: &it.schedule,
                time: it.at.to_string(),
                window: summary.map(|of| WindowV1::of(of.window)),
                headline: summary.map(|of| of.headline.as_str()),
                stories: summary.map(|of| of.stories),
                findings: summary.map(|of| of.findings),
                unanswered: summary.map(|of| of.unanswered),
                error: it.summary.as_ref().err().map(String::as_str),
            }
        })
        .collect();
    serde_json::to_string(&entries).expect("the list holds only texts and numbers")
}
