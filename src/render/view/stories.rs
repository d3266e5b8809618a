//! Stories in words: who did what, when, from where, what is left behind, what to do now.

use std::{cmp::Reverse, collections::BTreeSet};

use super::Fact;
use crate::{
    domain::{
        brief::Brief,
        severity::Severity,
        story::{Containment, LeftBehind, Standing, Step, Story, StoryAccount, StoryAddress, StoryState},
        untrusted::Untrusted,
    },
    render::{clean::Line, limits::Limits, words},
};

/// The most stories of one line.
const MOST_SHORT: usize = 6;
/// How many acts stand in the line that names a story.
const NAMED_ACTS: usize = 3;
/// The longest sentence about a story, in characters, if it names more than one act.
const MAX_SENTENCE: usize = 170;

/// The stories of a brief.
pub(in crate::render) struct StoriesView {
    /// How many there are, in words.
    pub counts: Line,
    /// Those in full.
    pub full: Vec<StoryView>,
    /// Those of one line.
    pub short: Vec<ShortStory>,
    /// What was left out.
    pub more: Option<Line>,
}

/// A story of one line.
pub(in crate::render) struct ShortStory {
    /// Its worst severity.
    pub severity: &'static str,
    /// `already reported`, if it was.
    pub mark: Option<&'static str>,
    /// Who did what.
    pub text: Line,
}

/// A story in full.
pub(in crate::render) struct StoryView {
    /// Its number in the brief, from 1.
    pub number: usize,
    /// Its worst severity.
    pub severity: &'static str,
    /// Who, and where.
    pub who: Line,
    /// What it is, and how it stands: `new`, `grown`, how many findings.
    pub state: Line,
    /// When, and from where.
    pub when: Line,
    /// Who else acted, and why it is the same story.
    pub chain: Vec<Line>,
    /// What happened, with its time.
    pub steps: Vec<Fact>,
    /// How many acts are left out.
    pub more_steps: Option<Line>,
    /// Why it is so severe.
    pub why: Line,
    /// What is left behind.
    pub left: Vec<Line>,
    /// How much more is left behind, and how much was undone.
    pub left_note: Option<Line>,
    /// What to do now.
    pub actions: Vec<ActionView>,
    /// How much more there is to do.
    pub more_actions: Option<Line>,
    /// The command that says that somebody takes care of it.
    pub ack: Line,
}

/// Something to do now.
pub(in crate::render) struct ActionView {
    /// What it does, in which account, and what it breaks.
    pub what: Line,
    /// The command.
    pub command: Option<Line>,
}

/// The stories; `None` if there are none.
pub(super) fn stories(brief: &Brief, limits: &Limits) -> Option<StoriesView> {
    if brief.stories.is_empty() {
        return None;
    }
    let is_full = |story: &&Story| story.state.is_news() && story.severity >= Severity::Medium;
    let all: Vec<&Story> = brief.stories.iter().filter(is_full).take(limits.stories).collect();
    let shown: BTreeSet<_> = all.iter().map(|story| &story.id).collect();
    let rest: Vec<&Story> = brief.stories.iter().filter(|story| !shown.contains(&story.id)).collect();
    let short = rest.len().min(limits.list.min(MOST_SHORT));
    let left = (rest.len() - short) as u64;
    let worst = all.iter().filter(|story| story.severity >= Severity::High).count() as u64;
    let counts = match (worst, brief.stories.len() as u64) {
        (0, n) => words::count_of(n, "story", "stories"),
        (worst, n) => {
            format!("{} of high or critical severity, {} in all", words::number(worst), words::number(n))
        }
    };
    Some(StoriesView {
        counts: Line::new(counts),
        full: all.iter().enumerate().map(|(at, story)| full(brief, story, at + 1, limits)).collect(),
        short: rest[..short].iter().map(|story| self::short(brief, story, limits)).collect(),
        more: (left > 0).then(|| {
            Line::new(format!(
                "\u{2026} and {}, see the JSON",
                words::count_of(left, "more story", "more stories")
            ))
        }),
    })
}

