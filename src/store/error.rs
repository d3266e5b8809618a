//! Why a state cannot be claimed, read or written. Each error names the thing and the operation, and what to do.

use std::{error::Error, fmt, io, iter, path::PathBuf};

use super::lease::Lease;
use crate::domain::{time::Timestamp, untrusted::visible};

/// Why a state, a brief or a message cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or directory of the store cannot be used.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried: `read`, `write`, ….
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An object of the store cannot be used.
    #[error("cannot {action} `{location}`{trouble}")]
    Object {
        /// What was tried: `read`, `write`, ….
        action: &'static str,
        /// The object's address.
        location: String,
        /// What kind of trouble it is, as far as the error says.
        trouble: Trouble,
        /// The object store's error.
        #[source]
        source: OneLineError,
    },
    /// States cannot be kept there.
    #[error("cannot keep states in `{location}`: {reason}")]
    Unusable {
        /// The configured location.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another run of the same schedule is under way.
    #[error("another run of the schedule `{schedule}` is under way: {holder} holds `{location}`")]
    Busy {
        /// The schedule.
        schedule: String,
        /// The address of its state.
        location: String,
        /// Who holds it.
        holder: Holder,
    },
    /// Others changed it each time that a change was tried.
    #[error("others changed `{location}` each time before it could be written, so nothing was written")]
    Contended {
        /// Its address.
        location: String,
    },
    /// Another run took the state over while this run worked, so this run's results were not saved.
    #[error("run `{run}` no longer holds `{location}`: {holder} took it over, so nothing was written")]
    Lost {
        /// The run whose results were not saved.
        run: String,
        /// Its address.
        location: String,
        /// The run that holds it now.
        holder: Holder,
    },
    /// What is there cannot be read as a state or a message.
    #[error("`{location}` is damaged: {reason}")]
    Damaged {
        /// Its address.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by a newer program.
    #[error("`{location}` has version {version}, which this program does not know")]
    Newer {
        /// Its address.
        location: String,
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
                Trouble::Key => {
                    "allow `kms:Decrypt` and `kms:GenerateDataKey` on the key that encrypts the bucket, in the policy of the \
                     role or user that runs this, and in the key's"
                }
                Trouble::NoProfile => {
                    "correct `AWS_PROFILE`: `aws configure list-profiles` lists the profiles"
                }
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
            Self::Contended { .. } => "run the command again",
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
pub struct OneLineError(Box<object_store::Error>);

impl From<object_store::Error> for OneLineError {
    fn from(error: object_store::Error) -> Self {
        Self(Box::new(error))
    }
}

impl Error for OneLineError {}

impl fmt::Display for OneLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "s3")]
        if let Some(known) = crate::s3::known(&self.0) {
            return f.write_str(&visible(&known));
        }
        let mut text = self.0.to_string();
        for cause in iter::successors(self.0.source(), |&error| error.source()).map(ToString::to_string) {
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        f.write_str(&visible(&words.join(" ")))
    }
}

/// The run that holds a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This run, until its lease ends at the latest.
    Leased {
        /// The run's id.
        run: String,
        /// When its lease ends.
        until: Timestamp,
    },
    /// A run that has just begun or just ended, so that its id is not known.
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
            Self::Leased { run, until } => write!(f, "run `{run}` (until {until} at the latest)"),
            Self::Unnamed => f.write_str("another run"),
        }
    }
}

/// Why an object cannot be used, as far as a person can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such bucket.
    NoBucket,
    /// Permission is denied, or the credentials are wrong.
    Denied,
    /// The KMS key that encrypts the bucket may not be used.
    Key,
    /// `AWS_PROFILE` names a profile that does not exist.
    NoProfile,
    /// No credentials were found, neither in the environment nor from the machine's own service.
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
            Self::Key => ": its key may not be used",
            Self::NoProfile | Self::NoCredentials => ": there are no credentials",
            Self::Region => ": the bucket is in another region",
            Self::Unreachable => ": the endpoint does not answer",
            Self::Other => "",
        })
    }
}
