//! What a scheduled run learns about habits: it reads what committed runs know, leaves what it learned itself beside the state,
//! and its commit makes that known.
//!
//! None of it can fail the run: a brief matters more than a habit. What goes wrong is a note for the next brief.

use std::sync::Arc;

use super::{Observer, claimed_run::ClaimedRun};
use crate::{domain::habits::Habits, user_error::UserError};

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// What is known of habits, with a note if that is less than it should be.
    pub(super) async fn habits(&self) -> (Arc<Habits>, Vec<String>) {
        match self.run.store.habits().await {
            Ok(Some(habits)) => {
                let cut = (habits.left_out > 0).then(|| {
                    format!(
                        "the baseline of habits is full: {} were left out, so a finding may call something new that is not",
                        habits.left_out
                    )
                });
                (Arc::new(habits), cut.into_iter().collect())
            }
            // The brief says so where it lists the detections that need it.
            Ok(None) => (Arc::default(), Vec::new()),
            Err(error) => {
                let error = UserError::from(error).line();
                (Arc::default(), vec![format!("the baseline of habits cannot be read: {error}")])
            }
        }
    }

    /// Leaves what the open run has learned until it is committed.
    pub(super) async fn keep_learned(&mut self, id: &str, learned: &Habits) {
        if learned.until.is_none() {
            return;
        }
        if let Err(error) = self.run.store.keep_learned(self.run.schedule, id, learned).await {
            self.note_not_learned(error.into());
        }
    }

    /// Makes known what the run that was just committed has learned.
    pub(super) async fn learn(&mut self, id: &str) {
        match self.run.store.learn(self.run.schedule, id, self.run.now).await {
            Ok(None) => {}
            Ok(Some(note)) => self.notes.add_and_keep(note, &mut self.claim),
            Err(error) => self.note_not_learned(error.into()),
        }
    }

    fn note_not_learned(&mut self, error: UserError) {
        let note = format!("what a run learned about habits could not be kept: {}", error.line());
        self.notes.add_and_keep(note, &mut self.claim);
    }
}
