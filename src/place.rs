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

/// So many accounts are named in a line; the rest is counted.
const NAMED: usize = 8;

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
    /// So it is, and nobody asks for the names of accounts.
    #[cfg(feature = "aws")]
    Nameless,
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
        config::{AccountList, ResultLocation, ScanMode, Trail},
        engine::athena::{Settings, UNKNOWN},
        table::MARK,
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
                let ids: Vec<String> = wanted.only_in_bucket.iter().map(ToString::to_string).collect();
                notes.push(format!("accounts with logs that nobody knows: {}", named(&ids)));
            }
            if !wanted.without_logs.is_empty() {
                let ids: Vec<String> =
                    wanted.without_logs.iter().map(|account| account.id.to_string()).collect();
                notes.push(format!("known accounts that never delivered logs: {}", named(&ids)));
            }
            for (folder, reason) in &wanted.problems {
                notes.push(format!("the folder `{folder}` was not listed for the table: {reason}"));
            }
            notes.extend(wanted.notes);
            app.desk.accounts = wanted.accounts;
            applied.difference.result
        }
        Table::AsItIs | Table::Nameless => {
            let (database, name) = (&config.database.value, &config.name.value);
            let found = glue.table(database, name).await.map_err(UpkeepError::from)?;
            if table == Table::AsItIs && !listed && config.trail.value != Trail::Account {
                match upkeep::members(config, &Organizations::new(&sdk)).await {
                    Ok((accounts, note)) => {
                        app.desk.accounts = accounts;
                        notes.extend(note);
                    }
                    Err(error) => notes.push(format!("account names are not known: {error}")),
                }
            }
            let found = found.ok_or_else(|| {
                Refusal::new(Kind::Configuration, anyhow::anyhow!("there is no table `{database}.{name}`"))
                    .hint("`trailbrief table apply` makes it; or read log files with `--logs`")
            })?;
            // A run counts on what our table projects; another's partitions may be anything.
            if found.is_view || !found.definition.parameters.contains_key(MARK) {
                return Err(Refusal::usage(anyhow::anyhow!(
                    "`{database}.{name}` was not made by trailbrief: what its partitions are is not known"
                ))
                .hint(
                    "choose another `name` in `[table]` and make it with `trailbrief table apply`; `table plan --adopt` shows \
                     what would change to take this one over",
                ));
            }
            found.definition
        }
    };
    let athena = &app.config.athena;
    let seconds = u64::try_from(athena.timeout.value.seconds()).unwrap_or(0);
    let settings = Settings {
        workgroup: athena.workgroup.value.clone(),
        output: match &athena.output.value {
            ResultLocation::Workgroup => None,
            ResultLocation::At(place) => Some(place.clone()),
        },
        concurrency: usize::try_from(athena.concurrency.value).unwrap_or(1),
        partitions: athena.partitions.value,
        candidates: athena.candidates.value,
        timeout: Duration::from_secs(seconds),
        unknown: UNKNOWN,
        own: athena.scan.value == ScanMode::Own,
        run_bytes: athena.run_bytes.as_ref().map(|bytes| bytes.value.get()),
        month_bytes: athena.month_bytes.as_ref().map(|bytes| bytes.value.get()),
        price_per_tb: athena.price_per_tb.value,
    };
    let statements = Statements::new(&sdk).keeping(keeping(athena));
    let athena = Athena { statements, table: definition, settings };
    Ok((Place::Athena(Box::new(athena)), notes))
}

/// How results are kept, in the client's words.
#[cfg(feature = "aws")]
fn keeping(config: &crate::config::AthenaConfig) -> crate::aws::athena::Keeping {
    use crate::{
        aws::athena::{Encryption, Keeping},
        config::{BucketOwner, ResultEncryption},
    };

    Keeping {
        encryption: match &config.encryption.value {
            ResultEncryption::NotSet => None,
            ResultEncryption::SseS3 => Some(Encryption::SseS3),
            ResultEncryption::SseKms(key) => Some(Encryption::SseKms(key.clone())),
            ResultEncryption::CseKms(key) => Some(Encryption::CseKms(key.clone())),
        },
        owner: match &config.expected_bucket_owner.value {
            BucketOwner::Anyone => None,
            BucketOwner::Account(id) => Some(id.to_string()),
        },
    }
}

/// The first of these values in a line, and how many more there are.
#[must_use]
pub fn named(values: &[String]) -> String {
    let shown = values.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match values.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
