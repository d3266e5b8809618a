//! What a story made and nothing undid since, as far as the trace shows.

use std::collections::{BTreeSet, HashMap};

use super::{
    acts::{Act, Acts, Leaves, Undo, is_global, plain_name, short},
    record::{Path, Record},
};
use crate::domain::{story::LeftBehind, trace::TraceEvent, untrusted::Untrusted};

/// Finds what was undone, over all events of a trace.
pub(super) struct Undoings<'a> {
    records: &'a [Record<'a>],
    by_call: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// By call, path and value, where an act asks for them.
    by_value: HashMap<(String, String, Path), HashMap<String, Vec<usize>>>,
}

/// What is left of an act.
pub(super) enum Left {
    /// Nothing that the table knows.
    Nothing,
    /// It was undone.
    Undone,
    /// This.
    Behind(Box<LeftBehind>),
}

impl<'a> Undoings<'a> {
    /// Over these events, which are in order of time.
    pub(super) fn of(records: &'a [Record<'a>]) -> Self {
        let mut by_call: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, record) in records.iter().enumerate().filter(|(_, record)| record.event.succeeded()) {
            let call = (record.event.source.as_str(), plain_name(&record.event.name));
            by_call.entry(call).or_default().push(at);
        }
        Self { records, by_call, by_value: HashMap::new() }
    }

    /// What is left of the event at a position; `by` made it.
    pub(super) fn left_of(&mut self, at: usize, by: &str) -> Left {
        let records = self.records;
        let record = &records[at];
        let Some((act, leaves)) = Acts::table().of(record).and_then(|act| Some((act, act.leaves(record)?)))
        else {
            return Left::Nothing;
        };
        if leaves.undone_by.iter().any(|undo| self.is_undone(at, act, undo)) {
            return Left::Undone;
        }
        match act.what(leaves, record) {
            Some(what) => Left::Behind(Box::new(left(record, act, leaves, what, by))),
            None => Left::Nothing,
        }
    }

    fn is_undone(&mut self, at: usize, act: &Act, undo: &Undo) -> bool {
        let record = &self.records[at];
        let filled = |(path, template): &(Path, super::template::Template)| {
            Some((path.clone(), template.fill(|hole| act.value(hole, record))?))
        };
        let Some(same) = undo.same.iter().map(filled).collect::<Option<Vec<_>>>() else { return false };
        for (source, name) in &undo.calls {
            let candidates = match same.first() {
                Some((path, value)) => self.with_value(source, name, path, value),
                None => self.by_call.get(&(source.as_str(), name.as_str())).cloned().unwrap_or_default(),
            };
            if candidates.into_iter().any(|other| self.undoes(at, other, undo, &same)) {
                return true;
            }
        }
        false
    }

    /// Whether the event at `other` undoes the one at `at`.
    fn undoes(&self, at: usize, other: usize, undo: &Undo, same: &[(Path, String)]) -> bool {
        let (opened, closed) = (self.records[at].event, &self.records[other]);
        other != at
            && is_later(opened, closed.event)
            && opened.account == closed.event.account
            && (opened.region == closed.event.region || is_global(&opened.source))
            && undo.holds(closed)
            && same.iter().all(|(path, value)| {
                let there = closed.values(path);
                there.iter().any(|there| is_same(there, value))
            })
    }

    /// The events of a call with this value at a path.
    fn with_value(&mut self, source: &str, name: &str, path: &Path, value: &str) -> Vec<usize> {
        let (records, by_call) = (self.records, &self.by_call);
        let key = (source.to_owned(), name.to_owned(), path.clone());
        let index = self.by_value.entry(key).or_insert_with(|| {
            let mut index: HashMap<String, Vec<usize>> = HashMap::new();
            for at in by_call.get(&(source, name)).into_iter().flatten() {
                let values: BTreeSet<String> =
                    records[*at].values(path).iter().map(|value| bare(value)).collect();
                for value in values {
                    index.entry(value).or_default().push(*at);
                }
            }
            index
        });
        index.get(&bare(value)).cloned().unwrap_or_default()
    }
}

fn left(record: &Record<'_>, act: &Act, leaves: &Leaves, what: String, by: &str) -> LeftBehind {
    let event = record.event;
    LeftBehind {
        what: Untrusted::new(what),
        kind: leaves.kind,
        by: Untrusted::new(by),
        at: event.time,
        account: Untrusted::new(event.account.clone()),
        region: Untrusted::new(event.region.clone()),
        event_id: Untrusted::new(event.id.clone()),
        weight: act.weight(),
        contain: act.contain(leaves, record).map(Untrusted::new),
        remove: act.remove(leaves, record).map(Untrusted::new),
        risk: leaves.risk,
    }
}

/// Within a second, what opens comes before what closes.
fn is_later(opened: &TraceEvent, closed: &TraceEvent) -> bool {
    closed.time >= opened.time
}

/// Whether two values name one thing: an ARN and its name do, two different ARNs do not.
fn is_same(one: &str, other: &str) -> bool {
    let is_arn = |value: &str| value.starts_with("arn:");
    one.eq_ignore_ascii_case(other) || (is_arn(one) != is_arn(other) && bare(one) == bare(other))
}

fn bare(value: &str) -> String {
    short(value).to_ascii_lowercase()
}
