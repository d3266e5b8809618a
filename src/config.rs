//! The configuration: what the user intends, from one TOML file, checked as a whole.
//!
//! [`load()`] reads `trailbrief.toml` and reports everything that is wrong with it at once; [`resolve()`] then compares
//! it with the library. Every value remembers where it came from. Only `env` reads the environment.

mod address;
mod athena;
mod baseline;
mod channels;
mod effective;
mod env;
mod limits;
mod load;
mod pattern;
mod resolve;
mod schedules;
mod send_rule;
mod state;
mod suppress;
mod table;
mod watchlists;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use crate::{
    domain::{
        account::{AccountId, Accounts},
        detection::{Detection, DetectionId, ParamValue, pattern_matches},
        suppression::Suppression,
        time::Span,
        zone::Zone,
    },
    library::{UserPath, param_value},
    text::{At, Place, TomlValue},
};

pub use address::MailAddress;
pub use athena::{AthenaConfig, BucketOwner, ResultEncryption, ResultLocation, ScanMode};
pub use baseline::BaselineSettings;
pub use channels::{Audience, Channel, Mail, SecretLocation, Slack};
pub use env::{Environment, Variable, variable};
pub use limits::{Bytes, Limits};
pub use load::{FILE_NAME, load, load_text};
pub use resolve::resolve;
pub use send_rule::SendRule;
pub use suppress::expiring;
pub use table::{Organization, PartitionForms, RegionList, TableConfig, TableSetting, Trail};

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueOrigin {
    /// It is the program's default.
    Default,
    /// The configuration file, at this line and column, both counted from 1.
    File {
        /// The line.
        line: usize,
        /// The column in characters.
        column: usize,
    },
}

impl ValueOrigin {
    /// Where problems of the value are reported.
    pub(crate) const fn place(self) -> Place {
        match self {
            Self::Default => Place::START,
            Self::File { line, column } => Place { line, column },
        }
    }
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: ValueOrigin,
}

impl<T> Sourced<T> {
    pub(crate) const fn default(value: T) -> Self {
        Self { value, origin: ValueOrigin::Default }
    }
}

/// A value of the file, with its origin.
fn sourced<T>(at: At<T>) -> Sourced<T> {
    let origin = ValueOrigin::File { line: at.place.line, column: at.place.column };
    Sourced { value: at.value, origin }
}

/// Which file the configuration was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// There is none: every value is a default.
    Absent,
    /// This one.
    Present(PathBuf),
}

/// Which accounts there are.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountList {
    /// The configuration lists none.
    NotConfigured,
    /// These, from `[[accounts]]`.
    Listed(Accounts),
}

/// Where state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateLocation {
    /// In a directory.
    Directory(PathBuf),
    /// In S3.
    S3 {
        /// The bucket.
        bucket: String,
        /// The prefix of every key, without a slash at either end; may be empty.
        prefix: String,
    },
}

impl fmt::Display for StateLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "{}", path.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// `[schedules.NAME]`: which packs run, and over which windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The packs that it runs.
    pub packs: Sourced<Vec<String>>,
    /// Its period: the length of the first window, and the unit of catching up.
    pub every: Sourced<Span>,
    /// How far before its watermark a window begins: files may appear later than the time in their names.
    pub lateness: Sourced<Span>,
    /// The longest time that one pass searches: longer ones are caught up in steps.
    pub max_window: Sourced<Span>,
    /// The most time that is caught up.
    pub catch_up: Sourced<Span>,
    /// The greatest age of an event that is judged when it is delivered at last.
    pub max_age: Sourced<Span>,
    /// How long before the watermark an event may lie without being called late.
    pub settle: Sourced<Span>,
}

/// The whole configuration, valid in itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it came from.
    pub file: ConfigFile,
    /// `library.paths`: the user's own detections, resolved against the file's directory.
    pub library_paths: Vec<Sourced<PathBuf>>,
    /// `library.disable`: ids or patterns of detections that do not run.
    pub disable: Vec<Sourced<String>>,
    /// `[schedules]`, by name; the shipped ones are always there.
    pub schedules: BTreeMap<String, Schedule>,
    /// `[params]`: values by detection and parameter, as they were given.
    pub params: BTreeMap<String, Sourced<BTreeMap<String, Sourced<TomlValue>>>>,
    /// `[watchlists]`, by name.
    pub watchlists: BTreeMap<String, Sourced<Vec<String>>>,
    /// `[[accounts]]`.
    pub accounts: AccountList,
    /// Those of them that often deliver no logs.
    pub quiet_accounts: BTreeSet<AccountId>,
    /// `[table]`.
    pub table: TableSetting,
    /// `table.partitions`.
    pub partitions: PartitionForms,
    /// `[athena]`.
    pub athena: AthenaConfig,
    /// `[[suppress]]`, in the order of the file.
    pub suppressions: Vec<Suppression>,
    /// `[mail]` and `[slack]`; none if no channel is configured.
    pub channels: Vec<Channel>,
    /// `state.path`.
    pub state: Sourced<StateLocation>,
    /// `[baseline]`.
    pub baseline: BaselineSettings,
    /// `[limits]`.
    pub limits: Limits,
    /// `addresses.mmdb`: databases that know where addresses are, resolved against the file's directory.
    pub mmdb: Vec<Sourced<PathBuf>>,
    /// `timezone`: the zone in which people read times.
    pub timezone: Sourced<Zone>,
}

impl Config {
    /// Whether `library.disable` names this detection.
    #[must_use]
    pub fn is_disabled(&self, id: &DetectionId) -> bool {
        self.disable.iter().any(|pattern| pattern_matches(&pattern.value, id))
    }

    /// A detection's parameters: its defaults, with the configuration's values in place of them.
    ///
    /// A value of the wrong type leaves the default; [`resolve()`] has reported it.
    #[must_use]
    pub fn params_of(&self, detection: &Detection) -> BTreeMap<String, ParamValue> {
        let given = self.params.get(detection.id.as_str()).map(|given| &given.value);
        let value = |(name, param): (&String, &crate::domain::detection::Param)| {
            let given = given.and_then(|given| given.get(name));
            let given = given.and_then(|given| param_value(&given.value, param.default.type_name()));
            (name.clone(), given.unwrap_or_else(|| param.default.clone()))
        };
        detection.params.iter().map(value).collect()
    }

    /// `library.paths`, each with its place in the configuration.
    #[must_use]
    pub fn user_paths(&self) -> Vec<UserPath> {
        let paths = self.library_paths.iter().map(|path| UserPath {
            path: path.value.clone(),
            named_in: self.shown_name(),
            place: path.origin.place(),
        });
        paths.collect()
    }

    /// What messages call the file: its own name, else the one under which it is looked for.
    pub(crate) fn shown_name(&self) -> String {
        self.file_name().map_or_else(|| FILE_NAME.to_owned(), |path| path.display().to_string())
    }

    /// The file's name, for messages.
    #[must_use]
    pub fn file_name(&self) -> Option<&Path> {
        match &self.file {
            ConfigFile::Absent => None,
            ConfigFile::Present(path) => Some(path),
        }
    }
}
