//! The list of archived briefs, in words and as JSON.

use serde::Serialize;

use super::{
    TextStyle,
    clean::Line,
    json::WindowV1,
    text::{Ink, TextPage},
    view, words,
};
use crate::domain::{brief::Brief, finding::FindingState, severity::Severity, time::Timestamp};

/// A brief of the archive.
#[derive(Debug)]
pub struct ArchivedBrief {
    /// The id of its run.
    pub run: String,
    /// Its schedule.
    pub schedule: String,
    /// The time for which the schedule ran.
    pub at: Timestamp,
    /// What it says, or why it cannot be read.
    pub brief: Result<Brief, String>,
}

/// How many findings a brief has.
#[derive(Clone, Copy, Default, Serialize)]
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
        let (counts, ink, headline) = match &it.brief {
            Ok(brief) => {
                let counts = CountsV1::of(brief);
                (counts.words(), Ink::soft(counts.worst()), view::headline(brief).to_string())
            }
            Err(why) => ("cannot be read".to_owned(), Ink::High, Line::new(why).to_string()),
        };
        let head = format!("{} UTC  {:<longest$}  ", words::minute(it.at), Line::new(&it.schedule).as_str());
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
    headline: Option<String>,
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
            let brief = it.brief.as_ref().ok();
            ArchivedV1 {
                id: &it.run,
                schedule: &it.schedule,
                time: it.at.to_string(),
                window: brief.map(|brief| WindowV1::of(brief.run.window)),
                headline: brief.map(|brief| view::headline(brief).to_string()),
                stories: brief.map(|brief| brief.stories.len() as u64),
                findings: brief.map(CountsV1::of),
                unanswered: brief.map(|brief| brief.failures.len() as u64),
                error: it.brief.as_ref().err().map(String::as_str),
            }
        })
        .collect();
    serde_json::to_string(&entries).expect("the list holds only texts and numbers")
}
