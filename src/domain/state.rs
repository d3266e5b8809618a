//! What a schedule remembers from one run to the next.

use std::collections::BTreeMap;

use super::{detection::DetectionId, finding::Fingerprint, time::Timestamp};

/// What a schedule remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How often it was committed.
    pub generation: u64,
    /// Per detection, the end of the last window that it has answered and whose brief was delivered.
    pub watermarks: BTreeMap<DetectionId, Timestamp>,
    /// Findings that were told, with the time until which their events may be read again.
    pub seen: BTreeMap<Fingerprint, Timestamp>,
}

impl State {
    /// The state after a run whose brief was delivered.
    ///
    /// `answered` gives, per detection that answered, the end of its window; `told` the findings of the brief, each with
    /// the time of its last event. Watermarks never move backwards. A finding is forgotten once its events lie before
    /// `horizon`, the earliest time that a later run can read again.
    #[must_use]
    pub fn advanced(
        mut self,
        answered: impl IntoIterator<Item = (DetectionId, Timestamp)>,
        told: impl IntoIterator<Item = (Fingerprint, Timestamp)>,
        horizon: Timestamp,
    ) -> Self {
        self.generation += 1;
        for (detection, end) in answered {
            let watermark = self.watermarks.entry(detection).or_insert(end);
            *watermark = (*watermark).max(end);
        }
        for (fingerprint, time) in told {
            let last = self.seen.entry(fingerprint).or_insert(time);
            *last = (*last).max(time);
        }
        self.seen.retain(|_, time| *time >= horizon);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn watermarks_never_move_backwards(ends in prop::collection::vec(0i64..1_000, 1..10)) {
            let id: DetectionId = "a.b".parse().unwrap();
            let mut state = State::default();
            let mut last = None;
            for end in ends {
                state = state.advanced([(id.clone(), Timestamp::from_unix_s(end))], [], Timestamp::from_unix_s(0));
                let now = state.watermarks[&id];
                prop_assert!(last.is_none_or(|last| last <= now));
                last = Some(now);
            }
        }
    }
}
