//! Where log files come from: a directory, a bucket prefix, or memory.
//!
//! [`walk`](walk::walk) finds the files of a window by their paths; [`Source::read`] gives one file's bytes. Nothing here
//! looks inside a file, but for the first bytes of one whose name shows nothing.

mod chunks;
pub mod delivered;
pub mod layout;
mod levels;
mod local;
mod memory;
pub mod names;
mod raw;
#[cfg(feature = "aws")]
pub mod recent;
pub mod regions;
mod remote;
pub mod walk;

use std::{io, path::PathBuf, sync::Arc};

use object_store::ObjectStore;

pub use layout::PathPartition;
pub use memory::Memory;

use super::reader::begins_like_log;
use crate::domain::{price::Requests, time::Timestamp};
use names::FileKind;

/// A log source: something that holds log files.
#[derive(Clone, Debug)]
pub enum Source {
    /// A directory, or a single file.
    Local(local::Local),
    /// An object store below a prefix.
    Remote(remote::Remote),
    /// Files in memory, for cases and tests.
    Memory(Memory),
}

/// One log file of a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFile {
    /// Its name inside the source, as a person would write it.
    pub path: String,
    /// Account, region and delivery day, if the path is one of CloudTrail's.
    pub partition: Option<PathPartition>,
    /// When an object store got it, if that is within the deliveries that were asked for.
    pub stored: Option<Timestamp>,
    /// Whether it holds candidates of Athena, each of which says where it lay. What a record of a log file says of that counts
    /// for nothing.
    pub holds_candidates: bool,
}

/// Why a source cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is nothing at this path.
    #[error("cannot read logs from `{path}`")]
    Missing {
        /// The path.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is there, but its content cannot be listed.
    #[error("cannot list the logs in `{path}`")]
    Unlisted {
        /// The path.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An address of an object store that cannot be used.
    #[error("cannot use `{url}` as a log source: {reason}")]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl SourceError {
    /// What to do, where the store's own message shows it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "s3")]
            Self::Unlisted { source, .. } => crate::s3::hint(&source.to_string()),
            _ => None,
        }
    }
}

/// The bytes of a file: in memory, or a stream where it is too large for that.
pub enum Bytes {
    /// The whole file.
    Whole(Vec<u8>),
    /// A file too large to hold.
    Stream(Box<dyn io::Read + Send>),
}

/// How many bytes of a file are looked at to see what it is.
const HEAD_BYTES: u64 = 512;
/// Files larger than this are streamed.
const WHOLE_FILE_LIMIT_BYTES: u64 = 64 << 20;

impl Source {
    /// Opens what a person named: a directory, a file, or `s3://bucket/prefix`.
    ///
    /// # Errors
    ///
    /// If there is nothing there, or the address cannot be used.
    pub fn open(named: &str) -> Result<Self, SourceError> {
        if named.contains("://") {
            return remote::Remote::open(named).map(Self::Remote);
        }
        local::Local::open(PathBuf::from(named)).map(Self::Local)
    }

    /// The logs below a prefix of an object store that has been opened already. Needs a running Tokio runtime.
    #[must_use]
    pub fn of_store(url: &str, store: Arc<dyn ObjectStore>, prefix: object_store::path::Path) -> Self {
        Self::Remote(remote::Remote::new(url.to_owned(), store, &prefix))
    }

    /// How a person would name this source.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Local(local) => local.root().display().to_string(),
            Self::Remote(remote) => remote.url().to_owned(),
            Self::Memory(_) => "memory".to_owned(),
        }
    }

    /// Reads one file, reusing `buffer` for its bytes where that helps; `None` if neither its name nor its first bytes are
    /// those of a log file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn read(&self, file: &LogFile, buffer: Vec<u8>) -> io::Result<Option<Bytes>> {
        let named = names::kind(&file.path) != FileKind::Unknown;
        let accepts = |head: &[u8]| named || begins_like_log(head);
        match self {
            Self::Local(local) => local.read(&file.path, buffer, accepts),
            Self::Remote(remote) => remote.read(&file.path, accepts),
            Self::Memory(memory) => memory.read(&file.path, accepts),
        }
    }

    /// How many bytes these files hold, as stored; files that are gone count as empty.
    #[must_use]
    pub fn stored_bytes(&self, files: &[LogFile]) -> u64 {
        files
            .iter()
            .map(|file| match self {
                Self::Local(local) => local.stored_bytes(&file.path),
                Self::Remote(remote) => remote.stored_bytes(&file.path),
                Self::Memory(memory) => memory.stored_bytes(&file.path),
            })
            .sum()
    }

    /// When a file was last written, in milliseconds since 1970, if that is known.
    #[must_use]
    pub fn modified_ms(&self, path: &str) -> Option<i64> {
        match self {
            Self::Local(local) => local.modified_ms(path),
            Self::Remote(remote) => remote.modified_ms(path),
            Self::Memory(_) => None,
        }
    }

    /// The path of a file as a statement sees it: its address in an object store, else its path below the source.
    #[must_use]
    pub fn shown_path(&self, path: &str) -> String {
        match self {
            Self::Remote(remote) => remote.address(path),
            Self::Local(_) | Self::Memory(_) => path.to_owned(),
        }
    }

    /// The requests to S3 and KMS that listing and reading took so far.
    #[must_use]
    pub fn requests(&self) -> Requests {
        match self {
            Self::Remote(remote) => remote.requests(),
            Self::Local(_) | Self::Memory(_) => Requests::default(),
        }
    }

    /// The folders and files directly inside each of these folders, in the same order.
    fn children(&self, folders: &[String]) -> Vec<io::Result<Children>> {
        match self {
            Self::Local(local) => folders.iter().map(|folder| local.children(folder)).collect(),
            Self::Remote(remote) => remote.children(folders),
            Self::Memory(memory) => folders.iter().map(|folder| memory.children(folder)).collect(),
        }
    }

    /// For each of these folders, the first files in it or below that come after a path, in the order of an object store, and
    /// whether there are more.
    #[cfg(feature = "aws")]
    fn files_after(&self, asked: &[(String, String)]) -> Vec<io::Result<(Vec<String>, bool)>> {
        let unsupported = |_| {
            let reason = "only an object store lists the files that come after another";
            Err(io::Error::new(io::ErrorKind::Unsupported, reason))
        };
        match self {
            Self::Remote(remote) => remote.files_after(asked),
            Self::Local(_) | Self::Memory(_) => asked.iter().map(unsupported).collect(),
        }
    }

    /// Segments above the source's root that belong to the layout (`AWSLogs`, an account, …).
    fn leading_segments(&self) -> Vec<String> {
        match self {
            Self::Local(local) => local.leading_segments(),
            Self::Remote(remote) => remote.leading_segments(),
            Self::Memory(_) => Vec::new(),
        }
    }
}

/// A file, as a listing describes it.
#[derive(Debug)]
struct ListedFile {
    path: String,
    /// When an object store got it; `None` where that is not known, as in a directory whose files may be copies.
    stored: Option<Timestamp>,
}

/// What is directly inside a folder. Paths are relative to the source, joined by `/`.
#[derive(Debug, Default)]
struct Children {
    folders: Vec<String>,
    files: Vec<ListedFile>,
    /// The folders that are links, with the directories that they lead to.
    links: Vec<(String, PathBuf)>,
    /// What could not be looked at, with the reason.
    problems: Vec<(String, String)>,
}
