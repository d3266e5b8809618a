//! Log files in an object store: S3, or whatever stands in for it.
//!
//! Credentials and endpoint come from the standard `AWS_*` variables, through `object_store`. Keys are kept as they are.
//! Knows nothing of CloudTrail's folders.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use tracing::{Instrument as _, Span};

use super::{
    Bytes, Children, HEAD_BYTES, ListedFile, SourceError,
    chunks::Chunks,
    raw::{ListedObject, RawStore},
};
use crate::{
    domain::{price::Requests, time::Timestamp},
    telemetry::called,
};

/// How many requests are under way at once.
const CONCURRENT_REQUESTS: usize = 32;
/// Objects larger than this are streamed.
const WHOLE_OBJECT_LIMIT_BYTES: usize = 8 << 20;

/// The error of one object or folder, with what to do about it.
pub(super) fn explained(error: object_store::Error) -> io::Error {
    #[cfg(feature = "s3")]
    let text = crate::s3::explained(&error);
    #[cfg(not(feature = "s3"))]
    let text = error.to_string();
    io::Error::new(io::Error::from(error).kind(), text)
}

/// The error of the root, with the store's own message: `SourceError::hint` says what to do about it.
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
    store: RawStore,
    /// What all keys begin with: nothing, or text that ends with a slash.
    prefix: String,
    runtime: tokio::runtime::Handle,
    /// What the store was opened in, for the log: its requests come from threads that know nothing of it.
    span: Span,
    /// What listing returned of each file, by path: its size, and when it was written.
    listed: Arc<Mutex<HashMap<String, (u64, Timestamp)>>>,
    #[cfg(feature = "s3")]
    counter: Arc<crate::s3::requests::RequestCounter>,
}

impl Remote {
    /// A prefix of a store that has been opened already. Needs a running Tokio runtime.
    pub(super) fn new(url: String, store: Arc<dyn ObjectStore>, prefix: &Path) -> Self {
        Self::of(url, RawStore::of(store), prefix.as_ref())
    }

    fn of(url: String, store: RawStore, prefix: &str) -> Self {
        let (runtime, span) = (tokio::runtime::Handle::current(), Span::current());
        Self {
            url,
            store,
            prefix: as_folder(prefix),
            runtime,
            span,
            listed: Arc::default(),
            #[cfg(feature = "s3")]
            counter: Arc::default(),
        }
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
        let counter = Arc::default();
        let store = RawStore::open(bucket, &counter).map_err(bad)?;
        Ok(Self { counter, ..Self::of(url.to_owned(), store, prefix) })
    }

    #[cfg(not(feature = "s3"))]
    pub(super) fn open(url: &str) -> Result<Self, SourceError> {
        Err(SourceError::BadUrl {
            url: url.to_owned(),
            reason: "this program was built without the `s3` feature".to_owned(),
        })
    }

    /// The requests so far.
    #[cfg(feature = "s3")]
    pub(super) fn requests(&self) -> Requests {
        self.counter.requests()
    }

