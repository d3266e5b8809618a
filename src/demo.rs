//! The sample organization behind `trailbrief demo`: two days of everyday noise, five stories of attack and mishap, and the
//! usual faults of log delivery: late, twice, truncated. Knows nothing of detections but their ids.

mod actor;
mod base;
mod deliver;
mod noise;
mod organization;
mod random;
mod scribe;
mod stories;
mod story;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use self::{random::Random, scribe::Scribe};
use crate::domain::time::{Timestamp, Window};

/// 2026-03-10 and 2026-03-11.
const START: Timestamp = Timestamp::from_unix_s(1_773_100_800);
const END: Timestamp = Timestamp::from_unix_s(1_773_273_600);

/// The sample organization, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// The folder `AWSLogs`.
    pub logs: PathBuf,
    /// The configuration that goes with the logs.
    pub config: PathBuf,
    /// The two days that the events lie in.
    pub window: Window,
    /// Log files.
    pub files: u64,
    /// Events, each counted once, including those that the truncated file lost.
    pub events: u64,
    /// What the detections should find.
    pub attacks: Vec<Planted>,
}

/// What one detection should find of one story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The detection's id.
    pub detection: &'static str,
    /// The story that the events belong to.
    pub story: &'static str,
    /// The events.
    pub event_ids: Vec<String>,
}

/// Writes the sample organization below a directory: `AWSLogs` and `trailbrief.toml`, the same for the same seed.
///
/// # Errors
///
/// If a file cannot be written; and if the directory holds logs or a configuration that are not this sample's own, so that
/// no other files are overwritten or mixed with it.
pub fn write(root: &Path, seed: u64) -> io::Result<Demo> {
    let (logs, config) = (root.join("AWSLogs"), root.join("trailbrief.toml"));
    let text = organization::config(seed);
    if fs::read_to_string(&config).ok().as_deref() != Some(text.as_str()) {
        for other in [&config, &logs] {
            if other.exists() {
                let message =
                    format!("`{}` exists already and does not belong to this sample", other.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
            }
        }
    }
    fs::create_dir_all(root)?;
    fs::write(&config, &text)?;
    let mut scribe = Scribe { random: Random::new(seed), events: Vec::new() };
    let attacks = stories::write(&mut scribe);
    noise::make(&mut scribe);
    let Scribe { mut random, events } = scribe;
    let delivered = deliver::deliver(&logs, events, &mut random)?;
    let window = Window::new(START, END).map_err(io::Error::other)?;
    Ok(Demo { logs, config, window, files: delivered.files, events: delivered.events, attacks })
}
