//! Log files in memory: the events of cases, and tests.

use std::{collections::BTreeMap, io, sync::Arc};

use super::{Bytes, Children, ListedFile};

/// Files by path.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<BTreeMap<String, Vec<u8>>>);

impl FromIterator<(String, Vec<u8>)> for Memory {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(files: I) -> Self {
        Self(Arc::new(files.into_iter().collect()))
    }
}

impl Memory {
    /// All files are listed at the root: there are few, and the walk looks at each file's whole path.
    pub(super) fn children(&self, folder: &str) -> io::Result<Children> {
        let files = self.0.keys().filter(|_| folder.is_empty());
        let files = files.map(|path| ListedFile { path: path.clone(), stored: None }).collect();
        Ok(Children { files, ..Children::default() })
    }

    pub(super) fn stored_bytes(&self, path: &str) -> u64 {
        self.0.get(path).map_or(0, |bytes| bytes.len() as u64)
    }

    pub(super) fn read(&self, path: &str, accepts: impl Fn(&[u8]) -> bool) -> io::Result<Option<Bytes>> {
        let bytes = self.0.get(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(accepts(bytes).then(|| Bytes::Whole(bytes.clone())))
    }
}