fn full(brief: &Brief, story: &Story, number: usize, limits: &Limits) -> StoryView {
    let year = words::year(brief.run.window.end());
    let steps = shown_steps(story, limits.steps);
    let acts = story.left_out + count(&story.steps) - steps.iter().map(|step| step.count).sum::<u64>();
    let left = story.left_behind.len().min(limits.left);
    let actions = story.do_now.len().min(limits.actions);
    let more = (story.do_now.len() - actions) as u64;
    StoryView {
        number,
        severity: story.severity.as_str(),
        who: who(story, limits),
        state: Line::new(state(story)),
        when: when(story, year, limits),
        chain: story
            .chain
            .iter()
            .take(limits.left)
            .map(|link| {
                let at = link.at.map(|at| format!(" ({})", words::clock(at, year))).unwrap_or_default();
                Line::short(format!("{}: {}{at}", link.who.raw(), link.reason.raw()), limits.value)
            })
            .collect(),
        steps: steps
            .into_iter()
            .map(|step| Fact { label: Line::new(time(step, year)), value: step_text(step, limits) })
            .collect(),
        more_steps: (acts > 0).then(|| Line::new(format!("\u{2026} and {}", words::count(acts, "more act")))),
        why: Line::new(format!("{}: {}", story.severity, super::findings::title(brief, &story.why))),
        left: story.left_behind[..left].iter().map(|it| left_line(it, year, limits)).collect(),
        left_note: left_note(story, left),
        actions: story.do_now[..actions].iter().map(|it| action(story, it)).collect(),
        more_actions: (more > 0)
            .then(|| Line::new(format!("\u{2026} and {}, see the JSON", words::count(more, "more action")))),
        ack: Line::new(format!("trailbrief ack {} --reason '...' --by '...'", story.id)),
    }
}

/// The most telling steps, in order of time.
fn shown_steps(story: &Story, most: usize) -> Vec<&Step> {
    let mut order: Vec<usize> = (0..story.steps.len()).collect();
    order.sort_by_key(|at| (Reverse(telling(&story.steps[*at])), *at));
    // How it began is always shown.
    order.retain(|at| *at > 0);
    order.truncate(most.saturating_sub(1));
    order.extend((!story.steps.is_empty()).then_some(0));
    order.sort_unstable();
    order.into_iter().map(|at| &story.steps[at]).collect()
}

fn telling(step: &Step) -> (u8, bool) {
    (step.weight * 2 + step.severity.map_or(0, |severity| severity as u8), step.succeeded)
}

fn count(steps: &[Step]) -> u64 {
    steps.iter().map(|step| step.count).sum()
}

fn time(step: &Step, year: i32) -> String {
    step.at.map_or_else(|| "no time".to_owned(), |at| words::clock(at, year))
}

fn step_text(step: &Step, limits: &Limits) -> Line {
    Line::short(step.text.raw(), limits.value)
}

/// Who, and where: `ci-deploy (IAM user) in web-shop (555566667777)`.
fn who(story: &Story, limits: &Limits) -> Line {
    let accounts: Vec<String> = story.accounts.iter().map(|account| in_full(account).to_string()).collect();
    let person = Line::short(story.person.raw(), limits.value.min(120));
    let kind = if story.person.raw() == story.kind { String::new() } else { format!(" ({})", story.kind) };
    match words::list(&accounts, 3) {
        accounts if accounts.is_empty() => Line::new(format!("{person}{kind}")),
        accounts => Line::new(format!("{person}{kind} in {accounts}")),
    }
}

fn in_full(account: &StoryAccount) -> Line {
    match &account.name {
        Some(name) => Line::new(format!("{} ({})", Line::short(name, 60), Line::short(account.id.raw(), 20))),
        None => Line::short(account.id.raw(), 20),
    }
}

fn state(story: &Story) -> String {
    let findings = words::count(story.findings.len() as u64, "finding");
    match story.state {
        StoryState::New => format!("{findings}, new"),
        StoryState::Grown => format!("{findings}, some {}", words::ALREADY_REPORTED),
        StoryState::Repeated => format!("{findings}, {}", words::ALREADY_REPORTED),
    }
}

/// When, and from where.
fn when(story: &Story, year: i32, limits: &Limits) -> Line {
    let times = match (story.first, story.last) {
        (Some(first), Some(last)) => words::clocks(first, last, year),
        _ => "at no readable time".to_owned(),
    };
    let addresses: Vec<String> = story.addresses.iter().take(3).map(|it| address(it, limits)).collect();
    let more = story.addresses.len().saturating_sub(3) as u64;
    let more = if more > 0 {
        format!(" and {}", words::count_of(more, "more address", "more addresses"))
    } else {
        String::new()
    };
    if addresses.is_empty() {
        return Line::new(times);
    }
    Line::new(format!("{times}, from {}{more}", addresses.join(", ")))
}

