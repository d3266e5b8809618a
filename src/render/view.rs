//! A brief in words: what every medium for people shows, in the order in which it is shown.
//!
//! All lines are clean, so a medium adds only its own escaping and layout. What exceeds the limits is counted instead of
//! shown, and the counts are shown. Nothing here knows a medium.

mod alike;
mod changes;
mod coverage;
mod findings;
mod headline;
mod overview;
mod rows;
mod sections;
mod sentence;
mod small_stories;
mod stories;
mod truncated;
mod undecidable;

pub(super) use changes::undone;
pub(super) use headline::headline;
pub(super) use sentence::sentence;
pub(super) use stories::{ActionView, ContainmentView, StoriesView, StoryView};

use super::{clean::Line, clock::Clock, limits::Limits, words};
use crate::domain::brief::Brief;

/// A brief in words.
pub(super) struct View {
    /// What matters, in one sentence, without the window.
    pub headline: Line,
    /// The window that was asked for.
    pub window: Line,
    /// The schedule or that it ran on demand.
    pub schedule: Line,
    /// What else was counted: late, already reported, suppressed, unreadable, without logs.
    pub also: Option<Line>,
    /// The detections that fired with their counts, as one line that a mailbox shows before opening.
    pub preview: Line,
    /// Findings by severity and state, worst first; severities without any are left out.
    pub glance: Vec<Glance>,
    /// What the words of the glance mean, for the words that it uses.
    pub legend: Option<Line>,
    /// What changed since the last brief.
    pub changes: Vec<Line>,
    /// What a reader must know about this run.
    pub notes: Vec<Line>,
    /// Detections that gave no answer, events that could not be judged, findings that are left out.
    pub alerts: Vec<Section>,
    /// The detections that fired, if there are many.
    pub overview: Vec<Fired>,
    /// What the overview leaves out.
    pub overview_more: Option<Line>,
    /// What happened, by who did it.
    pub stories: Option<StoriesView>,
    /// What suppressions held back and why, in one line, beside the stories.
    pub held_back: Option<Line>,
    /// The findings, worst first.
    pub severities: Vec<SeverityView>,
    /// Why there is nothing to read, if there are no findings.
    pub nothing: Option<Line>,
    /// Whether there is nothing to do: nothing found, every detection answered, something read.
    pub calm: bool,
    /// Suppressed findings, unreadable files, coverage, what was read.
    pub sections: Vec<Section>,
}

/// Findings of one severity, counted by state.
#[derive(Default)]
pub(super) struct Glance {
    /// The severity's name.
    pub severity: &'static str,
    /// Reported for the first time.
    pub new: u64,
    /// Reported for the first time, though their events arrived late.
    pub late: u64,
    /// Already reported in an earlier brief.
    pub repeated: u64,
    /// Held back by a suppression.
    pub suppressed: u64,
}

impl Glance {
    /// Findings that are reported for the first time.
    pub(super) fn fresh(&self) -> u64 {
        self.new + self.late
    }
}

/// One line of the overview.
pub(super) struct Fired {
    /// The severity's name.
    pub severity: &'static str,
    /// The detection's title.
    pub title: Line,
    /// How many findings are new, late, already reported.
    pub counts: [u64; 3],
}

/// All findings of one severity.
pub(super) struct SeverityView {
    /// Its name.
    pub severity: &'static str,
    /// Findings by state and how many detections, in words.
    pub counts: Line,
    /// Its detections.
    pub detections: Vec<DetectionView>,
    /// What was left out.
    pub more: Option<Line>,
}

/// One detection that fired.
pub(super) struct DetectionView {
    /// One line for people.
    pub title: Line,
    /// Findings by state, in words.
    pub counts: Line,
    /// How many findings it has.
    pub findings: u64,
    /// Id, ATT&CK and CIS references, status unless stable.
    pub id: Line,
    /// Why it matters.
    pub why: Option<Line>,
    /// Findings in full.
    pub groups: Vec<GroupView>,
    /// The findings that are not shown in full, counted by actor and account.
    pub counted: Vec<Counted>,
    /// The sentence above `counted`.
    pub counted_note: Option<Line>,
    /// Harmless explanations.
    pub benign: Vec<Line>,
    /// What to do first.
    pub steps: Vec<Line>,
    /// Where to read on.
    pub references: Vec<Reference>,
}

