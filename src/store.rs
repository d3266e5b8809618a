//! Keeps what a schedule remembers, and the briefs it sent: one directory, one JSON object a schedule.
//!
//! Commit is compare-and-set on the state's generation, under a lock, and atomic: the old object or the new one, never
//! half of either.

mod v1;

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::domain::state::State;

/// A directory that keeps states and briefs.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// A state that was read, and its store's right to replace it.
#[derive(Debug)]
pub struct Claim {
    /// What the schedule remembers.
    pub state: State,
    /// What a reader of the brief must know: the state was lost or damaged.
    pub note: Option<String>,
    path: PathBuf,
    _lock: fs::File,
}

/// Why a state cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or directory of the store cannot be used.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another run of the same schedule is under way.
    #[error("another run of the schedule `{schedule}` is under way: it holds `{path}`")]
    Busy {
        /// The schedule.
        schedule: String,
        /// The lock.
        path: PathBuf,
    },
    /// The state was written by a newer program.
    #[error("the state `{path}` has version {version}, which this program does not know")]
    Newer {
        /// The state's file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { action, path, source }
}

impl Store {
    /// A store in this directory, which is made when it is first needed.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Reads a schedule's state and keeps other runs of it away until the claim is committed or dropped.
    ///
    /// A damaged state is put aside under another name, and the claim's note says so.
    ///
    /// # Errors
    ///
    /// If another run holds it, or the directory cannot be used.
    pub fn claim(&self, schedule: &str) -> Result<Claim, StoreError> {
        let folder = self.root.join("state");
        fs::create_dir_all(&folder).map_err(failed("make the directory", &folder))?;
        let path = folder.join(format!("{schedule}.json"));
        let lock_path = folder.join(format!("{schedule}.lock"));
        let lock = fs::File::create(&lock_path).map_err(failed("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(StoreError::Busy { schedule: schedule.to_owned(), path: lock_path });
            }
            Err(fs::TryLockError::Error(error)) => return Err(failed("lock", &lock_path)(error)),
        }
        let (state, note) = match fs::read(&path) {
            Ok(bytes) => match v1::read(&bytes) {
                Ok(state) => (state, None),
                Err(v1::Unreadable::Newer(version)) => return Err(StoreError::Newer { path, version }),
                Err(v1::Unreadable::Damaged(reason)) => {
                    let aside = path.with_extension("damaged.json");
                    fs::rename(&path, &aside).map_err(failed("put aside", &path))?;
                    let note = format!(
                        "the state of this schedule was damaged ({reason}) and is kept as `{}`: this run begins anew, \
                         with one period, and may tell findings that were told before",
                        aside.display()
                    );
                    (State::default(), Some(note))
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => (State::default(), None),
            Err(error) => return Err(failed("read", &path)(error)),
        };
        Ok(Claim { state, note, path, _lock: lock })
    }

    /// Reads a schedule's state without keeping other runs away, for a run that is not recorded.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is damaged.
    pub fn peek(&self, schedule: &str) -> Result<State, StoreError> {
        let path = self.root.join("state").join(format!("{schedule}.json"));
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(error) => return Err(failed("read", &path)(error)),
        };
        v1::read(&bytes).map_err(|unreadable| match unreadable {
            v1::Unreadable::Newer(version) => StoreError::Newer { path, version },
            v1::Unreadable::Damaged(reason) => failed("read", &path)(io::Error::other(reason)),
        })
    }

    /// Keeps a brief that was sent, as JSON and HTML.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn archive(&self, schedule: &str, run: &str, json: &str, html: &str) -> Result<(), StoreError> {
        let folder = self.root.join("briefs").join(schedule);
        fs::create_dir_all(&folder).map_err(failed("make the directory", &folder))?;
        for (ending, text) in [("json", json), ("html", html)] {
            replace(&folder.join(format!("{run}.{ending}")), text.as_bytes())?;
        }
        Ok(())
    }
}

impl Claim {
    /// Replaces the state.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the old state stays.
    pub fn commit(self, state: &State) -> Result<(), StoreError> {
        replace(&self.path, &v1::write(state))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_claimed_by_one_run_at_a_time_and_committed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        let claim = store.claim("hourly").unwrap();
        assert!(matches!(store.claim("hourly"), Err(StoreError::Busy { .. })));
        let state = State { generation: 3, ..State::default() };
        claim.commit(&state).unwrap();
        assert_eq!(store.claim("hourly").unwrap().state, state);
    }

    #[test]
    fn a_damaged_state_is_put_aside_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        store.claim("daily").unwrap().commit(&State::default()).unwrap();
        fs::write(folder.path().join("state/daily.json"), "{\"version\":1,").unwrap();
        let claim = store.claim("daily").unwrap();
        assert!(claim.note.as_deref().unwrap().contains("damaged"));
        assert_eq!(claim.state, State::default());
        assert!(folder.path().join("state/daily.damaged.json").exists());
        drop(claim);
        fs::write(folder.path().join("state/daily.json"), "{\"version\":2}").unwrap();
        assert!(matches!(store.claim("daily"), Err(StoreError::Newer { version: 2, .. })));
    }
}
