//! Runs statements on Athena, a few at a time: starts them, notes them in the ledger, watches them, and returns each when it
//! has ended. It does not know what a result is for.

mod statement;
mod watch;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant, SystemTime},
};

use super::{Athena, Ledger, LedgerError, request_token::request_token};
use crate::{
    aws::{AwsError, athena::Start},
    engine::NoAnswer,
    plan::Sql,
};

pub(super) use statement::EndedStatement;
pub use statement::ExecutionStats;
use statement::{Attempt, RunningStatement};
pub(super) use watch::hint_for_failed;

/// How often a statement may fail through no fault of its own before it stays unanswered.
const MAX_FAILURES: u32 = 3;

/// How long nothing is started after Athena has refused a statement for too many at once; doubled each time.
const FIRST_BUSY_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_BUSY_PAUSE: Duration = Duration::from_secs(10);

/// One invocation of a run.
#[derive(Debug)]
pub struct Invocation<'a, L> {
    /// The run's id: the same run started again reuses its executions, and pays nothing twice.
    pub run: &'a str,
    /// When it must end; `None` if there is no deadline.
    pub deadline: Option<Instant>,
    /// Where its executions are recorded.
    pub ledger: &'a mut L,
}

/// Why the statements of a pack were not all executed.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The service refuses every statement.
    #[error(transparent)]
    Refused(#[from] AwsError),
    /// Executions could not be recorded.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The deadline has come; the invocation that resumes the run finds these statements in the ledger.
    #[error("{0} statements on Athena are not done")]
    Unfinished(usize),
}

/// Statements that wait, run or have ended.
#[derive(Debug)]
pub(super) struct Runner<'r, 'l, L> {
    athena: &'r Athena,
    invocation: &'r mut Invocation<'l, L>,
    statements: Vec<Sql>,
    waiting: VecDeque<Attempt>,
    running: Vec<RunningStatement>,
    ended: VecDeque<EndedStatement>,
    executed: BTreeMap<String, ExecutionStats>,
    began: (Instant, SystemTime),
    /// Until when nothing is started, and how long that pause is.
    paused: Option<(Instant, Duration)>,
    /// Consecutive failed polls.
    failed_polls: u32,
}

impl<'r, 'l, L: Ledger> Runner<'r, 'l, L> {
    pub(super) fn new(athena: &'r Athena, invocation: &'r mut Invocation<'l, L>) -> Self {
        Self {
            athena,
            invocation,
            statements: Vec::new(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            ended: VecDeque::new(),
            executed: BTreeMap::new(),
            began: (Instant::now(), SystemTime::now()),
            paused: None,
            failed_polls: 0,
        }
    }

    /// Adds a statement to those that wait, and returns its number.
    pub(super) fn add(&mut self, sql: Sql) -> usize {
        let statement = self.statements.len();
        self.statements.push(sql);
        self.waiting.push_back(Attempt { statement, number: 0, failures: 0 });
        statement
    }

    /// Whether an earlier invocation has started one of them.
    pub(super) fn has_begun(&self) -> bool {
        self.waiting.iter().any(|attempt| self.latest(*attempt).2.is_some())
    }

    /// The next statement that ends; `None` after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<EndedStatement>, ExecuteError> {
        loop {
            if let Some(ended) = self.ended.pop_front() {
                return Ok(Some(ended));
            }
            if self.waiting.is_empty() && self.running.is_empty() {
                return Ok(None);
            }
            self.start().await?;
            if self.running.is_empty() && !self.ended.is_empty() {
                continue;
            }
            tokio::time::sleep(self.pause()).await;
            self.poll().await?;
            self.stop_late().await?;
        }
    }

    /// Runs a statement again whose result is unusable.
    pub(super) fn again(&mut self, ended: EndedStatement, why: NoAnswer) {
        let attempt = ended.attempt.failed();
        if attempt.failures < MAX_FAILURES {
            self.waiting.push_back(attempt);
        } else {
            self.ended.push_back(EndedStatement { outcome: Err(why), ..ended });
        }
    }

    /// Gives up these statements. Those that run are stopped: they would cost money, and nobody would read them.
    pub(super) async fn give_up(&mut self, which: impl Fn(usize) -> bool) {
        self.waiting.retain(|attempt| !which(attempt.statement));
        self.ended.retain(|ended| !which(ended.statement()));
        let (stopped, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(|running| which(running.attempt.statement));
        for running in stopped {
            // The error that led here is reported; one of stopping would add nothing.
            let _ = self.athena.statements.stop(&running.id).await;
        }
        self.running = kept;
    }

    /// Ends the invocation: stops what runs, unless the run can be resumed.
    pub(super) async fn abandon(&mut self) {
        if !self.invocation.ledger.keeps() {
            self.give_up(|_| true).await;
        }
    }

    /// The statistics of every execution until now.
    pub(super) fn executed(&self) -> impl Iterator<Item = &ExecutionStats> {
        self.executed.values()
    }

    /// Starts as many statements as may run at once, and notes them in the ledger.
    async fn start(&mut self) -> Result<(), ExecuteError> {
        if self.paused.is_some_and(|(until, _)| Instant::now() < until) {
            return Ok(());
        }
        let Athena { statements, table, settings } = self.athena;
        let mut started = Vec::new();
        let mut refused = None;
        while self.running.len() < settings.concurrency.max(1)
            && let Some(attempt) = self.waiting.pop_front()
        {
            let (attempt, token, known) = self.latest(attempt);
            if let Some(id) = known {
                self.running.push(RunningStatement { attempt, id, since: None, earlier: true });
                continue;
            }
            let start = Start {
                sql: self.statements[attempt.statement].text(),
                params: &[],
                token: &token,
                database: &table.database,
                workgroup: &settings.workgroup,
                output: settings.output.as_deref(),
            };
            match statements.start(start).await {
                Ok(id) => {
                    started.push((token, id.clone()));
                    let since = Some(Instant::now());
                    self.running.push(RunningStatement { attempt, id, since, earlier: false });
                }
                Err(error) if error.is_throttled() => {
                    let pause = self.paused.map_or(FIRST_BUSY_PAUSE, |(_, pause)| pause * 2);
                    self.pause_starts(pause.min(LONGEST_BUSY_PAUSE));
                    self.waiting.push_front(attempt);
                    break;
                }
                Err(error) if error.is_of_statement() => {
                    let reason = format!("Athena refuses its statement: {}", error.failure);
                    let outcome = Err(NoAnswer { reason, hint: None });
                    self.ended.push_back(EndedStatement { id: String::new(), outcome, attempt });
                }
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        if !started.is_empty() {
            self.invocation.ledger.note(&started).await?;
        }
        refused.map_or(Ok(()), |error| Err(error.into()))
    }

    /// The latest attempt at a statement that the ledger knows, with its token and execution; else this attempt.
    fn latest(&self, mut attempt: Attempt) -> (Attempt, String, Option<String>) {
        let sql = self.statements[attempt.statement].text();
        let of =
            |attempt: Attempt| request_token(self.invocation.run, sql, &self.athena.settings, attempt.number);
        let mut this = of(attempt);
        let mut known = self.invocation.ledger.known(&this);
        while known.is_some() {
            let next = of(attempt.next());
            let Some(id) = self.invocation.ledger.known(&next) else { break };
            (attempt, this, known) = (attempt.next(), next, Some(id));
        }
        (attempt, this, known)
    }

    /// Starts nothing for this long.
    fn pause_starts(&mut self, pause: Duration) {
        self.paused = Some((Instant::now() + pause, pause));
    }
}
