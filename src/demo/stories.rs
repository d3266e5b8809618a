//! The attacks: five stories, in which every shipped detection has something to find.

mod insider;
mod leaked_key;
mod misconfiguration;
mod phished_admin;
mod root;

use super::{Planted, scribe::Scribe};

/// Tells every story.
pub(super) fn tell(scribe: &mut Scribe) -> Vec<Planted> {
    let mut planted = Vec::new();
    leaked_key::tell(scribe, &mut planted);
    phished_admin::tell(scribe, &mut planted);
    insider::tell(scribe, &mut planted);
    root::tell(scribe, &mut planted);
    misconfiguration::tell(scribe, &mut planted);
    planted
}
