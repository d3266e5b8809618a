//! Brings the candidates of a pack into a file that the embedded engine reads.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    time::Duration,
};

use tempfile::TempDir;

use super::{
    Executed, Halt, Invocation, Ledger,
    batches::{Batch, batches},
    candidates::{RECORD, statement},
    runner::{Ended, Runner},
};
use crate::{
    aws::athena::Statements,
    domain::time::Window,
    engine::{NoAnswer, embedded::pack::Needs},
    plan::Sql,
    s3::fetch::{Unfetched, fetch},
    table::Definition,
};

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
    /// What every execution took, also one that was run again.
    pub executed: Vec<Executed>,
}

/// Why there are no candidates.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// Nothing more can be asked.
    #[error(transparent)]
    Halted(#[from] Halt),
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

    /// Runs the statements and brings their candidates. The same run asked again does not pay again.
    ///
    /// # Errors
    ///
    /// If the service refuses, a statement fails for good, there are too many candidates, or it takes too long.
    pub async fn gather<L: Ledger>(
        &self,
        invocation: &mut Invocation<'_, L>,
        window: Window,
        needs: &[&Needs],
    ) -> Result<Gathered, GatherError> {
        let folder = tempfile::tempdir().map_err(unkept)?;
        let file = File::create(folder.path().join("candidates.jsonl")).map_err(unkept)?;
        let asked = self.asked(window, needs);
        let mut taken = Taken { athena: self, out: BufWriter::new(file), candidates: 0 };
        let mut runner = Runner::new(self, invocation, asked.iter().map(|(_, sql)| sql));
        match taken.all(&mut runner).await {
            Ok(()) => {}
            Err(GatherError::Halted(halt)) => {
                runner.abandon().await;
                return Err(halt.into());
            }
            Err(error) => {
                runner.give_up(|_| true).await;
                return Err(error);
            }
        }
        taken.out.flush().map_err(unkept)?;
        Ok(Gathered {
            statements: asked.len() as u64,
            partitions: asked.iter().map(|(batch, _)| batch.partitions).sum(),
            executed: runner.executed().cloned().collect(),
            folder,
        })
    }
}

/// The candidates that were brought until now.
struct Taken<'a> {
    athena: &'a Athena,
    out: BufWriter<File>,
    candidates: u64,
}

impl Taken<'_> {
    async fn all<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>) -> Result<(), GatherError> {
        while let Some(ended) = runner.next().await? {
            match &ended.outcome {
                Err(no_answer) => return Err(GatherError::Unanswered(no_answer.clone())),
                Ok(Some(url)) => {
                    let mut copy = tempfile::tempfile().map_err(unkept)?;
                    match fetch(url, &mut copy).await {
                        Ok(()) => self.take_csv(copy, url)?,
                        Err(Unfetched::Gone) => gone(runner, ended),
                        Err(Unfetched::Failed(reason)) => {
                            let hint = "allow the role to read where the workgroup puts results";
                            return Err(unanswered(
                                format!("the result `{url}` cannot be read: {reason}"),
                                hint,
                            ));
                        }
                    }
                }
                Ok(None) => self.take_pages(&ended.id).await?,
            }
        }
        Ok(())
    }

    async fn take_pages(&mut self, id: &str) -> Result<(), GatherError> {
        let mut token = None;
        loop {
            let (rows, next) = self.athena.statements.page(id, token).await.map_err(Halt::from)?;
            rows.iter().flatten().try_for_each(|record| self.push(record.as_bytes()))?;
            token = next;
            if token.is_none() {
                return Ok(());
            }
        }
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
}

/// A result that is not there any more: the statement is run again.
fn gone<L: Ledger>(runner: &mut Runner<'_, '_, L>, ended: Ended) {
    let reason = format!("the result of its statement {} is gone", ended.id);
    let hint = "look at what deletes objects where the workgroup puts results";
    runner.again(ended, NoAnswer { reason, hint: Some(hint.to_owned()) });
}
