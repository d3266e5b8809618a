//! A run's right to replace a state, for a limited time.

use crate::domain::time::{Span, Timestamp};

/// How long a run on the command line holds a schedule's state in an object store, unless it releases it before.
///
/// A Lambda invocation lasts at most 15 minutes, so a run that holds its lease for longer has died; the extra minute is
/// for clocks that differ.
pub const LEASE: Span = Span::from_s(16 * 60);

/// How much longer than its invocation a function's lease lasts: the clocks of two machines may differ by this.
#[cfg(feature = "aws")]
pub const MARGIN: Span = Span::from_s(30);

/// A run's right to replace a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The run's id.
    pub run: String,
    /// When other runs may take the state over.
    pub until: Timestamp,
    /// The invocation of the function that works on the run. Lambda repeats an invocation under its own id, and only once it
    /// has ended: the repetition takes the state over at once.
    pub invocation: Option<String>,
    /// The scheduled time of the run; `None` if an older program wrote the lease.
    pub at: Option<Timestamp>,
    /// How many processes in a row died before this one, each while it held the state.
    pub deaths: u64,
}

impl Lease {
    /// A lease of a run on the command line that follows no death.
    #[cfg(test)]
    pub(super) fn new(run: &str, until: Timestamp) -> Self {
        Self { run: run.to_owned(), until, invocation: None, at: None, deaths: 0 }
    }
}

/// The processes that died while they held a state, the last ones in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deaths {
    /// How many.
    pub number: u64,
    /// The run of the last one.
    pub run: String,
    /// Its scheduled time; `None` if an older program wrote the state.
    pub at: Option<Timestamp>,
}

/// How a run holds a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    /// For how long at most.
    pub length: Span,
    /// The function's invocation; `None` on the command line.
    pub invocation: Option<String>,
}

impl From<Span> for LeaseTerms {
    fn from(length: Span) -> Self {
        Self { length, invocation: None }
    }
}
