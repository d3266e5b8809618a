//! Keeps what a schedule remembers, and the briefs it sent: one JSON object a schedule, in a directory, S3 or memory.
//!
//! A run claims the state, works, and commits or gives it back. The claim is written into the object as a lease; a commit
//! replaces only what the claim wrote. So of two runs at once one works, and a run that was taken for dead cannot
//! overwrite what came after it. Nothing here knows what a state means.

mod directory;
mod error;
mod lease;
mod objects;
mod outbox;
mod s3;
#[cfg(test)]
mod tests;
mod v1;

use std::path::PathBuf;

pub use error::{Holder, StoreError, Trouble};
pub use lease::{LEASE, MARGIN};

use crate::domain::{
    letter::Letter,
    state::{OpenRun, State},
    time::{Span, Timestamp},
};
use lease::{Lease, Taken};

/// A place that keeps states (`state/<schedule>.json`), briefs (`briefs/<schedule>/<run>.json` and `.html`) and letters that
/// are not delivered everywhere (`outbox/<schedule>/<run>.json`).
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
}

#[derive(Clone, Debug)]
enum Backend {
    Directory(directory::Directory),
    Objects(objects::Objects),
}

/// A state that a run holds, and its right to replace it.
///
/// One that is dropped stays leased: in a directory the next run takes it over at once, elsewhere when its time is over.
#[derive(Debug)]
#[must_use = "a claim is committed or released: others wait for it"]
pub struct Claim {
    lease: Lease,
    taken: Taken,
    hold: Hold,
}

#[derive(Debug)]
enum Hold {
    Directory(directory::Hold),
    Objects(objects::Hold),
}

impl Store {
    /// A store in this directory, which is made when it is first needed.
    #[must_use]
    pub fn directory(root: PathBuf) -> Self {
        Self { backend: Backend::Directory(directory::Directory::new(root)) }
    }

    /// A store below a prefix of a bucket, reached as the `AWS_*` variables say. Nothing is asked of the bucket yet.
    ///
    /// # Errors
    ///
    /// If a variable has a value that cannot be used.
    #[cfg(feature = "s3")]
    pub fn s3(bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        Self::s3_by(
            crate::s3::with_credentials(object_store::aws::AmazonS3Builder::from_env()),
            bucket,
            prefix,
        )
    }

    /// No store: S3 is not part of this program.
    ///
    /// # Errors
    ///
    /// Always.
    #[cfg(not(feature = "s3"))]
    pub fn s3(bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        let reason = "this program was built without the `s3` feature".to_owned();
        Err(StoreError::Unusable { place: format!("s3://{bucket}/{prefix}"), reason })
    }

    /// A store below a prefix of a bucket, reached as this builder says.
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

    /// Reads a schedule's state and keeps other runs away from it until the claim is committed or released, or its lease is
    /// over.
    ///
    /// A lease that was left behind is taken over; a damaged state is put aside under another name. The claim's notes
    /// say so.
    ///
    /// # Errors
    ///
    /// If another run holds it, a newer program wrote it, or the place cannot be used.
    pub async fn claim(
        &self,
        schedule: &str,
        run: &str,
        now: Timestamp,
        length: Span,
    ) -> Result<Claim, StoreError> {
        let lease = Lease { run: run.to_owned(), until: now.plus(length), begins: None };
        self.claim_by(schedule, lease, now).await
    }

    /// The same for a schedule's turn at this time. If it is the first, it is open from the moment of the claim: were it
    /// forgotten, the next would begin only one period before itself.
    ///
    /// # Errors
    ///
    /// As for any claim.
    pub async fn claim_turn(
        &self,
        schedule: &str,
        turn: OpenRun,
        now: Timestamp,
        length: Span,
    ) -> Result<Claim, StoreError> {
        let lease = Lease { run: turn.id.clone(), until: now.plus(length), begins: Some(turn) };
        self.claim_by(schedule, lease, now).await
    }

    async fn claim_by(&self, schedule: &str, lease: Lease, now: Timestamp) -> Result<Claim, StoreError> {
        let (taken, hold) = match &self.backend {
            Backend::Directory(directory) => {
                directory.claim(schedule, &lease, now).map(|(taken, hold)| (taken, Hold::Directory(hold)))
            }
            Backend::Objects(objects) => {
                objects.claim(schedule, &lease, now).await.map(|(taken, hold)| (taken, Hold::Objects(hold)))
            }
        }?;
        Ok(Claim { lease, taken, hold })
    }

    /// Reads a schedule's state without keeping other runs away, for a run that is not recorded.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was written by a newer program.
    pub async fn peek(&self, schedule: &str) -> Result<State, StoreError> {
        match &self.backend {
            Backend::Directory(directory) => directory.peek(schedule),
            Backend::Objects(objects) => objects.peek(schedule).await,
        }
    }

