//! Stories in words: who did what, when, from where, what is left behind, what to do now.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    Fact,
    alike::folded,
    findings::title,
    sentence::{sentence, telling},
    small_stories::{self, ShortStory},
};
use crate::{
    domain::{
        brief::Brief,
        severity::Severity,
        story::{Containment, LeftBehind, Standing, Step, Story, StoryAccount, StoryAddress, StoryState},
        time::Timestamp,
        untrusted::Untrusted,
    },
    render::{clean::Line, clock::Clock, limits::Limits, whereabouts, words},
};

/// From how many findings on one detection does not say what a story is, nor one explanation make it harmless.
const MANY_FINDINGS: usize = 8;
/// The longest text of a step or of something that is left behind, in characters.
const MAX_TEXT: usize = 200;
/// The longest title of a story, in characters, if it names more than one act.
const MAX_TITLE: usize = 120;

/// The stories of a brief.
pub(in crate::render) struct StoriesView {
    /// How many there are, in words.
    pub counts: Line,
    /// Those in full.
    pub full: Vec<StoryView>,
    /// Those of one line; like ones share it.
    pub short: Vec<ShortStory>,
    /// What was left out.
    pub more: Option<Line>,
    /// What to do about stories of which only the first actions are shown.
    pub containment: Vec<ContainmentView>,
}

/// All that is to be done about a story.
pub(in crate::render) struct ContainmentView {
    /// The story's number in the brief.
    pub number: usize,
    /// Who, and where.
    pub who: Line,
    /// The actions, in order.
    pub actions: Vec<ActionView>,
    /// How much is left out.
    pub more: Option<Line>,
}

/// A story in full.
pub(in crate::render) struct StoryView {
    /// Its number in the brief, from 1.
    pub number: usize,
    /// Its worst severity.
    pub severity: &'static str,
    /// All of it in one sentence.
    pub title: Line,
    /// Who, and where.
    pub who: Line,
    /// How it stands: `new`, `grown`, `already reported`.
    pub state: Line,
    /// When, and from where.
    pub when: Line,
    /// Who else acted, and why it is the same story.
    pub chain: Vec<LinkView>,
    /// What happened, with its time.
    pub steps: Vec<Fact>,
    /// How many acts are left out.
    pub more_steps: Option<Line>,
    /// The title of its worst detection, if there are so few findings that it says what the story is.
    pub why: Option<Line>,
    /// What would make it harmless, unless it came from outside the trusted networks.
    pub benign: Option<Line>,
    /// What is left behind.
    pub left: Vec<Line>,
    /// How much more is left behind, and how much was undone.
    pub left_note: Option<Line>,
    /// What to do now.
    pub actions: Vec<ActionView>,
    /// How much more there is to do.
    pub more_actions: Option<Line>,
    /// The command that says that somebody takes care of it; `None` on demand, where nothing is remembered.
    pub ack: Option<Line>,
}

/// Somebody else who acted.
pub(in crate::render) struct LinkView {
    /// Who.
    pub who: Line,
    /// Why it is the same story.
    pub reason: Line,
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
    let all = with_headings(brief, limits);
    let shown: BTreeSet<_> = all.iter().map(|story| &story.id).collect();
    let rest: Vec<&Story> = brief.stories.iter().filter(|story| !shown.contains(&story.id)).collect();
    let (short, more) = small_stories::lines(brief, &rest, limits);
    let worst =
        brief.stories.iter().filter(|story| story.state.is_news() && story.severity >= Severity::High);
    let all_stories = words::count_of(brief.stories.len() as u64, "story", "stories");
    let counts = match worst.count() as u64 {
        0 => all_stories,
        worst => format!("{all_stories}, {} high or critical", words::number(worst)),
    };
    let shorter = limits.of_severe_stories();
    let limits_of = |at: usize| if at < limits.stories { limits } else { &shorter };
    let numbered = || all.iter().enumerate();
    let full: Vec<StoryView> =
        numbered().map(|(at, story)| full(brief, story, at + 1, limits_of(at))).collect();
    let more_to_do = numbered().filter(|(at, story)| story.do_now.len() > limits_of(*at).actions);
    Some(StoriesView {
        counts: Line::new(counts),
        containment: more_to_do
            .filter(|_| limits.has_containment())
            .map(|(at, story)| containment(story, at + 1, limits))
            .collect(),
        full,
        short,
        more,
    })
}

