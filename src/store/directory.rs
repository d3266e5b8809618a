//! States in a directory: a lock for each schedule, and files that are replaced whole.
//!
//! The lock ends with the process that holds it, however that ends; so a lease that is found under the lock was left
//! behind, whatever its time. The files are small and on this machine: they are read and written synchronously.

use std::{
    collections::BTreeSet,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{
    archive,
    claimable::{Claimability, Claimable, Guard, examine},
    error::{Holder, StoreError},
    lease::Lease,
    outbox, v1,
};
use crate::domain::{state::OpenRun, time::Timestamp};

/// A directory that keeps states, briefs and messages. It is created when it is first needed.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    root: PathBuf,
}

/// A state in a directory that this process may replace.
#[derive(Debug)]
pub(super) struct LockedFile {
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

    pub(super) fn claim(
        &self,
        schedule: &str,
        run: &OpenRun,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<(Claimable, LockedFile), StoreError> {
        let folder = self.root.join("state");
        fs::create_dir_all(&folder).map_err(failed("create the directory", &folder))?;
        let path = self.root.join(super::state_name(schedule));
        let lock_path = folder.join(format!("{schedule}.lock"));
        let lock = fs::File::create(&lock_path).map_err(failed("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(busy(schedule, &path)),
            Err(fs::TryLockError::Error(error)) => return Err(failed("lock", &lock_path)(error)),
        }
        let location = path.display().to_string();
        let found = read(&path)?;
        let (mut claimed, starts_over) = match examine(found.as_deref(), Guard::Lock) {
            Claimability::Free(claimable) => (*claimable, found.is_none()),
            Claimability::Held(_) => return Err(busy(schedule, &path)),
            Claimability::Newer(version) => return Err(StoreError::Newer { location, version }),
            Claimability::Damaged(reason) => {
                let moved_to = folder.join(super::damaged_name(schedule, now));
                fs::rename(&path, &moved_to).map_err(failed("rename", &path))?;
                (Claimable::starting_over(&reason, &moved_to.display().to_string()), true)
            }
        };
        self.remove_leftovers(schedule, starts_over || claimed.deaths.is_some());
        if starts_over {
            claimed.state.orphans = self.messages(schedule)?;
        }
        let claimed = claimed.claimed_by(run);
        let written = claimed.leased(lease);
        replace(&path, &written)?;
        Ok((claimed, LockedFile { path, written, _lock: lock }))
    }

    /// The runs whose messages are in the outbox.
    fn messages(&self, schedule: &str) -> Result<BTreeSet<String>, StoreError> {
        let files = self.list(&outbox::folder(schedule))?;
        Ok(files.iter().filter_map(|file| outbox::run(file)).collect())
    }

    /// The names of the files in a folder; empty if the folder does not exist. Names that are not UTF-8 are left out.
    pub(super) fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let folder = self.root.join(folder);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed("list", &folder))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(failed("list", &folder))?.file_name().into_string().ok());
        }
        Ok(names)
    }

    /// Removes what processes that died had not finished writing for this schedule, whose lock this process holds. A file that
    /// cannot be removed does no harm.
    fn remove_leftovers(&self, schedule: &str, has_died: bool) {
        let mut own = vec![("state".to_owned(), unfinished(&format!("{schedule}.json")))];
        if has_died {
            // These folders are of this schedule alone.
            let folders = [outbox::folder(schedule), archive::folder(schedule)];
            own.extend(folders.map(|folder| (folder, UNFINISHED.to_owned())));
        }
        for (folder, prefix) in own {
            for name in self.list(&folder).unwrap_or_default() {
                if name.starts_with(&prefix) {
                    let _ = fs::remove_file(self.root.join(&folder).join(name));
                }
            }
        }
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.root.join(name);
        let folder = path.parent().expect("a file of the store lies in a directory");
        fs::create_dir_all(folder).map_err(failed("create the directory", folder))?;
        replace(&path, bytes)
    }

    /// Replaces a file by what `with` makes of it, while no other process does.
    pub(super) fn change(
        &self,
        name: &str,
        with: &impl Fn(Option<&[u8]>) -> Result<Vec<u8>, StoreError>,
    ) -> Result<(), StoreError> {
        fs::create_dir_all(&self.root).map_err(failed("create the directory", &self.root))?;
        let lock_path = self.root.join(format!("{name}.lock"));
        let lock = fs::File::create(&lock_path).map_err(failed("open", &lock_path))?;
        lock.lock().map_err(failed("lock", &lock_path))?;
        let path = self.root.join(name);
        replace(&path, &with(read(&path)?.as_deref())?)
    }

    pub(super) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        read(&self.root.join(name))
    }

    pub(super) fn location(&self, name: &str) -> String {
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

impl LockedFile {
    /// Replaces the state, unless another process did. The lock forbids that, but the lock file may have been removed.
    pub(super) fn replace(&mut self, run: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let found = read(&self.path)?;
        if found.as_deref() != Some(self.written.as_slice()) {
            let (run, location) = (run.to_owned(), self.path.display().to_string());
            return Err(StoreError::Lost { run, location, holder: holder(found.as_deref()) });
        }
        replace(&self.path, &bytes)?;
        self.written = bytes;
        Ok(())
    }
}

fn busy(schedule: &str, path: &Path) -> StoreError {
    // The holder replaces the file as a whole, so what is read here is a state. If it cannot be read, no holder is named.
    let found = fs::read(path).ok();
    let (schedule, location) = (schedule.to_owned(), path.display().to_string());
    StoreError::Busy { schedule, location, holder: holder(found.as_deref()) }
}

fn holder(bytes: Option<&[u8]>) -> Holder {
    bytes.and_then(|bytes| v1::read(bytes).ok()).and_then(|stored| stored.lease).into()
}

/// The bytes of a file; `None` if there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// What the names of files begin with that are still being written.
const UNFINISHED: &str = ".tmp";

/// What the name of a file begins with while the file of this name is written.
fn unfinished(name: &str) -> String {
    format!("{UNFINISHED}-{name}-")
}

/// Writes a file so that there is the old one or the new one, never half of either.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().expect("a file of the store lies in a directory");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut file = tempfile::Builder::new()
        .prefix(&unfinished(&name))
        .tempfile_in(folder)
        .map_err(failed("write in", folder))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed("write", path))?;
    file.persist(path).map_err(|error| failed("write", path)(error.error))?;
    Ok(())
}
