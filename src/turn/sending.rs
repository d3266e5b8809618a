//! Sends letters, and notes before and after each what is known of it.

use std::{collections::BTreeMap, time::Instant};

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::{
    Event, Front, Work,
    attempt::{Certainty, Untaken, attempt},
};
use crate::{
    config::Channel,
    domain::{
        letter::Letter,
        state::{OpenRun, Receipt},
        time::{Span, Timestamp},
    },
    render,
    user_error::{ErrorKind, UserError},
};

/// So long a brief is owed to a channel; then it is given up, and that is said.
const PATIENCE: Span = Span::from_s(7 * 86_400);

impl<F: Front> Work<'_, '_, F> {
    /// Sends the open run's letter to the channels that have not got it, to all at the same time.
    pub(super) async fn deliver(&mut self, letter: &Letter) -> Result<(), UserError> {
        let again = render::repeated(letter);
        let mut sending = FuturesUnordered::new();
        let turn = self.turn;
        for channel in turn.channels.iter().copied() {
            let letter = match self.receipts().insert(channel.name().to_owned(), Receipt::Unknown) {
                Some(known @ (Receipt::Taken(_) | Receipt::GivenUp(_))) => {
                    self.receipts().insert(channel.name().to_owned(), known);
                    continue;
                }
                Some(Receipt::Unknown) => &again,
                None => letter,
            };
            sending.push(attempt(turn, letter, channel));
        }
        if sending.is_empty() {
            return Ok(());
        }
        // From here on nobody but the channel knows whether it has it, until its receipt is saved.
        self.claim.save(&self.state).await?;
        let mut missed = Vec::new();
        while let Some((channel, result)) = sending.next().await {
            match result {
                Ok(receipt) => {
                    self.front.tell(Event::Sent { run: &letter.run, channel, receipt: &receipt });
                    self.receipts().insert(channel.to_owned(), Receipt::Taken(receipt));
                }
                Err(untaken) => {
                    self.not_sent(&letter.run, channel, &untaken);
                    match untaken.certainty {
                        Certainty::Uncertain => {}
                        Certainty::Missed => drop(self.receipts().remove(channel)),
                        Certainty::Never => {
                            let given_up = Receipt::GivenUp(untaken.reason.clone());
                            self.receipts().insert(channel.to_owned(), given_up);
                            self.undelivered.push((channel.to_owned(), untaken.reason));
                            self.claim.save(&self.state).await?;
                            continue;
                        }
                    }
                    missed.push((channel.to_owned(), untaken.reason));
                }
            }
            self.claim.save(&self.state).await?;
        }
        let taken = self.state.open.as_ref().is_some_and(OpenRun::is_taken);
        if taken || missed.is_empty() {
            self.undelivered.append(&mut missed);
            return Ok(());
        }
        let names: Vec<&str> = missed.iter().map(|(channel, _)| channel.as_str()).collect();
        let error = format!("the brief did not reach {}: {}", names.join(" and "), missed[0].1);
        Err(UserError::new(ErrorKind::Delivery, error).hint(
            "it is kept in the outbox and sent by the next turn of this schedule, before anything else",
        ))
    }

    fn receipts(&mut self) -> &mut BTreeMap<String, Receipt> {
        let open = self.state.open.as_mut().expect("a letter belongs to an open run");
        &mut open.dispatch.as_mut().expect("a letter in the outbox has its dispatch").receipts
    }

    fn not_sent(&mut self, run: &str, channel: &str, untaken: &Untaken) {
        let (reason, hint) = (&untaken.reason, untaken.hint.as_deref());
        self.front.tell(Event::NotSent { run, channel, reason, hint });
    }

