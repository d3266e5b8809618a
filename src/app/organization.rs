//! What Organizations says, asked once a day and remembered beside the state: a scheduled run neither asks every hour nor fails
//! when Organizations does.

use super::upkeep::{self, UpkeepError, Wanted};
use crate::{
    aws::SdkConfig,
    config::{AccountList, Organization, TableConfig, Trail},
    domain::{
        organization::KnownOrganization,
        time::{Span, Timestamp},
    },
    store::Store,
};

/// How long an answer is used without asking again: a run that comes once a day asks every day.
const FRESH: Span = Span::from_s(23 * 3_600);

/// What the table should be, with Organizations asked only if its last answer is a day old. If it does not answer, an older
/// answer is used, and a note says so.
///
/// # Errors
///
/// If accounts and regions cannot be listed, or no table could hold them.
pub(super) async fn wanted(
    config: &TableConfig,
    listed: &AccountList,
    sdk: &SdkConfig,
    (store, now): (&Store, Timestamp),
) -> Result<Wanted, UpkeepError> {
    if !is_asked(config, listed) {
        return upkeep::wanted(config, listed, sdk, None).await;
    }
    let (remembered, mut notes) = match store.organization().await {
        Ok(known) => (known.filter(|known| suits(known, config, listed)), Vec::new()),
        Err(error) => {
            (None, vec![format!("what Organizations said last is not known, so it was asked again: {error}")])
        }
    };
    if let Some(known) = remembered.as_ref().filter(|known| now < known.asked.plus(FRESH)) {
        let mut wanted = upkeep::wanted(config, listed, sdk, Some(known)).await?;
        wanted.notes.append(&mut notes);
        return Ok(wanted);
    }
    let mut wanted = match (upkeep::wanted(config, listed, sdk, None).await, &remembered) {
        (Err(UpkeepError::Aws(error)), Some(known)) if error.operation.starts_with("organizations:") => {
            notes.push(format!("the accounts are those of {}, because {error}", known.asked));
            upkeep::wanted(config, listed, sdk, Some(known)).await?
        }
        (wanted, _) => {
            let wanted = wanted?;
            // Without the units, the next run asks again.
            if wanted.notes.is_empty()
                && let Err(error) = store.keep_organization(&answer(&wanted, config, listed, now)).await
            {
                notes.push(format!("what Organizations said cannot be kept, so every run asks it: {error}"));
            }
            wanted
        }
    };
    wanted.notes.append(&mut notes);
    Ok(wanted)
}

/// Whether the configuration leaves anything to Organizations.
fn is_asked(config: &TableConfig, listed: &AccountList) -> bool {
    config.trail.value != Trail::Account && (asks_id(config) || asks_accounts(listed))
}

fn asks_id(config: &TableConfig) -> bool {
    matches!(config.organization, Organization::FromOrganizations)
}

fn asks_accounts(listed: &AccountList) -> bool {
    matches!(listed, AccountList::NotConfigured)
}

/// Whether an answer holds everything that the configuration leaves to Organizations.
fn suits(known: &KnownOrganization, config: &TableConfig, listed: &AccountList) -> bool {
    let has_accounts = known.accounts.is_some() && known.has_units == config.organization_units.value;
    (!asks_id(config) || known.id.is_some()) && (!asks_accounts(listed) || has_accounts)
}

/// What Organizations said.
fn answer(wanted: &Wanted, config: &TableConfig, listed: &AccountList, now: Timestamp) -> KnownOrganization {
    KnownOrganization {
        asked: now,
        id: wanted.layout.organization().filter(|_| asks_id(config)).map(ToString::to_string),
        accounts: asks_accounts(listed).then(|| wanted.accounts.clone()),
        has_units: config.organization_units.value,
    }
}