    /// The requests so far: only those to S3 are counted.
    #[cfg(not(feature = "s3"))]
    #[expect(clippy::unused_self, reason = "with S3 they are the source's")]
    pub(super) fn requests(&self) -> Requests {
        Requests::default()
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn leading_segments(&self) -> Vec<String> {
        self.prefix.split('/').map(str::to_owned).collect()
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
        let (prefix, thing) = (format!("{}{}", self.prefix, as_folder(folder)), self.address(folder));
        let listed = called("s3:ListObjectsV2", &thing, self.store.list(&prefix)).await;
        let listed = listed.map_err(if folder.is_empty() { with_message } else { explained })?;
        let mut children = Children::default();
        for below in &listed.prefixes {
            let Some(path) = below.strip_prefix(&self.prefix).filter(|_| below.len() > prefix.len()) else {
                continue;
            };
            match below[prefix.len()..].trim_end_matches('/') {
                "." | ".." => children.problems.push((
                    path.to_owned(),
                    "no HTTP client can ask for keys with a segment `.` or `..`: copy what lies below to other keys"
                        .to_owned(),
                )),
                _ => children.folders.push(as_path(path)),
            }
        }
        let mut known = self.listed.lock().expect("no thread panics in here");
        for ListedObject { key, size_bytes, last_modified } in listed.objects {
            // What the S3 console makes for an empty folder.
            let is_marker = key.ends_with('/') && size_bytes == 0;
            if let Some(path) = key.strip_prefix(&self.prefix).filter(|path| !path.is_empty() && !is_marker) {
                known.insert(path.to_owned(), (size_bytes, last_modified));
                children.files.push(ListedFile { path: path.to_owned(), stored: Some(last_modified) });
            }
        }
        Ok(children)
    }

    /// For each of these folders, the first files in it or below that come after a path, as many as one request lists, and
    /// whether there are more.
    #[cfg(feature = "aws")]
    pub(super) fn files_after(&self, asked: &[(String, String)]) -> Vec<io::Result<(Vec<String>, bool)>> {
        let list = |(folder, after): &(String, String)| {
            let (prefix, after) =
                (format!("{}{}", self.prefix, as_folder(folder)), format!("{}{after}", self.prefix));
            let thing = self.address(folder);
            async move {
                let listed = called("s3:ListObjectsV2", &thing, self.store.keys_after(&prefix, &after)).await;
                let (keys, is_cut) = listed.map_err(explained)?;
                let paths = keys.iter().filter_map(|key| key.strip_prefix(&self.prefix));
                Ok((paths.map(str::to_owned).collect(), is_cut))
            }
        };
        self.block_on(stream::iter(asked).map(list).buffered(CONCURRENT_REQUESTS).collect::<Vec<_>>())
    }

    pub(super) fn stored_bytes(&self, path: &str) -> u64 {
        self.listed.lock().expect("no thread panics in here").get(path).map_or(0, |(size, _)| *size)
    }

    pub(super) fn modified_ms(&self, path: &str) -> Option<i64> {
        let known = self.listed.lock().expect("no thread panics in here");
        known.get(path).map(|(_, modified)| modified.unix_s() * 1_000)
    }

    pub(super) fn read(&self, path: &str, accepts: impl Fn(&[u8]) -> bool) -> io::Result<Option<Bytes>> {
        let key = format!("{}{path}", self.prefix);
        let opened = self.block_on(called("s3:GetObject", &self.address(path), async {
            let Some((store, location)) = self.store.locate(&key) else { return Ok(None) };
            Ok(Some(store.get(&location).await?.into_stream()))
        }));
        let Some(mut stream) = opened.map_err(explained)? else {
            let reason = "no HTTP client can ask for its key: copy it to another key";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        };
        let head_bytes = usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX);
        let mut bytes: Vec<u8> = Vec::new();
        let mut is_accepted = accepts(&[]);
        while let Some(chunk) = self.block_on(stream.try_next()).map_err(explained)? {
            bytes.extend_from_slice(&chunk);
            if !is_accepted && bytes.len() >= head_bytes {
                is_accepted = accepts(&bytes);
                if !is_accepted {
                    return Ok(None);
                }
            }
            if bytes.len() > WHOLE_OBJECT_LIMIT_BYTES {
                let rest = Chunks::new(stream, self.runtime.clone(), self.span.clone());
                return Ok(Some(Bytes::Stream(Box::new(io::Read::chain(io::Cursor::new(bytes), rest)))));
            }
        }
        Ok((is_accepted || accepts(&bytes)).then_some(Bytes::Whole(bytes)))
    }

    /// Waits for a future, from a thread outside of the runtime.
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future.instrument(self.span.clone()))
    }

    /// The address of a file or folder.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.url.trim_end_matches('/'))
    }
}

/// The prefix of what lies in a folder.
fn as_folder(path: &str) -> String {
    if path.is_empty() || path.ends_with('/') { path.to_owned() } else { format!("{path}/") }
}

/// The path of the folder with this prefix: without its last slash, unless another folder would have the same path then.
fn as_path(prefix: &str) -> String {
    let path = prefix.strip_suffix('/').unwrap_or(prefix);
    if path.is_empty() || path.ends_with('/') { prefix.to_owned() } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_path_and_it_lists_that_folder() {
        for prefix in ["a/", "a//", "/", "//", "a/b/", "a//b/"] {
            assert_eq!(as_folder(&as_path(prefix)), prefix);
        }
        assert_eq!(as_path("a/b/"), "a/b");
    }
}
