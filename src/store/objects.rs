//! States as objects in S3, or in memory for tests: every write of a state names the version that it replaces.
//!
//! The object store decides which write comes first: there is no lock, no clock but the lease's, and no listing but that of
//! the outbox when a state is started over.

use std::collections::BTreeSet;

use object_store::{
    Attribute, Attributes, Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload,
    PutResult, UpdateVersion, memory::InMemory, path::Path,
};

#[cfg(feature = "s3")]
use object_store::aws::{AmazonS3, AmazonS3Builder};

use super::{
    claimable::{Claimability, Claimable, Guard, examine},
    error::{Holder, StoreError, Trouble},
    lease::Lease,
    outbox, s3, v1,
};
use crate::{
    domain::{state::OpenRun, time::Timestamp},
    telemetry::called,
};

/// How often a claim is tried if another run writes in between. That run holds the state or has just released it, so the
/// second attempt usually decides.
const ATTEMPTS: usize = 5;

/// How often a change of an object is tried if others change it at the same time.
const CHANGES: usize = 50;

/// A prefix of an object store that keeps states, briefs and messages.
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
pub(super) struct StoredObject {
    pub(super) bytes: Vec<u8>,
    pub(super) version: UpdateVersion,
}

/// What became of a conditional write.
#[derive(Debug)]
pub(super) enum Written {
    /// It is there, as this version.
    Yes(UpdateVersion),
    /// Another write came first. This is there now.
    TooLate(Option<StoredObject>),
}

