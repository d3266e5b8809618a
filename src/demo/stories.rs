//! The attacks: five stories, in which detections of the commonest acts have something to find.

mod insider;
mod leaked_key;
mod misconfiguration;
mod phished_admin;
mod root;

use super::{Planted, scribe::Scribe};

/// Writes every story.
pub(super) fn write(scribe: &mut Scribe) -> Vec<Planted> {
    let mut planted = Vec::new();
    leaked_key::write(scribe, &mut planted);
    phished_admin::write(scribe, &mut planted);
    insider::write(scribe, &mut planted);
    root::write(scribe, &mut planted);
    misconfiguration::write(scribe, &mut planted);
    planted
}
