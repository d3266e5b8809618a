//! The first version of a state as JSON.
//!
//! `lease`, `untold` and `write` came later: an object without them reads as before, and programs that do not know them
//! pass over them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lease::Lease;
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

/// A state with what only the store needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    /// What the schedule remembers.
    pub(super) state: State,
    /// The run that works on it.
    pub(super) lease: Option<Lease>,
    /// That an earlier state was lost, until a brief has told it.
    pub(super) untold: Option<String>,
    /// What makes this write differ from every other.
    pub(super) write: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    generation: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<LeaseDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untold: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write: Option<String>,
    watermarks: BTreeMap<String, String>,
    seen: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct LeaseDocument {
    run: String,
    until: String,
}

/// The state as JSON.
pub(super) fn write(stored: &Stored) -> Vec<u8> {
    let Stored { state, untold, write, .. } = stored;
    let lease = |lease: &Lease| LeaseDocument { run: lease.run.clone(), until: lease.until.to_string() };
    let document = Document {
        version: VERSION,
        generation: state.generation,
        lease: stored.lease.as_ref().map(lease),
        untold: untold.clone(),
        write: write.clone(),
        watermarks: state.watermarks.iter().map(|(id, end)| (id.to_string(), end.to_string())).collect(),
        seen: state.seen.iter().map(|(finding, time)| (finding.to_string(), time.to_string())).collect(),
    };
    serde_json::to_vec_pretty(&document).expect("texts and numbers have a JSON form")
}

/// The state that these bytes hold.
pub(super) fn read(bytes: &[u8]) -> Result<Stored, Unreadable> {
    let damaged = |reason: String| Unreadable::Damaged(reason);
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    if envelope.version != VERSION {
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
    let lease = match document.lease {
        Some(LeaseDocument { run, until }) => Some(Lease { run, until: time(&until)? }),
        None => None,
    };
    Ok(Stored { state, lease, untold: document.untold, write: document.write })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the program wrote it before there were leases.
    const BEFORE_LEASES: &str = r#"{
  "version": 1,
  "generation": 7,
  "watermarks": {
    "iam.x": "2026-03-10T00:00:00Z"
  },
  "seen": {
    "FINGERPRINT": "2026-03-09T23:59:59Z"
  }
}"#;

    fn state() -> State {
        let id: DetectionId = "iam.x".parse().unwrap();
        let at: Timestamp = "2026-03-10T00:00:00Z".parse().unwrap();
        State {
            generation: 7,
            watermarks: [(id.clone(), at)].into(),
            seen: [(Fingerprint::of(&id, &[None]), Timestamp::from_unix_s(at.unix_s() - 1))].into(),
        }
    }

    fn before_leases() -> String {
        let fingerprint = Fingerprint::of(&"iam.x".parse().unwrap(), &[None]).to_string();
        BEFORE_LEASES.replace("FINGERPRINT", &fingerprint)
    }

    #[test]
    fn a_state_survives_its_json() {
        let stored = Stored {
            state: state(),
            lease: Some(Lease { run: "hourly-1".to_owned(), until: Timestamp::from_unix_s(1_773_100_800) }),
            untold: Some("lost".to_owned()),
            write: Some("unique".to_owned()),
        };
        assert_eq!(read(&write(&stored)).unwrap(), stored);
    }

    #[test]
    fn a_state_from_before_leases_reads_and_writes_as_it_did() {
        let stored = read(before_leases().as_bytes()).unwrap();
        assert_eq!(stored, Stored { state: state(), ..Stored::default() });
        assert_eq!(String::from_utf8(write(&stored)).unwrap(), before_leases());
    }

    #[test]
    fn a_program_from_before_leases_passes_over_what_it_does_not_know() {
        #[derive(Deserialize)]
        struct Then {
            version: u64,
            generation: u64,
            watermarks: BTreeMap<String, String>,
            seen: BTreeMap<String, String>,
        }
        let lease = Some(Lease { run: "hourly-1".to_owned(), until: Timestamp::from_unix_s(0) });
        let stored = Stored { state: state(), lease, untold: None, write: Some("unique".to_owned()) };
        let then: Then = serde_json::from_slice(&write(&stored)).unwrap();
        assert_eq!((then.version, then.generation), (1, 7));
        assert_eq!((then.watermarks.len(), then.seen.len()), (1, 1));
    }
}
