//! The first version of a state as JSON.
//!
//! `lease`, `untold`, `write`, `told`, `scanned`, `open`, `owed`, `orphans`, `seen_late`, `unanswered`, `accounts`,
//! `pauses`, `set_aside`, `faults`, `last_sent`, `waiting`, `stories`, `story_events`, `tally` and `shown` came later: an object without
//! them reads as before, and programs that do not know them ignore them. Keys keep their names; the program calls `untold`
//! pending notes, `told` the last delivered time, `owed` pending messages.

mod known;
mod open;
mod stories;

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::{
    lease::Lease,
    versioned::{self, Unreadable},
};
use crate::domain::{
    detection::DetectionId,
    finding::Fingerprint,
    state::{Dispatch, State},
    time::{BadTimestamp, Timestamp},
};

const VERSION: u64 = 1;

/// A state with what only the store needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) state: State,
    /// The run that holds it.
    pub(super) lease: Option<Lease>,
    /// Notes that no delivered brief has shown yet, one a line.
    pub(super) pending_notes: Option<String>,
    /// What makes this write differ from every other.
    pub(super) write: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    generation: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<LeaseDocument>,
    #[serde(rename = "untold", skip_serializing_if = "Option::is_none")]
    pending_notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write: Option<String>,
    #[serde(flatten)]
    known: known::KnownDocument,
    #[serde(default, rename = "told", skip_serializing_if = "Option::is_none")]
    last_delivered: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_sent: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tally: BTreeMap<String, [u64; 5]>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    scanned: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<open::OpenDocument>,
    #[serde(default, rename = "owed", skip_serializing_if = "BTreeMap::is_empty")]
    pending: BTreeMap<String, open::PendingDocument>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    orphans: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    set_aside: Vec<open::SetAsideDocument>,
}

