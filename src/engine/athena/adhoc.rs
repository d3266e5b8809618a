//! One statement that a person typed: starts it, waits for it, and fetches its result by pages while it is read.
//!
//! Pages distinguish NULL from empty text, have the columns' types, and are available whether the result is an object, is
//! encrypted, or is stored by Athena itself.

use std::{
    future::Future,
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use futures::stream;
use sha2::{Digest as _, Sha256};

use super::{Athena, price::cost_usd, runner::hint_for_failed};
use crate::{
    aws::{
        AwsError,
        athena::{Phase, ResultPage, Retry, Start},
    },
    domain::hex::hex,
    engine::{
        NoAnswer,
        embedded::{
            adhoc::AnswerStream,
            text_rows::{self, is_nested},
        },
    },
    plan::Sql,
};

/// How often a statement is run at most that fails through no fault of its own.
const ATTEMPTS: u32 = 3;

/// Consecutive failed polls before the query gives up.
const MAX_FAILED_POLLS: u32 = 5;

/// Its state is polled almost at once, then less and less often.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// An answer while it arrives, and what it cost.
pub struct AdHocAnswer {
    /// The answer.
    pub arriving: AnswerStream,
    /// The statement's execution.
    pub id: String,
    /// Bytes that every attempt together scanned.
    pub scanned_bytes: u64,
    /// What that costs.
    pub cost_usd: f64,
    /// Columns whose values are arrays, maps or rows: Athena returns those only as text.
    pub nested: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The service refuses.
    #[error(transparent)]
    Refused(#[from] AwsError),
    /// The statement failed, or took too long.
    #[error("{}", .0.reason)]
    Failed(NoAnswer),
    /// The user interrupted it.
    #[error("interrupted: {0}")]
    Interrupted(String),
}

/// Runs a statement. `run` makes its client request token differ from those of other runs.
///
/// # Errors
///
/// If there is no answer. An execution that was started is stopped then.
pub async fn run(
    athena: &Athena,
    sql: &Sql,
    run: &str,
    interrupted: impl Future<Output = ()>,
) -> Result<AdHocAnswer, StatementError> {
    let mut interrupted = pin!(interrupted);
    let (mut scanned_bytes, mut cost) = (0, 0.0);
    for attempt in 1.. {
        let id = start(athena, sql, run, attempt, interrupted.as_mut()).await?;
        let (phase, scanned) = waited(athena, &id, interrupted.as_mut()).await?;
        scanned_bytes += scanned;
        // A failed statement costs nothing.
        let is_paid = !matches!(phase, Phase::Failed { cancelled: false, .. });
        cost += if is_paid { cost_usd(scanned, athena.settings.price_per_tb) } else { 0.0 };
        match phase {
            Phase::Failed { retry: Retry::Soon | Retry::Later, .. } if attempt < ATTEMPTS => {}
            Phase::Failed { reason, limited, .. } => {
                let reason = format!("the statement on Athena {reason}");
                let hint = Some(hint_for_failed(&id, limited));
                return Err(StatementError::Failed(NoAnswer { reason, hint }));
            }
            Phase::Unknown | Phase::NotReported(_) => {
                let reason = format!("Athena does not know the statement {id} any more");
                return Err(StatementError::Failed(NoAnswer {
                    reason,
                    hint: Some("run it again".to_owned()),
                }));
            }
            Phase::Succeeded(_) | Phase::UnderWay => {
                let first = athena.statements.rows(&id, None).await?;
                let nested = first.columns.iter().filter(|(_, kind)| is_nested(kind));
                let nested = nested.map(|(name, kind)| format!("{name} ({kind})")).collect();
                let arriving = arriving(athena, id.clone(), first);
                return Ok(AdHocAnswer { arriving, id, scanned_bytes, cost_usd: cost, nested });
            }
        }
    }
    unreachable!("the last attempt gives an answer or fails")
}

/// Starts the statement. If it is interrupted meanwhile, it is stopped as soon as its execution is known.
async fn start(
    athena: &Athena,
    sql: &Sql,
    run: &str,
    attempt: u32,
    interrupted: Pin<&mut impl Future<Output = ()>>,
) -> Result<String, StatementError> {
    let Athena { statements, table, settings } = athena;
    let output = settings.output.as_deref();
    let mut hash = Sha256::new();
    let parts = [run, sql.text(), &settings.workgroup, output.unwrap_or_default(), &attempt.to_string()];
    // Athena takes the same token with other parameters for the same statement, so the parameters are part of it.
    for part in parts.into_iter().chain(sql.params().iter().map(String::as_str)) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let token = hex(&hash.finalize());
    let mut started = pin!(statements.start(Start {
        sql: sql.text(),
        params: sql.params(),
        token: &token,
        database: &table.database,
        workgroup: &settings.workgroup,
        output,
    }));
    tokio::select! {
        biased;
        () = interrupted => Err(stopped(athena, &started.await?).await),
        id = &mut started => Ok(id?),
    }
}

/// Waits for an execution's end: how it ended, and the bytes that it scanned.
async fn waited(
    athena: &Athena,
    id: &str,
    mut interrupted: Pin<&mut impl Future<Output = ()>>,
) -> Result<(Phase, u64), StatementError> {
    let (began, timeout) = (Instant::now(), athena.settings.timeout);
    let ids = [id.to_owned()];
    let (mut pause, mut failed_polls) = (FIRST_PAUSE, 0);
    loop {
        let poll = async {
            tokio::time::sleep(pause).await;
            athena.statements.watch(&ids).await
        };
        let watched = tokio::select! {
            biased;
            () = interrupted.as_mut() => return Err(stopped(athena, id).await),
            watched = poll => watched,
        };
        let watched = match watched {
            // A state that is not reported counts as a failed poll.
            Ok(watched) => match watched.iter().find_map(|watched| watched.phase.not_reported()) {
                Some(error) => Err((true, error.clone())),
                None => Ok(watched),
            },
            Err(error) => Err((error.is_passing(), error)),
        };
        let watched = match watched {
            Ok(watched) => {
                failed_polls = 0;
                watched
            }
            // The statement continues meanwhile.
            Err((true, _)) if failed_polls < MAX_FAILED_POLLS => {
                failed_polls += 1;
                Vec::new()
            }
            Err((_, error)) => {
                // Without its state nobody would read its result, and it would cost money.
                let _ = athena.statements.stop(id).await;
                return Err(error.into());
            }
        };
        // Athena may not know a statement right after its start.
        let is_open = |phase: &Phase| matches!(phase, Phase::UnderWay | Phase::Unknown);
        if let Some(watched) = watched.into_iter().find(|watched| !is_open(&watched.phase)) {
            return Ok((watched.phase, watched.scanned_bytes));
        }
        if began.elapsed() > timeout {
            let ending = match athena.statements.stop(id).await {
                Ok(()) => "was stopped",
                Err(_) => "could not be stopped",
            };
            let reason =
                format!("the statement {id} took longer than {} s on Athena and {ending}", timeout.as_secs());
            let hint = "ask for a shorter window, or raise `timeout` in `[athena]`".to_owned();
            return Err(StatementError::Failed(NoAnswer { reason, hint: Some(hint) }));
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Stops an execution whose result is not wanted any more.
async fn stopped(athena: &Athena, id: &str) -> StatementError {
    StatementError::Interrupted(match athena.statements.stop(id).await {
        Ok(()) => format!("the statement {id} was stopped"),
        Err(error) => format!("the statement {id} may still run: {error}"),
    })
}

/// The pages of a result; each is fetched when the one before it has been read.
fn arriving(athena: &Athena, id: String, first: ResultPage) -> AnswerStream {
    enum At {
        Page(ResultPage),
        Next(String),
        End,
    }
    let statements = athena.statements.clone();
    let columns = first.columns.clone();
    let pages = stream::unfold(At::Page(first), move |at| {
        let (statements, id) = (statements.clone(), id.clone());
        async move {
            let page = match at {
                At::End => return None,
                At::Page(page) => Ok(page),
                At::Next(token) => statements.rows(&id, Some(token)).await,
            };
            Some(match page {
                Ok(page) => (Ok(page.rows), page.next.map_or(At::End, At::Next)),
                Err(error) => (Err(error.to_string()), At::End),
            })
        }
    });
    text_rows::answer(&columns, pages)
}
