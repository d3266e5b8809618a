//! States in a directory: a lock for each schedule, and files that are replaced whole.
//!
//! The lock ends with the process that holds it, however that ends; so a lease that is met under the lock is one that
//! was left behind, whatever its time. The files are small and on this machine: they are read and written in place.

use std::{
    collections::BTreeSet,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{
    error::{Holder, StoreError},
    lease::{self, Guard, Lease, Taken, Verdict},
    outbox, v1,
};
use crate::domain::{state::State, time::Timestamp};

/// A directory that keeps states and briefs. It is made when it is first needed.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    root: PathBuf,
}

/// A state of a directory that this process may replace.
#[derive(Debug)]
pub(super) struct Hold {
    path: PathBuf,
    /// What this process wrote there last.
    written: Vec<u8>,
    _lock: fs::File,
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { action, path, source }
}

impl Directory {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn state(&self, schedule: &str) -> PathBuf {
        self.root.join("state").join(format!("{schedule}.json"))
    }

    pub(super) fn claim(
        &self,
        schedule: &str,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<(Taken, Hold), StoreError> {
        let folder = self.root.join("state");
        fs::create_dir_all(&folder).map_err(failed("make the directory", &folder))?;
        let path = self.state(schedule);
        let lock_path = folder.join(format!("{schedule}.lock"));
        let lock = fs::File::create(&lock_path).map_err(failed("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(busy(schedule, &path)),
            Err(fs::TryLockError::Error(error)) => return Err(failed("lock", &lock_path)(error)),
        }
        let place = path.display().to_string();
        let found = read(&path)?;
        let (mut taken, anew) = match lease::look(found.as_deref(), Guard::Lock) {
            Verdict::Free(taken) => (taken, found.is_none()),
            Verdict::Held(_) => return Err(busy(schedule, &path)),
            Verdict::Newer(version) => return Err(StoreError::Newer { place, version }),
            Verdict::Damaged(reason) => {
                let aside = folder.join(super::aside(schedule, now));
                fs::rename(&path, &aside).map_err(failed("put aside", &path))?;
                (Taken::anew(&reason, &aside.display().to_string()), true)
            }
        };
        if anew {
            taken.state.orphans = self.letters(schedule)?;
        }
        let taken = taken.begun(lease);
        let written = taken.leased(lease);
        replace(&path, &written)?;
        Ok((taken, Hold { path, written, _lock: lock }))
    }

    pub(super) fn peek(&self, schedule: &str) -> Result<State, StoreError> {
        let path = self.state(schedule);
        super::peeked(read(&path)?.as_deref(), &path.display().to_string())
    }

    pub(super) fn archive(&self, schedule: &str, name: &str, text: &str) -> Result<(), StoreError> {
        let folder = self.root.join("briefs").join(schedule);
        fs::create_dir_all(&folder).map_err(failed("make the directory", &folder))?;
        replace(&folder.join(name), text.as_bytes())
    }
}

impl Directory {
    /// The runs whose letters lie in the outbox.
    fn letters(&self, schedule: &str) -> Result<BTreeSet<String>, StoreError> {
        let folder = self.root.join(outbox::folder(schedule));
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            entries => entries.map_err(failed("list", &folder))?,
        };
        let mut runs = BTreeSet::new();
        for entry in entries {
            let name = entry.map_err(failed("list", &folder))?.file_name();
            runs.extend(name.to_str().and_then(outbox::run));
        }
        Ok(runs)
    }

    /// Writes another file of the store, named by its parts with slashes.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.root.join(name);
        let folder = path.parent().expect("a file of the store lies in a directory");
        fs::create_dir_all(folder).map_err(failed("make the directory", folder))?;
        replace(&path, bytes)
    }

    /// Reads another file of the store, if it is there; and how a person would name it.
    pub(super) fn get(&self, name: &str) -> Result<(Option<Vec<u8>>, String), StoreError> {
        let path = self.root.join(name);
        Ok((read(&path)?, path.display().to_string()))
    }

    /// How a person would name another file of the store.
    pub(super) fn place(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.root.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path)(error)),
            _ => Ok(()),
        }
    }
}

impl Hold {
    /// Replaces the state, unless somebody else did. The lock forbids that, but somebody may have removed the lock.
    pub(super) fn replace(&mut self, run: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let found = read(&self.path)?;
        if found.as_deref() != Some(self.written.as_slice()) {
            let (run, place) = (run.to_owned(), self.path.display().to_string());
            return Err(StoreError::Lost { run, place, holder: holder(found.as_deref()) });
        }
        replace(&self.path, &bytes)?;
        self.written = bytes;
        Ok(())
    }
}

fn busy(schedule: &str, path: &Path) -> StoreError {
    // The holder replaces the file whole, so that what is read here is a state; who cannot be read is not named.
    let found = fs::read(path).ok();
    let (schedule, place) = (schedule.to_owned(), path.display().to_string());
    StoreError::Busy { schedule, place, holder: holder(found.as_deref()) }
}

fn holder(bytes: Option<&[u8]>) -> Holder {
    bytes.and_then(|bytes| v1::read(bytes).ok()).and_then(|stored| stored.lease).into()
}

/// The bytes of a file that may not be there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Writes a file so that there is the old one or the new one, never half of either.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().expect("a file of the store lies in a directory");
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("write in", folder))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed("write", path))?;
    file.persist(path).map_err(|error| failed("write", path)(error.error))?;
    Ok(())
}
