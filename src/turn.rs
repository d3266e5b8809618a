//! A schedule's turn: claim the state, go on with what was left open, pay what is owed, run, deliver, then commit.
//!
//! Every step that must not be done twice is written down before it is done, so that whoever finds the state afterwards goes
//! on where this one ended. Who watches (a terminal, a function's log) is a [`Front`].

#[cfg(feature = "aws")]
mod attempt;
mod closing;
mod noting;
mod orphans;
#[cfg(feature = "aws")]
mod sending;
#[cfg(not(feature = "aws"))]
mod silent;

use std::{sync::Arc, time::Instant};

use crate::{
    app::App,
    config::Channel,
    domain::{
        brief::Brief,
        letter::Letter,
        state::{Dispatch, OpenRun, State},
        time::{Span, Timestamp},
    },
    engine::embedded::scan::Progress,
    render,
    run::{self, Job, Logs, RunError, scheduled_id},
    store::{Claim, Store, StoreError},
    user_error::{ErrorKind, UserError},
};
use noting::Noting;

/// A turn that is to be taken.
#[derive(Debug)]
pub struct Turn<'a> {
    /// What it works with.
    pub app: &'a App,
    /// Where the state is.
    pub store: &'a Store,
    /// Where the events are.
    pub logs: Logs<'a>,
    /// The schedule.
    pub schedule: &'a str,
    /// Its scheduled time.
    pub at: Timestamp,
    /// The time now.
    pub now: Timestamp,
    /// For how long the state is claimed.
    pub lease: Span,
    /// When this invocation must have ended; `None` for one that may take its time.
    pub deadline: Option<Instant>,
    /// When it is killed; what is being sent then is given up a moment before.
    pub end: Option<Instant>,
    /// Where the schedule's briefs go, besides the front.
    pub channels: Vec<&'a Channel>,
    /// Nothing is sent now: the brief of this time goes to no channel, and what others are owed stays owed.
    pub mute: bool,
    /// What a reader of the brief must know.
    pub notes: Vec<String>,
    /// Whether detections that gave no answer are asked again at a time that was told already.
    pub insists: bool,
}

