//! Messages whose state was lost, and run ids that must not collide with theirs.

use super::{Observer, claimed_run::ClaimedRun};
use crate::{
    domain::{
        state::{Arrival, Pending},
        time::Timestamp,
    },
    run::scheduled_id,
    user_error::UserError,
};

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// Makes the messages that a lost state left in the outbox pending for every channel, as repeats: the state that knew
    /// which channel has them is gone.
    pub(super) async fn adopt_orphans(&mut self) -> Result<(), UserError> {
        if self.state.orphans.is_empty() {
            return Ok(());
        }
        // A run that has only just begun must overwrite neither the message nor the archived brief of one of them.
        if let Some(open) = self.state.open.as_ref().filter(|open| !open.is_worth_resuming()) {
            let id = self.free(&open.id);
            self.state.open.as_mut().expect("it was there above").id = id;
        }
        let runs: Vec<&str> = self.state.orphans.iter().map(String::as_str).collect();
        let names = match runs.as_slice() {
            [] | [_] | [_, _] => runs.join(" and "),
            [first, .., last] => format!("{first} to {last}"),
        };
        let messages = match runs.len() {
            1 => "1 message".to_owned(),
            many => format!("{many} messages"),
        };
        let found = format!(
            "this schedule started over, and its outbox holds {messages} of an earlier state ({names})"
        );
        if self.run.channels.is_empty() {
            self.notes.add(format!("{found}; no channel is configured to take them"));
            return Ok(());
        }
        let channels = self.run.channels.iter().map(|channel| (channel.name().to_owned(), Arrival::Unknown));
        let pending = Pending { since: self.run.now, channels: channels.collect() };
        for run in std::mem::take(&mut self.state.orphans) {
            self.state.pending.insert(run, pending.clone());
        }
        let note = format!("{found}; every channel gets them again, marked as repeats");
        self.notes.add_and_keep(note, &mut self.claim);
        Ok(self.claim.save(&self.state).await?)
    }

    /// The id of the open run, or of one that begins. A second run for a time whose brief was delivered gets an id of its
    /// own: the first one's message may be pending, and its brief stays archived.
    pub(super) fn id(&self, at: Timestamp) -> String {
        let id = scheduled_id(self.run.schedule, at);
        match &self.state.open {
            Some(open) => open.id.clone(),
            None if self.state.last_delivered.is_some_and(|last| at <= last) => {
                self.free(&format!("{id}-{}", self.state.generation))
            }
            None => self.free(&id),
        }
    }

    /// This id, or one like it if a message of another run has it.
    fn free(&self, id: &str) -> String {
        let is_free = |id: &String| !self.state.pending.contains_key(id) && !self.state.orphans.contains(id);
        let others = (2..).map(|number| format!("{id}-again{number}"));
        std::iter::once(id.to_owned()).chain(others).find(is_free).expect("there are ids without end")
    }
}
