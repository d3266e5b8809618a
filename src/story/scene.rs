//! All events of a trace in order, each once, with who acted in it.

use std::collections::HashMap;

use super::{actor::Actor, identities::Identities, links::Links, record::Record};
use crate::domain::{finding::Finding, trace::TraceEvent};

/// All events, and what they say together.
pub(super) struct Scene<'a> {
    /// The events in order of time; an event that was recorded in two accounts is here once.
    pub(super) records: Vec<Record<'a>>,
    /// Who acted in each.
    pub(super) actors: Vec<Option<Actor>>,
    /// Who leads to whom.
    pub(super) links: Links,
    by_id: HashMap<&'a str, Vec<usize>>,
    first_by_actor: HashMap<Actor, usize>,
}

impl<'a> Scene<'a> {
    pub(super) fn of(events: &'a [TraceEvent]) -> Self {
        let mut order: Vec<&TraceEvent> = events.iter().collect();
        order.sort();
        order.dedup_by(|a, b| !a.id.is_empty() && a.id == b.id && a.account == b.account);
        let (records, by_id) = once(order);
        let identities = Identities::of(&records);
        let actors: Vec<Option<Actor>> = records
            .iter()
            .map(|record| identities.actor(record.event).or_else(|| identities.issued_by(record)))
            .collect();
        let links = Links::find(&records, &identities, &actors);
        let mut first_by_actor = HashMap::new();
        for (at, actor) in actors.iter().enumerate() {
            if let Some(actor) = actor {
                let first = first_by_actor.entry(actor.clone()).or_insert(at);
                // An event without an ARN does not name the session that it began.
                if records[*first].event.identity.arn.is_none() {
                    *first = at;
                }
            }
        }
        Self { records, actors, links, by_id, first_by_actor }
    }

    /// The events of a finding, by position.
    pub(super) fn of_finding(&self, finding: &Finding) -> Vec<usize> {
        let ids = finding.event_id.iter().chain(&finding.event_ids);
        let mut all: Vec<usize> = ids.filter_map(|id| self.by_id.get(id.raw())).flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whoever an actor is, for people.
    pub(super) fn name(&self, actor: &Actor) -> String {
        actor.name(self.first_by_actor.get(actor).map(|at| self.records[*at].event))
    }
}

/// The records of these events, those of one action in several accounts once, with their positions by id.
fn once(order: Vec<&TraceEvent>) -> (Vec<Record<'_>>, HashMap<&str, Vec<usize>>) {
    // The caller's account knows who called.
    let knows = |event: &TraceEvent| (event.identity.arn.is_none(), event.account.clone());
    let mut best: HashMap<(&str, &str), &TraceEvent> = HashMap::new();
    for &event in &order {
        let Some(shared) = event.shared_id.as_deref() else { continue };
        let one = best.entry((shared, &event.name)).or_insert(event);
        if knows(event) < knows(one) {
            *one = event;
        }
    }
    let (mut records, mut by_id) = (Vec::new(), HashMap::<&str, Vec<usize>>::new());
    let (mut others, mut places) = (Vec::new(), HashMap::new());
    for &event in &order {
        let key = event.shared_id.as_deref().map(|shared| (shared, event.name.as_str()));
        match key.and_then(|key| best.get(&key)) {
            Some(kept) if !std::ptr::eq(*kept, event) => others.push((event, key)),
            _ => {
                places.insert(key, records.len());
                by_id.entry(&event.id).or_default().push(records.len());
                records.push(Record::new(event));
            }
        }
    }
    for (event, key) in others {
        if let Some(at) = places.get(&key) {
            by_id.entry(&event.id).or_default().push(*at);
        }
    }
    (records, by_id)
}
