//! Stories of one line: like ones share a line, so that noise takes few.

use std::collections::{BTreeMap, BTreeSet};

use super::{findings::title, sentence::sentence, stories::benign};
use crate::{
    domain::{
        brief::Brief,
        severity::Severity,
        story::{Story, StoryState},
    },
    render::{clean::Line, limits::Limits, words},
};

/// The most lines.
const MOST: usize = 4;
/// How many names stand in a line.
const NAMES: usize = 4;
/// The longest sentence about a story, in characters, if it names more than one act.
const MAX_SENTENCE: usize = 170;

/// One small story, or several of a kind.
pub(in crate::render) struct ShortStory {
    /// Its worst severity.
    pub severity: &'static str,
    /// `already reported`, if it was.
    pub mark: Option<&'static str>,
    /// Who did what, and what would make it harmless.
    pub text: Line,
}

/// What makes stories alike, besides severity and state.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Likeness<'a> {
    /// Sessions of roles with this name.
    Role(String),
    /// Their worst detection.
    Detection(&'a str),
}

/// These stories in their order, like ones together; and how many stories are left out.
pub(super) fn lines(brief: &Brief, stories: &[&Story], limits: &Limits) -> (Vec<ShortStory>, u64) {
    let mut groups: Vec<Vec<&Story>> = Vec::new();
    let mut places = BTreeMap::new();
    for story in stories {
        let key = (story.severity, story.state == StoryState::Repeated, kind(story));
        let at = *places.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(story);
    }
    let shown = groups.len().min(limits.list.min(MOST));
    let left: usize = groups[shown..].iter().map(Vec::len).sum();
    (groups[..shown].iter().map(|group| line(brief, group, limits)).collect(), left as u64)
}

/// Where stories are as severe as this, only those with the same worst detection are alike.
fn kind(story: &Story) -> Likeness<'_> {
    let name = words::with_names(story.person.raw());
    match name.split_once('/') {
        Some((role, _)) if story.kind == "role session" => Likeness::Role(role.to_owned()),
        None if story.kind == "identity" => Likeness::Role(name),
        _ => Likeness::Detection(story.why.as_str()),
    }
}

fn line(brief: &Brief, group: &[&Story], limits: &Limits) -> ShortStory {
    let first = group[0];
    let year = words::year(brief.run.window.end());
    let what = match group {
        [story] => {
            let at = story.first.map(|at| format!("{} ", words::clock(at, year))).unwrap_or_default();
            // Of a small story one act is enough.
            let max = if story.severity < Severity::Medium { 0 } else { limits.value.min(MAX_SENTENCE) };
            format!("{at}{}", sentence(story, max))
        }
        _ => several(brief, group),
    };
    let benign =
        benign(brief, first).map(|benign| format!(" \u{2013} harmless if: {benign}")).unwrap_or_default();
    ShortStory {
        severity: first.severity.as_str(),
        mark: (first.state == StoryState::Repeated).then_some(words::ALREADY_REPORTED),
        text: Line::new(format!("{what}{benign}")),
    }
}

/// Stories of a kind: `terraform (24 stories in 6 accounts): Security groups were changed`.
fn several(brief: &Brief, group: &[&Story]) -> String {
    let stories = words::count_of(group.len() as u64, "story", "stories");
    let accounts: BTreeSet<_> =
        group.iter().flat_map(|story| &story.accounts).map(|account| &account.id).collect();
    let accounts = words::count(accounts.len() as u64, "account");
    match kind(group[0]) {
        Likeness::Role(role) => {
            let mut titles: Vec<String> = Vec::new();
            for title in group.iter().map(|story| title(brief, &story.why).to_string()) {
                if !titles.contains(&title) {
                    titles.push(title);
                }
            }
            let role = Line::short(role, 50);
            let more = match titles.len() - 1 {
                0 => String::new(),
                more => format!(" \u{2026} and {more} more"),
            };
            format!("{role} ({stories} in {accounts}): {}{more}", titles[0])
        }
        Likeness::Detection(_) => {
            let names: Vec<String> = group
                .iter()
                .map(|story| Line::short(words::with_names(story.person.raw()), 50).to_string())
                .collect();
            format!("{} in {accounts}: {}", title(brief, &group[0].why), words::list(&names, NAMES))
        }
    }
}
