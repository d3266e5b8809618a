//! An attack as a story: acts in order, each with the detections that should find it. Knows no particular attack.

use serde_json::{Value, json};

use super::{
    Planted,
    actor::Actor,
    base::base,
    organization::Account,
    scribe::{Event, Scribe, begin_session},
};
use crate::domain::time::Timestamp;

/// A story while it is written.
#[derive(Debug)]
pub(super) struct Story<'a> {
    scribe: &'a mut Scribe,
    planted: &'a mut Vec<Planted>,
    name: &'static str,
    account: &'static Account,
    region: &'static str,
    actor: Actor,
}

/// One act of a story.
#[derive(Debug)]
pub(super) struct Act {
    base: &'static str,
    at: &'static str,
    handed_over: &'static str,
    twice: bool,
    edits: Vec<(&'static str, Value)>,
}

/// An act like a base event; its time lies in March 2026, such as `10T22:05:00`.
pub(super) fn act(base: &'static str, at: &'static str) -> Act {
    Act { base, at, handed_over: at, twice: false, edits: Vec::new() }
}

impl Act {
    /// Sets what a JSON pointer points to; its parent is there.
    pub(super) fn set(mut self, pointer: &'static str, value: impl Into<Value>) -> Self {
        self.edits.push((pointer, value.into()));
        self
    }

    /// Hands the record over for delivery later.
    pub(super) fn late(mut self, handed_over: &'static str) -> Self {
        self.handed_over = handed_over;
        self
    }

    /// Writes the record twice into its file.
    pub(super) fn twice(mut self) -> Self {
        self.twice = true;
        self
    }
}

impl<'a> Story<'a> {
    /// Begins a story.
    pub(super) fn new(
        scribe: &'a mut Scribe,
        planted: &'a mut Vec<Planted>,
        name: &'static str,
        account: &'static Account,
        region: &'static str,
        actor: Actor,
    ) -> Self {
        Self { scribe, planted, name, account, region, actor }
    }

    /// Continues with another actor.
    pub(super) fn as_actor(&mut self, actor: Actor) {
        self.actor = actor;
    }

    /// Writes an act that these detections should find.
    pub(super) fn write(&mut self, act: Act, detections: &[&'static str]) {
        let at = instant(act.at);
        let mut record = base(act.base, self.account.id, self.region, at);
        let id = self.scribe.random.uuid();
        record["userIdentity"] = self.actor.identity.clone();
        begin_session(&mut record, at);
        record["eventTime"] = json!(at.to_string());
        record["eventID"] = json!(id);
        record["sourceIPAddress"] = json!(self.actor.address);
        record["userAgent"] = json!(self.actor.agent);
        if record.get("requestID").is_some() {
            record["requestID"] = json!(self.scribe.random.uuid());
        }
        if let Some(shared) = record.get_mut("sharedEventID") {
            *shared = json!(self.scribe.random.uuid());
        }
        for (pointer, value) in act.edits {
            let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
            if let Some(parent) = record.pointer_mut(parent).and_then(Value::as_object_mut) {
                parent.insert(key.to_owned(), value);
            }
        }
        self.scribe.events.push(Event {
            at,
            account: self.account,
            handed_over: instant(act.handed_over),
            twice: act.twice,
            planted: true,
            record,
        });
        for detection in detections {
            self.plant(detection, id.clone());
        }
    }

    fn plant(&mut self, detection: &'static str, id: String) {
        let mut known = self.planted.iter_mut();
        match known.find(|planted| planted.detection == detection && planted.story == self.name) {
            Some(planted) => planted.event_ids.push(id),
            None => self.planted.push(Planted { detection, story: self.name, event_ids: vec![id] }),
        }
    }
}

/// A time of March 2026.
pub(super) fn instant(text: &str) -> Timestamp {
    format!("2026-03-{text}Z").parse().expect("the times of the stories are valid")
}
