//! The version of a stored JSON document, which is looked at before anything else: a newer one may mean something else.

use serde::{Deserialize, de::DeserializeOwned};

use super::StoreError;

/// Why bytes cannot be read as a state.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// A version that this program does not know.
    Newer(u64),
    /// Not such a document, with the reason.
    Damaged(String),
}

impl Unreadable {
    /// The error for bytes of this address.
    pub(super) fn at(self, location: String) -> StoreError {
        match self {
            Self::Newer(version) => StoreError::Newer { location, version },
            Self::Damaged(reason) => StoreError::Damaged { location, reason },
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    version: u64,
}

/// The document in these bytes, if it has this version.
///
/// # Errors
///
/// If it is damaged or has another version.
pub(super) fn document<T: DeserializeOwned>(bytes: &[u8], version: u64) -> Result<T, Unreadable> {
    let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(damaged)?;
    if envelope.version != version {
        return Err(Unreadable::Newer(envelope.version));
    }
    serde_json::from_slice(bytes).map_err(damaged)
}
