//! The configured table for `trailbrief table`: what it should be, what would change, and the change itself.

use super::upkeep::{self, Planned, UpkeepError, Wanted};
use crate::{
    aws::{glue::Glue, sdk_config},
    config::{Config, TableSetting},
};

/// The configured table in Glue, and what it should be.
#[derive(Debug)]
pub struct ConfiguredTable {
    /// What it should be.
    pub wanted: Wanted,
    glue: Glue,
}

/// Why it is not known what the table should be.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// No table is configured.
    #[error("the configuration has no `[table]`")]
    NotConfigured,
    /// Its accounts and regions are not known.
    #[error(transparent)]
    Upkeep(#[from] UpkeepError),
}

impl TableError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotConfigured => Some(
                "add `[table]` with `logs = \"s3://bucket\"`; trailbrief.example.toml explains it".to_owned(),
            ),
            Self::Upkeep(error) => error.hint(),
        }
    }
}

impl ConfiguredTable {
    /// Finds out what the configured table should be.
    ///
    /// # Errors
    ///
    /// If there is none, or its accounts and regions are not known.
    pub async fn of(config: &Config) -> Result<Self, TableError> {
        let TableSetting::Configured(table) = &config.table else { return Err(TableError::NotConfigured) };
        let sdk = sdk_config(None).await;
        let wanted = upkeep::wanted(table, &config.accounts, &sdk, None).await?;
        Ok(Self { wanted, glue: Glue::new(&sdk) })
    }

    /// What has to change. `adopt` takes over a table that something else made.
    ///
    /// # Errors
    ///
    /// If the table cannot be read, or is another program's and not to be adopted.
    pub async fn plan(&self, adopt: bool) -> Result<Planned, UpkeepError> {
        upkeep::plan(&self.glue, &self.wanted.table, adopt).await
    }

    /// Creates or changes the table, and returns what was changed.
    ///
    /// # Errors
    ///
    /// If a service refuses, or the table is another program's and not to be adopted.
    pub async fn apply(&self, adopt: bool) -> Result<Planned, UpkeepError> {
        upkeep::apply(&self.glue, &self.wanted.table, adopt).await
    }
}