    /// Puts a letter into the outbox.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn keep_letter(&self, schedule: &str, letter: &Letter) -> Result<(), StoreError> {
        let (name, bytes) = (outbox::name(schedule, &letter.run), outbox::write(letter));
        match &self.backend {
            Backend::Directory(directory) => directory.put(&name, &bytes),
            Backend::Objects(objects) => objects.put_other(&name, bytes).await,
        }
    }

    /// Reads a letter in the outbox; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was written by a newer program.
    pub async fn letter(&self, schedule: &str, run: &str) -> Result<Option<Letter>, StoreError> {
        let name = outbox::name(schedule, run);
        let (bytes, place) = match &self.backend {
            Backend::Directory(directory) => directory.get(&name)?,
            Backend::Objects(objects) => objects.get_other(&name).await?,
        };
        let read = |bytes: Vec<u8>| outbox::read(&bytes).map_err(|error| unreadable(error, place));
        bytes.map(read).transpose()
    }

    /// Takes a letter out of the outbox; one that is not there is as good.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub async fn drop_letter(&self, schedule: &str, run: &str) -> Result<(), StoreError> {
        let name = outbox::name(schedule, run);
        match &self.backend {
            Backend::Directory(directory) => directory.remove(&name),
            Backend::Objects(objects) => objects.remove_other(&name).await,
        }
    }

    /// Where a brief that was archived lies, as a person would name it.
    #[must_use]
    pub fn archived(&self, schedule: &str, run: &str) -> String {
        let name = format!("briefs/{schedule}/{run}.html");
        match &self.backend {
            Backend::Directory(directory) => directory.place(&name),
            Backend::Objects(objects) => objects.place(&name),
        }
    }

    /// Keeps a brief that was sent, as JSON and HTML.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn archive(&self, schedule: &str, run: &str, json: &str, html: &str) -> Result<(), StoreError> {
        for (ending, text) in [("json", json), ("html", html)] {
            let name = format!("{run}.{ending}");
            match &self.backend {
                Backend::Directory(directory) => directory.archive(schedule, &name, text)?,
                Backend::Objects(objects) => objects.archive(schedule, &name, text).await?,
            }
        }
        Ok(())
    }
}

impl Claim {
    /// What the schedule remembers.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.taken.state
    }

    /// What a reader of the brief must know: the run before did not end, the state was damaged, a brief was given up.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        [&self.taken.untold, &self.taken.left_behind].into_iter().flatten().flat_map(|notes| notes.lines())
    }

    /// Adds a note that is kept with the next save, until a brief has told it.
    pub fn must_tell(&mut self, note: &str) {
        let untold = self.taken.untold.get_or_insert_default();
        if untold.lines().any(|told| told == note) {
            return;
        }
        if !untold.is_empty() {
            untold.push('\n');
        }
        untold.push_str(note);
    }

    /// Replaces the state and goes on holding it.
    ///
    /// # Errors
    ///
    /// If somebody took it over meanwhile, or it cannot be written; what is there stays.
    pub async fn save(&mut self, state: &State) -> Result<(), StoreError> {
        let next = Taken { state: state.clone(), ..self.taken.clone() };
        let bytes = next.leased(&self.lease);
        match &mut self.hold {
            Hold::Directory(hold) => hold.replace(&self.lease.run, bytes)?,
            Hold::Objects(hold) => hold.replace(&self.lease.run, bytes).await?,
        }
        self.taken = next;
        Ok(())
    }

    /// What a brief's reader had to know of the claim is told now that it is delivered, and from the next save on not again.
    pub fn told(&mut self) {
        self.taken.untold = None;
    }

    /// Replaces the state and gives it free.
    ///
    /// # Errors
    ///
    /// If somebody took it over meanwhile, or it cannot be written; what is there stays.
    pub async fn commit(mut self, state: &State) -> Result<(), StoreError> {
        self.replace(lease::committed(state)).await
    }

    /// Gives the state free as it was claimed or last saved. One that somebody took over meanwhile is theirs, which is no error.
    ///
    /// # Errors
    ///
    /// If it cannot be written; then it stays leased.
    pub async fn release(mut self) -> Result<(), StoreError> {
        match self.replace(self.taken.given_back()).await {
            Err(StoreError::Lost { .. }) => Ok(()),
            other => other,
        }
    }

    async fn replace(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        match &mut self.hold {
            Hold::Directory(hold) => hold.replace(&self.lease.run, bytes),
            Hold::Objects(hold) => hold.replace(&self.lease.run, bytes).await,
        }
    }
}

/// The state in these bytes; no bytes are a schedule that never ran.
fn peeked(bytes: Option<&[u8]>, place: &str) -> Result<State, StoreError> {
    match bytes.map(v1::read) {
        None => Ok(State::default()),
        Some(Ok(stored)) => Ok(stored.state),
        Some(Err(error)) => Err(unreadable(error, place.to_owned())),
    }
}

fn unreadable(error: v1::Unreadable, place: String) -> StoreError {
    match error {
        v1::Unreadable::Newer(version) => StoreError::Newer { place, version },
        v1::Unreadable::Damaged(reason) => StoreError::Damaged { place, reason },
    }
}

/// The name under which a damaged state is kept. No schedule's name has a dot, so it is no schedule's.
fn aside(schedule: &str, now: Timestamp) -> String {
    format!("{schedule}.damaged-{}.json", now.to_string().replace(['-', ':'], ""))
}
