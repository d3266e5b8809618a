//! The steps of a scheduled run, from its claim to its commit.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Observer, RunOutput, RunStatus, ScheduleEvent, ScheduledRun, Undelivered, notes::Notes,
    run_ledger::RunLedger, scheduled, stored_message::StoredMessage,
};
use crate::{
    domain::{
        decision::Decision,
        message::Message,
        state::{Dispatch, OpenRun, State},
        time::{Span, Timestamp},
    },
    engine::embedded::scan::Progress,
    render,
    run::{self, Job, RunError},
    store::Claim,
    user_error::UserError,
};

/// A scheduled run that holds its schedule's state.
///
/// Its steps are spread over the files of this module: `orphans` (messages of a lost state), `recovered` (what its briefs
/// say), `setting_aside` (runs that end their processes), `pending` (messages of earlier runs), `recipients` (who gets its
/// brief, and what people decided), `habits` (what it learns), `delivery` (its message), `closing` (commit).
pub(super) struct ClaimedRun<'a, 'o, O> {
    pub(super) run: &'a ScheduledRun<'a>,
    pub(super) claim: Claim,
    /// The schedule's state, as it was saved last or is to be saved next.
    pub(super) state: State,
    pub(super) notes: Notes,
    /// Failed deliveries. Only `delivery` and `pending` add to them.
    pub(super) undelivered: Vec<Undelivered>,
    pub(super) observer: &'o mut O,
}

/// Where a scheduled run begins. The state alone decides it.
enum FirstStep {
    /// A run of another scheduled time is open: finish that one before this time's.
    FinishEarlier(Timestamp),
    /// The run of this scheduled time is open, with statements or a message that must not be lost: resume it.
    Resume,
    /// Nothing is open, or nothing would be lost with it: evaluate this time's windows from the start.
    Begin,
}

/// What came of evaluating the detections.
enum Evaluation {
    /// Statements are still running on Athena.
    Unfinished,
    /// All detections have answered or failed. The message, if a channel is to get it.
    Finished(Option<Box<Message>>),
}

impl<'a, 'o, O: Observer> ClaimedRun<'a, 'o, O> {
    pub(super) fn new(run: &'a ScheduledRun<'a>, claim: Claim, observer: &'o mut O) -> Self {
        let (state, notes) = (claim.state().clone(), Notes::new(&run.notes, &claim));
        Self { run, claim, state, notes, undelivered: Vec::new(), observer }
    }

    /// Gives the state back; returns the deliveries that failed.
    pub(super) async fn release(self) -> Vec<Undelivered> {
        if let Err(error) = self.claim.release().await {
            self.observer.event(ScheduleEvent::NotReleased(&error.into()));
        }
        self.undelivered
    }

    /// Takes the steps one after the other.
    pub(super) async fn execute(&mut self) -> Result<RunStatus, UserError> {
        self.adopt_orphans().await?;
        self.recover().await?;
        self.set_aside().await?;
        let first = self.first_step();
        if let (FirstStep::FinishEarlier(_) | FirstStep::Resume, Some(open)) = (&first, &self.state.open) {
            self.observer.event(ScheduleEvent::Resumed { run: &open.id });
        }
        if let FirstStep::FinishEarlier(at) = first
            && self.run_at(at, true).await? == RunStatus::Open
        {
            return Ok(RunStatus::Open);
        }
        self.deliver_pending().await?;
        let delivered = self.state.last_delivered.is_some_and(|last| self.run.at <= last);
        if delivered && self.state.open.is_none() && !self.run.repeats_unanswered {
            return Ok(RunStatus::AlreadyDelivered);
        }
        self.run_at(self.run.at, matches!(first, FirstStep::Resume)).await
    }

    /// Decides where to begin, and forgets an open run that nothing would be lost with.
    fn first_step(&mut self) -> FirstStep {
        // Before the first watermark even a run that has only begun counts: it says where the schedule begins.
        let is_first = self.state.watermarks.is_empty();
        self.state.open = self.state.open.take().filter(|open| open.is_worth_resuming() || is_first);
        match &self.state.open {
            Some(open) if open.at != self.run.at => FirstStep::FinishEarlier(open.at),
            Some(open) if open.is_worth_resuming() => FirstStep::Resume,
            _ => FirstStep::Begin,
        }
    }

    /// Executes the run of a scheduled time, or resumes it, up to its commit.
    async fn run_at(&mut self, at: Timestamp, resumed: bool) -> Result<RunStatus, UserError> {
        let id = self.id(at);
        // The run was begun to be delivered, even if the process that resumes it sends nothing.
        let is_to_be_sent = !self.run.channels.is_empty() && (resumed || !self.run.without_delivery);
        let message = match self.stored(&id).await? {
            Some(message) => {
                self.observer.show(RunOutput::Stored(&message))?;
                Some(message)
            }
            None => match self.evaluate(&id, at, is_to_be_sent).await? {
                Evaluation::Unfinished => return Ok(RunStatus::Open),
                Evaluation::Finished(message) => message,
            },
        };
        if let Some(message) = message.filter(|_| is_to_be_sent && !self.run.without_delivery) {
            self.deliver(&message).await?;
        }
        if is_to_be_sent {
            self.report_without_news();
        }
        self.close(&id, is_to_be_sent).await?;
        Ok(RunStatus::Delivered)
    }

