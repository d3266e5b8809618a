//! AWS accounts and their names.

use std::{collections::BTreeMap, fmt, str::FromStr};

/// The twelve digits of an AWS account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// A text that is not an account id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an account id: it needs exactly twelve digits")]
pub struct BadAccountId(pub String);

impl AccountId {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = BadAccountId;

    fn from_str(text: &str) -> Result<Self, BadAccountId> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadAccountId(text.to_owned()))
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The columns of the relation `accounts`, in their order. All are text; [`Account::row`] gives the values.
pub const COLUMNS: [&str; 5] = ["account_id", "name", "email", "ou", "state"];

/// What is known of an account: a row of the relation `accounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name in the organization.
    pub name: String,
    /// The address of its root user; empty if not known.
    pub email: String,
    /// The path of its organizational unit; empty if not known.
    pub ou: String,
    /// Its state as Organizations gives it (`ACTIVE`, `SUSPENDED`, …).
    pub state: String,
}

impl Account {
    /// The values of the columns of `accounts`, in order.
    #[must_use]
    pub fn row(&self) -> [&str; COLUMNS.len()] {
        [self.id.as_str(), &self.name, &self.email, &self.ou, &self.state]
    }
}

/// The accounts of the organization, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts(BTreeMap<AccountId, Account>);

impl Accounts {
    /// All of them, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.values()
    }

    /// The name of the account with this id, if it is known.
    #[must_use]
    pub fn name(&self, id: &str) -> Option<&str> {
        let id: AccountId = id.parse().ok()?;
        self.0.get(&id).map(|account| account.name.as_str())
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Account> for Accounts {
    fn from_iter<I: IntoIterator<Item = Account>>(accounts: I) -> Self {
        Self(accounts.into_iter().map(|account| (account.id.clone(), account)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_twelve_digits() {
        let id: AccountId = "012345678901".parse().unwrap();
        assert_eq!((id.as_str(), id.to_string().as_str()), ("012345678901", "012345678901"));
        for bad in ["", "12345678901", "1234567890123", "12345678901x", "１２３４"] {
            assert_eq!(bad.parse::<AccountId>(), Err(BadAccountId(bad.to_owned())));
        }
    }

    #[test]
    fn accounts_are_known_by_their_ids() {
        let account = |id: &str, name: &str| Account {
            id: id.parse().unwrap(),
            name: name.to_owned(),
            email: String::new(),
            ou: String::new(),
            state: String::new(),
        };
        let none = Accounts::default();
        assert!(none.is_empty() && none.name("111122223333").is_none());
        let known: Accounts =
            [account("444455556666", "b"), account("111122223333", "a")].into_iter().collect();
        assert!(!known.is_empty());
        assert_eq!(known.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            (known.name("444455556666"), known.name("777788889999"), known.name("x")),
            (Some("b"), None, None)
        );
    }

    #[test]
    fn a_row_has_a_value_for_each_column_in_their_order() {
        let account = Account {
            id: "111122223333".parse().unwrap(),
            name: "sandbox".to_owned(),
            email: "root@example.com".to_owned(),
            ou: "Root/Sandboxes".to_owned(),
            state: "ACTIVE".to_owned(),
        };
        let row: Vec<_> = COLUMNS.into_iter().zip(account.row()).collect();
        let values = ["111122223333", "sandbox", "root@example.com", "Root/Sandboxes", "ACTIVE"];
        assert_eq!(
            row,
            ["account_id", "name", "email", "ou", "state"].into_iter().zip(values).collect::<Vec<_>>()
        );
    }
}
