//! Where an address is and who runs its network, in the few words that stand beside it.

use super::clean::Line;
use crate::domain::{brief::Brief, untrusted::Untrusted};

/// The longest part, in characters.
const MAX: usize = 40;

/// What is known of an address: `Zurich, Switzerland, AS64496 Example Net`.
pub(super) fn of(brief: &Brief, address: &str) -> Option<String> {
    let known = brief.addresses.get(address)?;
    let parts = [&known.location, &known.operator].into_iter().flatten();
    let parts: Vec<String> = parts.map(|part| Line::short(Untrusted::raw(part), MAX).to_string()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// An address with what is known of it in brackets.
pub(super) fn beside(brief: &Brief, address: &str) -> String {
    match of(brief, address) {
        Some(known) => format!("{address} ({known})"),
        None => address.to_owned(),
    }
}
