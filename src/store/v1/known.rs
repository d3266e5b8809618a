//! What a state and the brief of an open run both hold, as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Unreadable, accounts, by_detection, seen, stories, texts, watermarks};
use crate::domain::{state::Dispatch, time::Span};

#[derive(Serialize, Deserialize)]
pub(super) struct KnownDocument {
    watermarks: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unanswered: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<String, String>,
    /// In seconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pauses: BTreeMap<String, i64>,
    seen: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    seen_late: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    faults: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<stories::WaitingDocument>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    stories: BTreeMap<String, stories::StoryDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    story_events: Vec<stories::EventDocument>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    shown: BTreeSet<String>,
}

impl From<&Dispatch> for KnownDocument {
    fn from(known: &Dispatch) -> Self {
        let (stories, story_events) = stories::write(&known.stories);
        Self {
            watermarks: texts(&known.watermarks),
            unanswered: known.unanswered.iter().map(|(id, runs)| (id.to_string(), *runs)).collect(),
            accounts: texts(&known.accounts),
            pauses: known.pauses.iter().map(|(key, pause)| (key.clone(), pause.seconds())).collect(),
            seen: texts(&known.seen),
            seen_late: texts(&known.seen_late),
            faults: known.faults.clone(),
            waiting: known.waiting.iter().map(Into::into).collect(),
            stories,
            story_events,
            shown: known.shown.clone(),
        }
    }
}

impl KnownDocument {
    /// A dispatch that holds this, and nothing else.
    pub(super) fn read(self) -> Result<Dispatch, Unreadable> {
        Ok(Dispatch {
            watermarks: watermarks(&self.watermarks)?,
            unanswered: by_detection(self.unanswered, Ok)?,
            accounts: accounts(self.accounts)?,
            pauses: self.pauses.into_iter().map(|(key, seconds)| (key, Span::from_s(seconds))).collect(),
            seen: seen(&self.seen)?,
            seen_late: seen(&self.seen_late)?,
            faults: self.faults,
            waiting: stories::waiting(self.waiting)?,
            stories: stories::read(self.stories, self.story_events)?,
            shown: self.shown,
            ..Dispatch::default()
        })
    }
}
