//! Keeps the table up to date with the accounts and regions: gathers them, compares, and writes what has to change.
//!
//! Never drops a table, and writes nothing to a table that is up to date. `table` decides what the table should be.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    aws::{
        AwsError, SdkConfig,
        glue::{Glue, GlueTable, WriteError},
        organizations::{AccountsInUnits, Organizations},
    },
    config::{AccountList, Organization, RegionList, TableConfig, Trail},
    domain::{
        account::{Account, AccountId, Accounts},
        organization::KnownOrganization,
    },
    engine::embedded::source::{Source, SourceError, regions::regions},
    table::{self, Definition, Difference, Layout, MARK, NotOurs, OrganizationId, Spec, TooLarge},
};

/// How often a write is tried because another process wrote at the same time.
const ATTEMPTS: usize = 4;

/// Where the list of accounts comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountSource {
    /// AWS Organizations.
    Organizations,
    /// `[[accounts]]` in the configuration.
    Configuration,
    /// Only the folders of the bucket.
    Bucket,
}

/// What the table is to cover, and where that came from.
#[derive(Debug)]
pub struct Wanted {
    /// The table as it should be.
    pub table: Definition,
    /// Which kind of trail delivers.
    pub layout: Layout,
    /// The accounts that are known by name.
    pub accounts: Accounts,
    /// Where their list comes from.
    pub source: AccountSource,
    /// Accounts that have logs but are not known: they left, or belong to somebody else.
    pub only_in_bucket: Vec<AccountId>,
    /// Known accounts without a folder.
    pub without_logs: Vec<Account>,
    /// Folders that could not be listed, with the reason.
    pub problems: Vec<(String, String)>,
    /// What else could not be found out.
    pub notes: Vec<String>,
}

/// What has to change.
#[derive(Debug)]
pub struct Planned {
    /// Whether the database has to be created first.
    pub without_database: bool,
    /// The changes.
    pub difference: Difference,
    found: Option<GlueTable>,
}

impl Planned {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.without_database && self.difference.changes.is_empty()
    }
}

