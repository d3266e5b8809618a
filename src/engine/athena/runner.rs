//! Statements on their way, some at a time: started, noted, watched, each told when it ends.
//!
//! What a result is for is not known here.

mod statement;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant, SystemTime},
};

use super::{Athena, Ledger, Unnoted, price::cost_usd, token::token};
use crate::{
    aws::{
        AwsError,
        athena::{Again, Phase, Start, Watched},
    },
    engine::NoAnswer,
    plan::Sql,
};

pub(super) use statement::Ended;
pub use statement::Executed;
use statement::{Running, Try};

/// How often a statement is run that failed through no fault of its own.
const FAILURES: u32 = 3;

/// States are asked after when the youngest statement's time has grown by a tenth.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// So long nothing is started when Athena has too many statements; each time twice as long.
const FIRST_CROWDED_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_CROWDED_PAUSE: Duration = Duration::from_secs(10);

/// So long nothing is started when a statement failed because S3, Glue or Athena was asked too much; then twice as long.
const FIRST_THROTTLED_PAUSE: Duration = Duration::from_secs(5);

/// So often in a row states are asked after in vain.
const VAIN: u32 = 5;

/// An execution that is older than this invocation by more than clocks differ was not started by it.
const CLOCKS: Duration = Duration::from_secs(5);

/// One invocation of a run.
#[derive(Debug)]
pub struct Invocation<'a, L> {
    /// The run's id: the same run asked again does not pay again.
    pub run: &'a str,
    /// When it must end; `None` if it may take its time.
    pub deadline: Option<Instant>,
    /// Where its executions are noted.
    pub ledger: &'a mut L,
}

