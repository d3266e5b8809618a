//! An object store by its keys as they are: what lies directly below a prefix, and the path that asks for a key.

use std::{borrow::Cow, sync::Arc};

use futures::TryStreamExt as _;
use object_store::{
    ObjectMeta, ObjectStore, Result,
    list::{PaginatedListOptions, PaginatedListStore},
    path::Path,
};

use crate::domain::time::Timestamp;

/// A store, with a way to list keys that `object_store` has no path for.
#[derive(Clone)]
pub(super) struct RawStore {
    store: Arc<dyn ObjectStore>,
    /// Lists with escaped keys; without it, the store's own listing is used.
    pages: Option<Arc<dyn PaginatedListStore>>,
    /// The same store for keys that begin with a slash.
    slashed: Option<Arc<dyn ObjectStore>>,
}

/// What lies directly below a prefix.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Longer prefixes, which end with a slash.
    pub prefixes: Vec<String>,
    /// Objects.
    pub objects: Vec<ListedObject>,
}

/// An object, as a listing describes it.
#[derive(Debug)]
pub(super) struct ListedObject {
    pub key: String,
    pub size_bytes: u64,
    pub last_modified: Timestamp,
}

impl ListedObject {
    fn of(object: &ObjectMeta, key: String) -> Self {
        let last_modified = Timestamp::from_unix_s(object.last_modified.timestamp());
        Self { key, size_bytes: object.size, last_modified }
    }
}

impl std::fmt::Debug for RawStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawStore").field("store", &self.store).finish_non_exhaustive()
    }
}

impl RawStore {
    /// A store whose keys are all paths.
    pub(super) fn of(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, pages: None, slashed: None }
    }

    /// A bucket.
    ///
    /// # Errors
    ///
    /// If its endpoint or credentials cannot be used.
    #[cfg(feature = "s3")]
    pub(super) fn open(
        bucket: &str,
        counter: &Arc<crate::s3::requests::RequestCounter>,
    ) -> Result<Self, String> {
        let build = |name: &str| {
            let builder = crate::s3::bucket(name)?;
            let connector = crate::s3::raw_keys::EscapedListings::counted_by(counter.clone());
            let builder = builder.with_http_connector(connector);
            builder.build().map(Arc::new).map_err(|error| crate::s3::said(&error))
        };
        let store = build(bucket)?;
        // The address of `/key` in `bucket` is that of `key` in `bucket/`.
        let slashed = build(&format!("{bucket}/"))?;
        Ok(Self { store: store.clone(), pages: Some(store), slashed: Some(slashed) })
    }

    /// What lies directly below a prefix.
    pub(super) async fn list(&self, prefix: &str) -> Result<Listed> {
        let Some(pages) = &self.pages else { return self.list_paths(prefix).await };
        let mut listed = Listed::default();
        let mut options =
            PaginatedListOptions { delimiter: Some(Cow::Borrowed("/")), ..PaginatedListOptions::default() };
        loop {
            let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
            let page = pages.list_paginated(prefix, options.clone()).await?;
            listed.prefixes.extend(page.result.common_prefixes.iter().map(unescaped));
            let objects = page.result.objects.into_iter();
            listed
                .objects
                .extend(objects.map(|object| ListedObject::of(&object, unescaped(&object.location))));
            // A store that repeats itself must not keep a run from its end.
            if page.page_token.is_none() || page.page_token == options.page_token {
                return Ok(listed);
            }
            options.page_token = page.page_token;
        }
    }

    async fn list_paths(&self, prefix: &str) -> Result<Listed> {
        let listed = self.store.list_with_delimiter(Some(&Path::parse(prefix)?)).await?;
        Ok(Listed {
            prefixes: listed.common_prefixes.iter().map(|path| format!("{path}/")).collect(),
            objects: listed
                .objects
                .iter()
                .map(|object| ListedObject::of(object, object.location.to_string()))
                .collect(),
        })
    }

    /// The first keys below a prefix that come after another key, as many as one answer holds, and whether there are more.
    #[cfg(feature = "aws")]
    pub(super) async fn keys_after(&self, prefix: &str, after: &str) -> Result<(Vec<String>, bool)> {
        let Some(pages) = &self.pages else {
            let listed = self.store.list_with_offset(Some(&Path::parse(prefix)?), &Path::parse(after)?);
            let mut keys: Vec<String> =
                listed.map_ok(|object| object.location.to_string()).try_collect().await?;
            keys.sort();
            return Ok((keys, false));
        };
        let options =
            PaginatedListOptions { offset: Some(after.to_owned()), ..PaginatedListOptions::default() };
        let page = pages.list_paginated(Some(prefix), options).await?;
        let keys = page.result.objects.iter().map(|object| unescaped(&object.location));
        Ok((keys.collect(), page.page_token.is_some()))
    }

    /// The store and the path that ask for exactly this key; `None` if there is none.
    #[cfg(feature = "s3")]
    pub(super) fn locate(&self, key: &str) -> Option<(&Arc<dyn ObjectStore>, Path)> {
        let path = |key| crate::s3::raw_keys::path_of(key);
        match (key.strip_prefix('/'), &self.slashed) {
            (Some(rest), Some(slashed)) => Some((slashed, path(rest)?)),
            _ => Some((&self.store, path(key)?)),
        }
    }

    /// The store and the path that ask for this key; `None` if there is none.
    #[cfg(not(feature = "s3"))]
    pub(super) fn locate(&self, key: &str) -> Option<(&Arc<dyn ObjectStore>, Path)> {
        Some((&self.store, Path::parse(key).ok()?))
    }
}

/// The key that a listing holds as `path`.
#[cfg(feature = "s3")]
fn unescaped(path: &Path) -> String {
    crate::s3::raw_keys::unescaped(path)
}

/// The key that a listing holds as `path`.
#[cfg(not(feature = "s3"))]
fn unescaped(path: &Path) -> String {
    path.to_string()
}
