//! Log files in an object store: S3, or whatever stands in for it.
//!
//! Credentials and endpoint come from the standard `AWS_*` variables, through `object_store`. Knows nothing of CloudTrail's folders.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use futures::{StreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use tracing::{Instrument as _, Span};

use super::{Bytes, Children, SourceError};
use crate::telemetry::called;

/// How many requests are under way at once.
const CONCURRENT_REQUESTS: usize = 32;

/// The error with the store's own message.
fn with_message(error: object_store::Error) -> io::Error {
    #[cfg(feature = "s3")]
    let text = crate::s3::said(&error);
    #[cfg(not(feature = "s3"))]
    let text = error.to_string();
    io::Error::new(io::Error::from(error).kind(), text)
}

/// A prefix of an object store.
#[derive(Clone, Debug)]
pub struct Remote {
    url: String,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    runtime: tokio::runtime::Handle,
    /// What the store was opened in, for the log: its requests come from threads that know nothing of it.
    span: Span,
    /// The sizes that listing returned, by path.
    sizes: Arc<Mutex<HashMap<String, u64>>>,
}

impl Remote {
    /// A prefix of a store that has been opened already. Needs a running Tokio runtime.
    pub(super) fn new(url: String, store: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        let (runtime, span) = (tokio::runtime::Handle::current(), Span::current());
        Self { url, store, prefix, runtime, span, sizes: Arc::default() }
    }

    #[cfg(feature = "s3")]
    pub(super) fn open(url: &str) -> Result<Self, SourceError> {
        let bad = |reason: String| SourceError::BadUrl { url: url.to_owned(), reason };
        let Some(rest) = url.strip_prefix("s3://") else {
            return Err(bad("only s3://bucket/prefix and local directories can be read".to_owned()));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(bad("it does not name a bucket".to_owned()));
        }
        let store =
            crate::s3::bucket(bucket).map_err(bad)?.build().map_err(|error| bad(error.to_string()))?;
        let prefix = Path::parse(prefix.trim_end_matches('/')).map_err(|error| bad(error.to_string()))?;
        Ok(Self::new(url.to_owned(), Arc::new(store), prefix))
    }

    #[cfg(not(feature = "s3"))]
    pub(super) fn open(url: &str) -> Result<Self, SourceError> {
        Err(SourceError::BadUrl {
            url: url.to_owned(),
            reason: "this program was built without the `s3` feature".to_owned(),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn leading_segments(&self) -> Vec<String> {
        self.prefix.parts().map(|part| part.as_ref().to_owned()).collect()
    }

    pub(super) fn children(&self, folders: &[String]) -> Vec<io::Result<Children>> {
        self.block_on(
            stream::iter(folders)
                .map(|folder| self.list(folder))
                .buffered(CONCURRENT_REQUESTS)
                .collect::<Vec<_>>(),
        )
    }

    async fn list(&self, folder: &str) -> io::Result<Children> {
        let (path, thing) = (self.full(folder), self.address(folder));
        let listing = self.store.list_with_delimiter(Some(&path));
        let listed = called("s3:ListObjectsV2", &thing, listing).await.map_err(with_message)?;
        let mut sizes = self.sizes.lock().expect("no thread panics in here");
        sizes.extend(listed.objects.iter().map(|object| (self.relative(&object.location), object.size)));
        Ok(Children {
            folders: listed.common_prefixes.iter().map(|path| self.relative(path)).collect(),
            files: listed.objects.iter().map(|object| self.relative(&object.location)).collect(),
            problems: Vec::new(),
        })
    }

    pub(super) fn stored_bytes(&self, path: &str) -> u64 {
        self.sizes.lock().expect("no thread panics in here").get(path).copied().unwrap_or(0)
    }

    pub(super) fn read(&self, path: &str) -> io::Result<Bytes> {
        let location = self.full(path);
        let got = async move { self.store.get(&location).await?.bytes().await };
        let bytes = self.block_on(called("s3:GetObject", &self.address(path), got));
        let bytes = bytes.map_err(with_message)?;
        Ok(Bytes::Whole(bytes.into()))
    }

    /// Waits for a future, from a thread outside of the runtime.
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future.instrument(self.span.clone()))
    }

    /// The address of a file or folder, for the log.
    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.url.trim_end_matches('/'))
    }

    fn full(&self, path: &str) -> Path {
        path.split('/')
            .filter(|part| !part.is_empty())
            .fold(self.prefix.clone(), |full, part| full.join(part))
    }

    fn relative(&self, path: &Path) -> String {
        let parts = path
            .prefix_match(&self.prefix)
            .map(|parts| parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"));
        parts.unwrap_or_else(|| path.to_string())
    }
}
