//! Delivery in a program built without channels: there is nothing to deliver to.

use super::{Observer, claimed_run::ClaimedRun};
use crate::{domain::message::Message, user_error::UserError};

impl<O: Observer> ClaimedRun<'_, '_, O> {
    pub(super) async fn deliver(&mut self, _: &Message) -> Result<(), UserError> {
        Ok(())
    }

    /// Leaves pending messages to a program that can send them, and says so in the brief.
    pub(super) async fn deliver_pending(&mut self) -> Result<(), UserError> {
        for (run, pending) in &self.state.pending {
            let channels: Vec<&str> = pending.channels.keys().map(String::as_str).collect();
            let channels = channels.join(" and ");
            self.notes.add(format!(
                "the brief of run {run} is pending for {channels}: a program built with `--features aws` can send it"
            ));
        }
        Ok(())
    }
}
