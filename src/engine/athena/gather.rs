//! Runs the statements of a pack, some at a time, and brings their candidates into a file that the embedded engine reads.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{
    batches::{Batch, batches},
    candidates::{RECORD, statement},
};
use crate::{
    aws::{
        AwsError,
        athena::{Phase, Start, Statements},
    },
    domain::time::Window,
    engine::{NoAnswer, embedded::pack::Needs},
    plan::Sql,
    s3::fetch::fetch,
    table::Definition,
};

/// How often a statement is run that failed through no fault of its own.
const ATTEMPTS: u32 = 3;

/// States are asked after at once, then ever less often.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Athena asks five dollars a terabyte, for at least ten megabytes a statement.
const DOLLARS_PER_BYTE: f64 = 5.0 / (1u64 << 40) as f64;
const LEAST_BYTES: u64 = 10_000_000;
const MEGABYTE: u64 = 1 << 20;

/// How Athena is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The workgroup.
    pub workgroup: String,
    /// Where results go; `None` if the workgroup says so.
    pub output: Option<String>,
    /// Statements that run at once.
    pub concurrency: usize,
    /// Partitions that one statement may list.
    pub partitions: u64,
    /// Candidates that a pack may have.
    pub candidates: u64,
    /// How long all statements of a pack may take.
    pub timeout: Duration,
}

/// A table on Athena.
#[derive(Debug)]
pub struct Athena {
    /// Its statements.
    pub statements: Statements,
    /// The table as it is.
    pub table: Definition,
    /// How Athena is used.
    pub settings: Settings,
}

/// The candidates of a pack, and what they cost.
#[derive(Debug)]
pub struct Gathered {
    /// Holds one file, with a record a line.
    pub folder: TempDir,
    /// Statements that succeeded.
    pub statements: u64,
    /// Partitions that they listed.
    pub partitions: u64,
    /// Bytes that all executions scanned.
    pub scanned_bytes: u64,
    /// What that costs.
    pub cost_usd: f64,
}

/// Why there are no candidates.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The service refuses: nothing can be asked.
    #[error(transparent)]
    Refused(#[from] AwsError),
    /// What was asked gave no whole answer.
    #[error("{}", .0.reason)]
    Unanswered(NoAnswer),
}

fn unanswered(reason: String, hint: &str) -> GatherError {
    GatherError::Unanswered(NoAnswer { reason, hint: Some(hint.to_owned()) })
}

fn unkept(error: io::Error) -> GatherError {
    unanswered(format!("the candidates cannot be kept: {error}"), "give the temporary directory more room")
}

impl Athena {
    /// How a person would name it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{} ({})", self.table.database, self.table.name, self.table.location)
    }

    /// The values of a projection's list.
    fn listed(&self, parameter: &str) -> Vec<String> {
        let list = self.table.parameters.get(parameter).map_or("", String::as_str);
        list.split(',').filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// The statements that bring what these needs ask of a window, each with the partitions that it lists.
    #[must_use]
    pub fn asked(&self, window: Window, needs: &[&Needs]) -> Vec<(Batch, Sql)> {
        let accounts = self.listed("projection.account.values");
        let regions = self.listed("projection.region.values").len() as u64;
        let Definition { database, name, .. } = &self.table;
        batches(window, &accounts, regions, self.settings.partitions)
            .into_iter()
            .map(|batch| {
                // One more than may be: so that it is told when there are too many.
                let sql = statement(database, name, &batch, window, needs, self.settings.candidates + 1);
                (batch, sql)
            })
            .collect()
    }

    /// Runs the statements and brings their candidates. The same `run` asked again does not pay again.
    ///
    /// # Errors
    ///
    /// If the service refuses, a statement fails for good, there are too many candidates, or it takes too long.
    pub async fn gather(&self, run: &str, window: Window, needs: &[&Needs]) -> Result<Gathered, GatherError> {
        let folder = tempfile::tempdir().map_err(unkept)?;
        let file = File::create(folder.path().join("candidates.jsonl")).map_err(unkept)?;
        let mut task = Task {
            athena: self,
            run,
            asked: self.asked(window, needs),
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            out: BufWriter::new(file),
            candidates: 0,
            scanned: BTreeMap::new(),
        };
        task.waiting.extend((0..task.asked.len()).map(|number| (number, 0)));
        let outcome = task.work().await;
        if outcome.is_err() {
            task.stop().await;
        }
        outcome?;
        task.out.flush().map_err(unkept)?;
        Ok(Gathered {
            statements: task.asked.len() as u64,
            partitions: task.asked.iter().map(|(batch, _)| batch.partitions).sum(),
            scanned_bytes: task.scanned.values().sum(),
            cost_usd: task.scanned.values().map(|bytes| cost_usd(*bytes)).sum(),
            folder,
        })
    }
}

