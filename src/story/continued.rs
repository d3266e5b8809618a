//! Stories that continue from brief to brief: what is new of them, what was undone, what is there still.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::{is_serious, left_behind::Undoings, scene::Scene};
use crate::domain::{
    changes::{Changes, StillThere, StoryChange, Undone},
    decision::{Decision, acknowledged_by},
    open_story::{OpenStories, OpenStory, OpenThing},
    story::{LeftBehind, Story, StoryId, StoryState},
    time::Timestamp,
    trace::{Trace, TraceEvent},
    untrusted::Untrusted,
};

/// The longest text in the documents of an event that is remembered, in bytes. Longer ones, such as policies, are left out.
const MAX_TEXT: usize = 2_000;

/// The most bytes of documents of one event that is remembered.
const MAX_EVENT: usize = 8_000;

/// The most bytes of documents of all events that a schedule remembers.
const MAX_EVENTS: usize = 256_000;

/// The most things that a story is remembered to have left behind.
const MAX_THINGS: usize = 20;

/// What is known when stories are continued.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// What the schedule remembers.
    pub open: &'a OpenStories,
    /// The scheduled time of the last brief that was sent; `None` before the first.
    pub last: Option<Timestamp>,
    /// The scheduled time of this run.
    pub at: Timestamp,
    /// What people decided.
    pub decisions: &'a [Decision],
    /// The end of what was searched.
    pub end: Timestamp,
}

/// What identifies an event.
fn key(event: &TraceEvent) -> (&str, &str) {
    (&event.id, &event.account)
}

/// A trace with the events that a schedule remembers.
#[must_use]
pub fn with_events(mut trace: Trace, open: &OpenStories) -> Trace {
    if open.events.is_empty() {
        return trace;
    }
    let there: HashSet<(&str, &str)> = trace.events.iter().map(key).collect();
    let missing = open.events.iter().filter(|event| !there.contains(&key(event)));
    let missing: Vec<TraceEvent> = missing.cloned().collect();
    trace.events.extend(missing);
    trace
}

/// What changed of the stories since the last brief that was sent, and the stories that the schedule remembers from now on. A
/// story that is remembered and has something new has grown, unless no brief was sent that reported it. `trace` holds the
/// events that the schedule remembers.
#[must_use]
pub fn continued(before: Before<'_>, stories: &mut [Story], trace: &Trace) -> (Changes, OpenStories) {
    for story in stories.iter_mut() {
        let known = before.open.stories.get(&story.id);
        if story.state == StoryState::New && known.is_some_and(|known| !before.is_unsent(known)) {
            story.state = StoryState::Grown;
        }
    }
    let mut changes = Changes { since: before.last, ..Changes::default() };
    let mut open = before.open.clone();
    look_for_undoings(before.end, &mut open, trace, &mut changes);
    for story in stories.iter() {
        remember(before.at, &mut open, story);
        if story.state.is_news() && is_serious(story.severity) {
            let change = changed(&story.id, &open.stories[&story.id]);
            match story.state {
                StoryState::New => changes.new.push(change),
                _ => changes.grown.push(change),
            }
        }
    }
    add_unsent(before, &open, &mut changes);
    open.events = events(&open, trace);
    drop_unknown(&mut open);
    let is_quiet = |(id, story): &(&StoryId, &OpenStory)| {
        let was_news = before.open.stories.get(*id).map(|story| story.last_news);
        was_news.is_some()
            && was_news == before.last
            && was_news == Some(story.last_news)
            && is_serious(story.severity)
    };
    changes.quiet = open.stories.iter().filter(is_quiet).map(|(id, story)| changed(id, story)).collect();
    changes.still_there = still_there(before, &open);
    (changes, open.bounded(before.at))
}

impl Before<'_> {
    /// Whether the last news of a story was in briefs that no channel got.
    fn has_unsent_news(&self, story: &OpenStory) -> bool {
        self.last.is_none_or(|last| story.last_news > last)
    }

    /// Whether all news of a story was in briefs that no channel got.
    fn is_unsent(&self, story: &OpenStory) -> bool {
        story.sent.is_none() && self.has_unsent_news(story)
    }
}

/// Adds the serious stories that had news in briefs that no channel got, and have none now.
fn add_unsent(before: Before<'_>, open: &OpenStories, changes: &mut Changes) {
    for (id, known) in before.open.stories.iter().filter(|(_, known)| before.has_unsent_news(known)) {
        let Some(story) = open.stories.get(id).filter(|story| story.last_news == known.last_news) else {
            continue;
        };
        if is_serious(story.severity) {
            let of = if before.is_unsent(known) { &mut changes.new } else { &mut changes.grown };
            of.push(changed(id, story));
        }
    }
}

fn changed(id: &StoryId, story: &OpenStory) -> StoryChange {
    StoryChange {
        story: id.clone(),
        person: Untrusted::new(story.person.clone()),
        severity: story.severity,
        first: story.first,
        last: story.last,
    }
}

/// What an earlier brief reported as left behind and is there still, of the worst stories first.
fn still_there(before: Before<'_>, open: &OpenStories) -> Vec<StillThere> {
    let mut found = Vec::new();
    for (id, known) in &before.open.stories {
        let Some(story) = open.stories.get(id) else { continue };
        let by = acknowledged_by(before.decisions, id, before.at);
        for thing in story.left.iter().filter(|thing| known.left.iter().any(|it| it.is_same(thing))) {
            found.push(StillThere {
                story: id.clone(),
                person: Untrusted::new(story.person.clone()),
                severity: story.severity,
                what: Untrusted::new(thing.what.clone()),
                standing: thing.standing,
                account: Untrusted::new(thing.account.clone()),
                since: thing.at,
                acknowledged_by: by.map(str::to_owned),
            });
        }
    }
    found.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| (&a.story, a.since).cmp(&(&b.story, b.since)))
    });
    found
}

