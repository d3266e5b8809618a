//! Which accounts and regions must deliver logs by the configuration.

use std::collections::BTreeSet;

use super::time::Span;

/// The accounts and regions that the configuration lists.
#[derive(Clone, Debug, Default)]
pub struct ExpectedLogs {
    /// The ids of the accounts that are listed and active, but for quiet ones; `None` if no accounts are listed.
    pub accounts: Option<BTreeSet<String>>,
    /// The regions that are listed; `None` if no regions are.
    pub regions: Option<BTreeSet<String>>,
}

impl ExpectedLogs {
    /// Whether an account must deliver.
    #[must_use]
    pub fn has_account(&self, account: &str) -> bool {
        self.accounts.as_ref().is_some_and(|accounts| accounts.contains(account))
    }

    /// Whether a region of an account must deliver if it has done so: one of both is listed, and neither is left out of a list.
    #[must_use]
    pub fn has_region(&self, account: &str, region: &str) -> bool {
        let account = self.accounts.as_ref().map(|accounts| accounts.contains(account));
        let region = self.regions.as_ref().map(|regions| regions.contains(region));
        let listed = [account, region];
        listed.contains(&Some(true)) && !listed.contains(&Some(false))
    }

    /// How long a region that must deliver may be silent whatever its pauses: not at all if it is listed itself. Of a listed account
    /// some regions deliver a few files a day, so one that is not listed has a day.
    #[must_use]
    pub fn tolerance(&self) -> Span {
        if self.regions.is_some() { Span::ZERO } else { Span::DAY }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_expected_if_something_lists_it_and_nothing_leaves_it_out() {
        let list = |of: &str| Some(of.split(',').map(str::to_owned).collect::<BTreeSet<_>>());
        for (accounts, regions, expected) in [
            (None, None, false),
            (list("1"), None, true),
            (list("2"), None, false),
            (None, list("a"), true),
            (None, list("b"), false),
            (list("1"), list("a"), true),
            (list("1"), list("b"), false),
            (list("2"), list("a"), false),
        ] {
            let logs = ExpectedLogs { accounts, regions };
            assert_eq!(logs.has_region("1", "a"), expected, "{logs:?}");
        }
    }

    #[test]
    fn a_region_that_is_not_listed_may_be_silent_for_a_day() {
        let listed = ExpectedLogs { accounts: None, regions: Some(["a".to_owned()].into()) };
        assert_eq!((listed.tolerance(), ExpectedLogs::default().tolerance()), (Span::ZERO, Span::DAY));
    }

    #[test]
    fn only_listed_accounts_are_expected() {
        let logs = ExpectedLogs { accounts: Some(["1".to_owned()].into()), regions: None };
        assert!(logs.has_account("1") && !logs.has_account("2"));
        assert!(!ExpectedLogs::default().has_account("1"));
    }
}