/// What a statement costs that scanned so many bytes.
fn cost_usd(scanned_bytes: u64) -> f64 {
    let billed = scanned_bytes.max(LEAST_BYTES).div_ceil(MEGABYTE) * MEGABYTE;
    billed as f64 * DOLLARS_PER_BYTE
}

/// The same run, statement, place and attempt give the same token; nothing else does.
fn token(run: &str, sql: &str, settings: &Settings, attempt: u32) -> String {
    let mut hash = Sha256::new();
    let output = settings.output.as_deref().unwrap_or_default();
    for part in [run, sql, &settings.workgroup, output, &attempt.to_string()] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The statements of one pack on their way.
struct Task<'a> {
    athena: &'a Athena,
    run: &'a str,
    asked: Vec<(Batch, Sql)>,
    /// Numbers of statements with their attempts until now.
    waiting: VecDeque<(usize, u32)>,
    /// By execution.
    running: BTreeMap<String, (usize, u32)>,
    out: BufWriter<File>,
    candidates: u64,
    /// Bytes that each execution scanned.
    scanned: BTreeMap<String, u64>,
}

impl Task<'_> {
    async fn work(&mut self) -> Result<(), GatherError> {
        let (began, settings) = (Instant::now(), &self.athena.settings);
        let mut pause = FIRST_PAUSE;
        loop {
            while self.running.len() < settings.concurrency.max(1)
                && let Some((number, attempt)) = self.waiting.pop_front()
            {
                let id = self.start(number, attempt).await?;
                self.running.insert(id, (number, attempt));
            }
            if self.running.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            let ids: Vec<String> = self.running.keys().cloned().collect();
            for watched in self.athena.statements.watch(&ids).await? {
                self.scanned.insert(watched.id.clone(), watched.scanned_bytes);
                match watched.phase {
                    Phase::UnderWay => {}
                    Phase::Succeeded(object) => {
                        self.running.remove(&watched.id);
                        self.take(&watched.id, object).await?;
                        pause = FIRST_PAUSE;
                    }
                    Phase::Failed { reason, again } => {
                        let (number, attempt) = self.running.remove(&watched.id).unwrap_or_default();
                        if !again || attempt + 1 >= ATTEMPTS {
                            let reason = format!("its statement on Athena {reason}");
                            return Err(unanswered(reason, hint_of(&watched.id).as_str()));
                        }
                        self.waiting.push_back((number, attempt + 1));
                    }
                }
            }
            if !self.running.is_empty() && began.elapsed() > settings.timeout {
                let reason =
                    format!("its statements on Athena took longer than {} s", settings.timeout.as_secs());
                return Err(unanswered(reason, "ask for a shorter window, or raise `timeout` in `[athena]`"));
            }
        }
    }

    async fn start(&self, number: usize, attempt: u32) -> Result<String, AwsError> {
        let Athena { statements, table, settings } = self.athena;
        let sql = self.asked[number].1.text();
        let start = Start {
            sql,
            token: &token(self.run, sql, settings, attempt),
            database: &table.database,
            workgroup: &settings.workgroup,
            output: settings.output.as_deref(),
        };
        statements.start(start).await
    }

    /// Appends a statement's candidates to the file.
    async fn take(&mut self, id: &str, object: Option<String>) -> Result<(), GatherError> {
        match object {
            Some(url) => {
                let mut copy = tempfile::tempfile().map_err(unkept)?;
                fetch(&url, &mut copy).await.map_err(|reason| {
                    let hint = "allow the role to read where the workgroup puts results";
                    unanswered(format!("the result `{url}` cannot be read: {reason}"), hint)
                })?;
                self.take_csv(copy, &url)?;
            }
            None => {
                let mut token = None;
                loop {
                    let (rows, next) = self.athena.statements.page(id, token).await?;
                    rows.iter().flatten().try_for_each(|record| self.push(record.as_bytes()))?;
                    token = next;
                    if token.is_none() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn take_csv(&mut self, mut copy: File, url: &str) -> Result<(), GatherError> {
        let broken = |what: &str| unanswered(format!("the result `{url}` {what}"), "run it again");
        // A result that broke off would pass for a whole one: every row ends with a line's end.
        let mut last = [0];
        let whole =
            copy.seek(SeekFrom::End(-1)).and_then(|_| copy.read_exact(&mut last)).is_ok() && last == *b"\n";
        if !whole {
            return Err(broken("is not whole"));
        }
        copy.seek(SeekFrom::Start(0)).map_err(unkept)?;
        let mut copy = BufReader::new(copy);
        let mut header = String::new();
        copy.read_line(&mut header).map_err(unkept)?;
        if header.trim_end().trim_matches('"') != RECORD {
            return Err(broken("has other columns than were asked for"));
        }
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(copy);
        let mut row = csv::ByteRecord::new();
        while rows.read_byte_record(&mut row).map_err(|_| broken("is not CSV"))? {
            self.push(row.get(0).unwrap_or_default())?;
        }
        Ok(())
    }

    fn push(&mut self, record: &[u8]) -> Result<(), GatherError> {
        self.candidates += 1;
        let limit = self.athena.settings.candidates;
        if self.candidates > limit {
            let reason = format!("the pack has more than {limit} candidate events in this window");
            return Err(unanswered(reason, "ask for a shorter window, or raise `candidates` in `[athena]`"));
        }
        self.out.write_all(record).and_then(|()| self.out.write_all(b"\n")).map_err(unkept)
    }

    /// Stops what still runs: it would be paid for and read by nobody.
    async fn stop(&self) {
        for id in self.running.keys() {
            // Whether it works or not, there is nothing more to do; the failure that led here is told.
            let _ = self.athena.statements.stop(id).await;
        }
    }
}

fn hint_of(id: &str) -> String {
    format!("look at the statement {id} in Athena's history")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_costs_at_least_ten_megabytes() {
        assert_eq!(cost_usd(0), cost_usd(LEAST_BYTES));
        assert!((cost_usd(1 << 40) - 5.0).abs() < 1e-9);
        assert!(cost_usd((1 << 40) + 1) > 5.0);
    }

    #[test]
    fn only_the_same_statement_of_the_same_run_has_the_same_token() {
        let settings = Settings {
            workgroup: "primary".to_owned(),
            output: None,
            concurrency: 1,
            partitions: 1,
            candidates: 1,
            timeout: Duration::from_secs(1),
        };
        let other = Settings { workgroup: "security".to_owned(), ..settings.clone() };
        let of = |run, sql, settings, attempt| token(run, sql, settings, attempt);
        assert_eq!(of("a", "b", &settings, 0), of("a", "b", &settings, 0));
        for different in [
            of("x", "b", &settings, 0),
            of("a", "x", &settings, 0),
            of("a", "b", &other, 0),
            of("a", "b", &settings, 1),
            of("ab", "", &settings, 0),
        ] {
            assert_ne!(different, of("a", "b", &settings, 0));
        }
        assert_eq!(of("a", "b", &settings, 0).len(), 64);
    }
}