/// Takes what somebody undid from the stories that left it. What ended by itself goes without a word.
fn look_for_undoings(end: Timestamp, open: &mut OpenStories, trace: &Trace, changes: &mut Changes) {
    if open.events.is_empty() {
        return;
    }
    let scene = Scene::of(&trace.events);
    let positions: HashMap<(&str, &str), usize> =
        scene.records.iter().enumerate().map(|(at, record)| (key(record.event), at)).collect();
    let mut undoings = Undoings::of(&scene.records, end);
    for (id, story) in &mut open.stories {
        let (person, severity) = (story.person.clone(), story.severity);
        story.left.retain_mut(|thing| {
            let Some(at) = positions.get(&(thing.event_id.as_str(), thing.account.as_str())) else {
                return true;
            };
            let left = undoings.left_of(*at, "");
            let standing = left.behind.iter().find(|it| it.what.raw() == thing.what).map(|it| it.standing);
            let by = left.by.get(&thing.what).filter(|_| standing != Some(thing.standing));
            if let Some(by) = by {
                let event = scene.records[*by].event;
                let who = scene.actors[*by].as_ref().map(|actor| scene.name(actor));
                changes.undone.push(Undone {
                    story: id.clone(),
                    person: Untrusted::new(person.clone()),
                    severity,
                    what: Untrusted::new(thing.what.clone()),
                    standing,
                    by: Untrusted::new(who.unwrap_or_else(|| "somebody".to_owned())),
                    at: event.time,
                    event_id: Untrusted::new(event.id.clone()),
                });
            }
            thing.standing = standing.unwrap_or(thing.standing);
            standing.is_some()
        });
    }
}

/// Adds what a brief says of a story to what is remembered of it.
fn remember(at: Timestamp, open: &mut OpenStories, story: &Story) {
    let known = open.stories.entry(story.id.clone()).or_insert_with(|| OpenStory {
        person: story.person.raw().to_owned(),
        severity: story.severity,
        first: story.first,
        last: story.last,
        last_news: at,
        sent: None,
        left: Vec::new(),
    });
    if story.state.is_news() {
        known.last_news = at;
    }
    known.severity = known.severity.max(story.severity);
    known.first = known.first.into_iter().chain(story.first).min();
    known.last = known.last.max(story.last);
    for thing in story.left_behind.iter().map(thing) {
        match known.left.iter_mut().find(|it| it.is_same(&thing)) {
            Some(same) => *same = thing,
            None => known.left.push(thing),
        }
    }
    known.left.truncate(MAX_THINGS);
}

fn thing(left: &LeftBehind) -> OpenThing {
    OpenThing {
        what: left.what.raw().to_owned(),
        kind: left.kind.clone().into_owned(),
        standing: left.standing,
        at: left.at,
        account: left.account.raw().to_owned(),
        region: left.region.raw().to_owned(),
        event_id: left.event_id.raw().to_owned(),
    }
}

/// The events of what is left behind, those of the worst stories first, as far as there is room.
fn events(open: &OpenStories, trace: &Trace) -> Vec<TraceEvent> {
    let by_id: HashMap<(&str, &str), &TraceEvent> =
        trace.events.iter().map(|event| (key(event), event)).collect();
    let mut stories: Vec<&OpenStory> = open.stories.values().collect();
    stories.sort_by_key(|story| std::cmp::Reverse((story.severity, story.last_news)));
    let mut kept: BTreeMap<(&str, &str), TraceEvent> = BTreeMap::new();
    let mut bytes = 0;
    for thing in stories.into_iter().flat_map(|story| &story.left) {
        let key = (thing.event_id.as_str(), thing.account.as_str());
        let Some(event) = by_id.get(&key).filter(|_| !kept.contains_key(&key)) else { continue };
        let event = compact(event);
        // A name and an identity take some hundred bytes as well.
        if event.bytes() <= MAX_EVENT && bytes + event.bytes() + 500 <= MAX_EVENTS {
            bytes += event.bytes() + 500;
            kept.insert(key, event);
        }
    }
    kept.into_values().collect()
}

/// Forgets what no event is known of: nobody could tell whether it is there still.
fn drop_unknown(open: &mut OpenStories) {
    let known: HashSet<(&str, &str)> = open.events.iter().map(key).collect();
    let is_known = |thing: &OpenThing| known.contains(&(thing.event_id.as_str(), thing.account.as_str()));
    open.stories.values_mut().for_each(|story| story.left.retain(is_known));
    // What is not serious and left nothing needs no memory.
    open.stories.retain(|_, story| is_serious(story.severity) || !story.left.is_empty());
}

/// An event without long texts.
fn compact(event: &TraceEvent) -> TraceEvent {
    let short = |text: &Option<String>| text.as_deref().map(shortened);
    TraceEvent {
        request: short(&event.request),
        response: short(&event.response),
        additional: short(&event.additional),
        details: short(&event.details),
        agent: event.agent.as_ref().map(|agent| agent.chars().take(200).collect()),
        error_message: None,
        ..event.clone()
    }
}

/// A JSON document without texts that are longer than [`MAX_TEXT`].
fn shortened(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return String::new() };
    leave_out_long(&mut value);
    value.to_string()
}

fn leave_out_long(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > MAX_TEXT => *value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(leave_out_long),
        Value::Object(fields) => fields.values_mut().for_each(leave_out_long),
        _ => {}
    }
}
