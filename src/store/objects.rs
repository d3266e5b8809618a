//! States as objects of S3, or of memory in tests: every write of a state names the version that it replaces.
//!
//! The object store decides who comes first; no lock, no clock but the lease's, no listing but of the outbox when a state
//! begins anew.

use std::collections::BTreeSet;

use object_store::{
    Attribute, Attributes, Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload,
    PutResult, UpdateVersion, memory::InMemory, path::Path,
};

#[cfg(feature = "s3")]
use object_store::aws::{AmazonS3, AmazonS3Builder};

use super::{
    error::{Holder, StoreError, Trouble},
    lease::{self, Guard, Lease, Taken, Verdict},
    outbox, s3, v1,
};
use crate::domain::{state::State, time::Timestamp};

/// How often a claim looks again after somebody was quicker. Whoever was quicker holds the state or has just given it
/// back, so that the second look usually decides.
const LOOKS: usize = 5;

/// A prefix of an object store that keeps states and briefs.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    service: Service,
    prefix: Path,
    /// What stands before a path in messages: `s3://bucket/`.
    scheme: String,
}

/// Which object store.
#[derive(Clone, Debug)]
enum Service {
    #[cfg(feature = "s3")]
    S3(AmazonS3),
    Memory(InMemory),
}

/// An object that was read.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    pub(super) version: UpdateVersion,
}

/// What became of a conditional write.
#[derive(Debug)]
pub(super) enum Written {
    /// It is there, as this version.
    Yes(UpdateVersion),
    /// Another write came first: this is there now.
    TooLate(Option<Found>),
}

/// A state of an object store that this run may replace, as long as its version is the one that it wrote.
#[derive(Debug)]
pub(super) struct Hold {
    objects: Objects,
    path: Path,
    version: UpdateVersion,
}

impl Objects {
    pub(super) fn memory() -> Self {
        let service = Service::Memory(InMemory::new());
        Self { service, prefix: Path::default(), scheme: "memory:".to_owned() }
    }

    #[cfg(feature = "s3")]
    pub(super) fn s3(builder: AmazonS3Builder, bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        let place = format!("s3://{bucket}/{prefix}");
        let unusable = |reason: String| StoreError::Unusable { place, reason };
        let opened = s3::open(builder, bucket);
        match opened.and_then(|s3| Ok((s3, Path::parse(prefix).map_err(|error| error.to_string())?))) {
            Ok((s3, prefix)) => {
                Ok(Self { service: Service::S3(s3), prefix, scheme: format!("s3://{bucket}/") })
            }
            Err(reason) => Err(unusable(reason)),
        }
    }

    pub(super) fn state(&self, schedule: &str) -> Path {
        self.prefix.clone().join("state").join(format!("{schedule}.json"))
    }

    pub(super) async fn claim(
        &self,
        schedule: &str,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<(Taken, Hold), StoreError> {
        let path = self.state(schedule);
        for _ in 0..LOOKS {
            let found = self.read(&path).await?;
            let taken = self.free(schedule, &path, found.as_ref(), now).await?.begun(lease);
            let replaced = found.map(|found| found.version);
            if let Written::Yes(version) = self.write(&path, taken.leased(lease), replaced).await? {
                return Ok((taken, Hold { objects: self.clone(), path, version }));
            }
        }
        Err(StoreError::Busy {
            schedule: schedule.to_owned(),
            place: self.name(&path),
            holder: Holder::Unnamed,
        })
    }

    /// What may be claimed of an object that was read, if it may be.
    pub(super) async fn free(
        &self,
        schedule: &str,
        path: &Path,
        found: Option<&Found>,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let place = self.name(path);
        let bytes = found.map(|found| found.bytes.as_slice());
        let (mut taken, anew) = match lease::look(bytes, Guard::Time(now)) {
            Verdict::Free(taken) => (taken, found.is_none()),
            Verdict::Held(lease) => {
                return Err(StoreError::Busy {
                    schedule: schedule.to_owned(),
                    place,
                    holder: Some(lease).into(),
                });
            }
            Verdict::Newer(version) => return Err(StoreError::Newer { place, version }),
            Verdict::Damaged(reason) => {
                let aside = self.prefix.clone().join("state").join(super::aside(schedule, now));
                let bytes = bytes.unwrap_or_default().to_vec();
                self.put(&aside, bytes, PutOptions::default())
                    .await
                    .map_err(|e| self.failed("write", &aside, e))?;
                (Taken::anew(&reason, &self.name(&aside)), true)
            }
        };
        if anew {
            taken.state.orphans = self.letters(schedule).await?;
        }
        Ok(taken)
    }

    /// The runs whose letters lie in the outbox.
    async fn letters(&self, schedule: &str) -> Result<BTreeSet<String>, StoreError> {
        let folder = self.other(&outbox::folder(schedule));
        let listed = match &self.service {
            #[cfg(feature = "s3")]
            Service::S3(store) => store.list_with_delimiter(Some(&folder)).await,
            Service::Memory(store) => store.list_with_delimiter(Some(&folder)).await,
        };
        let listed = listed.map_err(|error| self.failed("list", &folder, error))?;
        Ok(listed.objects.iter().filter_map(|object| outbox::run(object.location.filename()?)).collect())
    }

    pub(super) async fn peek(&self, schedule: &str) -> Result<State, StoreError> {
        let path = self.state(schedule);
        let found = self.read(&path).await?;
        super::peeked(found.as_ref().map(|found| found.bytes.as_slice()), &self.name(&path))
    }

    pub(super) async fn archive(&self, schedule: &str, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.prefix.clone().join("briefs").join(schedule).join(name);
        let kind = if name.ends_with(".html") { "text/html; charset=utf-8" } else { "application/json" };
        let attributes = Attributes::from_iter([(Attribute::ContentType, kind)]);
        let options = PutOptions { attributes, ..PutOptions::default() };
        let put = self.put(&path, text.as_bytes().to_vec(), options).await;
        put.map(drop).map_err(|error| self.failed("write", &path, error))
    }

    /// Writes another object of the store, named by its parts with slashes.
    pub(super) async fn put_other(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let path = self.other(name);
        let put = self.put(&path, bytes, PutOptions::default()).await;
        put.map(drop).map_err(|error| self.failed("write", &path, error))
    }

    /// Reads another object of the store, if it is there; and how a person would name it.
    pub(super) async fn get_other(&self, name: &str) -> Result<(Option<Vec<u8>>, String), StoreError> {
        let path = self.other(name);
        Ok((self.read(&path).await?.map(|found| found.bytes), self.name(&path)))
    }

    pub(super) async fn remove_other(&self, name: &str) -> Result<(), StoreError> {
        let path = self.other(name);
        let removed = match &self.service {
            #[cfg(feature = "s3")]
            Service::S3(store) => store.delete(&path).await,
            Service::Memory(store) => store.delete(&path).await,
        };
        match removed {
            Err(Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(self.failed("remove", &path, error)),
        }
    }

    /// How a person would name another object of the store.
    pub(super) fn place(&self, name: &str) -> String {
        self.name(&self.other(name))
    }

    fn other(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), Path::join)
    }

