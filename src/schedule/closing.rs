//! Ends a run: commits what it found out, and keeps for the next brief what no reader has seen yet.

use super::{Observer, ScheduleEvent, claimed_run::ClaimedRun};
use crate::{
    domain::{state::OpenRun, time::Timestamp},
    plan,
    user_error::UserError,
};

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// Commits the open run. Its message stays in the outbox as long as a channel has not got it.
    pub(super) async fn close(&mut self, id: &str, is_to_be_sent: bool) -> Result<(), UserError> {
        let open = self.state.open.as_ref();
        let channels = self.run.channels.iter().map(|channel| channel.name());
        let channels: Vec<&str> =
            channels.filter(|it| is_to_be_sent && open.is_none_or(|open| open.goes_to(it))).collect();
        let at = open.map_or(self.run.at, |open| open.at);
        let given_up = open.map(OpenRun::given_up).unwrap_or_default();
        let is_configured = !self.run.channels.is_empty();
        let has_reader = !is_configured || open.is_none_or(OpenRun::is_delivered);
        self.state = self.state.clone().closed(is_configured.then_some(&channels[..]), self.run.now);
        if has_reader {
            self.notes.delivered(&mut self.claim);
            self.state.set_aside.iter_mut().for_each(|set_aside| set_aside.is_reported = true);
        }
        for (channel, reason) in given_up {
            self.note_given_up(id, &channel, &reason);
        }
        self.claim.save(&self.state).await?;
        self.learn(id).await;
        let oldest = self.oldest_watermark();
        self.observer.event(ScheduleEvent::Committed { run: id, at, state: &self.state, oldest });
        if !channels.is_empty() && !self.state.pending.contains_key(id) {
            self.remove_from_outbox(id).await;
        }
        Ok(())
    }

    /// Notes for the next brief that a brief will never reach a channel.
    pub(super) fn note_given_up(&mut self, run: &str, channel: &str, reason: &str) {
        let archived = self.run.store.archive_location(self.run.schedule, run);
        let note = format!(
            "the brief of run {run} was never delivered to {channel}: {reason}; it is archived as {archived}"
        );
        self.notes.add_and_keep(note, &mut self.claim);
    }

    /// Removes a message that no channel waits for. A failure is no reason to fail the run: a message that stays behind is
    /// sent again only if the state is lost, and is marked as a repeat then.
    pub(super) async fn remove_from_outbox(&self, run: &str) {
        let _ = self.run.store.remove_message(self.run.schedule, run).await;
    }

    /// The earliest watermark of the detections that can run. Those of others stand still and say nothing about delays.
    fn oldest_watermark(&self) -> Option<Timestamp> {
        let (app, schedule) = (self.run.app, self.run.schedule);
        let lists: Vec<&str> = app.context.watchlist.iter().map(|(list, _)| list.as_str()).collect();
        let detections = app.schedule(schedule)?.0.into_iter();
        let can_run = detections.filter(|detection| plan::unmet(detection, &lists).is_none());
        can_run.filter_map(|detection| self.state.watermarks.get(&detection.id)).min().copied()
    }
}
