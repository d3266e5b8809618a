//! AWS Organizations: the accounts, their organizational units, and the organization's id.

use std::collections::BTreeMap;

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_sdk_organizations::{Client, config, types};

use super::{AwsError, call::sent, error::failed};
use crate::domain::account::{Account, AccountId, Accounts};

/// Accounts or units per page: the service's limit.
const PAGE: i32 = 20;

/// Attempts per call: a large organization has five hundred pages, and the service answers a few calls per second.
const ATTEMPTS: u32 = 6;

/// What a failed operation was called for.
const THING: &str = "the organization";

/// The accounts with their units, or why these are not known.
#[derive(Debug)]
pub struct AccountsInUnits {
    /// The accounts.
    pub accounts: Accounts,
    /// Why the units are not known; `None` if they are.
    pub unknown: Option<AwsError>,
}

/// A client of Organizations.
#[derive(Clone, Debug)]
pub struct Organizations {
    client: Client,
}

impl Organizations {
    /// A client with these settings.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        Self { client: Client::from_conf(config::Builder::from(config).retry_config(retries).build()) }
    }

    /// Every account, also closed and suspended ones: their logs remain.
    ///
    /// # Errors
    ///
    /// If a page cannot be read: half a list would look like the whole.
    pub async fn accounts(&self) -> Result<Accounts, AwsError> {
        self.listed().await?.iter().map(|listed| account(listed, String::new())).collect()
    }

    /// Every account, and the path of names of the unit that each is in, such as `prod/payments`.
    ///
    /// # Errors
    ///
    /// If the accounts cannot be read. Units that cannot be read are part of the answer.
    pub async fn accounts_in_units(&self) -> Result<AccountsInUnits, AwsError> {
        let listed = self.listed().await?;
        let (units, unknown) = match self.units(&listed).await {
            Ok(units) => (units, None),
            Err(error) => (BTreeMap::new(), Some(error)),
        };
        let unit =
            |listed: &types::Account| listed.id().and_then(|id| units.get(id)).cloned().unwrap_or_default();
        let accounts: Result<Accounts, _> =
            listed.iter().map(|listed| account(listed, unit(listed))).collect();
        Ok(AccountsInUnits { accounts: accounts?, unknown })
    }

    async fn listed(&self) -> Result<Vec<types::Account>, AwsError> {
        const OPERATION: &str = "organizations:ListAccounts";
        let (mut accounts, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_accounts().max_results(PAGE).set_next_token(token);
            let page = sent(OPERATION, THING, |tries| request.customize().interceptor(tries).send()).await;
            let page = page.map_err(|error| failed(OPERATION, THING, &error))?;
            accounts.extend(page.accounts.unwrap_or_default());
            // A page may be empty without being the last.
            token = page.next_token.filter(|next| !next.is_empty());
            if token.is_none() {
                return Ok(accounts);
            }
        }
    }

    /// The path of each account's unit. The names of units come from the tree; which account is in which comes from the
    /// accounts' own paths of ids, where the service gives them.
    async fn units(&self, accounts: &[types::Account]) -> Result<BTreeMap<String, String>, AwsError> {
        let mut unit_paths = BTreeMap::new();
        let mut left: Vec<(String, String)> =
            self.roots().await?.into_iter().map(|root| (root, String::new())).collect();
        let mut names: BTreeMap<String, String> = left.iter().cloned().collect();
        while let Some((parent, path)) = left.pop() {
            for (id, name) in self.children(&parent).await? {
                let path = if path.is_empty() { name } else { format!("{path}/{name}") };
                names.insert(id.clone(), path.clone());
                left.push((id, path));
            }
        }
        let have_paths = accounts.iter().all(|account| !account.paths().is_empty());
        if have_paths {
            for account in accounts {
                // `o-exampleorgid/r-exam/ou-exam-11111111/111122223333/`: the last that is a unit or the root.
                let path = account.paths().first().map(String::as_str).unwrap_or_default();
                let unit = path.split('/').rev().find_map(|part| names.get(part));
                unit_paths.extend(account.id.clone().zip(unit.cloned()));
            }
        } else {
            for (unit, path) in &names {
                unit_paths.extend(self.members(unit).await?.into_iter().map(|id| (id, path.clone())));
            }
        }
        Ok(unit_paths)
    }

    async fn roots(&self) -> Result<Vec<String>, AwsError> {
        const OPERATION: &str = "organizations:ListRoots";
        let (mut roots, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_roots().set_next_token(token);
            let page = sent(OPERATION, THING, |tries| request.customize().interceptor(tries).send()).await;
            let page = page.map_err(|error| failed(OPERATION, THING, &error))?;
            roots.extend(page.roots.unwrap_or_default().into_iter().filter_map(|root| root.id));
            token = page.next_token.filter(|next| !next.is_empty());
            if token.is_none() {
                return Ok(roots);
            }
        }
    }

    async fn children(&self, parent: &str) -> Result<Vec<(String, String)>, AwsError> {
        const OPERATION: &str = "organizations:ListOrganizationalUnitsForParent";
        let (mut units, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_organizational_units_for_parent().parent_id(parent);
            let request = request.max_results(PAGE).set_next_token(token);
            let page = sent(OPERATION, parent, |tries| request.customize().interceptor(tries).send()).await;
            let page = page.map_err(|error| failed(OPERATION, parent, &error))?;
            let found = page.organizational_units.unwrap_or_default();
            units.extend(found.into_iter().filter_map(|unit| unit.id.zip(unit.name)));
            token = page.next_token.filter(|next| !next.is_empty());
            if token.is_none() {
                return Ok(units);
            }
        }
    }

    async fn members(&self, unit: &str) -> Result<Vec<String>, AwsError> {
        const OPERATION: &str = "organizations:ListAccountsForParent";
        let (mut ids, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_accounts_for_parent().parent_id(unit);
            let request = request.max_results(PAGE).set_next_token(token);
            let page = sent(OPERATION, unit, |tries| request.customize().interceptor(tries).send()).await;
            let page = page.map_err(|error| failed(OPERATION, unit, &error))?;
            ids.extend(page.accounts.unwrap_or_default().into_iter().filter_map(|account| account.id));
            token = page.next_token.filter(|next| !next.is_empty());
            if token.is_none() {
                return Ok(ids);
            }
        }
    }

    /// The organization's id.
    ///
    /// # Errors
    ///
    /// If the account is in no organization, or is not allowed to call.
    pub async fn id(&self) -> Result<String, AwsError> {
        const OPERATION: &str = "organizations:DescribeOrganization";
        let request = self.client.describe_organization();
        let answer =
            sent(OPERATION, "the organization", |tries| request.customize().interceptor(tries).send());
        let answer = answer.await.map_err(|error| failed(OPERATION, "the organization", &error))?;
        let id = answer.organization.and_then(|organization| organization.id);
        id.ok_or_else(|| AwsError {
            hint: Some("set `organization` in `[table]`".to_owned()),
            ..AwsError::unusable(OPERATION, "the organization", "the answer holds no id".to_owned())
        })
    }
}

/// `State` follows `Status`, which was to be retired in September 2026; some answers still have only the older one.
fn account(account: &types::Account, ou: String) -> Result<Account, AwsError> {
    let state = account.state().map(types::AccountState::as_str);
    let status = account.status().map(types::AccountStatus::as_str);
    let id: Result<AccountId, _> = account.id().unwrap_or_default().parse();
    let id =
        id.map_err(|error| AwsError::unusable("organizations:ListAccounts", THING, error.to_string()))?;
    Ok(Account {
        id,
        name: account.name().unwrap_or_default().to_owned(),
        email: account.email().unwrap_or_default().to_owned(),
        ou,
        state: state.or(status).unwrap_or("UNKNOWN").to_owned(),
    })
}
