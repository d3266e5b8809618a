//! Delivers the messages of earlier runs that some channel has not got yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use super::{
    Observer, Undelivered, attempt::attempt, claimed_run::ClaimedRun, delivery::Settled,
    stored_message::StoredMessage,
};
use crate::{
    config::Channel,
    domain::{
        message::Message,
        state::{Arrival, Receipt},
        time::Span,
    },
    render,
    user_error::UserError,
};

/// How long delivery is retried before a message is given up for a channel (and the next brief says so).
const RETRIED_FOR: Span = Span::from_s(7 * 86_400);

/// What has to wait for the next run.
#[derive(Default)]
struct Postponed {
    /// Channels that failed in this run, or that there is no time left for. They are not tried again in it.
    channels: BTreeSet<String>,
    /// How many messages each channel still has to get that were not tried.
    messages: BTreeMap<String, usize>,
}

impl Postponed {
    fn has(&self, channel: &str) -> bool {
        self.channels.contains(channel)
    }

    fn add_message(&mut self, channel: &str) {
        *self.messages.entry(channel.to_owned()).or_default() += 1;
    }
}

impl<'a, O: Observer> ClaimedRun<'a, '_, O> {
    /// Delivers pending messages, the oldest run's first. After a channel fails once, it is not tried again in this run,
    /// unless it objected only to the content of that message.
    pub(super) async fn deliver_pending(&mut self) -> Result<(), UserError> {
        if self.run.without_delivery {
            return Ok(());
        }
        let mut postponed = Postponed::default();
        for (run, pending) in self.state.pending.clone() {
            let is_expired = pending.since < self.run.now.minus(RETRIED_FOR);
            // A message that no channel will get now is not even read: there may be a week of them.
            if !is_expired && pending.channels.keys().all(|name| postponed.has(name)) {
                pending.channels.keys().for_each(|name| postponed.add_message(name));
                continue;
            }
            let stored = StoredMessage::read(self.run, &run).await?;
            for (name, arrival) in pending.channels {
                match self.sendable(&stored, is_expired, &name) {
                    Ok((message, channel)) => {
                        self.deliver_or_postpone(message, channel, arrival, &mut postponed).await?;
                    }
                    Err(reason) => self.record(&run, &name, Some(Receipt::GivenUp(reason))).await?,
                }
            }
        }
        for (name, count) in &postponed.messages {
            self.notes.add(match count {
                1 => format!("1 more brief is pending for {name}"),
                many => format!("{many} more briefs are pending for {name}"),
            });
        }
        Ok(())
    }

    /// What a pending delivery needs; or why it is given up.
    fn sendable<'m>(
        &self,
        stored: &'m StoredMessage,
        is_expired: bool,
        name: &str,
    ) -> Result<(&'m Message, &'a Channel), String> {
        if is_expired {
            return Err("delivery was retried for 7 days".to_owned());
        }
        let message = match stored {
            StoredMessage::Present(message) => message,
            StoredMessage::Unusable(reason) => return Err(format!("it {reason}")),
        };
        let channel = self.run.channels.iter().copied().find(|channel| channel.name() == name);
        Ok((message, channel.ok_or("the configuration no longer sends this schedule's briefs there")?))
    }

    /// Delivers one message to one channel, unless the channel must wait for the next run.
    async fn deliver_or_postpone(
        &mut self,
        message: &Message,
        channel: &Channel,
        arrival: Arrival,
        postponed: &mut Postponed,
    ) -> Result<(), UserError> {
        let name = channel.name();
        if !postponed.has(name) && self.run.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            let reason = "the invocation's time is nearly over".to_owned();
            self.undelivered.push(Undelivered { channel: name.to_owned(), reason });
            postponed.channels.insert(name.to_owned());
        }
        if postponed.has(name) {
            postponed.add_message(name);
            return Ok(());
        }
        let may_have_arrived = arrival == Arrival::Unknown;
        let sent = if may_have_arrived { render::repeated(message) } else { message.clone() };
        // From here on only the channel knows whether it has the message.
        self.record(&message.run, name, Some(Receipt::Unknown)).await?;
        let (_, result) = attempt(self.run, &sent, channel).await;
        let reason = match self.settle(&message.run, name, may_have_arrived, result).await? {
            Settled::Delivered => return Ok(()),
            Settled::GivenUp(reason) => reason,
            Settled::StillPending(reason) => {
                postponed.channels.insert(name.to_owned());
                let run = &message.run;
                self.notes
                    .add(format!("the brief of run {run} has not been delivered to {name} yet: {reason}"));
                reason
            }
        };
        self.undelivered.push(Undelivered { channel: name.to_owned(), reason });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_for_each_channel_that_waits() {
        let mut postponed = Postponed::default();
        postponed.channels.insert("slack".to_owned());
        assert!(postponed.has("slack") && !postponed.has("mail"));
        for channel in ["slack", "mail", "slack"] {
            postponed.add_message(channel);
        }
        assert_eq!(postponed.messages, [("mail".to_owned(), 1), ("slack".to_owned(), 2)].into());
    }
}
