//! Connects to the configured table: its definition, after an update if that is wanted, and how Athena is used.

use std::time::Duration;

use super::{
    App, TableUse,
    log_source::{LogSource, LogSourceError, ResolvedLogs},
    organization,
    upkeep::{self, UpkeepError, Wanted},
};
use crate::{
    aws::{
        SdkConfig,
        athena::{Encryption, ResultStorage, Statements},
        glue::Glue,
        organizations::Organizations,
        sdk_config,
    },
    config::{
        AccountList, AthenaConfig, BucketOwner, ResultEncryption, ResultLocation, ScanMode, TableConfig,
        Trail,
    },
    domain::{account::Accounts, list::first_few, time::Timestamp},
    engine::athena::{Athena, Settings, UNKNOWN},
    store::Store,
    table::{Definition, MARK},
};

/// The table's definition, with what was found out about the accounts.
struct Table {
    definition: Definition,
    accounts: Option<Accounts>,
    notes: Vec<String>,
}

/// Connects to the configured table.
pub(super) async fn connect(
    app: &App,
    table: &TableConfig,
    table_use: TableUse,
) -> Result<ResolvedLogs, LogSourceError> {
    let config = &app.config;
    let sdk = sdk_config(None).await;
    let Table { definition, accounts, notes } = match table_use {
        TableUse::UpToDate(now) => updated(table, &config.accounts, &sdk, (&app.store()?, now)).await?,
        TableUse::AsItIs => {
            let definition = found(table, &sdk).await?;
            let (accounts, notes) = account_names(table, &config.accounts, &sdk).await;
            Table { definition, accounts, notes }
        }
        TableUse::WithoutAccountNames => {
            Table { definition: found(table, &sdk).await?, accounts: None, notes: Vec::new() }
        }
    };
    let statements = Statements::new(&sdk).storing(storage(&config.athena));
    let athena = Athena { statements, table: definition, settings: settings(&config.athena) };
    Ok(ResolvedLogs { source: LogSource::Athena(Box::new(athena)), accounts, notes })
}

/// Updates the table for the current accounts and regions. If a service fails, the run uses the existing table, and a note
/// says so.
async fn updated(
    table: &TableConfig,
    listed: &AccountList,
    sdk: &SdkConfig,
    (store, now): (&Store, Timestamp),
) -> Result<Table, LogSourceError> {
    let wanted = match organization::wanted(table, listed, sdk, (store, now)).await {
        Ok(wanted) => wanted,
        Err(error) => return as_it_is(table, sdk, error).await,
    };
    match upkeep::apply(&Glue::new(sdk), &wanted.table, false).await {
        Ok(applied) => {
            let (definition, notes) = (applied.difference.result, notes_of(&wanted));
            Ok(Table { definition, accounts: Some(wanted.accounts), notes })
        }
        // Glue does not return the table. Athena reads it by itself, so the run uses the definition that it should have.
        Err(UpkeepError::Aws(error)) if error.operation == "glue:GetTable" => {
            let mut notes = notes_of(&wanted);
            notes.push(format!("the table was not updated, and it is taken to be up to date: {error}"));
            Ok(Table { definition: wanted.table, accounts: Some(wanted.accounts), notes })
        }
        Err(error) => {
            let Table { definition, mut notes, .. } = as_it_is(table, sdk, error).await?;
            notes.extend(notes_of(&wanted));
            Ok(Table { definition, accounts: Some(wanted.accounts), notes })
        }
    }
}

/// The table as it is in Glue, because it cannot be updated.
async fn as_it_is(table: &TableConfig, sdk: &SdkConfig, error: UpkeepError) -> Result<Table, LogSourceError> {
    if !error.leaves_table_usable() {
        return Err(error.into());
    }
    match found(table, sdk).await {
        Ok(definition) => {
            let mut note = format!("the table was not updated and is used as it is: {}", with_causes(&error));
            if let Some(hint) = error.hint() {
                note = format!("{note}; {hint}");
            }
            Ok(Table { definition, accounts: None, notes: vec![note] })
        }
        Err(LogSourceError::NoTable(table)) => Err(LogSourceError::NotMade { table, source: error.into() }),
        // Glue fails here as well; the first error says why.
        Err(LogSourceError::Upkeep(_)) => Err(error.into()),
        Err(other) => Err(other),
    }
}

/// An error with its causes in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What a reader of the brief must know of an update.
fn notes_of(wanted: &Wanted) -> Vec<String> {
    let mut notes = Vec::new();
    if !wanted.only_in_bucket.is_empty() {
        let ids: Vec<String> = wanted.only_in_bucket.iter().map(ToString::to_string).collect();
        notes.push(format!("unknown accounts that have logs: {}", first_few(&ids)));
    }
    if !wanted.without_logs.is_empty() {
        let ids: Vec<String> = wanted.without_logs.iter().map(|account| account.id.to_string()).collect();
        notes.push(format!("known accounts that never delivered logs: {}", first_few(&ids)));
    }
    for (folder, reason) in &wanted.problems {
        notes.push(format!("the folder `{folder}` was not listed for the table: {reason}"));
    }
    notes.extend(wanted.notes.iter().cloned());
    notes
}

/// The table as it is in Glue.
async fn found(table: &TableConfig, sdk: &SdkConfig) -> Result<Definition, LogSourceError> {
    let (database, name) = (&table.database.value, &table.name.value);
    let found = Glue::new(sdk).table(database, name).await.map_err(UpkeepError::from)?;
    let found = found.ok_or_else(|| LogSourceError::NoTable(format!("{database}.{name}")))?;
    // A run relies on the partitions of our table; those of another table may mean anything.
    if found.is_view || !found.definition.parameters.contains_key(MARK) {
        return Err(LogSourceError::NotOurs(format!("{database}.{name}")));
    }
    Ok(found.definition)
}

/// The accounts by Organizations, unless the configuration lists them or there is only one.
async fn account_names(
    table: &TableConfig,
    listed: &AccountList,
    sdk: &SdkConfig,
) -> (Option<Accounts>, Vec<String>) {
    if matches!(listed, AccountList::Listed(_)) || table.trail.value == Trail::Account {
        return (None, Vec::new());
    }
    match upkeep::members(table, &Organizations::new(sdk)).await {
        Ok((accounts, note)) => (Some(accounts), note.into_iter().collect()),
        Err(error) => (None, vec![format!("account names are not known: {error}")]),
    }
}

/// How Athena is used, from the configuration.
fn settings(config: &AthenaConfig) -> Settings {
    let timeout_s = u64::try_from(config.timeout.value.seconds()).unwrap_or(0);
    Settings {
        workgroup: config.workgroup.value.clone(),
        output: match &config.output.value {
            ResultLocation::Workgroup => None,
            ResultLocation::At(location) => Some(location.clone()),
        },
        concurrency: usize::try_from(config.concurrency.value).unwrap_or(1),
        partitions: config.partitions.value,
        candidates: config.candidates.value,
        flood_factor: config.flood_factor.value,
        timeout: Duration::from_secs(timeout_s),
        unknown: UNKNOWN,
        own: config.scan.value == ScanMode::Own,
        run_bytes: config.run_bytes.as_ref().map(|bytes| bytes.value.get()),
        month_bytes: config.month_bytes.as_ref().map(|bytes| bytes.value.get()),
        price_per_tb: config.price_per_tb.value,
    }
}

/// How results are stored, from the configuration.
fn storage(config: &AthenaConfig) -> ResultStorage {
    ResultStorage {
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
