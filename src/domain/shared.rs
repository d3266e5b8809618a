//! Actions that CloudTrail recorded in more than one account: the records have a `sharedEventID` in common, and each its own id.

use std::collections::{BTreeMap, BTreeSet};

use super::normal::uuid;

/// Which events are records of one action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedEvents(BTreeMap<u128, u128>);

impl SharedEvents {
    /// The events of actions with more than one event, from pairs of an event and its action.
    #[must_use]
    pub fn new(pairs: &[(u128, u128)]) -> Self {
        let mut events: BTreeMap<u128, BTreeSet<u128>> = BTreeMap::new();
        for (event, action) in pairs {
            events.entry(*action).or_default().insert(*event);
        }
        let several = events.into_iter().filter(|(_, events)| events.len() > 1);
        Self(
            several
                .flat_map(|(action, events)| events.into_iter().map(move |event| (event, action)))
                .collect(),
        )
    }

    /// The action of an event, if it was recorded more than once.
    #[must_use]
    pub fn action_of(&self, event_id: &str) -> Option<u128> {
        self.0.get(&uuid(event_id)?).copied()
    }
}