/// Why the table cannot be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// A call to AWS failed.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The bucket's folders cannot be listed.
    #[error("cannot find out which accounts and regions have logs")]
    Source(#[from] SourceError),
    /// The thread that listed them panicked.
    #[error("listing the bucket's folders failed")]
    Panicked(#[source] tokio::task::JoinError),
    /// Organizations returned a malformed id.
    #[error("Organizations returned a malformed id")]
    Organization(#[from] table::BadOrganizationId),
    /// There is nothing to cover.
    #[error("no account is known, and none has a folder in {0}")]
    NoAccounts(String),
    /// Too many accounts.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Somebody else made the table.
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    /// There is a view of this name.
    #[error("`{0}` is a view")]
    View(String),
    /// Another process wrote at the same time, each time.
    #[error("another process changed the table `{0}` during each of {ATTEMPTS} attempts to write it")]
    Contended(String),
}

impl UpkeepError {
    /// Whether the error leaves an existing table usable: a service failed or denied something.
    #[must_use]
    pub const fn leaves_table_usable(&self) -> bool {
        match self {
            Self::Aws(_) | Self::Source(_) | Self::Panicked(_) | Self::Contended(_) => true,
            Self::Organization(_)
            | Self::NoAccounts(_)
            | Self::TooLarge(_)
            | Self::NotOurs(_)
            | Self::View(_) => false,
        }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
        Self::Aws(error) => error.hint.clone(),
        Self::Source(error) => {
            let hint = error.hint().unwrap_or("check that you may `s3:ListBucket` there");
            Some(format!("{hint}; the location is `logs` in `[table]`"))
        }
        Self::NoAccounts(_) => {
            Some("check `logs` and `trail` in `[table]`, or list the accounts under `[[accounts]]`".to_owned())
        }
        Self::Organization(_) => Some("set `organization` in `[table]`".to_owned()),
        Self::NotOurs(_) => {
            Some("`--adopt` takes it over: `table plan --adopt` shows what would change; or choose another `name`".to_owned())
        }
        Self::View(_) => Some("choose another `name` in `[table]`".to_owned()),
        Self::Contended(_) => Some("see what else writes to it, and try again".to_owned()),
        Self::TooLarge(_) | Self::Panicked(_) => None,
        }
    }
}

/// Gathers accounts and regions, and decides what the table should be. `known` takes the place of asking Organizations.
///
/// # Errors
///
/// If they cannot be listed, or no table could hold them.
pub async fn wanted(
    config: &TableConfig,
    listed: &AccountList,
    sdk: &SdkConfig,
    known: Option<&KnownOrganization>,
) -> Result<Wanted, UpkeepError> {
    let organizations = Organizations::new(sdk);
    let mut notes = Vec::new();
    let layout = layout(config, &organizations, known).await?;
    let (accounts, source) = match (listed, &layout) {
        (AccountList::Listed(accounts), _) => (accounts.clone(), AccountSource::Configuration),
        (AccountList::NotConfigured, Layout::Account) => (Accounts::default(), AccountSource::Bucket),
        (AccountList::NotConfigured, _) if known.is_some_and(|known| known.accounts.is_some()) => {
            (known.and_then(|known| known.accounts.clone()).unwrap_or_default(), AccountSource::Organizations)
        }
        (AccountList::NotConfigured, _) => {
            let (accounts, note) = members(config, &organizations).await?;
            notes.extend(note);
            (accounts, AccountSource::Organizations)
        }
    };
    let folder = layout.accounts_folder(&config.logs.value);
    let source_of_logs = Source::open(&folder)?;
    let found = tokio::task::spawn_blocking(move || regions(&source_of_logs)).await;
    let found = found.map_err(UpkeepError::Panicked)??;
    let with_logs: BTreeSet<AccountId> =
        found.known.iter().filter_map(|(account, _)| account.parse().ok()).collect();
    let known: BTreeMap<&AccountId, &Account> =
        accounts.iter().map(|account| (&account.id, account)).collect();
    // A folder that could not be listed may hold logs.
    let unlisted: BTreeSet<AccountId> =
        found.problems.iter().filter_map(|(folder, _)| folder.split('/').next()?.parse().ok()).collect();
    let covered: BTreeSet<AccountId> =
        known.keys().copied().chain(&with_logs).chain(&unlisted).cloned().collect();
    if covered.is_empty() {
        return Err(UpkeepError::NoAccounts(folder));
    }
    let only_in_bucket = match source {
        AccountSource::Bucket => Vec::new(),
        _ => with_logs.iter().filter(|id| !known.contains_key(id)).cloned().collect(),
    };
    let without_logs = accounts
        .iter()
        .filter(|account| !with_logs.contains(&account.id) && !unlisted.contains(&account.id))
        .cloned()
        .collect();
    let mut spec = Spec {
        database: config.database.value.clone(),
        name: config.name.value.clone(),
        logs: config.logs.value.clone(),
        layout: layout.clone(),
        since: config.since.value,
        accounts: covered,
        regions: match &config.regions {
            RegionList::Found => found.known.into_iter().map(|(_, region)| region).collect(),
            RegionList::Listed(regions) => regions.value.iter().cloned().collect(),
        },
    };
    if !found.problems.is_empty() {
        keep(&mut spec, config, &Glue::new(sdk)).await?;
    }
    let table = table::wanted(&spec)?;
    Ok(Wanted {
        table,
        layout,
        accounts,
        source,
        only_in_bucket,
        without_logs,
        problems: found.problems,
        notes,
    })
}

/// Keeps the accounts and regions that the table covers already, where folders could not be listed: without them, logs would
/// stay unread.
async fn keep(spec: &mut Spec, config: &TableConfig, glue: &Glue) -> Result<(), AwsError> {
    let Some(found) = glue.table(&spec.database, &spec.name).await? else { return Ok(()) };
    let Definition { parameters, .. } = found.definition;
    if !parameters.contains_key(MARK) {
        return Ok(());
    }
    let listed = |parameter: &str| {
        let list = parameters.get(parameter).map_or("", String::as_str);
        list.split(',').filter(|value| !value.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let accounts = listed("projection.account.values");
    spec.accounts.extend(accounts.iter().filter_map(|id| id.parse::<AccountId>().ok()));
    if config.regions == RegionList::Found {
        spec.regions.extend(listed("projection.region.values"));
    }
    Ok(())
}

/// The organization's accounts, with their units if the configuration wants them; and why the units are not known.
///
/// # Errors
///
/// If the accounts cannot be listed.
pub async fn members(
    config: &TableConfig,
    organizations: &Organizations,
) -> Result<(Accounts, Option<String>), AwsError> {
    if !config.organization_units.value {
        return Ok((organizations.accounts().await?, None));
    }
    let AccountsInUnits { accounts, unknown } = organizations.accounts_in_units().await?;
    let note = unknown.map(|error| format!("organizational units are not known: {error}"));
    Ok((accounts, note))
}

async fn layout(
    config: &TableConfig,
    organizations: &Organizations,
    known: Option<&KnownOrganization>,
) -> Result<Layout, UpkeepError> {
    let id = match (&config.organization, config.trail.value) {
        (_, Trail::Account) => return Ok(Layout::Account),
        (Organization::Configured(id), _) => id.value.clone(),
        (Organization::FromOrganizations, _) => match known.and_then(|known| known.id.clone()) {
            Some(id) => id.parse::<OrganizationId>()?,
            None => organizations.id().await?.parse::<OrganizationId>()?,
        },
    };
    Ok(match config.trail.value {
        Trail::ControlTower => Layout::ControlTower(id),
        Trail::Organization | Trail::Account => Layout::Organization(id),
    })
}

/// Compares the table with what it should be.
///
/// # Errors
///
/// If it cannot be read, or was made by somebody else and is not to be adopted.
pub async fn plan(glue: &Glue, wanted: &Definition, adopt: bool) -> Result<Planned, UpkeepError> {
    let found = glue.table(&wanted.database, &wanted.name).await?;
    if found.as_ref().is_some_and(|found| found.is_view) {
        return Err(UpkeepError::View(format!("{}.{}", wanted.database, wanted.name)));
    }
    let without_database = found.is_none() && !glue.has_database(&wanted.database).await?;
    let difference = table::difference(wanted, found.as_ref().map(|found| &found.definition), adopt)?;
    Ok(Planned { without_database, difference, found })
}

/// Creates or updates the table; returns what was changed.
///
/// # Errors
///
/// If a call fails, or the table was made by somebody else and is not to be adopted.
pub async fn apply(glue: &Glue, wanted: &Definition, adopt: bool) -> Result<Planned, UpkeepError> {
    for _ in 0..ATTEMPTS {
        let planned = plan(glue, wanted, adopt).await?;
        if planned.is_empty() {
            return Ok(planned);
        }
        if planned.without_database {
            glue.create_database(&wanted.database).await?;
        }
        let written = match &planned.found {
            None => glue.create(&planned.difference.result).await,
            Some(found) => glue.update(found, &planned.difference.result).await,
        };
        match written {
            Ok(()) => return Ok(planned),
            Err(WriteError::Changed) => {}
            Err(WriteError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(UpkeepError::Contended(format!("{}.{}", wanted.database, wanted.name)))
}
