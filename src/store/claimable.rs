//! Whether a run may claim a state, decided from the state's bytes and the time alone. Nothing here reads or writes.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use super::{
    lease::{Deaths, Lease},
    v1::{self, Stored},
    versioned::Unreadable,
};
use crate::domain::{
    state::{OpenRun, State},
    time::Timestamp,
};

/// What ends a lease that was not released.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guard<'a> {
    /// Its time: it is over if it ended by now. For a repetition of the invocation that holds it, it is over, too.
    Time(Timestamp, Option<&'a str>),
    /// A lock that is free again once its process has ended: the process that holds it may take over every lease.
    Lock,
}

/// Whether a state may be claimed.
#[derive(Debug)]
pub(super) enum Claimability {
    /// It may.
    Free(Box<Claimable>),
    /// A run holds it.
    Held(Lease),
    /// The bytes are not a state, for this reason.
    Damaged(String),
    /// It has this version, which the program does not know.
    Newer(u64),
}

/// A state that may be claimed, and what the reader of the next brief must know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimable {
    pub(super) state: State,
    /// Notes that no delivered brief has shown yet, one a line.
    pub(super) pending_notes: Option<String>,
    /// That the run before this did not finish.
    pub(super) left_behind: Option<String>,
    /// The processes that died while they held it, if the last one did.
    pub(super) deaths: Option<Deaths>,
}

/// Whether the state in these bytes may be claimed; `None` is a schedule that never ran.
pub(super) fn examine(bytes: Option<&[u8]>, guard: Guard<'_>) -> Claimability {
    let stored = match bytes.map(v1::read) {
        None => Stored::default(),
        Some(Ok(stored)) => stored,
        Some(Err(Unreadable::Newer(version))) => return Claimability::Newer(version),
        Some(Err(Unreadable::Damaged(reason))) => return Claimability::Damaged(reason),
    };
    let dead = match (stored.lease, guard) {
        (None, _) => None,
        (Some(lease), Guard::Time(now, invocation))
            if now < lease.until && (invocation.is_none() || lease.invocation.as_deref() != invocation) =>
        {
            return Claimability::Held(lease);
        }
        (Some(lease), _) => Some(lease),
    };
    Claimability::Free(Box::new(Claimable {
        state: stored.state,
        pending_notes: stored.pending_notes,
        left_behind: dead
            .as_ref()
            .map(|lease| format!("run {} did not finish; this run takes over", lease.run)),
        deaths: dead.map(|lease| Deaths { number: lease.deaths + 1, run: lease.run, at: lease.at }),
    }))
}

impl Claimable {
    /// A new state in place of one that was damaged and is now kept under another name.
    pub(super) fn starting_over(reason: &str, moved_to: &str) -> Self {
        let note = format!(
            "the state of this schedule was damaged ({reason}) and was moved to `{moved_to}`; the schedule starts over, \
             from its newest archived brief if there is one, and may report findings again that were already reported"
        );
        Self { state: State::default(), pending_notes: Some(note), left_behind: None, deaths: None }
    }

    /// The same, claimed by a run. The first run of a schedule is open from its claim on: were it forgotten, the next
    /// would begin only one period before itself.
    pub(super) fn claimed_by(mut self, run: &OpenRun) -> Self {
        let is_first = self.state.watermarks.is_empty() && self.state.last_delivered.is_none();
        if is_first && self.state.open.is_none() {
            self.state.open = Some(run.clone());
        }
        self
    }

    /// The bytes of the state with a lease, for a run that claims or keeps it.
    pub(super) fn leased(&self, lease: &Lease) -> Vec<u8> {
        let deaths = self.deaths.as_ref().map_or(0, |deaths| deaths.number);
        self.stored(Some(Lease { deaths, ..lease.clone() }))
    }

    /// The bytes of the state without a lease, for a run that releases it.
    pub(super) fn released(&self) -> Vec<u8> {
        self.stored(None)
    }

    fn stored(&self, lease: Option<Lease>) -> Vec<u8> {
        let (state, pending_notes) = (self.state.clone(), self.pending_notes.clone());
        v1::write(&Stored { state, lease, pending_notes, write: Some(unique()) })
    }
}

/// A text that no other write has: S3 tells versions apart by their bytes, and two writes must never have the same version.
fn unique() -> String {
    // The standard library seeds these from the operating system; 128 bits do not occur twice.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}