    /// The open run's message, if it was written and is still there.
    async fn stored(&mut self, id: &str) -> Result<Option<Box<Message>>, UserError> {
        let Some(open) = self.state.open.as_mut().filter(|open| open.dispatch.is_some()) else {
            return Ok(None);
        };
        match StoredMessage::read(self.run, id).await? {
            StoredMessage::Present(message) => Ok(Some(message)),
            StoredMessage::Unusable(reason) => {
                open.dispatch = None;
                self.notes.add(format!(
                    "the brief of run {id} {reason}, so its detections ran again; a channel may receive it twice"
                ));
                Ok(None)
            }
        }
    }

    /// Evaluates the detections, shows the brief and stores it.
    async fn evaluate(
        &mut self,
        id: &str,
        at: Timestamp,
        is_to_be_sent: bool,
    ) -> Result<Evaluation, UserError> {
        let ScheduledRun { app, schedule, .. } = *self.run;
        let pack = scheduled(app, schedule)?;
        let every = pack.1.every;
        let before = self.state.clone();
        let open = self.state.open.get_or_insert_with(|| OpenRun::new(id, at)).clone();
        let known = self.decisions().await;
        // Those that a brief has shown stay so if they cannot be read.
        let ids = |all: &Vec<Decision>| all.iter().map(Decision::id).collect();
        let shown: BTreeSet<String> = known.as_ref().map_or_else(|| before.shown.clone(), ids);
        let decisions = known.unwrap_or_default();
        let (habits, learning) = self.habits().await;
        let (set_aside, why) = self.not_searched();
        let job = Job {
            // Another one than the time's if that lies in the outbox of a lost state already.
            id: id.to_owned(),
            notes: [self.notes_of_brief(&before, at, every), why, learning].concat(),
            set_aside,
            // Shorter steps would be other statements, and those that were started are paid.
            is_cautious: self.claim.deaths().is_some() && open.executions.is_empty(),
            failures: app.failures(),
            decisions: decisions.clone(),
            habits,
            deadline: self.run.deadline,
            ..Job::scheduled(schedule, at, pack, &before, self.run.logs, self.run.now)
        };
        let progress = Arc::new(Progress::default());
        let following = self.observer.follow(&progress);
        let mut ledger = RunLedger { claim: &mut self.claim, state: &mut self.state, known: open.executions };
        let ran = run::run(&app.context, job, &progress, &mut ledger).await;
        drop(following);
        let run::Outcome { mut brief, state, learned, .. } = match ran {
            Ok(outcome) => outcome,
            Err(RunError::Unfinished { .. }) => return Ok(Evaluation::Unfinished),
            Err(error) => return Err(error.into()),
        };
        brief.roll_up = self.roll_up((at, every), &before, &decisions).await;
        brief.coverage.packs_left_out = app.packs_left_out(schedule);
        self.notes.written();
        self.state.add_scanned_bytes(at, brief.run.bytes_scanned);
        self.observer.show(RunOutput::Brief(&brief))?;
        let message = render::message(&brief).map_err(UserError::failed)?;
        let next = state.expect("a scheduled run gives a state");
        let without_news = self.without_news(&brief, &before, every);
        let is_sent = is_to_be_sent && self.run.channels.iter().any(|it| !without_news.contains(it.name()));
        let dispatch = self.dispatch_of(&brief, &before, next, is_sent);
        let dispatch = Dispatch { shown, without_news, ..dispatch };
        if !is_sent && !self.run.channels.is_empty() {
            self.note_unsent(&brief, &before);
        }
        self.keep_learned(id, &learned).await;
        self.keep(&message, dispatch, is_sent).await?;
        Ok(Evaluation::Finished(is_sent.then(|| Box::new(message))))
    }

    /// The notes for a brief, and one more if the schedule has no state to continue from.
    fn notes_of_brief(&self, before: &State, at: Timestamp, every: Span) -> Vec<String> {
        let mut notes = self.notes.for_brief();
        if before.is_new() {
            notes.push(format!(
                "`{}` has no saved state: this is its first run, or its state was lost. It searches events from {} on; \
                 earlier events are not searched",
                self.run.schedule,
                at.minus(every)
            ));
        }
        notes
    }

    /// Stores a brief in the archive, then its message in the outbox, then both facts in the state. Each names only what was
    /// stored before it: the state says that there is a message, and a message may name the archive. So a process that
    /// dies in between leaves nothing that refers to something missing. For a brief that goes to no channel, the commit
    /// saves the state.
    async fn keep(&mut self, message: &Message, dispatch: Dispatch, is_sent: bool) -> Result<(), UserError> {
        let ScheduledRun { store, schedule, .. } = *self.run;
        store.archive(schedule, &message.run, &message.json, &message.html).await?;
        if is_sent {
            store.keep_message(schedule, message).await?;
        }
        self.state.open.as_mut().expect("a run is open while it is evaluated").dispatch = Some(dispatch);
        if is_sent {
            self.claim.save(&self.state).await?;
        }
        Ok(())
    }
}
