//! A program that can send nothing: no channel is configured in it, so that there is nothing to deliver.

use super::{Front, Work};
use crate::{domain::letter::Letter, user_error::UserError};

impl<F: Front> Work<'_, '_, F> {
    pub(super) async fn deliver(&mut self, _: &Letter) -> Result<(), UserError> {
        Ok(())
    }

    /// What is owed stays owed, for a program that can send it.
    pub(super) async fn pay(&mut self) -> Result<(), UserError> {
        for (run, owed) in &self.state.owed {
            let channels: Vec<&str> = owed.channels.keys().map(String::as_str).collect();
            let channels = channels.join(" and ");
            self.notes.push(format!(
                "the brief of the run {run} is owed to {channels}: a program built with `--features aws` can send it"
            ));
        }
        Ok(())
    }
}
