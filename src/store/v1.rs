//! The first version of a state as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    detection::DetectionId,
    finding::Fingerprint,
    state::State,
    time::{BadTimestamp, Timestamp},
};

const VERSION: u64 = 1;

/// Why bytes are no state.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// A version that this program does not know.
    Newer(u64),
    /// Not a state, with the reason.
    Damaged(String),
}

#[derive(Deserialize)]
struct Envelope {
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    generation: u64,
    watermarks: BTreeMap<String, String>,
    seen: BTreeMap<String, String>,
}

/// The state as JSON.
pub(super) fn write(state: &State) -> Vec<u8> {
    let document = Document {
        version: VERSION,
        generation: state.generation,
        watermarks: state.watermarks.iter().map(|(id, end)| (id.to_string(), end.to_string())).collect(),
        seen: state.seen.iter().map(|(finding, time)| (finding.to_string(), time.to_string())).collect(),
    };
    serde_json::to_vec_pretty(&document).expect("texts and numbers have a JSON form")
}

/// The state that these bytes hold.
pub(super) fn read(bytes: &[u8]) -> Result<State, Unreadable> {
    let damaged = |reason: String| Unreadable::Damaged(reason);
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    if envelope.version > VERSION {
        return Err(Unreadable::Newer(envelope.version));
    }
    let document: Document = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    let time = |text: &str| text.parse().map_err(|error: BadTimestamp| damaged(error.to_string()));
    let mut state = State { generation: document.generation, ..State::default() };
    for (id, end) in &document.watermarks {
        let id: DetectionId = id.parse().map_err(|_| damaged(format!("`{id}` is no detection's id")))?;
        state.watermarks.insert(id, time(end)?);
    }
    for (finding, at) in &document.seen {
        let fingerprint = Fingerprint::from_stored(finding)
            .ok_or_else(|| damaged(format!("`{finding}` is no finding's fingerprint")))?;
        let at: Timestamp = time(at)?;
        state.seen.insert(fingerprint, at);
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_its_json() {
        let id: DetectionId = "iam.x".parse().unwrap();
        let at = Timestamp::from_unix_s(1_773_100_800);
        let state = State {
            generation: 7,
            watermarks: [(id.clone(), at)].into(),
            seen: [(Fingerprint::of(&id, &[None]), at)].into(),
        };
        assert_eq!(read(&write(&state)).unwrap(), state);
    }
}
