//! Where a run finds the events: log files that it was told, else the configured table on Athena.

#[cfg(feature = "aws")]
use crate::engine::athena::Athena;
use crate::{
    app::App,
    config::TableSetting,
    engine::embedded::source::Source,
    refusal::{Kind, Refusal},
    run::Logs,
};

/// Where the events are.
#[derive(Debug)]
pub enum Place {
    /// Log files.
    Files(Source),
    /// A table on Athena.
    #[cfg(feature = "aws")]
    Athena(Box<Athena>),
}

/// What is to be done about the table before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// It is taken as it is.
    AsItIs,
    /// It is brought in step with the accounts.
    InStep,
}

impl Place {
    /// The place as a run takes it.
    #[must_use]
    pub fn logs(&self) -> Logs<'_> {
        match self {
            Self::Files(source) => Logs::Files(source),
            #[cfg(feature = "aws")]
            Self::Athena(athena) => Logs::Athena(athena),
        }
    }
}

/// Opens a place with logs.
///
/// # Errors
///
/// If it is none.
pub fn open(place: &str) -> Result<Source, Refusal> {
    Source::open(place).map_err(|error| {
        Refusal::usage(error).hint("give a directory or file with CloudTrail logs, or s3://bucket/prefix")
    })
}

/// Finds the place, and what a reader of the brief must know about it; account names of Organizations go to the desk.
///
/// # Errors
///
/// If it is not said, or the table cannot be had.
pub async fn find(logs: Option<&str>, app: &mut App, table: Table) -> Result<(Place, Vec<String>), Refusal> {
    if let Some(logs) = logs {
        return Ok((Place::Files(open(logs)?), Vec::new()));
    }
    match app.config.table.clone() {
        TableSetting::Configured(config) => configured(&config, app, table).await,
        TableSetting::NotConfigured => Err(Refusal::new(
            Kind::Configuration,
            anyhow::anyhow!("it is not said where the logs are"),
        )
        .hint(
            "add `--logs ./AWSLogs` or `--logs s3://bucket/prefix`; or configure `[table]`, to ask Athena",
        )),
    }
}

#[cfg(not(feature = "aws"))]
async fn configured(
    _: &crate::config::TableConfig,
    _: &mut App,
    _: Table,
) -> Result<(Place, Vec<String>), Refusal> {
    Err(Refusal::new(
        Kind::Configuration,
        anyhow::anyhow!("this program was built without the `aws` feature, so it cannot ask Athena"),
    )
    .hint("build it with `--features aws`, or read log files with `--logs`"))
}

#[cfg(feature = "aws")]
async fn configured(
    config: &crate::config::TableConfig,
    app: &mut App,
    table: Table,
) -> Result<(Place, Vec<String>), Refusal> {
    use std::time::Duration;

    use crate::{
        aws::{athena::Statements, glue::Glue, organizations::Organizations, sdk_config},
        config::{AccountList, ResultPlace, Scan, Trail},
        engine::athena::Settings,
        upkeep::{self, UpkeepError},
    };

    let sdk = sdk_config(None).await;
    let glue = Glue::new(&sdk);
    let mut notes = Vec::new();
    let listed = matches!(app.config.accounts, AccountList::Listed(_));
    let definition = match table {
        Table::InStep => {
            let wanted = upkeep::wanted(config, &app.config.accounts, &sdk).await?;
            let applied = upkeep::apply(&glue, &wanted.table, false).await?;
            if !wanted.only_in_bucket.is_empty() {
                let ids: Vec<&str> = wanted.only_in_bucket.iter().map(|id| id.as_str()).collect();
                notes.push(format!("accounts with logs that nobody knows: {}", ids.join(", ")));
            }
            if !wanted.without_logs.is_empty() {
                let ids: Vec<&str> = wanted.without_logs.iter().map(|account| account.id.as_str()).collect();
                notes.push(format!("known accounts without any logs: {}", ids.join(", ")));
            }
            app.desk.accounts = wanted.accounts;
            applied.difference.result
        }
        Table::AsItIs => {
            let (database, name) = (&config.database.value, &config.name.value);
            let found = glue.table(database, name).await.map_err(UpkeepError::from)?;
            if !listed && config.trail.value != Trail::Account {
                match Organizations::new(&sdk).accounts().await {
                    Ok(accounts) => app.desk.accounts = accounts,
                    Err(error) => notes.push(format!("account names are not known: {error}")),
                }
            }
            let found = found.ok_or_else(|| {
                Refusal::new(Kind::Configuration, anyhow::anyhow!("there is no table `{database}.{name}`"))
                    .hint("`trailbrief table apply` makes it; or read log files with `--logs`")
            })?;
            found.definition
        }
    };
    let athena = &app.config.athena;
    let seconds = u64::try_from(athena.timeout.value.seconds()).unwrap_or(0);
    let settings = Settings {
        workgroup: athena.workgroup.value.clone(),
        output: match &athena.output.value {
            ResultPlace::Workgroup => None,
            ResultPlace::At(place) => Some(place.clone()),
        },
        concurrency: usize::try_from(athena.concurrency.value).unwrap_or(1),
        partitions: athena.partitions.value,
        candidates: athena.candidates.value,
        timeout: Duration::from_secs(seconds),
        own: athena.scan.value == Scan::Own,
        run_bytes: athena.run_bytes.as_ref().map(|bytes| bytes.value.get()),
        month_bytes: athena.month_bytes.as_ref().map(|bytes| bytes.value.get()),
    };
    let athena = Athena { statements: Statements::new(&sdk), table: definition, settings };
    Ok((Place::Athena(Box::new(athena)), notes))
}