/// Why statements are waited for no longer.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// The service refuses: nothing can be asked.
    #[error(transparent)]
    Refused(#[from] AwsError),
    /// Executions could not be noted.
    #[error(transparent)]
    Unnoted(#[from] Unnoted),
    /// The deadline has come; whoever goes on finds these statements in the ledger.
    #[error("{0} statements on Athena are not done")]
    Unfinished(usize),
}

/// Statements on their way.
#[derive(Debug)]
pub(super) struct Runner<'r, 'l, L> {
    athena: &'r Athena,
    invocation: &'r mut Invocation<'l, L>,
    asked: Vec<Sql>,
    waiting: VecDeque<Try>,
    running: Vec<Running>,
    ended: VecDeque<Ended>,
    executed: BTreeMap<String, Executed>,
    began: (Instant, SystemTime),
    /// Until when nothing is started, and how long that was.
    crowded: Option<(Instant, Duration)>,
    in_vain: u32,
}

impl<'r, 'l, L: Ledger> Runner<'r, 'l, L> {
    pub(super) fn new(athena: &'r Athena, invocation: &'r mut Invocation<'l, L>) -> Self {
        Self {
            athena,
            invocation,
            asked: Vec::new(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            ended: VecDeque::new(),
            executed: BTreeMap::new(),
            began: (Instant::now(), SystemTime::now()),
            crowded: None,
            in_vain: 0,
        }
    }

    /// Adds a statement to those that wait, and gives its number.
    pub(super) fn add(&mut self, sql: Sql) -> usize {
        let number = self.asked.len();
        self.asked.push(sql);
        self.waiting.push_back(Try { number, attempt: 0, failures: 0 });
        number
    }

    /// Whether an earlier invocation has started one of them.
    pub(super) fn has_begun(&self) -> bool {
        self.waiting.iter().any(|tried| self.latest(*tried).2.is_some())
    }

    /// The next statement that ends; `None` after the last. What runs goes on running meanwhile.
    pub(super) async fn next(&mut self) -> Result<Option<Ended>, Halt> {
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
            self.mind_the_time().await?;
        }
    }

    /// Runs a statement again whose result is of no use.
    pub(super) fn again(&mut self, ended: Ended, why: NoAnswer) {
        let tried = ended.tried.failed();
        if tried.failures < FAILURES {
            self.waiting.push_back(tried);
        } else {
            self.ended.push_back(Ended { outcome: Err(why), ..ended });
        }
    }

    /// Gives up these statements. Those that run are stopped: they would be paid for and read by nobody.
    pub(super) async fn give_up(&mut self, which: impl Fn(usize) -> bool) {
        self.waiting.retain(|tried| !which(tried.number));
        self.ended.retain(|ended| !which(ended.number()));
        let (stopped, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.running).into_iter().partition(|running| which(running.tried.number));
        for running in stopped {
            // Whether it works or not, there is nothing more to do; what led here is told.
            let _ = self.athena.statements.stop(&running.id).await;
        }
        self.running = kept;
    }

    /// Ends the invocation: what nobody goes on with is stopped.
    pub(super) async fn abandon(&mut self) {
        if !self.invocation.ledger.keeps() {
            self.give_up(|_| true).await;
        }
    }

    /// What every execution took until now.
    pub(super) fn executed(&self) -> impl Iterator<Item = &Executed> {
        self.executed.values()
    }

    /// Starts as many as may run, and notes them.
    async fn start(&mut self) -> Result<(), Halt> {
        if self.crowded.is_some_and(|(until, _)| Instant::now() < until) {
            return Ok(());
        }
        let Athena { statements, table, settings } = self.athena;
        let mut started = Vec::new();
        let mut refused = None;
        while self.running.len() < settings.concurrency.max(1)
            && let Some(tried) = self.waiting.pop_front()
        {
            let (tried, token, known) = self.latest(tried);
            if let Some(id) = known {
                self.running.push(Running { tried, id, since: None, earlier: true });
                continue;
            }
            let start = Start {
                sql: self.asked[tried.number].text(),
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
                    self.running.push(Running { tried, id, since, earlier: false });
                }
                Err(error) if error.is_crowded() => {
                    let pause = self.crowded.map_or(FIRST_CROWDED_PAUSE, |(_, pause)| pause * 2);
                    self.wait(pause.min(LONGEST_CROWDED_PAUSE));
                    self.waiting.push_front(tried);
                    break;
                }
                Err(error) if error.is_of_statement() => {
                    let reason = format!("Athena refuses its statement: {}", error.failure);
                    let outcome = Err(NoAnswer { reason, hint: None });
                    self.ended.push_back(Ended { id: String::new(), outcome, tried });
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

    /// The last attempt at a statement that is known, else this one.
    fn latest(&self, mut tried: Try) -> (Try, String, Option<String>) {
        let sql = self.asked[tried.number].text();
        let of = |tried: Try| token(self.invocation.run, sql, &self.athena.settings, tried.attempt);
        let mut this = of(tried);
        let mut known = self.invocation.ledger.known(&this);
        while known.is_some() {
            let next = of(tried.next());
            let Some(id) = self.invocation.ledger.known(&next) else { break };
            (tried, this, known) = (tried.next(), next, Some(id));
        }
        (tried, this, known)
    }

    fn pause(&self) -> Duration {
        let asked_soon = |running: &Running| match running.since {
            Some(since) => (since.elapsed() / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
            None => Duration::ZERO,
        };
        let mut pause = self.running.iter().map(asked_soon).min().unwrap_or(LONGEST_PAUSE);
        if let Some((until, _)) = self.crowded
            && self.running.len() < self.athena.settings.concurrency
        {
            pause = pause.min(until.saturating_duration_since(Instant::now()));
        }
        [Some(self.began.0 + self.athena.settings.timeout), self.invocation.deadline]
            .into_iter()
            .flatten()
            .fold(pause, |pause, end| pause.min(end.saturating_duration_since(Instant::now())))
    }

    async fn poll(&mut self) -> Result<(), Halt> {
        let mut ids: Vec<String> = self.running.iter().map(|running| running.id.clone()).collect();
        ids.sort();
        ids.dedup();
        let watched = match self.athena.statements.watch(&ids).await {
            Ok(watched) => watched,
            Err(error) if error.is_passing() && self.in_vain < VAIN => {
                self.in_vain += 1;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        // One that is not told counts as the whole call does; what was told of the others is taken even so.
        let untold = watched.iter().find_map(|watched| watched.phase.untold());
        match untold {
            Some(error) if self.in_vain >= VAIN => return Err(error.clone().into()),
            Some(_) => self.in_vain += 1,
            None => self.in_vain = 0,
        }
        for watched in watched {
            let (told, running) = std::mem::take(&mut self.running)
                .into_iter()
                .partition(|running: &Running| running.id == watched.id);
            self.running = running;
            let told: Vec<Running> = told;
            for running in told {
                self.take(running, &watched);
            }
        }
        Ok(())
    }

    /// Files what was told of a statement.
    fn take(&mut self, mut running: Running, watched: &Watched) {
        let failed = matches!(&watched.phase, Phase::Failed { cancelled: false, .. });
        if !matches!(watched.phase, Phase::Unknown | Phase::Untold(_)) {
            let price = self.athena.settings.price_per_tb;
            let cost_usd = if failed { 0.0 } else { cost_usd(watched.scanned_bytes, price) };
            let Watched { scanned_bytes, queued, ran, .. } = *watched;
            self.executed.insert(watched.id.clone(), Executed { scanned_bytes, queued, ran, cost_usd });
        }
        let tried = running.tried;
        let ended = |outcome| Ended { id: watched.id.clone(), outcome, tried };
        match &watched.phase {
            Phase::UnderWay | Phase::Untold(_) => {
                running.since.get_or_insert_with(Instant::now);
                self.running.push(running);
                return;
            }
            // The service may not know at once what it has just started.
            Phase::Unknown if !running.earlier && self.is_new(&running) => {
                self.running.push(running);
                return;
            }
            // One of an earlier invocation is forgotten.
            Phase::Unknown if running.earlier => self.waiting.push_back(tried.next()),
            Phase::Unknown => {
                let reason = format!("Athena does not know its statement {}, which was started", watched.id);
                let hint = Some("look whether Athena's history has it".to_owned());
                self.again(
                    Ended { id: watched.id.clone(), outcome: Ok(None), tried },
                    NoAnswer { reason, hint },
                );
            }
            Phase::Succeeded(object) => self.ended.push_back(ended(Ok(object.clone()))),
            Phase::Failed { reason, again, cancelled, limited } => {
                let before = watched.submitted.is_some_and(|at| at + CLOCKS < self.began.1);
                let of_another = before && (*cancelled || !running.earlier);
                if of_another && !limited {
                    // The token's execution ended with an earlier invocation.
                    self.waiting.push_back(tried.next());
                } else if *again != Again::No && tried.failures + 1 < FAILURES {
                    self.waiting.push_back(tried.failed());
                    if *again == Again::Later {
                        return self.wait(FIRST_THROTTLED_PAUSE * 2u32.pow(tried.failures));
                    }
                } else {
                    let id = &watched.id;
                    self.ended.push_back(ended(Err(NoAnswer {
                        reason: format!("its statement on Athena {reason}"),
                        hint: Some(match limited {
                            true => "ask for a shorter window, or raise the bytes that one query of the workgroup may scan"
                                .to_owned(),
                            false => format!("look at the statement {id} in Athena's history"),
                        }),
                    })));
                }
            }
        }
        // One of Athena's places is free.
        self.crowded = None;
    }

    /// Whether it was started so short a time ago that the service need not know it.
    fn is_new(&self, running: &Running) -> bool {
        running.since.is_some_and(|since| since.elapsed() < self.athena.settings.unknown)
    }

    /// Starts nothing for so long.
    fn wait(&mut self, pause: Duration) {
        self.crowded = Some((Instant::now() + pause, pause));
    }

    /// Ends what did not end in time.
    async fn mind_the_time(&mut self) -> Result<(), Halt> {
        let late = self.waiting.len() + self.running.len();
        if late == 0 || !self.ended.is_empty() {
            return Ok(());
        }
        let timeout = self.athena.settings.timeout;
        let (reason, hint) = if self.invocation.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            if self.invocation.ledger.keeps() {
                return Err(Halt::Unfinished(late));
            }
            let reason = "its statements on Athena were not done when the run had to end".to_owned();
            (reason, "shorter window")
        } else if self.began.0.elapsed() >= timeout {
            let crowded = if self.crowded.is_some() { ", with too many statements of others" } else { "" };
            let took = format!("its statements on Athena took longer than {} s{crowded}", timeout.as_secs());
            (took, "shorter window, or raise `timeout` in `[athena]`")
        } else {
            return Ok(());
        };
        let no_answer = NoAnswer { reason, hint: Some(format!("ask for a {hint}")) };
        let turns: Vec<(Try, String)> = self
            .running
            .iter()
            .map(|running| (running.tried, running.id.clone()))
            .chain(self.waiting.iter().map(|tried| (*tried, String::new())))
            .collect();
        self.give_up(|_| true).await;
        self.ended.extend(turns.into_iter().map(|(tried, id)| Ended {
            id,
            outcome: Err(no_answer.clone()),
            tried,
        }));
        Ok(())
    }
}
