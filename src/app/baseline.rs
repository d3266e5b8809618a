//! The baseline of habits for a run that only reads it.

use std::sync::Arc;

use super::App;
use crate::{domain::habits::Habits, store::Store};

impl App {
    /// What schedules have learned about habits, for a run on demand or a statement. If it cannot be read, there are no habits
    /// and a note: such a run needs no state otherwise.
    pub async fn habits(&self) -> (Arc<Habits>, Option<String>) {
        match self.store() {
            Ok(store) => habits_of(&store).await,
            Err(error) => (Arc::default(), Some(note(&error))),
        }
    }
}

/// The habits in a store, and a note if they cannot be read.
pub async fn habits_of(store: &Store) -> (Arc<Habits>, Option<String>) {
    match store.habits().await {
        Ok(known) => (Arc::new(known.unwrap_or_default()), None),
        Err(error) => (Arc::default(), Some(note(&error))),
    }
}

fn note(error: &crate::store::StoreError) -> String {
    format!("the baseline of habits cannot be read, so nothing is known to be new: {error}")
}
