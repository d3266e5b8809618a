//! Keeps a schedule's state, its briefs and its pending messages: in a directory, in S3, or in memory for tests.
//!
//! The state is one JSON object. A run claims it, works, saves it and releases it. A claim writes the run into the object as
//! a lease, and a save replaces only what the claim wrote. So of two runs at once one works, and a run that was taken for
//! dead cannot overwrite what came after it. Nothing here knows what a state means.

mod archive;
mod backend;
mod claimable;
mod decisions;
mod directory;
mod error;
mod habits;
mod learning;
mod lease;
mod objects;
mod organization;
mod outbox;
mod s3;
#[cfg(test)]
mod tests;
mod v1;
mod versioned;

use std::path::PathBuf;

pub use archive::ArchivedBriefs;
pub use error::{Holder, StoreError};
#[cfg(feature = "aws")]
pub use lease::MARGIN;
pub use lease::{Deaths, LEASE, LeaseTerms};

use crate::{
    domain::{
        decision::{Decision, decided},
        message::Message,
        organization::KnownOrganization,
        state::{OpenRun, State},
        time::Timestamp,
    },
    telemetry::called,
};
use backend::{Backend, Hold};
use claimable::Claimable;
use lease::Lease;

/// Keeps states (`state/<schedule>.json`), briefs (`briefs/<schedule>/<run>.json.gz` and `.html.gz`) and messages that some
/// channel has not got yet (`outbox/<schedule>/<run>.json`); what Organizations said (`organization.json`), what people
/// decided about findings and stories (`decisions.json`), and everybody's habits (`habits.json.gz`).
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
}

/// A state that a run holds, and its right to replace it.
///
/// A claim that is dropped stays leased: in a directory the next run takes it over at once, elsewhere when its lease ends.
#[derive(Debug)]
#[must_use = "other runs wait until a claim is released"]
pub struct Claim {
    lease: Lease,
    saved: Claimable,
    hold: Hold,
}

impl Store {
    /// A store in a directory, which is created when it is first needed.
    #[must_use]
    pub fn directory(root: PathBuf) -> Self {
        Self { backend: Backend::Directory(directory::Directory::new(root)) }
    }

    /// A store below a prefix of a bucket, accessed as the `AWS_*` variables say. No request is made yet.
    ///
    /// # Errors
    ///
    /// If a variable has a value that cannot be used.
    #[cfg(feature = "s3")]
    pub fn s3(bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        let unusable = |reason| StoreError::Unusable { location: format!("s3://{bucket}/{prefix}"), reason };
        Self::s3_by(crate::s3::bucket(bucket).map_err(unusable)?, bucket, prefix)
    }

    /// An error: this program was built without S3.
    ///
    /// # Errors
    ///
    /// Always.
    #[cfg(not(feature = "s3"))]
    pub fn s3(bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        let reason = "this program was built without the `s3` feature".to_owned();
        Err(StoreError::Unusable { location: format!("s3://{bucket}/{prefix}"), reason })
    }

    /// A store below a prefix of a bucket, accessed as this builder says.
    ///
    /// # Errors
    ///
    /// If the builder or the prefix has a value that cannot be used.
    #[cfg(feature = "s3")]
    pub fn s3_by(
        builder: object_store::aws::AmazonS3Builder,
        bucket: &str,
        prefix: &str,
    ) -> Result<Self, StoreError> {
        objects::Objects::s3(builder, bucket, prefix)
            .map(|objects| Self { backend: Backend::Objects(objects) })
    }

    /// A store in memory that its clones share, for tests.
    #[must_use]
    pub fn memory() -> Self {
        Self { backend: Backend::Objects(objects::Objects::memory()) }
    }

    /// Claims a schedule's state for a run: reads it, and keeps other runs away until the claim is released or its lease,
    /// which begins `now`, is over. A repetition of the invocation that holds it takes it over at once.
    ///
    /// The schedule's first run is open in its state from the claim on. A lease that was left behind is taken over. A
    /// damaged state is kept under another name. The claim's notes say so.
    ///
    /// # Errors
    ///
    /// If another run holds the state, a newer program wrote it, or it cannot be read or written.
    pub async fn claim(
        &self,
        schedule: &str,
        run: OpenRun,
        now: Timestamp,
        terms: impl Into<LeaseTerms>,
    ) -> Result<Claim, StoreError> {
        let LeaseTerms { length, invocation } = terms.into();
        let lease =
            Lease { run: run.id.clone(), until: now.plus(length), invocation, at: Some(run.at), deaths: 0 };
        let claiming = self.backend.claim(schedule, &run, &lease, now);
        let (saved, hold) = called("state:claim", schedule, claiming).await?;
        Ok(Claim { lease, saved, hold })
    }

    /// Reads a schedule's state without keeping other runs away, for a run that is not recorded.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was written by a newer program.
    pub async fn peek(&self, schedule: &str) -> Result<State, StoreError> {
        let name = state_name(schedule);
        match self.backend.get(&name).await?.as_deref().map(v1::read) {
            None => Ok(State::default()),
            Some(Ok(stored)) => Ok(stored.state),
            Some(Err(error)) => Err(error.at(self.backend.location(&name))),
        }
    }

