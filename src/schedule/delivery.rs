//! Delivers the open run's message, and records before and after each attempt what is known of it.

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::{
    Observer, ScheduleEvent, Undelivered,
    attempt::{Certainty, NotDelivered, attempt},
    claimed_run::ClaimedRun,
};
use crate::{
    domain::{
        message::Message,
        state::{Arrival, Dispatch, OpenRun, Receipt},
    },
    render,
    user_error::{ErrorKind, UserError},
};

/// What an attempt came to, once it is recorded.
pub(super) enum Settled {
    /// The channel has the message.
    Delivered,
    /// The channel takes the message in no form, for this reason; it is not tried again.
    GivenUp(String),
    /// The channel did not take it, or did not say whether it did, for this reason; it is tried again later.
    StillPending(String),
}

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// Sends the open run's message to the channels that have not got it, to all at the same time.
    ///
    /// # Errors
    ///
    /// If no channel took it, unless all of them refused its content.
    pub(super) async fn deliver(&mut self, message: &Message) -> Result<(), UserError> {
        let repeat = render::repeated(message);
        let mut attempts = FuturesUnordered::new();
        let run = self.run;
        for channel in run.channels.iter().copied() {
            if self.dispatch().without_news.contains(channel.name()) {
                continue;
            }
            let receipts = &mut self.dispatch().receipts;
            let may_have_arrived = match receipts.get(channel.name()) {
                Some(Receipt::Delivered(_) | Receipt::GivenUp(_)) => continue,
                known => known.is_some(),
            };
            receipts.insert(channel.name().to_owned(), Receipt::Unknown);
            let sent = if may_have_arrived { &repeat } else { message };
            attempts.push(async move { (may_have_arrived, attempt(run, sent, channel).await) });
        }
        if attempts.is_empty() {
            return Ok(());
        }
        // From here on only the channel knows whether it has the message, until its receipt is saved.
        self.claim.save(&self.state).await?;
        let mut missed = Vec::new();
        while let Some((may_have_arrived, (channel, result))) = attempts.next().await {
            let channel = channel.to_owned();
            match self.settle(&message.run, &channel, may_have_arrived, result).await? {
                Settled::Delivered => {}
                Settled::GivenUp(reason) => self.undelivered.push(Undelivered { channel, reason }),
                Settled::StillPending(reason) => missed.push(Undelivered { channel, reason }),
            }
        }
        let is_delivered = self.state.open.as_ref().is_some_and(OpenRun::is_delivered);
        let Some(first) = missed.first().filter(|_| !is_delivered) else {
            self.undelivered.append(&mut missed);
            return Ok(());
        };
        let names: Vec<&str> = missed.iter().map(|missed| missed.channel.as_str()).collect();
        let error =
            anyhow::anyhow!("the brief was not delivered to {}: {}", names.join(" and "), first.reason);
        Err(UserError::new(ErrorKind::Delivery, error)
            .hint("it stays in the outbox; the next run of this schedule delivers it before anything else"))
    }

    /// Reports what came of an attempt and saves it. `may_have_arrived` says that an earlier attempt got no answer.
    pub(super) async fn settle(
        &mut self,
        run: &str,
        channel: &str,
        may_have_arrived: bool,
        result: Result<String, NotDelivered>,
    ) -> Result<Settled, UserError> {
        let (receipt, settled) = match result {
            Ok(receipt) => {
                self.observer.event(ScheduleEvent::Delivered { run, channel, receipt: &receipt });
                (Some(Receipt::Delivered(receipt)), Settled::Delivered)
            }
            Err(NotDelivered { reason, hint, certainty }) => {
                let hint = hint.as_deref();
                self.observer.event(ScheduleEvent::NotDelivered { run, channel, reason: &reason, hint });
                match certainty {
                    Certainty::Never => (Some(Receipt::GivenUp(reason.clone())), Settled::GivenUp(reason)),
                    Certainty::Missed if !may_have_arrived => (None, Settled::StillPending(reason)),
                    Certainty::Missed | Certainty::Uncertain => {
                        (Some(Receipt::Unknown), Settled::StillPending(reason))
                    }
                }
            }
        };
        self.record(run, channel, receipt).await?;
        Ok(settled)
    }

    /// Saves what is known of a message at a channel; `None` if the channel has not got it.
    pub(super) async fn record(
        &mut self,
        run: &str,
        channel: &str,
        receipt: Option<Receipt>,
    ) -> Result<(), UserError> {
        let mut is_done = false;
        if let Some(pending) = self.state.pending.get_mut(run) {
            let arrival = match &receipt {
                None => Some(Arrival::Missing),
                Some(Receipt::Unknown) => Some(Arrival::Unknown),
                Some(Receipt::Delivered(_) | Receipt::GivenUp(_)) => None,
            };
            match arrival {
                Some(arrival) => pending.channels.insert(channel.to_owned(), arrival),
                None => pending.channels.remove(channel),
            };
            is_done = pending.channels.is_empty();
            if let Some(Receipt::GivenUp(reason)) = &receipt {
                self.note_given_up(run, channel, reason);
            }
            if is_done {
                self.state.pending.remove(run);
            }
        } else if let Some(receipt) = receipt {
            self.dispatch().receipts.insert(channel.to_owned(), receipt);
        } else {
            self.dispatch().receipts.remove(channel);
        }
        self.claim.save(&self.state).await?;
        if is_done {
            self.remove_from_outbox(run).await;
        }
        Ok(())
    }

    fn dispatch(&mut self) -> &mut Dispatch {
        let open = self.state.open.as_mut().expect("a message that is not pending belongs to the open run");
        open.dispatch.as_mut().expect("a message in the outbox has its dispatch")
    }
}