/// A state in an object store that this run may replace, as long as its version is the one that the run wrote.
#[derive(Debug)]
pub(super) struct VersionedObject {
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
        let location = format!("s3://{bucket}/{prefix}");
        let unusable = |reason: String| StoreError::Unusable { location, reason };
        let opened = s3::open(builder, bucket);
        match opened.and_then(|s3| Ok((s3, Path::parse(prefix).map_err(|error| error.to_string())?))) {
            Ok((s3, prefix)) => {
                Ok(Self { service: Service::S3(s3), prefix, scheme: format!("s3://{bucket}/") })
            }
            Err(reason) => Err(unusable(reason)),
        }
    }

    pub(super) fn state(&self, schedule: &str) -> Path {
        self.path(&super::state_name(schedule))
    }

    pub(super) async fn claim(
        &self,
        schedule: &str,
        run: &OpenRun,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<(Claimable, VersionedObject), StoreError> {
        let path = self.state(schedule);
        for _ in 0..ATTEMPTS {
            let found = self.read(&path).await?;
            let claimed = self.claimable(schedule, found.as_ref(), now, lease).await?.claimed_by(run);
            let replaced = found.map(|found| found.version);
            if let Written::Yes(version) = self.write(&path, claimed.leased(lease), replaced).await? {
                return Ok((claimed, VersionedObject { objects: self.clone(), path, version }));
            }
        }
        let (schedule, location) = (schedule.to_owned(), self.url(&path));
        Err(StoreError::Busy { schedule, location, holder: Holder::Unnamed })
    }

    /// The state in an object that was read.
    ///
    /// # Errors
    ///
    /// If it may not be claimed.
    pub(super) async fn claimable(
        &self,
        schedule: &str,
        found: Option<&StoredObject>,
        now: Timestamp,
        lease: &Lease,
    ) -> Result<Claimable, StoreError> {
        let location = self.url(&self.state(schedule));
        let bytes = found.map(|found| found.bytes.as_slice());
        let (mut claimable, starts_over) = match examine(bytes, Guard::Time(now, lease.invocation.as_deref()))
        {
            Claimability::Free(claimable) => (*claimable, found.is_none()),
            Claimability::Held(lease) => {
                let schedule = schedule.to_owned();
                return Err(StoreError::Busy { schedule, location, holder: Some(lease).into() });
            }
            Claimability::Newer(version) => return Err(StoreError::Newer { location, version }),
            Claimability::Damaged(reason) => {
                let moved_to = format!("state/{}", super::damaged_name(schedule, now));
                self.put(&moved_to, bytes.unwrap_or_default().to_vec()).await?;
                (Claimable::starting_over(&reason, &self.location(&moved_to)), true)
            }
        };
        if starts_over {
            claimable.state.orphans = self.messages(schedule).await?;
        }
        Ok(claimable)
    }

    /// The runs whose messages are in the outbox.
    async fn messages(&self, schedule: &str) -> Result<BTreeSet<String>, StoreError> {
        let files = self.list(&outbox::folder(schedule)).await?;
        Ok(files.iter().filter_map(|file| outbox::run(file)).collect())
    }

    /// The names of the objects below a folder, not of those in folders there.
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let folder = self.path(folder);
        let listing = async {
            match &self.service {
                #[cfg(feature = "s3")]
                Service::S3(store) => store.list_with_delimiter(Some(&folder)).await,
                Service::Memory(store) => store.list_with_delimiter(Some(&folder)).await,
            }
        };
        let listed = called("s3:ListObjectsV2", &self.url(&folder), listing).await;
        let listed = listed.map_err(|error| self.failed("list", &folder, error))?;
        let names = listed.objects.iter().filter_map(|object| object.location.filename());
        Ok(names.map(str::to_owned).collect())
    }

    /// Writes an object, whatever is there.
    pub(super) async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let path = self.path(name);
        let (plain, encoding) = match name.strip_suffix(".gz") {
            Some(plain) => (plain, Some((Attribute::ContentEncoding, "gzip"))),
            None => (name, None),
        };
        let content_type =
            if plain.ends_with(".html") { "text/html; charset=utf-8" } else { "application/json" };
        let attributes =
            Attributes::from_iter([(Attribute::ContentType, content_type)].into_iter().chain(encoding));
        let options = PutOptions { attributes, ..PutOptions::default() };
        let put = self.put_with(&path, bytes, options).await;
        put.map(drop).map_err(|error| self.failed("write", &path, error))
    }

    /// Replaces an object by what `with` makes of it; if another write comes first, of what that wrote.
    pub(super) async fn change(
        &self,
        name: &str,
        with: &impl Fn(Option<&[u8]>) -> Result<Vec<u8>, StoreError>,
    ) -> Result<(), StoreError> {
        let path = self.path(name);
        let mut found = self.read(&path).await?;
        for _ in 0..CHANGES {
            let bytes = with(found.as_ref().map(|found| found.bytes.as_slice()))?;
            match self.write(&path, bytes, found.map(|found| found.version)).await? {
                Written::Yes(_) => return Ok(()),
                Written::TooLate(newer) => found = newer,
            }
        }
        Err(StoreError::Contended { location: self.url(&path) })
    }

    pub(super) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(&self.path(name)).await?.map(|found| found.bytes))
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name);
        let removal = async {
            match &self.service {
                #[cfg(feature = "s3")]
                Service::S3(store) => store.delete(&path).await,
                Service::Memory(store) => store.delete(&path).await,
            }
        };
        match called("s3:DeleteObject", &self.url(&path), removal).await {
            Err(Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(self.failed("remove", &path, error)),
        }
    }

    pub(super) fn location(&self, name: &str) -> String {
        self.url(&self.path(name))
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), Path::join)
    }

    /// Reads an object; `None` if there is no such object.
    pub(super) async fn read(&self, path: &Path) -> Result<Option<StoredObject>, StoreError> {
        let got = async {
            let got = match &self.service {
                #[cfg(feature = "s3")]
                Service::S3(store) => store.get(path).await?,
                Service::Memory(store) => store.get(path).await?,
            };
            let version = UpdateVersion { e_tag: got.meta.e_tag.clone(), version: got.meta.version.clone() };
            Ok(StoredObject { bytes: got.bytes().await?.to_vec(), version })
        };
        match called("s3:GetObject", &self.url(path), got).await {
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
        let refused = match self.put_with(path, bytes.clone(), options).await {
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
        // A write whose answer was lost is sent again and then comes too late after itself, or it is unknown whether it
        // arrived. The bytes that are there decide: no two writes have the same.
        match self.read(path).await {
            Ok(Some(found)) if found.bytes == bytes => Ok(Written::Yes(found.version)),
            Ok(found) if too_late => Ok(Written::TooLate(found)),
            Err(error) if too_late => Err(error),
            _ => Err(refused),
        }
    }

    async fn put_with(&self, path: &Path, bytes: Vec<u8>, options: PutOptions) -> Result<PutResult, Error> {
        let payload = PutPayload::from(bytes);
        let put = async {
            match &self.service {
                #[cfg(feature = "s3")]
                Service::S3(store) => store.put_opts(path, payload, options).await,
                Service::Memory(store) => store.put_opts(path, payload, options).await,
            }
        };
        called("s3:PutObject", &self.url(path), put).await
    }

    /// An object's address, for people.
    fn url(&self, path: &Path) -> String {
        format!("{}{path}", self.scheme)
    }

    fn failed(&self, action: &'static str, path: &Path, error: Error) -> StoreError {
        let trouble = match s3::trouble(&error) {
            // If a write finds nothing, it is the bucket that is missing.
            Trouble::Other if action == "write" && matches!(error, Error::NotFound { .. }) => {
                Trouble::NoBucket
            }
            trouble => trouble,
        };
        StoreError::Object { action, location: self.url(path), trouble, source: error.into() }
    }
}

impl VersionedObject {
    #[cfg(test)]
    pub(super) fn of(objects: &Objects, path: &Path, version: UpdateVersion) -> Self {
        Self { objects: objects.clone(), path: path.clone(), version }
    }

    /// Replaces the state, unless another run took it over.
    pub(super) async fn replace(&mut self, run: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        match self.objects.write(&self.path, bytes, Some(self.version.clone())).await? {
            Written::Yes(version) => {
                self.version = version;
                Ok(())
            }
            Written::TooLate(found) => {
                let lease =
                    found.and_then(|found| v1::read(&found.bytes).ok()).and_then(|stored| stored.lease);
                let (run, location) = (run.to_owned(), self.objects.url(&self.path));
                Err(StoreError::Lost { run, location, holder: lease.into() })
            }
        }
    }
}
