//! Letters that lay in the outbox when the state began anew, and the ids of runs, which must not meet theirs.

use super::{Front, Work};
use crate::run::scheduled_id;
use crate::{
    domain::{state::Owed, time::Timestamp},
    user_error::UserError,
};

impl<F: Front> Work<'_, '_, F> {
    /// Owes what a lost state left in the outbox to each channel, as a repeat: nobody knows any more who got it.
    pub(super) async fn adopt(&mut self) -> Result<(), UserError> {
        if self.state.orphans.is_empty() {
            return Ok(());
        }
        // A run that has only just begun must not write its letter over one of them, nor its brief over that one's.
        if let Some(open) = self.state.open.as_ref().filter(|open| !open.is_worth_resuming()) {
            let id = self.free(&open.id);
            self.state.open.as_mut().expect("it was there above").id = id;
        }
        let runs: Vec<&str> = self.state.orphans.iter().map(String::as_str).collect();
        let named = match runs.as_slice() {
            [] | [_] | [_, _] => runs.join(" and "),
            [first, .., last] => format!("{first} to {last}"),
        };
        let found = format!(
            "this schedule begins anew, and letters of an earlier state lie in its outbox ({}: {named})",
            runs.len()
        );
        if self.turn.channels.is_empty() {
            self.notes.push(format!("{found}: no channel takes them"));
            return Ok(());
        }
        let channels = self.turn.channels.iter().map(|channel| (channel.name().to_owned(), true));
        let owed = Owed { since: self.turn.now, channels: channels.collect() };
        for run in std::mem::take(&mut self.state.orphans) {
            self.state.owed.insert(run, owed.clone());
        }
        self.must_tell(format!("{found}: they are owed to every channel again, as repeats"));
        Ok(self.claim.save(&self.state).await?)
    }

    /// The id of the open run, or of one that begins. A time that was told and is asked again gets an id of its own: the letter
    /// of the first may be owed, and its brief is kept.
    pub(super) fn id(&self, at: Timestamp) -> String {
        let id = scheduled_id(self.turn.schedule, at);
        match &self.state.open {
            Some(open) => open.id.clone(),
            None if self.state.told.is_some_and(|told| at <= told) => {
                self.free(&format!("{id}-{}", self.state.generation))
            }
            None => self.free(&id),
        }
    }

    /// This id, or one like it, if a letter of another run has it.
    fn free(&self, id: &str) -> String {
        let is_free = |id: &String| !self.state.owed.contains_key(id) && !self.state.orphans.contains(id);
        let others = (2..).map(|number| format!("{id}-again{number}"));
        std::iter::once(id.to_owned()).chain(others).find(is_free).expect("there are ids without end")
    }
}
