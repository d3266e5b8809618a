//! What Organizations said, as JSON, version 1.

use serde::{Deserialize, Serialize};

use super::versioned::{self, Unreadable};
use crate::domain::{
    account::{Account, Accounts},
    organization::KnownOrganization,
};

const VERSION: u64 = 1;

/// Its name in the store.
pub(super) const NAME: &str = "organization.json";

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    asked: String,
    id: Option<String>,
    accounts: Option<Vec<AccountDocument>>,
    has_units: bool,
}

#[derive(Serialize, Deserialize)]
struct AccountDocument {
    id: String,
    name: String,
    email: String,
    ou: String,
    state: String,
}

pub(super) fn write(known: &KnownOrganization) -> Vec<u8> {
    let account = |account: &Account| {
        let [id, name, email, ou, state] = account.row().map(str::to_owned);
        AccountDocument { id, name, email, ou, state }
    };
    let document = Document {
        version: VERSION,
        asked: known.asked.to_string(),
        id: known.id.clone(),
        accounts: known.accounts.as_ref().map(|accounts| accounts.iter().map(account).collect()),
        has_units: known.has_units,
    };
    serde_json::to_vec(&document).expect("texts have a JSON form")
}

/// The answer in these bytes.
pub(super) fn read(bytes: &[u8]) -> Result<KnownOrganization, Unreadable> {
    let Document { asked, id, accounts, has_units, .. } = versioned::document(bytes, VERSION)?;
    let account = |AccountDocument { id, name, email, ou, state }| {
        let id = id.parse().map_err(|_| Unreadable::Damaged("`id` is not an account id".to_owned()))?;
        Ok(Account { id, name, email, ou, state })
    };
    let accounts: Option<Result<Accounts, Unreadable>> =
        accounts.map(|accounts| accounts.into_iter().map(account).collect());
    Ok(KnownOrganization {
        asked: asked.parse().map_err(|_| Unreadable::Damaged("`asked` is not a time".to_owned()))?,
        id,
        accounts: accounts.transpose()?,
        has_units,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_its_json() {
        let account = Account {
            id: "123456789012".parse().unwrap(),
            name: "a \"team\"\n".to_owned(),
            email: "a@example.com".to_owned(),
            ou: "Workloads/Prod".to_owned(),
            state: "ACTIVE".to_owned(),
        };
        let known = KnownOrganization {
            asked: "2026-03-10T00:00:00Z".parse().unwrap(),
            id: Some("o-exampleorgid".to_owned()),
            accounts: Some([account].into_iter().collect()),
            has_units: true,
        };
        let nothing = KnownOrganization { id: None, accounts: None, has_units: false, ..known.clone() };
        for known in [known.clone(), nothing] {
            assert_eq!(read(&write(&known)).unwrap(), known);
        }
        let text = String::from_utf8(write(&known)).unwrap();
        let broken = |from: &str, to: &str| read(text.replace(from, to).as_bytes());
        assert!(matches!(broken("\"version\":1", "\"version\":2"), Err(Unreadable::Newer(2))));
        assert!(matches!(broken("123456789012", "1"), Err(Unreadable::Damaged(_))));
        assert!(matches!(broken("2026-03-10T", "x"), Err(Unreadable::Damaged(_))));
    }
}
