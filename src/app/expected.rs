//! Which accounts and regions must deliver logs, as the configuration lists them.

use crate::{
    config::{AccountList, Config, RegionList, TableSetting},
    domain::expected::ExpectedLogs,
};

/// The accounts and regions that must deliver logs.
pub(super) fn of(config: &Config) -> ExpectedLogs {
    let accounts = match &config.accounts {
        AccountList::NotConfigured => None,
        AccountList::Listed(accounts) => {
            let active = accounts.iter().filter(|account| account.state == "ACTIVE");
            let active = active.filter(|it| !config.quiet_accounts.contains(&it.id));
            Some(active.map(|it| it.id.to_string()).collect())
        }
    };
    let regions = match &config.table {
        TableSetting::Configured(table) => match &table.regions {
            RegionList::Listed(regions) => Some(regions.value.iter().cloned().collect()),
            RegionList::Found => None,
        },
        TableSetting::NotConfigured => None,
    };
    ExpectedLogs { accounts, regions }
}
