//! What to do about each way in which a part can fail.

#[cfg(feature = "aws")]
use crate::upkeep::UpkeepError;
use crate::{
    app::AppError,
    engine::embedded::source::SourceError,
    run::RunError,
    store::{StoreError, Trouble},
    user_error::{ErrorKind, UserError},
};

impl From<AppError> for UserError {
    fn from(error: AppError) -> Self {
        let kind = match &error {
            AppError::Config(_) => ErrorKind::Configuration,
            AppError::NoDirectory(_) | AppError::Engine(_) => ErrorKind::Internal,
        };
        Self::new(kind, error)
    }
}

impl From<SourceError> for UserError {
    fn from(error: SourceError) -> Self {
        let hint = error.hint().unwrap_or(
            "check that the place exists and that you may list and read it; for S3: bucket, region and credentials",
        );
        Self::new(ErrorKind::Logs, error).hint(hint)
    }
}

impl From<RunError> for UserError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::NothingDue(_) => {
                Self::usage(error).hint("give a later `--at`, or ask on demand with `--last`")
            }
            RunError::NoDetections => Self::usage(error).hint("`trailbrief list` names detections and packs"),
            RunError::Source(error) => error.into(),
            #[cfg(feature = "aws")]
            RunError::Aws(error) => {
                let hint = error.hint.clone();
                Self::new(ErrorKind::Athena, error).hint_if(hint)
            }
            #[cfg(feature = "aws")]
            RunError::TooMuch(_) => Self::new(ErrorKind::Athena, error).hint(
                "ask for a shorter window or fewer detections, or raise the limit; `trailbrief plan` shows the estimate",
            ),
            #[cfg(feature = "aws")]
            RunError::Unestimated(_) => Self::new(ErrorKind::Athena, error)
                .hint("allow `s3:ListBucket` on the log bucket, or leave out `run_bytes` and `month_bytes` in `[athena]`"),
            other => Self::failed(other),
        }
    }
}

#[cfg(feature = "aws")]
impl From<UpkeepError> for UserError {
    fn from(error: UpkeepError) -> Self {
        let hint = match &error {
        UpkeepError::Aws(error) => error.hint.clone(),
        UpkeepError::Source(error) => {
            let hint = error.hint().unwrap_or("check that you may `s3:ListBucket` there");
            Some(format!("{hint}; the place is `logs` in `[table]`"))
        }
        UpkeepError::NoAccounts(_) => {
            Some("check `logs` and `trail` in `[table]`, or list the accounts under `[[accounts]]`".to_owned())
        }
        UpkeepError::Organization(_) => Some("set `organization` in `[table]`".to_owned()),
        UpkeepError::NotOurs(_) => {
            Some("`--adopt` takes it over: `table plan --adopt` shows what would change; or choose another `name`".to_owned())
        }
        UpkeepError::View(_) => Some("choose another `name` in `[table]`".to_owned()),
        UpkeepError::Contended(_) => Some("see what else writes to it, and try again".to_owned()),
        UpkeepError::TooLarge(_) | UpkeepError::Panicked(_) => None,
    };
        let kind = match &error {
            UpkeepError::NotOurs(_) | UpkeepError::View(_) | UpkeepError::NoAccounts(_) => {
                ErrorKind::Configuration
            }
            UpkeepError::Source(_) => ErrorKind::Logs,
            _ => ErrorKind::Table,
        };
        UserError::new(kind, error).hint_if(hint)
    }
}

impl From<StoreError> for UserError {
    fn from(error: StoreError) -> Self {
        let hint = match &error {
            StoreError::Io { .. } => {
                "give `path` in `[state]` a directory that you may write to, or use `--no-state`"
            }
            StoreError::Object { trouble, .. } => match trouble {
                Trouble::NoBucket => "make the bucket, or give `path` in `[state]` one that is there",
                Trouble::Denied => {
                    "check the credentials (`AWS_ACCESS_KEY_ID`, …) and that they allow s3:GetObject and s3:PutObject on \
                 this prefix, and s3:ListBucket on the bucket: without it S3 denies what is only not there yet"
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
            StoreError::Unusable { .. } if cfg!(not(feature = "s3")) => {
                "give `path` in `[state]` a directory, or build with `--features s3`"
            }
            StoreError::Unusable { .. } => "correct that, or give `path` in `[state]` a directory",
            StoreError::Busy { .. } => {
                "wait for it to end; if it was killed, its state can be claimed again when its lease is over"
            }
            StoreError::Lost { .. } => {
                "its brief was delivered, and the run that took over tells the same again: nothing is lost"
            }
            StoreError::Damaged { .. } => {
                "run without `--no-state` or `--dry-run`: that puts it aside, begins anew and says so"
            }
            StoreError::Newer { .. } => "use the program that wrote it, or a newer one",
        };
        let kind = if matches!(error, StoreError::Busy { .. }) { ErrorKind::Busy } else { ErrorKind::State };
        UserError::new(kind, error).hint(hint)
    }
}
