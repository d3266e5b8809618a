//! Text that came out of a log record and may have been written by an attacker.

/// Text from a log record. It has no `Display`: a renderer takes it with [`Untrusted::raw`] and escapes it for
/// its medium.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Untrusted(String);

impl Untrusted {
    /// Wraps text from a record.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands in the record, for comparing, hashing or escaping.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }
}
