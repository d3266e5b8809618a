//! Ends a run: remembers what it found out, and keeps for the next brief what nobody was told.

use super::{Event, Front, Work};
use crate::{
    domain::{state::OpenRun, time::Timestamp},
    plan,
    user_error::UserError,
};

impl<F: Front> Work<'_, '_, F> {
    /// The watermark that lies furthest back: of detections that are asked, as those of others stand still.
    fn oldest(&self) -> Option<Timestamp> {
        let (app, schedule) = (self.turn.app, self.turn.schedule);
        let lists: Vec<&str> = app.context.watchlist.iter().map(|(list, _)| list.as_str()).collect();
        let asked = app.schedule(schedule)?.0.into_iter().filter(|one| plan::unmet(one, &lists).is_none());
        asked.filter_map(|detection| self.state.watermarks.get(&detection.id)).min().copied()
    }

    /// Remembers what the open run found out. Its letter stays in the outbox as long as somebody is owed it.
    pub(super) async fn close(&mut self, id: &str, goes_out: bool) -> Result<(), UserError> {
        let channels = self.turn.channels.iter().filter(|_| goes_out);
        let channels: Vec<&str> = channels.map(|channel| channel.name()).collect();
        let open = self.state.open.as_ref();
        let at = open.map_or(self.turn.at, |open| open.at);
        let given_up = open.map(OpenRun::given_up).unwrap_or_default();
        let read = given_up.is_empty() || open.is_some_and(OpenRun::is_taken);
        self.state = self.state.clone().closed(&channels, self.turn.now);
        // What stands in a brief that nobody got is still to be told.
        if read && !self.unwritten {
            self.claim.told();
        }
        for (channel, reason) in given_up {
            self.lost(id, &channel, &reason);
        }
        self.claim.save(&self.state).await?;
        let oldest = self.oldest();
        self.front.tell(Event::Committed { run: id, at, state: &self.state, oldest });
        if !channels.is_empty() && !self.state.owed.contains_key(id) {
            // One that stays behind is sent again only if the state is lost, and says so: no reason to fail.
            let _ = self.turn.store.drop_letter(self.turn.schedule, id).await;
        }
        Ok(())
    }

    /// A brief will never reach a channel: the next brief says so, whoever writes it.
    pub(super) fn lost(&mut self, run: &str, channel: &str, reason: &str) {
        let place = self.turn.store.archived(self.turn.schedule, run);
        self.must_tell(format!(
            "the brief of the run {run} never reached {channel}: {reason}; it is kept as {place}"
        ));
    }

    /// Notes what the next brief must tell; this turn may write none.
    pub(super) fn must_tell(&mut self, note: String) {
        self.claim.must_tell(&note);
        self.unwritten = true;
        self.notes.push(note);
    }
}