fn address(of: &StoryAddress, limits: &Limits) -> String {
    let known = match of.is_trusted {
        Some(true) => Some("trusted network".to_owned()),
        Some(false) => Some("outside the trusted networks".to_owned()),
        None => None,
    };
    let agent = of
        .agent
        .as_ref()
        .map(|agent| Line::short(words::agent(agent.raw()), limits.value.min(60)).to_string());
    let notes: Vec<String> = known.into_iter().chain(agent).collect();
    let address = Line::short(of.address.raw(), 60);
    if notes.is_empty() { address.to_string() } else { format!("{address} ({})", notes.join(", ")) }
}

fn left_line(left: &LeftBehind, year: i32, limits: &Limits) -> Line {
    let note = match left.standing {
        Standing::Present => "",
        Standing::Paused => " (switched off, can be switched on again)",
        Standing::Check => " (changed since: look)",
    };
    let deadline = left.deadline.map(|at| format!(" (can be undone until {})", words::clock(at, year)));
    Line::short(format!("{}{note}{}", left.what.raw(), deadline.unwrap_or_default()), limits.value)
}

fn left_note(story: &Story, shown: usize) -> Option<Line> {
    let more = (story.left_behind.len() - shown) as u64;
    let mut notes = Vec::new();
    if more > 0 {
        notes.push(format!("\u{2026} and {} left behind, see the JSON", words::count(more, "more thing")));
    }
    if story.undone > 0 {
        notes.push(format!("{} made and undone again", words::count(story.undone, "thing")));
    }
    (!notes.is_empty()).then(|| Line::new(notes.join("; ")))
}

fn action(story: &Story, it: &Containment) -> ActionView {
    let name = |id: &Untrusted| {
        let known = story.accounts.iter().find(|account| account.id == *id);
        known.and_then(|account| account.name.clone()).unwrap_or_else(|| id.raw().to_owned())
    };
    // Where a story has one account, its first line names it.
    let account = it.account.as_ref().filter(|_| story.accounts.len() > 1);
    let account = account.map(|id| format!(" in {}", name(id))).unwrap_or_default();
    let risk = it.risk.map(|risk| format!(" \u{2013} {risk}")).unwrap_or_default();
    ActionView {
        what: Line::short(format!("{}{account}{risk}", it.what.raw()), 400),
        command: it.command.as_ref().map(|command| Line::new(command.raw())),
    }
}

fn short(brief: &Brief, story: &Story, limits: &Limits) -> ShortStory {
    let year = words::year(brief.run.window.end());
    let at = story.first.map(|at| format!("{} ", words::clock(at, year))).unwrap_or_default();
    // Of a small story one act is enough.
    let max = if story.severity < Severity::Medium { 0 } else { limits.value.min(MAX_SENTENCE) };
    ShortStory {
        severity: story.severity.as_str(),
        mark: (story.state == StoryState::Repeated).then_some(words::ALREADY_REPORTED),
        text: Line::new(format!("{at}{}", sentence(story, max))),
    }
}

/// A story in one sentence: `ci-deploy (web-shop) created user support-bot, read 3 secrets, stopped trail audit`. It names
/// as many acts as fit into `max` characters, and at least one.
pub(in crate::render) fn sentence(story: &Story, max: usize) -> Line {
    let account = story.accounts.first();
    let account = account.map(|it| it.name.clone().unwrap_or_else(|| it.id.raw().to_owned()));
    let account = account.map(|name| format!(" ({})", Line::short(name, 40))).unwrap_or_default();
    let person = Line::short(story.person.raw(), 50);
    let done: Vec<&Step> = story.steps.iter().filter(|step| step.succeeded).collect();
    let steps: Vec<&Step> = if done.is_empty() { story.steps.iter().collect() } else { done };
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|at| (Reverse(telling(steps[*at])), *at));
    // Small acts are named only where there is nothing else.
    let small = order.iter().position(|at| steps[*at].weight < 2).unwrap_or(order.len());
    order.truncate(small.max(1));
    let mut named: Vec<usize> = Vec::new();
    let line = |named: &[usize]| {
        let mut order = named.to_vec();
        order.sort_unstable();
        let acts: Vec<String> =
            order.iter().map(|at| Line::short(steps[*at].text.raw(), 80).to_string()).collect();
        Line::new(format!("{person}{account} {}", acts.join(", ")))
    };
    for at in order {
        let more = [named.as_slice(), &[at]].concat();
        let fits = line(&more).as_str().chars().count() <= max;
        if named.is_empty() || (fits && more.len() <= NAMED_ACTS) {
            named = more;
        }
    }
    line(&named)
}
