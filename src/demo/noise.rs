//! What happens every day and is no attack.

use super::scribe::Scribe;

/// Writes two days of it.
pub(super) fn make(_scribe: &mut Scribe) {}
