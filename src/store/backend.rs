//! The kinds of stores behind one interface: a directory, or objects in S3 or memory.

use super::{
    claimable::Claimable,
    directory::{self, Directory},
    error::StoreError,
    lease::Lease,
    objects::{self, Objects},
};
use crate::domain::{state::OpenRun, time::Timestamp};

/// Where states, briefs and messages are kept. Files and objects are named by their parts with slashes.
#[derive(Clone, Debug)]
pub(super) enum Backend {
    Directory(Directory),
    Objects(Objects),
}

/// A state that a run may replace.
#[derive(Debug)]
pub(super) enum Hold {
    Directory(directory::LockedFile),
    Objects(objects::VersionedObject),
}

impl Backend {
    pub(super) async fn claim(
        &self,
        schedule: &str,
        run: &OpenRun,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<(Claimable, Hold), StoreError> {
        match self {
            Self::Directory(directory) => {
                let (claimed, file) = directory.claim(schedule, run, lease, now)?;
                Ok((claimed, Hold::Directory(file)))
            }
            Self::Objects(objects) => {
                let (claimed, object) = objects.claim(schedule, run, lease, now).await?;
                Ok((claimed, Hold::Objects(object)))
            }
        }
    }

    pub(super) async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        match self {
            Self::Directory(directory) => directory.put(name, &bytes),
            Self::Objects(objects) => objects.put(name, bytes).await,
        }
    }

    /// The bytes, if the thing is there.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Directory(directory) => directory.get(name),
            Self::Objects(objects) => objects.get(name).await,
        }
    }

    /// Replaces the bytes of the thing by what `with` makes of them, as one step: no other change is lost.
    pub(super) async fn change(
        &self,
        name: &str,
        with: &(impl Fn(Option<&[u8]>) -> Result<Vec<u8>, StoreError> + Sync),
    ) -> Result<(), StoreError> {
        match self {
            Self::Directory(directory) => directory.change(name, with),
            Self::Objects(objects) => objects.change(name, with).await,
        }
    }

    /// The names of the files in a folder; empty if the folder does not exist.
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Directory(directory) => directory.list(folder),
            Self::Objects(objects) => objects.list(folder).await,
        }
    }

    /// Removes the thing if it is there.
    pub(super) async fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self {
            Self::Directory(directory) => directory.remove(name),
            Self::Objects(objects) => objects.remove(name).await,
        }
    }

    /// The address of the thing, for people.
    pub(super) fn location(&self, name: &str) -> String {
        match self {
            Self::Directory(directory) => directory.location(name),
            Self::Objects(objects) => objects.location(name),
        }
    }
}

impl Hold {
    /// Replaces the state, unless another run took it over from `run`.
    pub(super) async fn replace(&mut self, run: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        match self {
            Self::Directory(file) => file.replace(run, bytes),
            Self::Objects(object) => object.replace(run, bytes).await,
        }
    }
}
