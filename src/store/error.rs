//! Why a state cannot be claimed, read or written. Each error names the thing and the operation, and what to do.

use std::{error::Error, fmt, io, iter, path::PathBuf};

use super::lease::Lease;
use crate::domain::{time::Timestamp, untrusted::visible};

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
    /// An object of the store cannot be used.
    #[error("cannot {action} `{place}`{trouble}")]
    Object {
        /// What was tried.
        action: &'static str,
        /// The object's address.
        place: String,
        /// What kind of trouble it is, as far as it can be told.
        trouble: Trouble,
        /// What the object store said.
        #[source]
        source: Said,
    },
    /// A place that cannot be a store.
    #[error("cannot keep states in `{place}`: {reason}")]
    Unusable {
        /// The place.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another run of the same schedule is under way.
    #[error("another run of the schedule `{schedule}` is under way: {holder} holds `{place}`")]
    Busy {
        /// The schedule.
        schedule: String,
        /// Its state.
        place: String,
        /// Who holds it.
        holder: Holder,
    },
    /// The state was changed while this run held it, so this run's outcome is not written over it.
    #[error("the run `{run}` no longer holds `{place}`: {holder} took it over, so nothing was written")]
    Lost {
        /// The run whose outcome was not written.
        run: String,
        /// The state.
        place: String,
        /// Who has it now.
        holder: Holder,
    },
    /// The state is no state.
    #[error("the state `{place}` is damaged: {reason}")]
    Damaged {
        /// The state.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The state was written by a newer program.
    #[error("the state `{place}` has version {version}, which this program does not know")]
    Newer {
        /// The state.
        place: String,
        /// Its version.
        version: u64,
    },
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => {
                "give `path` in `[state]` a directory that you may write to, or use `--no-state`"
            }
            Self::Object { trouble, .. } => match trouble {
                Trouble::NoBucket => "create the bucket, or give `path` in `[state]` one that exists",
                Trouble::Denied => {
                    "check the credentials (`AWS_ACCESS_KEY_ID`, …) and that they allow s3:GetObject and s3:PutObject on \
                 this prefix, and s3:ListBucket on the bucket: without it S3 also denies what does not exist yet"
                }
                Trouble::Region => "set `AWS_REGION` to the bucket's region",
                Trouble::NoCredentials if cfg!(feature = "aws") => {
                    "set `AWS_PROFILE`, sign in with `aws sso login`, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"
                }
                Trouble::NoCredentials => {
                    "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (and `AWS_SESSION_TOKEN`, if there is one); profiles \
                 are read by a build with `--features aws`"
                }
                Trouble::Unreachable => {
                    "check the network, `AWS_REGION`, and `AWS_ENDPOINT_URL` if it is set"
                }
                Trouble::Other => "check bucket, region and credentials, or use `--no-state`",
            },
            Self::Unusable { .. } if cfg!(not(feature = "s3")) => {
                "give `path` in `[state]` a directory, or build with `--features s3`"
            }
            Self::Unusable { .. } => "correct that, or give `path` in `[state]` a directory",
            Self::Busy { .. } => {
                "wait for it to end; if it was killed, its state can be claimed again when its lease is over"
            }
            Self::Lost { .. } => {
                "its brief was delivered, and the run that took over reports the same again: nothing is lost"
            }
            Self::Damaged { .. } => {
                "run without `--no-state` or `--dry-run`: that moves it aside, starts over, and the brief says so"
            }
            Self::Newer { .. } => "use the program that wrote it, or a newer one",
        }
    }
}

/// What an object store said, in one line: its errors repeat their causes, and quote pages of its answers.
#[derive(Debug)]
pub struct Said(Box<object_store::Error>);

impl From<object_store::Error> for Said {
    fn from(error: object_store::Error) -> Self {
        Self(Box::new(error))
    }
}

impl Error for Said {}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        for cause in iter::successors(self.0.source(), |&error| error.source()).map(ToString::to_string) {
            if !said.contains(&cause) {
                said = format!("{said}: {cause}");
            }
        }
        let words: Vec<&str> = said.split_whitespace().collect();
        f.write_str(&visible(&words.join(" ")))
    }
}

/// Who holds a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This run, until the end of its lease.
    Leased {
        /// The run's id.
        run: String,
        /// When its lease ends.
        until: Timestamp,
    },
    /// Somebody who has not said who: they are just beginning, or have ended again.
    Unnamed,
}

impl From<Option<Lease>> for Holder {
    fn from(lease: Option<Lease>) -> Self {
        lease.map_or(Self::Unnamed, |Lease { run, until, .. }| Self::Leased { run, until })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leased { run, until } => write!(f, "the run `{run}` (until {until} at the latest)"),
            Self::Unnamed => f.write_str("another run"),
        }
    }
}

/// What a person can do something about when an object cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such bucket.
    NoBucket,
    /// Permission is missing, or the credentials are wrong.
    Denied,
    /// There are no credentials: neither in the environment nor from the machine's own service.
    NoCredentials,
    /// The bucket is in another region than the requests.
    Region,
    /// Nothing answers at the endpoint.
    Unreachable,
    /// Anything else.
    Other,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoBucket => ": the bucket does not exist",
            Self::Denied => ": permission is denied",
            Self::NoCredentials => ": there are no credentials",
            Self::Region => ": the bucket is in another region",
            Self::Unreachable => ": there is no answer",
            Self::Other => "",
        })
    }
}