/// The stories with a heading of their own: the first of those that are news, and after them all that are severe, as far as the
/// limits allow.
fn with_headings<'a>(brief: &'a Brief, limits: &Limits) -> Vec<&'a Story> {
    let is_full =
        |story: &&Story| story.state.is_news() && story.severity >= Severity::Medium && !is_small(story);
    let news: Vec<&Story> = brief.stories.iter().filter(is_full).collect();
    let (first, rest) = news.split_at(limits.stories.min(news.len()));
    let severe = rest.iter().filter(|story| is_severe(story)).take(limits.severe_stories);
    first.iter().chain(severe).copied().collect()
}

/// Whether a story may not share a line with others.
pub(super) fn is_severe(story: &Story) -> bool {
    story.severity >= Severity::High
}

/// Whether one line says all of a story: one finding that left nothing behind and is not severe.
fn is_small(story: &Story) -> bool {
    story.findings.len() < 2 && story.left_behind.is_empty() && !is_severe(story)
}

fn containment(story: &Story, number: usize, limits: &Limits) -> ContainmentView {
    let shown = story.do_now.len().min(limits.containment);
    let more = (story.do_now.len() - shown) as u64;
    ContainmentView {
        number,
        who: who(story, limits),
        actions: story.do_now[..shown].iter().map(|it| action(story, it)).collect(),
        more: (more > 0)
            .then(|| Line::new(format!("\u{2026} and {}, see the JSON", words::count(more, "more action")))),
    }
}

fn full(brief: &Brief, story: &Story, number: usize, limits: &Limits) -> StoryView {
    let clock = Clock::of(brief);
    let steps = shown_steps(story, limits.steps);
    let acts = story.left_out + count(&story.steps) - steps.iter().map(|step| step.count).sum::<u64>();
    let (left, left_note) = left(story, clock, limits);
    let actions = story.do_now.len().min(limits.actions);
    let more = (story.do_now.len() - actions) as u64;
    let where_all_is = if limits.has_containment() { "below" } else { "in the JSON" };
    let is_short = story.findings.len() < MANY_FINDINGS;
    let begins = story.first.filter(|_| steps.first().is_some_and(|step| step.at.is_some()));
    StoryView {
        number,
        severity: story.severity.as_str(),
        title: sentence(story, MAX_TITLE),
        who: who(story, limits),
        state: Line::new(state(story)),
        when: when(brief, story, limits),
        chain: chain(story, clock, limits),
        steps: timed(&steps, begins, clock)
            .into_iter()
            .map(|(time, step)| Fact { label: Line::new(time), value: step_text(step) })
            .collect(),
        more_steps: (acts > 0).then(|| Line::new(format!("\u{2026} and {}", words::count(acts, "more act")))),
        why: is_short.then(|| title(brief, &story.why)),
        benign: benign(brief, story).filter(|_| is_short),
        left,
        left_note,
        actions: story.do_now[..actions].iter().map(|it| action(story, it)).collect(),
        more_actions: (more > 0).then(|| Line::new(format!("{} more {where_all_is}", words::number(more)))),
        ack: brief
            .run
            .schedule
            .is_some()
            .then(|| Line::new(format!("trailbrief ack {} --reason '...' --by '...'", story.id))),
    }
}

/// Who else acted, each once, and why it is the same story.
fn chain(story: &Story, clock: Clock, limits: &Limits) -> Vec<LinkView> {
    let mut seen = BTreeSet::new();
    let links = story.chain.iter().map(|link| (words::with_names(link.who.raw()), link));
    links
        .filter(|(who, _)| seen.insert(who.clone()))
        .take(limits.left)
        .map(|(who, link)| {
            let at = link.at.map(|at| format!(" ({})", clock.minute(at))).unwrap_or_default();
            // The first clause says what was done, the others prove it; the JSON has all.
            let reason = link.reason.raw().split("; ").next().unwrap_or_default();
            LinkView {
                who: Line::short(who, limits.value),
                reason: Line::short(format!("{reason}{at}"), limits.value),
            }
        })
        .collect()
}

/// What would make a story harmless: the first explanation of its worst detection. Not if it came from outside the trusted
/// networks.
pub(super) fn benign(brief: &Brief, story: &Story) -> Option<Line> {
    if story.addresses.iter().any(|address| address.is_trusted == Some(false)) {
        return None;
    }
    let text = brief.detections.get(&story.why)?.benign.first()?;
    Some(Line::short(text, 200))
}

