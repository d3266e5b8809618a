//! AWS Organizations: the accounts, and the organization's id.

use aws_config::SdkConfig;
use aws_sdk_organizations::{Client, types};

use super::{AwsError, error::failed};
use crate::domain::account::{Account, Accounts};

/// So many accounts a page: the service's limit.
const PAGE: i32 = 20;

/// A client of Organizations.
#[derive(Clone, Debug)]
pub struct Organizations {
    client: Client,
}

impl Organizations {
    /// A client with these settings.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Every account, closed and suspended ones too: their logs remain.
    ///
    /// # Errors
    ///
    /// If a page cannot be had: half a list would pass for the whole.
    pub async fn accounts(&self) -> Result<Accounts, AwsError> {
        let mut accounts = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_accounts().max_results(PAGE).set_next_token(token);
            let page = request.send().await;
            let page =
                page.map_err(|error| failed("organizations:ListAccounts", "the organization", &error))?;
            accounts.extend(page.accounts().iter().filter_map(account));
            // A page may be empty and yet not be the last.
            match page.next_token {
                Some(next) if !next.is_empty() => token = Some(next),
                _ => return Ok(accounts.into_iter().collect()),
            }
        }
    }

    /// The organization's id.
    ///
    /// # Errors
    ///
    /// If the account is in no organization, or may not ask.
    pub async fn id(&self) -> Result<String, AwsError> {
        const OPERATION: &str = "organizations:DescribeOrganization";
        let answer = self.client.describe_organization().send().await;
        let answer = answer.map_err(|error| failed(OPERATION, "the organization", &error))?;
        let id = answer.organization.and_then(|organization| organization.id);
        id.ok_or_else(|| AwsError {
            hint: Some("set `organization` in `[table]`".to_owned()),
            ..AwsError::unusable(OPERATION, "the organization", "the answer holds no id".to_owned())
        })
    }
}

/// `State` follows `Status`, which was to be retired in September 2026; some answers still have only the older one.
fn account(account: &types::Account) -> Option<Account> {
    let state = account.state().map(types::AccountState::as_str);
    let status = account.status().map(types::AccountStatus::as_str);
    Some(Account {
        id: account.id()?.parse().ok()?,
        name: account.name().unwrap_or_default().to_owned(),
        email: account.email().unwrap_or_default().to_owned(),
        ou: account.paths().first().cloned().unwrap_or_default(),
        state: state.or(status).unwrap_or("UNKNOWN").to_owned(),
    })
}