/// What is shown of a run.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// A brief, now that its detections have answered.
    Brief(&'a Brief),
    /// What an earlier invocation wrote and did not deliver.
    Letter(&'a Letter),
}

/// What happens on the way.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Somebody else's run is gone on with.
    Resumed {
        /// Its id.
        run: &'a str,
    },
    /// A channel took a brief.
    Sent {
        /// The run's id.
        run: &'a str,
        /// The channel.
        channel: &'a str,
        /// What it said.
        receipt: &'a str,
    },
    /// A channel did not take a brief.
    NotSent {
        /// The run's id.
        run: &'a str,
        /// The channel.
        channel: &'a str,
        /// Why.
        reason: &'a str,
        /// What to do.
        hint: Option<&'a str>,
    },
    /// A run's brief is delivered, and what it found out is remembered.
    Committed {
        /// Its id.
        run: &'a str,
        /// Its scheduled time.
        at: Timestamp,
        /// What the schedule remembers now.
        state: &'a State,
        /// The watermark that lies furthest back, of the detections that can be asked; `None` if there is none.
        oldest: Option<Timestamp>,
    },
    /// The state could not be given back.
    NotReleased(&'a UserError),
}

/// Who watches a turn.
pub trait Front {
    /// What follows a run's progress until it is dropped.
    type Following;

    /// Follows a run's progress.
    fn follow(&mut self, progress: &Arc<Progress>) -> Self::Following;

    /// Shows a run, before it is delivered.
    ///
    /// # Errors
    ///
    /// If that fails: nothing is delivered then.
    fn show(&mut self, shown: Shown<'_>) -> Result<(), UserError>;

    /// Tells what happens.
    fn tell(&mut self, event: Event<'_>);
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What came of the turn itself.
    pub outcome: Outcome,
    /// Channels that some brief has not reached, with the reason.
    pub undelivered: Vec<(String, String)>,
}

/// What came of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its brief is delivered.
    Told,
    /// Its brief was delivered before.
    AlreadyTold,
    /// Its time is over and its statements are under way: the next turn goes on with it.
    Open,
}

/// Takes the turn.
///
/// # Errors
///
/// If the state cannot be had, the run as a whole fails, or no channel takes its brief.
pub async fn take(turn: &Turn<'_>, front: &mut impl Front) -> Result<Ended, UserError> {
    let id = scheduled_id(turn.schedule, turn.at);
    let open = OpenRun::new(&id, turn.at);
    let claim = turn.store.claim_turn(turn.schedule, open, turn.now, turn.lease).await?;
    let state = claim.state().clone();
    let mut notes = turn.notes.clone();
    notes.extend(claim.notes().map(str::to_owned));
    let mut work = Work { turn, claim, state, notes, unwritten: false, undelivered: Vec::new(), front };
    let outcome = work.work().await;
    let Work { claim, undelivered, front, .. } = work;
    if let Err(error) = claim.release().await {
        front.tell(Event::NotReleased(&error.into()));
    }
    Ok(Ended { outcome: outcome?, undelivered })
}

/// A turn at work.
struct Work<'a, 'f, F> {
    turn: &'a Turn<'a>,
    claim: Claim,
    /// What the schedule remembers, as it was saved last or is to be saved next.
    state: State,
    notes: Vec<String>,
    /// There are notes that must be told, and no letter was written since.
    unwritten: bool,
    undelivered: Vec<(String, String)>,
    front: &'f mut F,
}

impl<F: Front> Work<'_, '_, F> {
    async fn work(&mut self) -> Result<Outcome, UserError> {
        self.adopt().await?;
        let mut resumed = false;
        match &self.state.open {
            Some(open) if open.is_worth_resuming() || self.state.watermarks.is_empty() => {
                let (at, id) = (open.at, open.id.clone());
                resumed = at != self.turn.at || open.is_worth_resuming();
                if resumed {
                    self.front.tell(Event::Resumed { run: &id });
                }
                if at != self.turn.at {
                    if self.run(at, true).await? == Outcome::Open {
                        return Ok(Outcome::Open);
                    }
                    resumed = false;
                }
            }
            _ => self.state.open = None,
        }
        self.pay().await?;
        let told = self.state.told.is_some_and(|told| self.turn.at <= told);
        if told && self.state.open.is_none() && !self.turn.insists {
            return Ok(Outcome::AlreadyTold);
        }
        self.run(self.turn.at, resumed).await
    }

    /// Runs at a scheduled time, or goes on with the open run of that time, up to its commit.
    async fn run(&mut self, at: Timestamp, resumed: bool) -> Result<Outcome, UserError> {
        let id = self.id(at);
        // Whoever began a run wanted its brief sent, even if this turn sends nothing.
        let goes_out = !self.turn.channels.is_empty() && (resumed || !self.turn.mute);
        let letter = match self.stored(&id).await? {
            Some(letter) => {
                self.front.show(Shown::Letter(&letter))?;
                Some(letter)
            }
            None => match self.ask(&id, at, goes_out).await? {
                Asked::Open => return Ok(Outcome::Open),
                Asked::Answered(letter) => letter.map(|letter| *letter),
            },
        };
        if let Some(letter) = letter.filter(|_| goes_out && !self.turn.mute) {
            self.deliver(&letter).await?;
        }
        self.close(&id, goes_out).await?;
        Ok(Outcome::Told)
    }

    /// The open run's letter, if it was written.
    async fn stored(&mut self, id: &str) -> Result<Option<Letter>, UserError> {
        let Some(open) = self.state.open.as_mut().filter(|open| open.dispatch.is_some()) else {
            return Ok(None);
        };
        match letter(self.turn, id).await? {
            Ok(letter) => Ok(Some(letter)),
            Err(reason) => {
                open.dispatch = None;
                self.notes.push(format!(
                    "the brief of the run {id} {reason}: its detections were asked again, and a channel may get it twice"
                ));
                Ok(None)
            }
        }
    }

    /// Asks the detections, shows the brief and puts it into the outbox, where there is a channel to take it from there.
    async fn ask(&mut self, id: &str, at: Timestamp, goes_out: bool) -> Result<Asked, UserError> {
        let Turn { app, store, schedule, .. } = *self.turn;
        let (detections, cadence) = scheduled(app, schedule)?;
        let before = self.state.clone();
        let mut notes = self.notes.clone();
        if before.watermarks.is_empty() && before.told.is_none() {
            notes.push(format!(
                "`{schedule}` remembers nothing: this is its first run, or its state was lost. It begins at {}; what lies \
                 before that was not searched by it",
                at.minus(cadence.every)
            ));
        }
        let open = self.state.open.get_or_insert_with(|| OpenRun::new(id, at)).clone();
        let pack = (detections, cadence);
        let job = Job {
            // Differs from the usual one where that lies in the outbox of a lost state already.
            id: id.to_owned(),
            notes,
            failures: app.failures(),
            deadline: self.turn.deadline,
            ..Job::scheduled(schedule, at, pack, &before, self.turn.logs, self.turn.now)
        };
        let progress = Arc::new(Progress::default());
        let following = self.front.follow(&progress);
        let mut ledger = Noting { claim: &mut self.claim, state: &mut self.state, known: open.executions };
        let ran = run::run(&app.context, job, &progress, &mut ledger).await;
        drop(following);
        let run::Outcome { brief, state } = match ran {
            Ok(outcome) => outcome,
            Err(RunError::Unfinished { .. }) => return Ok(Asked::Open),
            Err(error) => return Err(error.into()),
        };
        self.unwritten = false;
        let next = state.expect("a scheduled run gives a state");
        self.state.scan(at, brief.run.bytes_scanned);
        self.front.show(Shown::Brief(&brief))?;
        let letter = render::letter(&brief).map_err(UserError::failed)?;
        store.archive(schedule, id, &letter.json, &letter.html).await?;
        if goes_out {
            store.keep_letter(schedule, &letter).await?;
        }
        let dispatch = Dispatch { watermarks: next.watermarks, seen: next.seen, ..Dispatch::default() };
        self.state.open.as_mut().expect("it was opened above").dispatch = Some(dispatch);
        if !goes_out {
            return Ok(Asked::Answered(None));
        }
        self.claim.save(&self.state).await?;
        Ok(Asked::Answered(Some(Box::new(letter))))
    }
}

/// A letter of the outbox; or what became of it, if there is none to send.
async fn letter(turn: &Turn<'_>, id: &str) -> Result<Result<Letter, String>, UserError> {
    match turn.store.letter(turn.schedule, id).await {
        Ok(Some(letter)) => Ok(Ok(letter)),
        Ok(None) => Ok(Err("is gone from the outbox".to_owned())),
        Err(StoreError::Damaged { reason, .. }) => Ok(Err(format!("lies damaged in the outbox ({reason})"))),
        Err(error) => Err(error.into()),
    }
}

/// What came of asking.
enum Asked {
    /// Statements are under way.
    Open,
    /// The brief, if there is a channel to send it to.
    Answered(Option<Box<Letter>>),
}

/// A schedule's detections and cadence.
///
/// # Errors
///
/// If there is no such schedule.
pub fn scheduled<'a>(
    app: &'a App,
    name: &str,
) -> Result<(Vec<&'a crate::domain::detection::Detection>, crate::plan::window::Cadence), UserError> {
    app.schedule(name).ok_or_else(|| {
        let known: Vec<&str> = app.config.schedules.keys().map(String::as_str).collect();
        UserError::new(ErrorKind::Request, format!("there is no schedule `{name}`"))
            .hint(format!("schedules are: {}", known.join(", ")))
    })
}