/// Steps with their times; the day only where it changes after `before`.
fn timed<'a>(steps: &[&'a Step], mut before: Option<Timestamp>, clock: Clock) -> Vec<(String, &'a Step)> {
    let times = steps.iter().map(|step| match step.at {
        Some(at) => {
            let time = clock.minute_after(at, before);
            before = Some(at);
            (time, *step)
        }
        None => ("no time".to_owned(), *step),
    });
    times.collect()
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

fn count(steps: &[Step]) -> u64 {
    steps.iter().map(|step| step.count).sum()
}

fn step_text(step: &Step) -> Line {
    Line::short(words::with_names(step.text.raw()), MAX_TEXT)
}

/// Who, and where: `ci-deploy (IAM user) in web-shop (555566667777)`.
fn who(story: &Story, limits: &Limits) -> Line {
    let accounts: Vec<String> = story.accounts.iter().map(|account| in_full(account).to_string()).collect();
    let person = Line::short(story.person.raw(), limits.value.min(120));
    let kind = if story.person.raw() == story.kind { String::new() } else { format!(" ({})", story.kind) };
    match accounts.as_slice() {
        [] => Line::new(format!("{person}{kind}")),
        [one] => Line::new(format!("{person}{kind} in {one}")),
        [first, more @ ..] => {
            let more = words::count(more.len() as u64, "more account");
            Line::new(format!("{person}{kind} in {first} and {more}"))
        }
    }
}

fn in_full(account: &StoryAccount) -> Line {
    match &account.name {
        Some(name) => Line::new(format!("{} ({})", Line::short(name, 60), Line::short(account.id.raw(), 20))),
        None => Line::short(account.id.raw(), 20),
    }
}

fn state(story: &Story) -> String {
    match story.state {
        StoryState::New => "new".to_owned(),
        StoryState::Grown => "grown since it was reported".to_owned(),
        StoryState::Repeated => words::ALREADY_REPORTED.to_owned(),
    }
}

/// When, and from where.
fn when(brief: &Brief, story: &Story, limits: &Limits) -> Line {
    let times = match (story.first, story.last) {
        (Some(first), Some(last)) => Clock::of(brief).minutes_and_utc(first, last),
        _ => "at no readable time".to_owned(),
    };
    let addresses: Vec<String> =
        story.addresses.iter().take(3).map(|it| address(brief, it, limits)).collect();
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

fn address(brief: &Brief, of: &StoryAddress, limits: &Limits) -> String {
    let known = match of.is_trusted {
        Some(true) => Some("trusted network".to_owned()),
        Some(false) => Some("outside the trusted networks".to_owned()),
        None => None,
    };
    let agent = of
        .agent
        .as_ref()
        .map(|agent| Line::short(words::agent(agent.raw()), limits.value.min(60)).to_string());
    let whereabouts = whereabouts::of(brief, of.address.raw());
    let notes: Vec<String> = known.into_iter().chain(whereabouts).chain(agent).collect();
    let address = Line::short(of.address.raw(), 60);
    if notes.is_empty() { address.to_string() } else { format!("{address} ({})", notes.join(", ")) }
}

/// What is left behind, like things together; and how much more is left behind, and how much was undone.
fn left(story: &Story, clock: Clock, limits: &Limits) -> (Vec<Line>, Option<Line>) {
    let all: Vec<String> = story.left_behind.iter().map(|it| left_text(it, clock)).collect();
    let all = folded(&all);
    let shown = all.len().min(limits.left);
    let more: usize = all[shown..].iter().map(|(_, things)| things).sum();
    let mut notes = Vec::new();
    if more > 0 {
        notes.push(format!("\u{2026} and {} more, see the JSON", words::number(more as u64)));
    }
    if story.undone > 0 {
        notes.push(format!("{} undone again", words::count(story.undone, "thing")));
    }
    let lines = all[..shown].iter().map(|(text, _)| Line::short(text, MAX_TEXT)).collect();
    (lines, (!notes.is_empty()).then(|| Line::new(notes.join("; "))))
}

fn left_text(left: &LeftBehind, clock: Clock) -> String {
    let note = match left.standing {
        Standing::Present => "",
        Standing::Paused => " (switched off only)",
        Standing::Check => " (changed since)",
    };
    let deadline = left.deadline.map(|at| format!(" (can be undone until {})", clock.minute_in_zone(at)));
    format!("{}{note}{}", words::with_names(left.what.raw()), deadline.unwrap_or_default())
}

fn action(story: &Story, it: &Containment) -> ActionView {
    let name = |id: &Untrusted| {
        let known = story.accounts.iter().find(|account| account.id == *id);
        known.and_then(|account| account.name.clone()).unwrap_or_else(|| id.raw().to_owned())
    };
    // Where a story has one account, its first line names it.
    let account = it.account.as_ref().filter(|_| story.accounts.len() > 1);
    let account = account.map(|id| format!(" in {}", name(id))).unwrap_or_default();
    let risk = it.risk.as_ref().map(|risk| format!(": {risk}")).unwrap_or_default();
    ActionView {
        what: Line::short(format!("{}{account}{risk}", it.what.raw()), 400),
        command: it.command.as_ref().map(|command| Line::new(command.raw())),
    }
}
