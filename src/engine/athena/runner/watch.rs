//! Watches statements that run: when to poll, what each state means, and what happens when time is up.

use std::time::{Duration, Instant};

use super::{
    ExecuteError, MAX_FAILURES, Runner,
    statement::{Attempt, EndedStatement, ExecutionStats, RunningStatement},
};
use crate::{
    aws::athena::{Phase, Retry, Watched},
    engine::{
        NoAnswer,
        athena::{event_times::STORED_COLUMN, price::cost_usd},
        ledger::Ledger,
    },
};

/// States are polled again when the youngest statement's time has grown by a tenth.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long nothing is started after a statement failed because S3, Glue or Athena throttled it; doubled with each failure.
const FIRST_THROTTLED_PAUSE: Duration = Duration::from_secs(5);

/// Consecutive failed polls before the run gives up.
const MAX_FAILED_POLLS: u32 = 5;

/// Clocks differ by at most this: an execution that is older than this invocation by more was not started by it.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

impl<L: Ledger> Runner<'_, '_, L> {
    /// How long to wait before the next poll.
    pub(super) fn pause(&self) -> Duration {
        let poll_soon = |running: &RunningStatement| match running.since {
            Some(since) => (since.elapsed() / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
            None => Duration::ZERO,
        };
        let mut pause = self.running.iter().map(poll_soon).min().unwrap_or(LONGEST_PAUSE);
        if let Some((until, _)) = self.paused
            && self.running.len() < self.athena.settings.concurrency
        {
            pause = pause.min(until.saturating_duration_since(Instant::now()));
        }
        [Some(self.began.0 + self.athena.settings.timeout), self.invocation.deadline]
            .into_iter()
            .flatten()
            .fold(pause, |pause, end| pause.min(end.saturating_duration_since(Instant::now())))
    }

    /// Asks for the states of all running statements.
    pub(super) async fn poll(&mut self) -> Result<(), ExecuteError> {
        let mut ids: Vec<String> = self.running.iter().map(|running| running.id.clone()).collect();
        ids.sort();
        ids.dedup();
        let watched = match self.athena.statements.watch(&ids).await {
            Ok(watched) => watched,
            Err(error) if error.is_passing() && self.failed_polls < MAX_FAILED_POLLS => {
                self.failed_polls += 1;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        // A state that Athena does not report counts as a failed poll; the others' states are used all the same.
        match watched.iter().find_map(|watched| watched.phase.not_reported()) {
            Some(error) if self.failed_polls >= MAX_FAILED_POLLS => return Err(error.clone().into()),
            Some(_) => self.failed_polls += 1,
            None => self.failed_polls = 0,
        }
        for watched in watched {
            let (reported, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.running).into_iter().partition(|running| running.id == watched.id);
            self.running = others;
            for running in reported {
                self.take(running, &watched);
            }
        }
        Ok(())
    }

    /// Acts on the state of a statement: it runs on, runs again, or has ended.
    fn take(&mut self, mut running: RunningStatement, watched: &Watched) {
        let failed = matches!(&watched.phase, Phase::Failed { cancelled: false, .. });
        if !matches!(watched.phase, Phase::Unknown | Phase::NotReported(_)) {
            let price = self.athena.settings.price_per_tb;
            let cost_usd = if failed { 0.0 } else { cost_usd(watched.scanned_bytes, price) };
            let Watched { scanned_bytes, queued, ran, .. } = *watched;
            self.executed.insert(watched.id.clone(), ExecutionStats { scanned_bytes, queued, ran, cost_usd });
        }
        let attempt = running.attempt;
        let ended = |outcome| EndedStatement { id: watched.id.clone(), outcome, attempt };
        match &watched.phase {
            Phase::UnderWay | Phase::NotReported(_) => {
                running.since.get_or_insert_with(Instant::now);
                self.running.push(running);
                return;
            }
            // Athena may not know a statement right after its start.
            Phase::Unknown if !running.earlier && self.is_new(&running) => {
                self.running.push(running);
                return;
            }
            // Athena has forgotten an execution of an earlier invocation.
            Phase::Unknown if running.earlier => self.waiting.push_back(attempt.next()),
            Phase::Unknown => {
                let reason = format!("Athena does not know its statement {}, which was started", watched.id);
                let hint = Some("look for it in Athena's history".to_owned());
                self.again(
                    EndedStatement { id: watched.id.clone(), outcome: Ok(None), attempt },
                    NoAnswer { reason, hint },
                );
            }
            Phase::Succeeded(object) => self.ended.push_back(ended(Ok(object.clone()))),
            Phase::Failed { reason, retry, cancelled, limited } => {
                let older = watched.submitted.is_some_and(|at| at + CLOCK_SKEW < self.began.1);
                let of_earlier = older && (*cancelled || !running.earlier);
                if of_earlier && !limited {
                    // The token belongs to an execution that ended with an earlier invocation.
                    self.waiting.push_back(attempt.next());
                } else if reason.contains(STORED_COLUMN.0) && self.without_stored_times(attempt.statement) {
                    self.waiting.push_back(attempt);
                } else if *retry != Retry::No && attempt.failures + 1 < MAX_FAILURES {
                    self.waiting.push_back(attempt.failed());
                    if *retry == Retry::Later {
                        return self.pause_starts(FIRST_THROTTLED_PAUSE * 2u32.pow(attempt.failures));
                    }
                } else {
                    let reason = format!("its statement on Athena {reason}");
                    let hint = Some(hint_for_failed(&watched.id, *limited));
                    self.ended.push_back(ended(Err(NoAnswer { reason, hint })));
                }
            }
        }
        // One of the statements that may run at once has made room.
        self.paused = None;
    }

    /// Leaves the times at which S3 got files out of a statement that Athena refused because of them, and of those that wait;
    /// returns whether it had them.
    fn without_stored_times(&mut self, statement: usize) -> bool {
        let (column, data_type) = STORED_COLUMN;
        let of = self.waiting.iter().map(|attempt| attempt.statement).chain([statement]);
        let mut had_them = false;
        for at in of.collect::<Vec<_>>() {
            if let Some(without) = self.statements[at].with_null_for(column, data_type) {
                self.statements[at] = without;
                had_them |= at == statement;
            }
        }
        had_them
    }

    /// Whether it was started so recently that Athena may not know it yet.
    fn is_new(&self, running: &RunningStatement) -> bool {
        running.since.is_some_and(|since| since.elapsed() < self.athena.settings.unknown)
    }

    /// Ends what did not end in time.
    pub(super) async fn stop_late(&mut self) -> Result<(), ExecuteError> {
        let late = self.waiting.len() + self.running.len();
        if late == 0 || !self.ended.is_empty() {
            return Ok(());
        }
        let timeout = self.athena.settings.timeout;
        let (reason, hint) = if self.invocation.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            if self.invocation.ledger.keeps() {
                return Err(ExecuteError::Unfinished(late));
            }
            let reason = "its statements on Athena were not done when the run had to end".to_owned();
            (reason, "shorter window")
        } else if self.began.0.elapsed() >= timeout {
            let busy = if self.paused.is_some() { ": other statements used up its capacity" } else { "" };
            let took = format!("its statements on Athena took longer than {} s{busy}", timeout.as_secs());
            (took, "shorter window, or raise `timeout` in `[athena]`")
        } else {
            return Ok(());
        };
        let no_answer = NoAnswer { reason, hint: Some(format!("ask for a {hint}")) };
        let attempts: Vec<(Attempt, String)> = self
            .running
            .iter()
            .map(|running| (running.attempt, running.id.clone()))
            .chain(self.waiting.iter().map(|attempt| (*attempt, String::new())))
            .collect();
        self.give_up(|_| true).await;
        self.ended.extend(attempts.into_iter().map(|(attempt, id)| EndedStatement {
            id,
            outcome: Err(no_answer.clone()),
            attempt,
        }));
        Ok(())
    }
}

/// What to do about a statement that failed; `limited` by the bytes that its workgroup allows.
pub(in super::super) fn hint_for_failed(id: &str, limited: bool) -> String {
    match limited {
        true => {
            "ask for a shorter window, or raise the bytes that one query of the workgroup may scan".to_owned()
        }
        false => format!("look at the statement {id} in Athena's history"),
    }
}
