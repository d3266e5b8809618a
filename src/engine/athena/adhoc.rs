//! One statement that a person typed: started, waited for, its result brought by pages as it is read.
//!
//! Pages tell NULL from empty text, have the columns' types, and are there whether the result is an object, encrypted, or
//! kept by Athena itself.

use std::{
    future::Future,
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use futures::stream;
use sha2::{Digest as _, Sha256};

use super::{Athena, price::cost_usd};
use crate::{
    aws::{
        AwsError,
        athena::{Again, Page, Phase, Start},
    },
    engine::{
        NoAnswer,
        embedded::{
            adhoc::AnswerStream,
            text_rows::{self, is_nested},
        },
    },
    plan::Sql,
};

/// How often a statement is run that failed through no fault of its own.
const ATTEMPTS: u32 = 3;

/// So often in a row its state is asked after in vain.
const VAIN: u32 = 5;

/// Its state is asked after at once, then ever less often.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// An answer while it arrives, and what it cost.
pub struct Asked {
    /// The answer.
    pub arriving: AnswerStream,
    /// The statement's execution.
    pub id: String,
    /// Bytes that every attempt together scanned.
    pub scanned_bytes: u64,
    /// What that costs.
    pub cost_usd: f64,
    /// Columns whose values are arrays, maps or rows, of which Athena only tells a text.
    pub nested: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The service refuses.
    #[error(transparent)]
    Refused(#[from] AwsError),
    /// The statement failed, or took too long.
    #[error("{}", .0.reason)]
    Failed(NoAnswer),
    /// Somebody interrupted it.
    #[error("interrupted: {0}")]
    Interrupted(String),
}

/// Asks a statement; `run` keeps its client request token apart from those of other runs.
///
/// # Errors
///
/// If there is no answer. What was started is stopped then.
pub async fn ask(
    athena: &Athena,
    sql: &Sql,
    run: &str,
    interrupted: impl Future<Output = ()>,
) -> Result<Asked, AskError> {
    let mut interrupted = pin!(interrupted);
    let (mut scanned_bytes, mut cost) = (0, 0.0);
    for attempt in 1.. {
        let id = start(athena, sql, run, attempt, interrupted.as_mut()).await?;
        let (phase, scanned) = waited(athena, &id, interrupted.as_mut()).await?;
        scanned_bytes += scanned;
        // One that failed costs nothing.
        let is_paid = !matches!(phase, Phase::Failed { cancelled: false, .. });
        cost += if is_paid { cost_usd(scanned, athena.settings.price_per_tb) } else { 0.0 };
        match phase {
            Phase::Failed { again: Again::Soon | Again::Later, .. } if attempt < ATTEMPTS => {}
            Phase::Failed { reason, limited, .. } => {
                let reason = format!("the statement on Athena {reason}");
                let hint = match limited {
                    true => {
                        "ask for a shorter window, or raise the bytes that one query of the workgroup may scan".to_owned()
                    }
                    false => format!("look at the statement {id} in Athena's history"),
                };
                return Err(AskError::Failed(NoAnswer { reason, hint: Some(hint) }));
            }
            Phase::Unknown | Phase::Untold(_) => {
                let reason = format!("Athena does not know the statement {id} any more");
                return Err(AskError::Failed(NoAnswer { reason, hint: Some("run it again".to_owned()) }));
            }
            Phase::Succeeded(_) | Phase::UnderWay => {
                let first = athena.statements.rows(&id, None).await?;
                let nested = first.columns.iter().filter(|(_, kind)| is_nested(kind));
                let nested = nested.map(|(name, kind)| format!("{name} ({kind})")).collect();
                let arriving = arriving(athena, id.clone(), first);
                return Ok(Asked { arriving, id, scanned_bytes, cost_usd: cost, nested });
            }
        }
    }
    unreachable!("the last attempt gives an answer or fails")
}

/// Starts the statement. One that is interrupted meanwhile is stopped as soon as its execution is known.
async fn start(
    athena: &Athena,
    sql: &Sql,
    run: &str,
    attempt: u32,
    interrupted: Pin<&mut impl Future<Output = ()>>,
) -> Result<String, AskError> {
    let Athena { statements, table, settings } = athena;
    let output = settings.output.as_deref();
    let mut hash = Sha256::new();
    let parts = [run, sql.text(), &settings.workgroup, output.unwrap_or_default(), &attempt.to_string()];
    // Athena takes the same token with other values for the same statement.
    for part in parts.into_iter().chain(sql.params().iter().map(String::as_str)) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let token: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
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
) -> Result<(Phase, u64), AskError> {
    let (began, timeout) = (Instant::now(), athena.settings.timeout);
    let ids = [id.to_owned()];
    let (mut pause, mut in_vain) = (FIRST_PAUSE, 0);
    loop {
        let asked = async {
            tokio::time::sleep(pause).await;
            athena.statements.watch(&ids).await
        };
        let watched = tokio::select! {
            biased;
            () = interrupted.as_mut() => return Err(stopped(athena, id).await),
            watched = asked => watched,
        };
        let watched = match watched {
            // One that is not told is as good as a call that was not answered.
            Ok(watched) => match watched.iter().find_map(|watched| watched.phase.untold()) {
                Some(error) => Err((true, error.clone())),
                None => Ok(watched),
            },
            Err(error) => Err((error.is_passing(), error)),
        };
        let watched = match watched {
            Ok(watched) => {
                in_vain = 0;
                watched
            }
            // The statement runs on meanwhile.
            Err((true, _)) if in_vain < VAIN => {
                in_vain += 1;
                Vec::new()
            }
            Err((_, error)) => {
                // What cannot be asked after may run on: it would be paid for and read by nobody.
                let _ = athena.statements.stop(id).await;
                return Err(error.into());
            }
        };
        // What has just been started may not be known yet.
        let is_open = |phase: &Phase| matches!(phase, Phase::UnderWay | Phase::Unknown);
        if let Some(watched) = watched.into_iter().find(|watched| !is_open(&watched.phase)) {
            return Ok((watched.phase, watched.scanned_bytes));
        }
        if began.elapsed() > timeout {
            let told = match athena.statements.stop(id).await {
                Ok(()) => "was stopped",
                Err(_) => "could not be stopped",
            };
            let reason =
                format!("the statement {id} took longer than {} s on Athena and {told}", timeout.as_secs());
            let hint = "ask for a shorter window, or raise `timeout` in `[athena]`".to_owned();
            return Err(AskError::Failed(NoAnswer { reason, hint: Some(hint) }));
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Stops an execution that nobody waits for any more.
async fn stopped(athena: &Athena, id: &str) -> AskError {
    AskError::Interrupted(match athena.statements.stop(id).await {
        Ok(()) => format!("the statement {id} was stopped"),
        Err(error) => format!("the statement {id} may run on: {error}"),
    })
}

/// The pages of a result, each asked for when the one before it has been read.
fn arriving(athena: &Athena, id: String, first: Page) -> AnswerStream {
    enum At {
        Page(Page),
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