    /// Sends what earlier runs owe. A channel that takes one thing not is not asked to take another, unless it only
    /// objects to what is in the one.
    pub(super) async fn pay(&mut self) -> Result<(), UserError> {
        if self.turn.mute {
            return Ok(());
        }
        let (mut dead, mut later) = (Vec::<&str>::new(), BTreeMap::<String, usize>::new());
        for (run, owed) in self.state.owed.clone() {
            let over = is_over(owed.since, self.turn.now);
            // Letters that nobody will take now are not even read: there may be a week of them.
            if !over && owed.channels.keys().all(|name| dead.contains(&name.as_str())) {
                owed.channels.into_keys().for_each(|name| *later.entry(name).or_default() += 1);
                continue;
            }
            let letter = super::letter(self.turn, &run).await?;
            for (name, uncertain) in &owed.channels {
                let channel = self.turn.channels.iter().copied().find(|channel| channel.name() == name);
                let given_up = match (&letter, channel) {
                    _ if over => Some("was tried for 7 days and is given up"),
                    (Err(reason), _) => Some(reason.as_str()),
                    (_, None) => Some("is not wanted there any more: the configuration does not name it"),
                    _ => None,
                };
                if let Some(reason) = given_up {
                    self.lost(&run, name, &format!("it {reason}"));
                    self.paid(&run, name).await?;
                    continue;
                }
                let (Ok(letter), Some(channel)) = (&letter, channel) else { continue };
                if dead.contains(&channel.name()) {
                    *later.entry(name.clone()).or_default() += 1;
                    continue;
                }
                if self.turn.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    let reason = "the invocation's time is nearly over".to_owned();
                    self.undelivered.push((name.clone(), reason));
                    *later.entry(name.clone()).or_default() += 1;
                    dead.push(channel.name());
                } else if !self.send_owed(letter, channel, *uncertain).await? {
                    dead.push(channel.name());
                }
            }
        }
        self.notes.extend(later.iter().map(|(name, count)| match count {
            1 => format!("1 more brief is owed to {name}"),
            many => format!("{many} more briefs are owed to {name}"),
        }));
        Ok(())
    }

    /// Sends one letter to one channel; gives whether the channel can be asked to take another.
    async fn send_owed(
        &mut self,
        letter: &Letter,
        channel: &Channel,
        uncertain: bool,
    ) -> Result<bool, UserError> {
        let name = channel.name();
        let again;
        let sent = match uncertain {
            true => {
                again = render::repeated(letter);
                &again
            }
            false => letter,
        };
        self.owe(&letter.run, name, true).await?;
        match attempt(self.turn, sent, channel).await.1 {
            Ok(receipt) => {
                self.front.tell(Event::Sent { run: &letter.run, channel: name, receipt: &receipt });
                self.paid(&letter.run, name).await?;
                Ok(true)
            }
            Err(untaken) => {
                self.not_sent(&letter.run, name, &untaken);
                let Untaken { reason, certainty, .. } = untaken;
                self.undelivered.push((name.to_owned(), reason.clone()));
                if certainty == Certainty::Never {
                    self.lost(&letter.run, name, &reason);
                    self.paid(&letter.run, name).await?;
                    return Ok(true);
                }
                self.notes.push(format!(
                    "the brief of the run {} has not reached {name} yet: {reason}",
                    letter.run
                ));
                self.owe(&letter.run, name, uncertain || certainty == Certainty::Uncertain).await?;
                Ok(false)
            }
        }
    }

    async fn owe(&mut self, run: &str, channel: &str, uncertain: bool) -> Result<(), UserError> {
        if let Some(owed) = self.state.owed.get_mut(run) {
            owed.channels.insert(channel.to_owned(), uncertain);
        }
        Ok(self.claim.save(&self.state).await?)
    }

    /// A letter is not owed to a channel any more.
    async fn paid(&mut self, run: &str, channel: &str) -> Result<(), UserError> {
        let Some(owed) = self.state.owed.get_mut(run) else { return Ok(()) };
        owed.channels.remove(channel);
        let all = owed.channels.is_empty();
        if all {
            self.state.owed.remove(run);
        }
        self.claim.save(&self.state).await?;
        if all {
            // One that stays behind is sent again only if the state is lost, and says so: no reason to fail.
            let _ = self.turn.store.drop_letter(self.turn.schedule, run).await;
        }
        Ok(())
    }
}

fn is_over(since: Timestamp, now: Timestamp) -> bool {
    since < now.minus(PATIENCE)
}
