//! Log files in a directory of this machine.
//!
//! Read with the standard library: an object store's handle per file would cost more than inflating a delivered file
//! does (a median of a dozen records). Knows nothing of CloudTrail's folders.

use std::{
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
};

use super::{Bytes, Children, HEAD_BYTES, ListedFile, SourceError, WHOLE_FILE_LIMIT_BYTES};

/// A directory, or a single file.
#[derive(Clone, Debug)]
pub struct Local {
    root: PathBuf,
    /// `root` without links, to see loops and to know the segments above it.
    canonical: PathBuf,
    is_file: bool,
}

impl Local {
    pub(super) fn open(root: PathBuf) -> Result<Self, SourceError> {
        let missing = |source| SourceError::Missing { path: root.display().to_string(), source };
        let canonical = fs::canonicalize(&root).map_err(missing)?;
        let is_file = fs::metadata(&canonical).map_err(missing)?.is_file();
        Ok(Self { root, canonical, is_file })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The segments of the root itself: the user may point at any level of a log tree.
    pub(super) fn leading_segments(&self) -> Vec<String> {
        let folder = if self.is_file { self.canonical.parent() } else { Some(self.canonical.as_path()) };
        folder
            .into_iter()
            .flat_map(Path::components)
            .map(|component| component.as_os_str().to_string_lossy().into_owned())
            .collect()
    }

    pub(super) fn children(&self, folder: &str) -> io::Result<Children> {
        let mut children = Children::default();
        if self.is_file {
            let name = self.canonical.file_name().unwrap_or_default().to_string_lossy();
            children.files.push(ListedFile { path: name.into_owned(), stored: None });
            return Ok(children);
        }
        for entry in fs::read_dir(self.full(folder))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                let shown = entry.file_name().to_string_lossy().into_owned();
                children.problems.push((join(folder, &shown), "its name is not UTF-8".to_owned()));
                continue;
            };
            let path = join(folder, &name);
            let mut kind = entry.file_type()?;
            if kind.is_symlink() {
                match self.follow(&entry.path()) {
                    Ok((target, found)) => {
                        kind = found;
                        if kind.is_dir() {
                            children.links.push((path.clone(), target));
                        }
                    }
                    Err(reason) => {
                        children.problems.push((path, reason));
                        continue;
                    }
                }
            }
            if kind.is_dir() {
                children.folders.push(path);
            } else if kind.is_file() {
                children.files.push(ListedFile { path, stored: None });
            } else {
                children.problems.push((path, "it is neither a file nor a directory".to_owned()));
            }
        }
        Ok(children)
    }

    /// Where a link leads and what is there, unless that is a directory which holds the link.
    fn follow(&self, link: &Path) -> Result<(PathBuf, fs::FileType), String> {
        let target = fs::canonicalize(link).map_err(|error| format!("the link leads nowhere: {error}"))?;
        let metadata =
            fs::metadata(&target).map_err(|error| format!("the link cannot be followed: {error}"))?;
        let holder = link.parent().and_then(|parent| fs::canonicalize(parent).ok());
        if metadata.is_dir()
            && (holder.is_some_and(|holder| holder.starts_with(&target))
                || self.canonical.starts_with(&target))
        {
            return Err("directory loop: the link leads back to a directory that holds it".to_owned());
        }
        Ok((target, metadata.file_type()))
    }

    pub(super) fn read(
        &self,
        path: &str,
        mut buffer: Vec<u8>,
        accepts: impl Fn(&[u8]) -> bool,
    ) -> io::Result<Option<Bytes>> {
        let mut file = fs::File::open(if self.is_file { self.canonical.clone() } else { self.full(path) })?;
        buffer.clear();
        if !accepts(&[]) {
            (&mut file).take(HEAD_BYTES).read_to_end(&mut buffer)?;
            if !accepts(&buffer) {
                return Ok(None);
            }
        }
        (&mut file).take(WHOLE_FILE_LIMIT_BYTES - buffer.len() as u64).read_to_end(&mut buffer)?;
        if (buffer.len() as u64) < WHOLE_FILE_LIMIT_BYTES {
            return Ok(Some(Bytes::Whole(buffer)));
        }
        Ok(Some(Bytes::Stream(Box::new(io::Cursor::new(buffer).chain(file)))))
    }

    pub(super) fn stored_bytes(&self, path: &str) -> u64 {
        self.metadata(path).map_or(0, |metadata| metadata.len())
    }

    pub(super) fn modified_ms(&self, path: &str) -> Option<i64> {
        let modified = self.metadata(path).ok()?.modified().ok()?;
        let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    fn metadata(&self, path: &str) -> io::Result<fs::Metadata> {
        fs::metadata(if self.is_file { self.canonical.clone() } else { self.full(path) })
    }

    fn full(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
