//! What AWS Organizations said about the organization, and when.

use super::{account::Accounts, time::Timestamp};

/// An answer of AWS Organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOrganization {
    /// When it was asked.
    pub asked: Timestamp,
    /// The organization's id; `None` if it was not asked for it.
    pub id: Option<String>,
    /// The accounts; `None` if it was not asked for them.
    pub accounts: Option<Accounts>,
    /// Whether the accounts have the paths of their organizational units.
    pub has_units: bool,
}