    /// Puts a message into the outbox.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn keep_message(&self, schedule: &str, message: &Message) -> Result<(), StoreError> {
        self.backend.put(&outbox::name(schedule, &message.run), outbox::write(message)).await
    }

    /// Reads a run's message from the outbox; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was written by a newer program.
    pub async fn message(&self, schedule: &str, run: &str) -> Result<Option<Message>, StoreError> {
        let name = outbox::name(schedule, run);
        let message = self.backend.get(&name).await?.as_deref().map(outbox::read).transpose();
        message.map_err(|error| error.at(self.backend.location(&name)))
    }

    /// Removes a run's message from the outbox, if it is there.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub async fn remove_message(&self, schedule: &str, run: &str) -> Result<(), StoreError> {
        self.backend.remove(&outbox::name(schedule, run)).await
    }

    /// What Organizations said last; `None` if nothing was kept.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was written by a newer program.
    pub async fn organization(&self) -> Result<Option<KnownOrganization>, StoreError> {
        let known =
            self.backend.get(organization::NAME).await?.as_deref().map(organization::read).transpose();
        known.map_err(|error| error.at(self.backend.location(organization::NAME)))
    }

    /// Keeps what Organizations said, for all schedules.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn keep_organization(&self, known: &KnownOrganization) -> Result<(), StoreError> {
        self.backend.put(organization::NAME, organization::write(known)).await
    }

    /// What people decided, in the order in which they did.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was written by a newer program.
    pub async fn decisions(&self) -> Result<Vec<Decision>, StoreError> {
        let decisions = self.backend.get(decisions::NAME).await?.as_deref().map(decisions::read).transpose();
        let decisions = decisions.map_err(|error| error.at(self.backend.location(decisions::NAME)))?;
        Ok(decisions.unwrap_or_default())
    }

    /// Keeps a decision, for all schedules. Of several at once, none is lost; a run under way is not disturbed.
    ///
    /// # Errors
    ///
    /// If the decisions cannot be read or written, are damaged, or were written by a newer program.
    pub async fn decide(&self, decision: &Decision) -> Result<(), StoreError> {
        let location = self.backend.location(decisions::NAME);
        let with = |found: Option<&[u8]>| {
            let all = found.map(decisions::read).transpose().map_err(|error| error.at(location.clone()))?;
            Ok(decisions::write(&decided(all.unwrap_or_default(), decision.clone())))
        };
        self.backend.change(decisions::NAME, &with).await
    }
}

impl Claim {
    /// The schedule's state as it was claimed or last saved.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.saved.state
    }

    /// The processes before this one that died while they held the state; `None` if the last one gave it back.
    #[must_use]
    pub fn deaths(&self) -> Option<&Deaths> {
        self.saved.deaths.as_ref()
    }

    /// Forgets the processes that died, from the next save on.
    pub fn forget_deaths(&mut self) {
        self.saved.deaths = None;
    }

    /// What a reader of the next brief must know: the run before did not finish, the state was damaged, a brief was given
    /// up.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        [&self.saved.pending_notes, &self.saved.left_behind]
            .into_iter()
            .flatten()
            .flat_map(|notes| notes.lines())
    }

    /// Adds a note that is kept from the next save on, until [`Claim::forget_notes`].
    pub fn keep_note(&mut self, note: &str) {
        let notes = self.saved.pending_notes.get_or_insert_default();
        if notes.lines().any(|kept| kept == note) {
            return;
        }
        if !notes.is_empty() {
            notes.push('\n');
        }
        notes.push_str(note);
    }

    /// Forgets the notes from the next save on: a brief that shows them was delivered.
    pub fn forget_notes(&mut self) {
        self.saved.pending_notes = None;
    }

    /// Replaces the state and keeps the claim.
    ///
    /// # Errors
    ///
    /// If another run took it over, or it cannot be written; then nothing changes.
    pub async fn save(&mut self, state: &State) -> Result<(), StoreError> {
        let next = Claimable { state: state.clone(), ..self.saved.clone() };
        let replacing = self.hold.replace(&self.lease.run, next.leased(&self.lease));
        called("state:save", &self.lease.run, replacing).await?;
        self.saved = next;
        Ok(())
    }

    /// Releases the state as it was claimed or last saved. If another run took it over, it is left to that run, which is not
    /// an error.
    ///
    /// # Errors
    ///
    /// If it cannot be written; then it stays leased.
    pub async fn release(mut self) -> Result<(), StoreError> {
        let replacing = self.hold.replace(&self.lease.run, self.saved.released());
        match called("state:release", &self.lease.run, replacing).await {
            Err(StoreError::Lost { .. }) => Ok(()),
            other => other,
        }
    }
}

fn state_name(schedule: &str) -> String {
    format!("state/{schedule}.json")
}

/// The file name under which a damaged state is kept. No schedule's name has a dot, so it is not the name of a state.
fn damaged_name(schedule: &str, now: Timestamp) -> String {
    format!("{schedule}.damaged-{}.json", now.to_string().replace(['-', ':'], ""))
}
