//! Stories of one line: like ones share a line, so that noise takes few.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    findings::title,
    sentence::sentence,
    stories::{benign, is_severe},
};
use crate::{
    domain::{
        brief::Brief,
        severity::Severity,
        story::{Story, StoryId, StoryState},
    },
    render::{clean::Line, clock::Clock, limits::Limits, words},
};

/// The most lines of stories that are not severe.
const MOST: usize = 3;
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
    /// A severe story shares its line with nobody.
    Alone(&'a StoryId),
    /// Sessions of roles with this name.
    Role(String),
    /// Their worst detection.
    Detection(&'a str),
}

/// These stories in their order, like ones together; and what is left out.
pub(super) fn lines(brief: &Brief, stories: &[&Story], limits: &Limits) -> (Vec<ShortStory>, Option<Line>) {
    let mut groups: Vec<Vec<&Story>> = Vec::new();
    let mut places = BTreeMap::new();
    for story in stories {
        // Nothing makes a call from outside harmless, so it does not hide among others.
        let is_outside = story.addresses.iter().any(|address| address.is_trusted == Some(false));
        let key = (story.severity, story.state == StoryState::Repeated, is_outside, kind(story));
        let at = *places.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(story);
    }
    let mut room = [limits.list.min(MOST), limits.severe_stories];
    let (shown, left): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| {
        let room = &mut room[usize::from(is_severe(group[0]))];
        let fits = *room > 0;
        *room = room.saturating_sub(1);
        fits
    });
    (shown.iter().map(|group| line(brief, group, limits)).collect(), left_out(&left.concat()))
}

/// How many stories are left out, and how many of them are severe.
fn left_out(left: &[&Story]) -> Option<Line> {
    let severe = left.iter().filter(|story| is_severe(story)).count() as u64;
    let of_them = match severe {
        0 => String::new(),
        n => format!(", {} of them high or critical", words::number(n)),
    };
    (!left.is_empty()).then(|| {
        let more = words::count_of(left.len() as u64, "more story", "more stories");
        Line::new(format!("\u{2026} and {more}{of_them}, see the JSON"))
    })
}

/// What a story has in common with those that share its line.
fn kind(story: &Story) -> Likeness<'_> {
    if is_severe(story) {
        return Likeness::Alone(&story.id);
    }
    let name = words::with_names(story.person.raw());
    match name.split_once('/') {
        Some((role, _)) if story.kind == "role session" => Likeness::Role(role.to_owned()),
        None if story.kind == "identity" => Likeness::Role(name),
        _ => Likeness::Detection(story.why.as_str()),
    }
}

fn line(brief: &Brief, group: &[&Story], limits: &Limits) -> ShortStory {
    let first = group[0];
    let clock = Clock::of(brief);
    let what = match group {
        [story] => {
            let at = story.first.map(|at| format!("{} ", clock.minute(at))).unwrap_or_default();
            // Of a small story one act is enough.
            let max = if story.severity < Severity::Medium { 0 } else { limits.value.min(MAX_SENTENCE) };
            format!("{at}{}", sentence(story, max))
        }
        _ => several(brief, group),
    };
    let others: BTreeSet<_> = group.iter().map(|story| &story.why).filter(|why| **why != first.why).collect();
    // The explanation is that of the detection which is named, so it stands beside that name.
    let harmless = benign(brief, first).map(|benign| match others.is_empty() {
        true => format!(" \u{2013} harmless if: {benign}"),
        false => format!(" (harmless if: {benign})"),
    });
    let others = match others.len() as u64 {
        0 => String::new(),
        more => format!(" \u{2026} and {}", words::count(more, "other detection")),
    };
    ShortStory {
        severity: first.severity.as_str(),
        mark: (first.state == StoryState::Repeated).then_some(words::ALREADY_REPORTED),
        text: Line::new(format!("{what}{}{others}", harmless.unwrap_or_default())),
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
            format!("{} ({stories} in {accounts}): {}", Line::short(role, 50), title(brief, &group[0].why))
        }
        Likeness::Detection(_) | Likeness::Alone(_) => {
            let names: Vec<String> = group
                .iter()
                .map(|story| Line::short(words::with_names(story.person.raw()), 50).to_string())
                .collect();
            format!("{} in {accounts}: {}", title(brief, &group[0].why), words::list(&names, NAMES))
        }
    }
}
