//! A message that the outbox should hold.

use super::ScheduledRun;
use crate::{domain::message::Message, store::StoreError, user_error::UserError};

/// What the outbox holds of a run.
pub(super) enum StoredMessage {
    /// Its message.
    Present(Box<Message>),
    /// Nothing that can be sent. The text continues a sentence about the message: `is missing from the outbox`.
    Unusable(String),
}

impl StoredMessage {
    /// Reads a run's message from the outbox.
    pub(super) async fn read(scheduled: &ScheduledRun<'_>, run: &str) -> Result<Self, UserError> {
        match scheduled.store.message(scheduled.schedule, run).await {
            Ok(Some(message)) => Ok(Self::Present(Box::new(message))),
            Ok(None) => Ok(Self::Unusable("is missing from the outbox".to_owned())),
            Err(StoreError::Damaged { reason, .. }) => {
                Ok(Self::Unusable(format!("is damaged in the outbox ({reason})")))
            }
            Err(error) => Err(error.into()),
        }
    }
}
