//! The error that ends a command or an invocation: what failed, why, what to do about it, and which kind of error it is.
//!
//! Each part of the program has its own error, with its own hint; here they become one type with a kind.

use std::{error::Error, fmt};

#[cfg(feature = "aws")]
use crate::app::{table::TableError, upkeep::UpkeepError};
use crate::{
    app::{AppError, log_source::LogSourceError},
    engine::embedded::source::SourceError,
    run::RunError,
    selection::SelectionError,
    store::{Holder, StoreError},
};

/// The kinds of errors: few and stable, as they are the error types of the Lambda function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A mistake in the command or the event.
    Request,
    /// There is nothing to do yet.
    NothingDue,
    /// A mistake in the configuration.
    Configuration,
    /// The table cannot be read or updated.
    Table,
    /// Athena refuses.
    Athena,
    /// The logs cannot be listed.
    Logs,
    /// The state cannot be claimed, read or written.
    State,
    /// Another run of the same schedule is under way.
    Busy,
    /// A brief did not reach a channel.
    Delivery,
    /// A run did not end in time, and has not been resumed yet.
    Unfinished,
    /// Anything else.
    Internal,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "Request",
            Self::NothingDue => "NothingDue",
            Self::Configuration => "Configuration",
            Self::Table => "Table",
            Self::Athena => "Athena",
            Self::Logs => "Logs",
            Self::State => "State",
            Self::Busy => "Busy",
            Self::Delivery => "Delivery",
            Self::Unfinished => "Unfinished",
            Self::Internal => "Internal",
        })
    }
}

/// The error that ends a command or an invocation.
#[derive(Debug)]
pub struct UserError {
    kind: ErrorKind,
    error: Box<dyn Error + Send + Sync>,
    hint: Option<String>,
}

impl UserError {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, error: error.into(), hint: None }
    }

    /// A mistake in the command or the event.
    pub fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Request, error)
    }

    /// A failure.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Internal, error)
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with advice, if there is any.
    #[must_use]
    pub fn hint_if(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the state is held by this run: another process works on it.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn is_held_by(&self, run: &str) -> bool {
        matches!(
            self.error.downcast_ref(),
            Some(StoreError::Busy { holder: Holder::Leased { run: holder, .. }, .. }) if holder == run
        )
    }

    /// The error, then its causes.
    pub fn chain(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let first: &(dyn Error + 'static) = self.error.as_ref();
        std::iter::successors(Some(first), |error| (*error).source())
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The error and its causes in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let causes: Vec<String> = self.chain().map(ToString::to_string).collect();
        causes.join(": ")
    }
}

impl From<AppError> for UserError {
    fn from(error: AppError) -> Self {
        let kind = match &error {
            AppError::Config(_) => ErrorKind::Configuration,
            AppError::NoDirectory(_) | AppError::Engine(_) => ErrorKind::Internal,
        };
        Self::new(kind, error)
    }
}

impl From<SelectionError> for UserError {
    fn from(error: SelectionError) -> Self {
        let hint = error.hint();
        Self::usage(error).hint(hint)
    }
}

impl From<SourceError> for UserError {
    fn from(error: SourceError) -> Self {
        let hint = error.hint().unwrap_or(
            "check that it exists and that you may list and read it; for S3: bucket, region and credentials",
        );
        Self::new(ErrorKind::Logs, error).hint(hint)
    }
}

impl From<LogSourceError> for UserError {
    fn from(error: LogSourceError) -> Self {
        let kind = match error {
            LogSourceError::NotConfigured => ErrorKind::Configuration,
            LogSourceError::Unopened(_) => ErrorKind::Request,
            #[cfg(not(feature = "aws"))]
            LogSourceError::WithoutAthena => ErrorKind::Configuration,
            #[cfg(feature = "aws")]
            LogSourceError::NoTable(_) => ErrorKind::Configuration,
            #[cfg(feature = "aws")]
            LogSourceError::NotOurs(_) => ErrorKind::Request,
            #[cfg(feature = "aws")]
            LogSourceError::NotMade { .. } => ErrorKind::Table,
            #[cfg(feature = "aws")]
            LogSourceError::Store(error) => return error.into(),
            #[cfg(feature = "aws")]
            LogSourceError::Upkeep(error) => return error.into(),
        };
        let hint = error.hint();
        Self::new(kind, error).hint_if(hint)
    }
}

impl From<RunError> for UserError {
    fn from(error: RunError) -> Self {
        let kind = match error {
            RunError::NothingDue(_) => ErrorKind::NothingDue,
            RunError::NoDetections => ErrorKind::Request,
            RunError::Source(error) => return error.into(),
            #[cfg(feature = "aws")]
            RunError::Aws(_) | RunError::OverLimit(_) | RunError::Estimate(_) => ErrorKind::Athena,
            _ => ErrorKind::Internal,
        };
        let hint = error.hint();
        Self::new(kind, error).hint_if(hint)
    }
}

#[cfg(feature = "aws")]
impl From<UpkeepError> for UserError {
    fn from(error: UpkeepError) -> Self {
        let kind = match &error {
            UpkeepError::NotOurs(_) | UpkeepError::View(_) | UpkeepError::NoAccounts(_) => {
                ErrorKind::Configuration
            }
            UpkeepError::Source(_) => ErrorKind::Logs,
            _ => ErrorKind::Table,
        };
        let hint = error.hint();
        Self::new(kind, error).hint_if(hint)
    }
}

#[cfg(feature = "aws")]
impl From<TableError> for UserError {
    fn from(error: TableError) -> Self {
        if let TableError::Upkeep(error) = error {
            return error.into();
        }
        let hint = error.hint();
        Self::usage(error).hint_if(hint)
    }
}

impl From<StoreError> for UserError {
    fn from(error: StoreError) -> Self {
        let kind = if matches!(error, StoreError::Busy { .. }) { ErrorKind::Busy } else { ErrorKind::State };
        let hint = error.hint();
        Self::new(kind, error).hint(hint)
    }
}
