//! Which channels get a brief: those that it holds news for, and those that ask for every brief; and what its readers decided.

use std::collections::BTreeSet;

use super::{Observer, ScheduleEvent, claimed_run::ClaimedRun};
use crate::{
    config::Channel,
    domain::{
        brief::Brief,
        decision::Decision,
        news::{self, News},
        state::{Dispatch, State},
        time::Span,
        waiting::{self, MAX_WAITING},
    },
    user_error::UserError,
};

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// What people decided; `None`, with a note in the brief, if that cannot be read.
    pub(super) async fn decisions(&mut self) -> Option<Vec<Decision>> {
        match self.run.store.decisions().await {
            Ok(decisions) => Some(decisions),
            Err(error) => {
                let error = UserError::from(error).line();
                self.notes.add(format!(
                    "acknowledgements and suppressions of `trailbrief ack` and `trailbrief suppress` could not be read: {error}"
                ));
                None
            }
        }
    }

    /// The channels that do not get a brief because it holds no news for them. `before` is the schedule's state before the run,
    /// `every` its period.
    ///
    /// A note that waits for a reader is news.
    pub(super) fn without_news(&self, brief: &Brief, before: &State, every: Span) -> BTreeSet<String> {
        let mut news = News::of(brief, before);
        news.is_fault |= self.claim.notes().next().is_some();
        let recipients = recipients(&self.run.channels, every, &news);
        let names = self.run.channels.iter().map(|channel| channel.name());
        names.filter(|name| recipients.iter().all(|it| it.name() != *name)).map(str::to_owned).collect()
    }

    /// What a brief brings to the state, both if a channel gets it, as `is_sent` says, and if in the end none does.
    pub(super) fn dispatch_of(&self, brief: &Brief, before: &State, next: State, is_sent: bool) -> Dispatch {
        let mut stories = next.stories;
        for story in brief.stories.iter().filter(|_| is_sent) {
            let known = stories.stories.get_mut(&story.id);
            known.into_iter().for_each(|known| known.sent = known.sent.max(Some(story.severity)));
        }
        let mut waiting = waiting::after(brief, before);
        waiting.truncate(MAX_WAITING);
        Dispatch {
            watermarks: next.watermarks,
            unanswered: next.unanswered,
            accounts: next.accounts,
            pauses: next.pauses,
            seen: next.seen,
            seen_late: next.seen_late,
            faults: news::faults(brief),
            is_sent,
            reported: news::counts(brief),
            waiting,
            stories,
            ..Dispatch::default()
        }
    }

    /// Notes for the next brief where one is that no channel gets, if not all that is new in it waits.
    pub(super) fn note_unsent(&mut self, brief: &Brief, before: &State) {
        if news::has_new_fault(brief, before) || news::exceeds(brief, before) {
            let run = &brief.run.id;
            let archived = self.run.store.archive_location(self.run.schedule, run);
            let note = format!(
                "the brief of run {run} was sent to no channel; what it could not answer, read or search, and all that it \
                 found, is archived as {archived}"
            );
            self.notes.add_and_keep(note, &mut self.claim);
        }
    }

    /// Reports the channels that do not get the open run's brief because it holds no news for them.
    pub(super) fn report_without_news(&mut self) {
        let Some(open) = &self.state.open else { return };
        for channel in open.dispatch.iter().flat_map(|dispatch| &dispatch.without_news) {
            self.observer.event(ScheduleEvent::WithoutNews { run: &open.id, channel });
        }
    }
}

/// The channels that get a brief with this news. If one of them does, those get it as well that only a pause keeps from it:
/// nothing of it would wait for them, and what one channel gets often would let another one's pause never end.
#[must_use]
pub fn recipients<'a>(channels: &[&'a Channel], every: Span, news: &News) -> Vec<&'a Channel> {
    let wanting = |news: &News| -> Vec<&'a Channel> {
        channels.iter().copied().filter(|channel| channel.rule().wants(every, news)).collect()
    };
    if wanting(news).is_empty() { Vec::new() } else { wanting(&News { since_sent: None, ..*news }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Audience, SecretLocation, SendRule, Slack, Sourced},
        domain::severity::Severity,
    };

    fn channel(severity: Severity, pause: Span) -> Channel {
        let rule =
            SendRule { when: None, severity: Sourced::default(severity), pause: Sourced::default(pause) };
        let webhook = Sourced::default(SecretLocation::Environment("HOOK".to_owned()));
        Channel::Slack(Slack { webhook, audience: Audience::Everything, rule })
    }

    #[test]
    fn a_pause_ends_for_every_channel_when_one_gets_the_brief() {
        let news = News {
            worst: Some(Severity::Medium),
            is_fault: false,
            only_continues: true,
            since_sent: Some(Span::HOUR),
        };
        let [eager, patient] = [Span::ZERO, Span::DAY].map(|pause| channel(Severity::Info, pause));
        let severe = channel(Severity::High, Span::DAY);
        let count = |channels: &[&Channel]| recipients(channels, Span::HOUR, &news).len();
        assert_eq!(count(&[&patient, &severe]), 0);
        assert_eq!(recipients(&[&eager, &patient, &severe], Span::HOUR, &news), [&eager, &patient]);
        assert_eq!(count(&[&eager, &severe]), 1, "its severity keeps it away, not its pause");
    }
}
