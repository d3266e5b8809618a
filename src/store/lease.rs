//! Who may work on a state, decided from its bytes and the time alone. Nothing here reads or writes.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use super::v1::{self, Stored};
use crate::domain::{
    state::{OpenRun, State},
    time::{Span, Timestamp},
};

/// How long a run holds a schedule's state in an object store, unless it gives it back.
///
/// A Lambda invocation lasts at most 15 minutes, so a run that holds its lease for longer has died; the minute more is for
/// clocks that differ.
pub const LEASE: Span = Span::from_s(16 * 60);

/// A run's right to replace a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The run's id.
    pub run: String,
    /// When others may take the state over.
    pub until: Timestamp,
    /// The run, if it is a turn that is open from here on where it is the schedule's first. Not stored with the lease.
    pub begins: Option<OpenRun>,
}

/// What ends a lease that was not given back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guard {
    /// Its time: it is over if it ended by now.
    Time(Timestamp),
    /// A lock that is free again once its process has ended: whoever holds it may take every lease over.
    Lock,
}

/// Whether a state may be claimed.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It may, as this.
    Free(Taken),
    /// A run holds it.
    Held(Lease),
    /// It is no state, with the reason.
    Damaged(String),
    /// It has a version that this program does not know.
    Newer(u64),
}

/// A state that may be claimed, and what the reader of the next brief must know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// What the schedule remembers.
    pub(super) state: State,
    /// That the state was lost, if no brief has told it yet.
    pub(super) untold: Option<String>,
    /// That the run before this did not end.
    pub(super) left_behind: Option<String>,
}

/// Whether the state in these bytes may be claimed; no bytes are a schedule that never ran.
pub(super) fn look(bytes: Option<&[u8]>, guard: Guard) -> Verdict {
    let stored = match bytes.map(v1::read) {
        None => Stored::default(),
        Some(Ok(stored)) => stored,
        Some(Err(v1::Unreadable::Newer(version))) => return Verdict::Newer(version),
        Some(Err(v1::Unreadable::Damaged(reason))) => return Verdict::Damaged(reason),
    };
    let left_behind = match (stored.lease, guard) {
        (None, _) => None,
        (Some(lease), Guard::Time(now)) if now < lease.until => return Verdict::Held(lease),
        (Some(lease), _) => Some(format!("the run {} did not end; this run takes over", lease.run)),
    };
    Verdict::Free(Taken { state: stored.state, untold: stored.untold, left_behind })
}

impl Taken {
    /// The beginning after a state that was damaged, and is now kept in another place.
    pub(super) fn anew(reason: &str, aside: &str) -> Self {
        let note = format!(
            "the state of this schedule was damaged ({reason}) and is kept as `{aside}`: this run begins anew, with one \
             period, and may tell findings that were told before"
        );
        Self { state: State::default(), untold: Some(note), left_behind: None }
    }

    /// The same for the run that claims it.
    pub(super) fn begun(mut self, lease: &Lease) -> Self {
        let first = self.state.watermarks.is_empty() && self.state.told.is_none();
        if first && self.state.open.is_none() {
            self.state.open.clone_from(&lease.begins);
        }
        self
    }

    /// What a run that claims this writes.
    pub(super) fn leased(&self, lease: &Lease) -> Vec<u8> {
        self.stored(Some(lease.clone()))
    }

    /// What a run that gives this back unchanged writes.
    pub(super) fn given_back(&self) -> Vec<u8> {
        self.stored(None)
    }

    fn stored(&self, lease: Option<Lease>) -> Vec<u8> {
        let (state, untold) = (self.state.clone(), self.untold.clone());
        v1::write(&Stored { state, lease, untold, write: Some(unique()) })
    }
}

/// How long a lease lasts whose run ends at a deadline: the clocks of two machines may differ by this.
pub const MARGIN: Span = Span::from_s(30);

/// What a run that has ended writes: the state alone.
pub(super) fn committed(state: &State) -> Vec<u8> {
    v1::write(&Stored { state: state.clone(), write: Some(unique()), ..Stored::default() })
}

/// A text that no other write has: S3 tells versions apart by their bytes, and two writes must never be the same version.
fn unique() -> String {
    // The standard library seeds these from the operating system; 128 bits do not meet again.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}
