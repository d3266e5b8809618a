//! What a story made and nothing undid since, as far as the trace shows.

use std::collections::{BTreeMap, HashMap};

use super::{
    acts::{Acts, Effect, Thing, Undo},
    pattern::Pattern,
    record::{Path, Record},
};
use crate::domain::{
    story::{LeftBehind, Standing},
    time::Timestamp,
    untrusted::Untrusted,
};

/// Finds what was undone, over all events of a trace.
pub(super) struct Undoings<'a> {
    records: &'a [Record<'a>],
    end: Timestamp,
    by_call: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// By call and path, the events with each value, where an act asks for them.
    by_value: HashMap<(String, String, Path), HashMap<String, Vec<usize>>>,
}

/// What is left of an act.
#[derive(Default)]
pub(super) struct Left {
    /// What is there still.
    pub(super) behind: Vec<LeftBehind>,
    /// What is gone, by name.
    pub(super) gone: Vec<String>,
    /// By name, the first event that undid or changed a thing, as far as that stands.
    pub(super) by: BTreeMap<String, usize>,
}

impl<'a> Undoings<'a> {
    /// Over these events, which are in order of time; `end` is when what is searched ends.
    pub(super) fn of(records: &'a [Record<'a>], end: Timestamp) -> Self {
        let mut by_call: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, record) in records.iter().enumerate().filter(|(_, record)| record.event.succeeded()) {
            let call = (record.event.source.as_str(), record.event.name.as_str());
            by_call.entry(call).or_default().push(at);
        }
        Self { records, end, by_call, by_value: HashMap::new() }
    }

    /// What is left of the event at a position; `by` made it.
    pub(super) fn left_of(&mut self, at: usize, by: &str) -> Left {
        let mut left = Left::default();
        let record = &self.records[at];
        let Some(act) = Acts::table().of(record) else { return left };
        for thing in act.things(record) {
            let has_ended = thing.until().is_some_and(|until| until <= self.end);
            let Some(what) = thing.what().filter(|_| !has_ended) else { continue };
            let effect = self.effect(at, &thing);
            if let Some((_, by)) = effect {
                left.by.insert(what.clone(), by);
            }
            let standing = match effect {
                Some((Effect::Gone, _)) => {
                    left.gone.push(what);
                    continue;
                }
                Some((Effect::Paused, _)) => Standing::Paused,
                Some((Effect::Check, _)) => Standing::Check,
                None => Standing::Present,
            };
            left.behind.push(LeftBehind {
                what: Untrusted::new(what),
                kind: thing.kind().into(),
                standing,
                deadline: thing.deadline(),
                by: Untrusted::new(by),
                at: record.event.time,
                account: Untrusted::new(record.event.account.clone()),
                region: Untrusted::new(record.event.region.clone()),
                event_id: Untrusted::new(record.event.id.clone()),
                weight: act.weight(),
                contain: thing.contain().map(Untrusted::new),
                remove: thing.remove().map(Untrusted::new),
                risk: thing.risk().map(Into::into),
            });
        }
        left
    }

    /// What later calls did to a thing: the strongest effect, and the first event with it.
    fn effect(&mut self, at: usize, thing: &Thing<'_>) -> Option<(Effect, usize)> {
        let effects =
            thing.undone_by().iter().filter_map(|undo| Some((undo.effect, self.undone(at, thing, undo)?)));
        effects.max_by_key(|(effect, by)| (*effect, std::cmp::Reverse(*by)))
    }

    /// The first event that undoes a thing so.
    fn undone(&mut self, at: usize, thing: &Thing<'_>, undo: &Undo) -> Option<usize> {
        let wanted = undo.wanted(thing)?;
        let first = |(source, name): &(String, String)| {
            let exact = wanted.iter().find_map(|(path, pattern)| Some((*path, pattern.exact()?)));
            let candidates = match exact {
                Some((path, value)) => self.with_value(source, name, path, value),
                None => self.by_call.get(&(source.as_str(), name.as_str())).cloned().unwrap_or_default(),
            };
            candidates.into_iter().find(|other| self.undoes(at, *other, undo, &wanted))
        };
        undo.calls.iter().filter_map(first).min()
    }

    /// Whether the event at `other` undoes what the one at `at` left. Within a second, what opens comes before what closes.
    fn undoes(&self, at: usize, other: usize, undo: &Undo, wanted: &[(&Path, Pattern)]) -> bool {
        let (opened, closed) = (self.records[at].event, &self.records[other]);
        let is_there = opened.account == closed.event.account && opened.region == closed.event.region
            || undo.is_anywhere;
        other != at
            && is_there
            && closed.event.time >= opened.time
            && undo.holds(closed)
            && wanted
                .iter()
                .all(|(path, pattern)| closed.raw_values(path).iter().any(|it| pattern.matches(it)))
    }

    /// The events of a call with this value at a path.
    fn with_value(&mut self, source: &str, name: &str, path: &Path, value: &str) -> Vec<usize> {
        let (records, by_call) = (self.records, &self.by_call);
        let key = (source.to_owned(), name.to_owned(), path.clone());
        let index = self.by_value.entry(key).or_insert_with(|| {
            let mut index: HashMap<String, Vec<usize>> = HashMap::new();
            for at in by_call.get(&(source, name)).into_iter().flatten() {
                for value in records[*at].raw_values(path) {
                    index.entry(value).or_default().push(*at);
                }
            }
            index
        });
        index.get(value).cloned().unwrap_or_default()
    }
}