/// Where to read on.
pub(super) struct Reference {
    /// As it stands in the library.
    pub text: Line,
    /// Whether it may be made a link: `https`, and nothing in it that needs escaping.
    pub link: bool,
}

/// The findings of one actor in one account.
pub(super) struct GroupView {
    /// The actor.
    pub actor: Line,
    /// The account's name and id.
    pub account: Line,
    /// Its findings.
    pub rows: Vec<FindingRow>,
}

/// One finding.
pub(super) struct FindingRow {
    /// When: the first time, for an aggregate.
    pub time: Line,
    /// `late` or `already reported`.
    pub mark: Option<&'static str>,
    /// One sentence.
    pub says: Line,
    /// Action, region, source address, resource, how often, last seen, event.
    pub facts: Vec<Fact>,
    /// The named details.
    pub details: Vec<Fact>,
    /// The command that holds it back for a time; `None` for what an earlier brief reported, and on demand.
    pub suppress: Option<Line>,
}

/// A value with its name; the name may be empty.
pub(super) struct Fact {
    /// Its name.
    pub label: Line,
    /// Its value.
    pub value: Line,
}

/// Findings that are only counted.
pub(super) struct Counted {
    /// How many.
    pub findings: u64,
    /// The actor.
    pub actor: Line,
    /// The account's name and id.
    pub account: Line,
    /// From when to when.
    pub times: Line,
}

/// A part of the brief beside the findings.
pub(super) struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What it means, or a summary.
    pub lead: Option<Line>,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// What was left out.
    pub more: Option<Line>,
    /// Whether the entries' names are short enough to stand beside their text.
    pub tabular: bool,
}

/// One entry of a section.
pub(super) struct Entry {
    /// What it is about.
    pub head: Line,
    /// A sentence about it; may be empty.
    pub body: Line,
    /// More about it.
    pub facts: Vec<Fact>,
}

impl Fact {
    fn new(label: &str, value: Line) -> Self {
        Self { label: Line::new(label), value }
    }
}

impl View {
    /// The brief in words, shortened to these limits.
    pub(super) fn of(brief: &Brief, limits: &Limits) -> Self {
        let glance = headline::glance(brief);
        let (overview, overview_more) = overview::fired(brief, limits);
        let list = limits.list;
        let notes = &brief.run.notes;
        let mut shown_notes: Vec<Line> =
            notes.iter().take(list).map(|note| Line::short(note, limits.value * 2)).collect();
        if notes.len() > list {
            let more = words::count((notes.len() - list) as u64, "more note");
            shown_notes.push(Line::new(format!("\u{2026} and {more}, see the JSON")));
        }
        Self {
            headline: headline::headline(brief),
            window: Line::new(Clock::of(brief).window_and_utc(brief.run.window)),
            schedule: match &brief.run.schedule {
                Some(name) => Line::short(format!("schedule {name}"), 60),
                None => Line::new("on demand"),
            },
            also: headline::also(brief),
            preview: overview::preview(brief),
            legend: headline::legend(&glance),
            glance,
            changes: changes::lines(brief),
            notes: shown_notes,
            alerts: [
                sections::unanswered(brief, limits),
                undecidable::section(brief, limits),
                truncated::section(brief, limits),
            ]
            .into_iter()
            .flatten()
            .collect(),
            overview,
            overview_more,
            stories: stories::stories(brief, limits),
            held_back: sections::held_back(brief).filter(|_| !brief.stories.is_empty()),
            severities: rows::severities(brief, limits),
            nothing: headline::nothing(brief),
            calm: headline::calm(brief),
            sections: [
                sections::suppressed(brief, limits),
                sections::unreadable(brief, limits),
                Some(coverage::coverage(brief, limits)),
                Some(coverage::reading(brief, limits)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}