    /// Reads an object that may not be there.
    pub(super) async fn read(&self, path: &Path) -> Result<Option<Found>, StoreError> {
        let got = async {
            let got = match &self.service {
                #[cfg(feature = "s3")]
                Service::S3(store) => store.get(path).await?,
                Service::Memory(store) => store.get(path).await?,
            };
            let version = UpdateVersion { e_tag: got.meta.e_tag.clone(), version: got.meta.version.clone() };
            Ok(Found { bytes: got.bytes().await?.to_vec(), version })
        };
        match got.await {
            Ok(found) => Ok(Some(found)),
            // S3 says with the same status that there is no object, and that there is no bucket.
            Err(error @ Error::NotFound { .. }) if s3::trouble(&error) != Trouble::NoBucket => Ok(None),
            Err(error) => Err(self.failed("read", path, error)),
        }
    }

    /// Writes an object if it still is the version that was read, or still is not there.
    pub(super) async fn write(
        &self,
        path: &Path,
        bytes: Vec<u8>,
        replaced: Option<UpdateVersion>,
    ) -> Result<Written, StoreError> {
        let options = PutOptions::from(replaced.map_or(PutMode::Create, PutMode::Update));
        let refused = match self.put(path, bytes.clone(), options).await {
            Ok(PutResult { e_tag, version }) => return Ok(Written::Yes(UpdateVersion { e_tag, version })),
            Err(error) => error,
        };
        let too_late = matches!(refused, Error::AlreadyExists { .. } | Error::Precondition { .. });
        let refused = self.failed("write", path, refused);
        if !too_late
            && !matches!(refused, StoreError::Object { trouble: Trouble::Other | Trouble::Unreachable, .. })
        {
            return Err(refused);
        }
        // A write whose answer was lost on the way is sent again, and then comes too late after itself; or nobody knows
        // whether it arrived. What is there tells: no two writes have the same bytes.
        match self.read(path).await {
            Ok(Some(found)) if found.bytes == bytes => Ok(Written::Yes(found.version)),
            Ok(found) if too_late => Ok(Written::TooLate(found)),
            Err(error) if too_late => Err(error),
            _ => Err(refused),
        }
    }

    async fn put(&self, path: &Path, bytes: Vec<u8>, options: PutOptions) -> Result<PutResult, Error> {
        let payload = PutPayload::from(bytes);
        match &self.service {
            #[cfg(feature = "s3")]
            Service::S3(store) => store.put_opts(path, payload, options).await,
            Service::Memory(store) => store.put_opts(path, payload, options).await,
        }
    }

    /// An object's address, as a person would write it.
    fn name(&self, path: &Path) -> String {
        format!("{}{path}", self.scheme)
    }

    fn failed(&self, action: &'static str, path: &Path, error: Error) -> StoreError {
        let trouble = match s3::trouble(&error) {
            // A write of an object cannot miss the object.
            Trouble::Other if action == "write" && matches!(error, Error::NotFound { .. }) => {
                Trouble::NoBucket
            }
            trouble => trouble,
        };
        StoreError::Object { action, place: self.name(path), trouble, source: error.into() }
    }
}

impl Hold {
    #[cfg(test)]
    pub(super) fn of(objects: &Objects, path: &Path, version: UpdateVersion) -> Self {
        Self { objects: objects.clone(), path: path.clone(), version }
    }

    /// Replaces the state, unless somebody took it over.
    pub(super) async fn replace(&mut self, run: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        match self.objects.write(&self.path, bytes, Some(self.version.clone())).await? {
            Written::Yes(version) => {
                self.version = version;
                Ok(())
            }
            Written::TooLate(found) => {
                let lease =
                    found.and_then(|found| v1::read(&found.bytes).ok()).and_then(|stored| stored.lease);
                let (run, place) = (run.to_owned(), self.objects.name(&self.path));
                Err(StoreError::Lost { run, place, holder: lease.into() })
            }
        }
    }
}