#[derive(Serialize, Deserialize)]
struct LeaseDocument {
    run: String,
    until: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invocation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// How many processes in a row died before this one.
    #[serde(default, skip_serializing_if = "is_zero")]
    deaths: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The state as JSON.
pub(super) fn write(stored: &Stored) -> Vec<u8> {
    let Stored { state, pending_notes, write, .. } = stored;
    let lease = |lease: &Lease| LeaseDocument {
        run: lease.run.clone(),
        until: lease.until.to_string(),
        invocation: lease.invocation.clone(),
        at: lease.at.map(|at| at.to_string()),
        deaths: lease.deaths,
    };
    let known = Dispatch {
        watermarks: state.watermarks.clone(),
        unanswered: state.unanswered.clone(),
        accounts: state.accounts.clone(),
        pauses: state.pauses.clone(),
        seen: state.seen.clone(),
        seen_late: state.seen_late.clone(),
        faults: state.faults.clone(),
        waiting: state.waiting.clone(),
        stories: state.stories.clone(),
        shown: state.shown.clone(),
        ..Dispatch::default()
    };
    let document = Document {
        version: VERSION,
        generation: state.generation,
        lease: stored.lease.as_ref().map(lease),
        pending_notes: pending_notes.clone(),
        write: write.clone(),
        known: (&known).into(),
        last_delivered: state.last_delivered.map(|at| at.to_string()),
        last_sent: state.last_sent.map(|at| at.to_string()),
        tally: state.tally.clone(),
        scanned: state.scanned.clone(),
        open: state.open.as_ref().map(Into::into),
        pending: state.pending.iter().map(|(run, pending)| (run.clone(), pending.into())).collect(),
        orphans: state.orphans.clone(),
        set_aside: state.set_aside.iter().map(Into::into).collect(),
    };
    serde_json::to_vec_pretty(&document).expect("texts and numbers have a JSON form")
}

/// The state that these bytes hold.
pub(super) fn read(bytes: &[u8]) -> Result<Stored, Unreadable> {
    let document: Document = versioned::document(bytes, VERSION)?;
    let pending = document.pending.into_iter().map(|(run, pending)| Ok((run, pending.read()?)));
    let known = document.known.read()?;
    let state = State {
        generation: document.generation,
        watermarks: known.watermarks,
        unanswered: known.unanswered,
        accounts: known.accounts,
        pauses: known.pauses,
        seen: known.seen,
        seen_late: known.seen_late,
        last_delivered: document.last_delivered.as_deref().map(time).transpose()?,
        faults: known.faults,
        last_sent: document.last_sent.as_deref().map(time).transpose()?,
        waiting: known.waiting,
        stories: known.stories,
        shown: known.shown,
        tally: document.tally,
        scanned: document.scanned,
        open: document.open.map(open::OpenDocument::read).transpose()?,
        pending: pending.collect::<Result<_, Unreadable>>()?,
        orphans: document.orphans,
        set_aside: document
            .set_aside
            .into_iter()
            .map(open::SetAsideDocument::read)
            .collect::<Result<_, _>>()?,
    };
    let lease = match document.lease {
        Some(LeaseDocument { run, until, invocation, at, deaths }) => {
            let at = at.as_deref().map(time).transpose()?;
            Some(Lease { run, until: time(&until)?, invocation, at, deaths })
        }
        None => None,
    };
    Ok(Stored { state, lease, pending_notes: document.pending_notes, write: document.write })
}

fn texts<K: ToString>(times: &BTreeMap<K, Timestamp>) -> BTreeMap<String, String> {
    times.iter().map(|(key, time)| (key.to_string(), time.to_string())).collect()
}

fn time(text: &str) -> Result<Timestamp, Unreadable> {
    Timestamp::from_str(text).map_err(|error: BadTimestamp| Unreadable::Damaged(error.to_string()))
}

fn watermarks(texts: &BTreeMap<String, String>) -> Result<BTreeMap<DetectionId, Timestamp>, Unreadable> {
    by_detection(texts.clone(), |end| time(&end))
}

fn accounts(texts: BTreeMap<String, String>) -> Result<BTreeMap<String, Timestamp>, Unreadable> {
    texts.into_iter().map(|(account, at)| Ok((account, time(&at)?))).collect()
}

fn by_detection<T, V>(
    map: BTreeMap<String, T>,
    value: impl Fn(T) -> Result<V, Unreadable>,
) -> Result<BTreeMap<DetectionId, V>, Unreadable> {
    let bad = |id: &str| Unreadable::Damaged(format!("`{id}` is not a detection id"));
    map.into_iter().map(|(id, read)| Ok((id.parse().map_err(|_| bad(&id))?, value(read)?))).collect()
}

fn seen(texts: &BTreeMap<String, String>) -> Result<BTreeMap<Fingerprint, Timestamp>, Unreadable> {
    let bad = |finding: &str| Unreadable::Damaged(format!("`{finding}` is not a fingerprint"));
    let one = |(finding, at): (&String, &String)| {
        Ok((Fingerprint::from_stored(finding).ok_or_else(|| bad(finding))?, time(at)?))
    };
    texts.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        open_story::OpenStories,
        severity::Severity,
        state::{Arrival, OpenRun, Pending, Receipt, SetAside},
        time::{Span, Window},
        trace::TraceEvent,
        waiting::Waiting,
    };

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
            ..State::default()
        }
    }

    fn waiting() -> Vec<Waiting> {
        let fingerprint = Fingerprint::of(&"iam.x".parse().unwrap(), &[None]);
        let waiting = |at| Waiting {
            fingerprint: fingerprint.clone(),
            severity: Severity::Low,
            says: "bob signed in".to_owned(),
            at,
            only_continues: at.is_some(),
        };
        vec![waiting(None), waiting(Some(Timestamp::from_unix_s(7)))]
    }

    /// A state in the middle of everything.
    fn busy() -> State {
        let before = state();
        let at: Timestamp = "2026-03-10T01:00:00Z".parse().unwrap();
        let late: BTreeMap<_, _> = [(Fingerprint::of(&"iam.x".parse().unwrap(), &[None]), at)].into();
        let dispatch = Dispatch {
            watermarks: before.watermarks.clone(),
            unanswered: [("iam.x".parse().unwrap(), 1)].into(),
            accounts: [("111122223333".to_owned(), at)].into(),
            pauses: [("111122223333".to_owned(), Span::HOUR)].into(),
            seen: before.seen.clone(),
            seen_late: late.clone(),
            faults: ["behind".to_owned()].into(),
            is_sent: true,
            reported: [0, 1, 0, 0, 2],
            waiting: waiting(),
            stories: OpenStories { events: vec![TraceEvent::default()], ..OpenStories::default() },
            shown: ["decision".to_owned()].into(),
            without_news: ["pager".to_owned()].into(),
            receipts: [
                ("mail".to_owned(), Receipt::Delivered("id".to_owned())),
                ("pager".to_owned(), Receipt::GivenUp("too long".to_owned())),
                ("slack".to_owned(), Receipt::Unknown),
            ]
            .into(),
        };
        let channels = [("mail".to_owned(), Arrival::Unknown), ("slack".to_owned(), Arrival::Missing)].into();
        let pending = Pending { since: at, channels };
        let executions = [("token".to_owned(), "execution".to_owned())].into();
        State {
            last_delivered: Some(at),
            seen_late: late,
            faults: ["nothing read".to_owned()].into(),
            last_sent: Some(at),
            waiting: waiting(),
            stories: OpenStories { events: vec![TraceEvent::default()], ..OpenStories::default() },
            shown: ["decision".to_owned()].into(),
            tally: [("2026-03-10".to_owned(), [1, 2, 3, 4, 5])].into(),
            scanned: [("2026-03".to_owned(), 7)].into(),
            open: Some(OpenRun { id: "hourly-1".to_owned(), at, executions, dispatch: Some(dispatch) }),
            pending: [("hourly-0".to_owned(), pending)].into(),
            orphans: ["hourly-lost".to_owned()].into(),
            unanswered: [("iam.x".parse().unwrap(), 3)].into(),
            accounts: [("444455556666".to_owned(), at)].into(),
            pauses: [("444455556666".to_owned(), Span::DAY)].into(),
            set_aside: vec![SetAside {
                run: "hourly-bad".to_owned(),
                window: Window::new(Timestamp::from_unix_s(7), at).unwrap(),
                detections: 3,
                is_reported: true,
            }],
            ..before
        }
    }

    fn before_leases() -> String {
        let fingerprint = Fingerprint::of(&"iam.x".parse().unwrap(), &[None]).to_string();
        BEFORE_LEASES.replace("FINGERPRINT", &fingerprint)
    }

    #[test]
    fn a_state_survives_its_json() {
        let stored = Stored {
            state: busy(),
            lease: Some(Lease {
                run: "hourly-1".to_owned(),
                until: Timestamp::from_unix_s(1_773_100_800),
                invocation: Some("4f9c".to_owned()),
                at: Some(Timestamp::from_unix_s(1_773_100_000)),
                deaths: 1,
            }),
            pending_notes: Some("lost".to_owned()),
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
    fn a_program_from_before_leases_ignores_what_it_does_not_know() {
        #[derive(Deserialize)]
        struct Then {
            version: u64,
            generation: u64,
            watermarks: BTreeMap<String, String>,
            seen: BTreeMap<String, String>,
        }
        let lease = Some(Lease::new("hourly-1", Timestamp::from_unix_s(0)));
        let stored = Stored { state: state(), lease, pending_notes: None, write: Some("unique".to_owned()) };
        let then: Then = serde_json::from_slice(&write(&stored)).unwrap();
        assert_eq!((then.version, then.generation), (1, 7));
        assert_eq!((then.watermarks.len(), then.seen.len()), (1, 1));
    }
}
