//! The log source of a run: log files that were named, else the configured table on Athena.

#[cfg(feature = "aws")]
use super::upkeep::UpkeepError;
use super::{App, TableUse};
use crate::{
    config::TableSetting,
    domain::account::Accounts,
    engine::embedded::source::{Source, SourceError},
    run::Logs,
};
#[cfg(feature = "aws")]
use crate::{engine::athena::Athena, store::StoreError};

/// Where the events are.
#[derive(Debug)]
pub enum LogSource {
    /// In log files.
    Files(Source),
    /// In a table on Athena.
    #[cfg(feature = "aws")]
    Athena(Box<Athena>),
}

impl LogSource {
    /// The same as a run takes it.
    #[must_use]
    pub fn logs(&self) -> Logs<'_> {
        match self {
            Self::Files(source) => Logs::Files(source),
            #[cfg(feature = "aws")]
            Self::Athena(athena) => Logs::Athena(athena),
        }
    }
}

/// A log source, and what was found out on the way to it.
#[derive(Debug)]
pub struct ResolvedLogs {
    /// The log source.
    pub source: LogSource,
    /// The accounts of the organization, for [`App::learn_accounts`]; `None` if Organizations was not asked.
    pub accounts: Option<Accounts>,
    /// What a reader of the brief must know.
    pub notes: Vec<String>,
}

/// Why there is no log source.
#[derive(Debug, thiserror::Error)]
pub enum LogSourceError {
    /// Neither log files nor a table.
    #[error("no log source: there is no `--logs`, and the configuration has no `[table]`")]
    NotConfigured,
    /// A table is configured, but this build has no Athena.
    #[cfg(not(feature = "aws"))]
    #[error("this program was built without the `aws` feature, so it cannot query Athena")]
    WithoutAthena,
    /// The log files cannot be opened.
    #[error(transparent)]
    Unopened(#[from] SourceError),
    /// The configured table does not exist.
    #[cfg(feature = "aws")]
    #[error("there is no table `{0}`")]
    NoTable(String),
    /// The configured table does not exist, and it cannot be created.
    #[cfg(feature = "aws")]
    #[error("the table `{table}` does not exist, and trailbrief cannot create it: {source}")]
    NotMade {
        /// Database and name.
        table: String,
        /// Why.
        source: Box<UpkeepError>,
    },
    /// The store for what Organizations says cannot be used.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configured table was made by something else.
    #[cfg(feature = "aws")]
    #[error("`{0}` was not made by trailbrief: what its partitions mean is not known")]
    NotOurs(String),
    /// The table cannot be read or updated.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Upkeep(#[from] UpkeepError),
}

impl LogSourceError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotConfigured => {
                "add `--logs ./AWSLogs` or `--logs s3://bucket/prefix`; or configure `[table]` to query Athena"
            }
            #[cfg(not(feature = "aws"))]
            Self::WithoutAthena => "build it with `--features aws`, or read log files with `--logs`",
            Self::Unopened(_) => "give a directory or file with CloudTrail logs, or s3://bucket/prefix",
            #[cfg(feature = "aws")]
            Self::NoTable(_) => "`trailbrief table apply` creates it; or read log files with `--logs`",
            #[cfg(feature = "aws")]
            Self::NotOurs(_) => {
                "choose another `name` in `[table]` and create it with `trailbrief table apply`; `table plan --adopt` shows \
                 what would change to take this one over"
            }
            #[cfg(feature = "aws")]
            Self::Upkeep(error) => return error.hint(),
            #[cfg(feature = "aws")]
            Self::NotMade { source, .. } => return source.hint(),
            #[cfg(feature = "aws")]
            Self::Store(_) => "check `path` in `[state]`",
        };
        Some(hint.to_owned())
    }
}

/// Opens log files: a directory, a file or `s3://bucket/prefix`.
///
/// # Errors
///
/// If `path` is none of these.
pub fn open_files(path: &str) -> Result<Source, LogSourceError> {
    Ok(Source::open(path)?)
}

/// Resolves the log source: the files at `path` if there is one, else the configured table.
///
/// # Errors
///
/// If neither is given, or it cannot be opened.
pub async fn resolve(
    path: Option<&str>,
    app: &App,
    #[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "there is no table without Athena"))]
    table_use: TableUse,
) -> Result<ResolvedLogs, LogSourceError> {
    if let Some(path) = path {
        let source = LogSource::Files(open_files(path)?);
        return Ok(ResolvedLogs { source, accounts: None, notes: Vec::new() });
    }
    match &app.config.table {
        TableSetting::NotConfigured => Err(LogSourceError::NotConfigured),
        #[cfg(feature = "aws")]
        TableSetting::Configured(table) => super::athena::connect(app, table, table_use).await,
        #[cfg(not(feature = "aws"))]
        TableSetting::Configured(_) => Err(LogSourceError::WithoutAthena),
    }
}
