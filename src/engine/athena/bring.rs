//! Asks a pack: its candidates come into a file that the embedded engine reads, answers of detections with statements of
//! their own as rows.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write as _},
};

use tempfile::TempDir;

use super::{
    Athena, Executed, Halt, Invocation, Ledger,
    results::{self, Untaken, unanswered},
    rows,
    runner::{Ended, Runner},
    ways::{Asked, Asking, Ways},
};
use crate::{
    domain::rows::Rows,
    engine::{Answer, NoAnswer},
};

/// What Athena brought, and what that took.
#[derive(Debug)]
pub struct Brought {
    /// Holds one file with a candidate a line; `None` if no detection is to be answered over candidates.
    pub candidates: Option<TempDir>,
    /// Answers by question: of those with statements of their own, and of all that cannot be answered over candidates.
    pub answers: BTreeMap<usize, Answer>,
    /// Whether there were too many candidates, so that each detection had a statement of its own.
    pub fell_back: bool,
    /// Statements that were asked.
    pub statements: u64,
    /// Partitions that they listed.
    pub partitions: u64,
    /// What every execution took, also one that was run again.
    pub executed: Vec<Executed>,
}

impl Athena {
    /// Whether an earlier invocation of the run has started statements of these.
    pub fn has_begun<L: Ledger>(&self, invocation: &mut Invocation<'_, L>, ways: &Ways) -> bool {
        let mut runner = Runner::new(self, invocation);
        for asked in ways.statements() {
            runner.add(asked.sql.clone());
        }
        runner.has_begun()
    }

    /// Asks a pack. The same run asked again does not pay again. `limit` is how many rows a detection may answer.
    ///
    /// # Errors
    ///
    /// If the service refuses, or the deadline comes and somebody goes on with the run.
    pub async fn bring<L: Ledger>(
        &self,
        invocation: &mut Invocation<'_, L>,
        ways: &Ways,
        limit: usize,
    ) -> Result<Brought, Halt> {
        let mut runner = Runner::new(self, invocation);
        let mut task = Task {
            athena: self,
            ways,
            limit,
            purposes: Vec::new(),
            shared: Shared::Kept(None),
            open: BTreeMap::new(),
            answers: BTreeMap::new(),
            fell_back: false,
            partitions: 0,
        };
        let brought = task.work(&mut runner).await;
        if brought.is_err() {
            runner.abandon().await;
        }
        brought?;
        let candidates = task.candidates();
        Ok(Brought {
            candidates,
            answers: task.answers,
            fell_back: task.fell_back,
            statements: task.purposes.len() as u64,
            partitions: task.partitions,
            executed: runner.executed().cloned().collect(),
        })
    }
}

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The candidates of those that are asked together.
    Shared,
    /// The answer to this question.
    Own(usize),
}

/// The candidates until now.
enum Shared {
    Kept(Option<Kept>),
    GivenUp,
}

struct Kept {
    folder: TempDir,
    out: BufWriter<File>,
    count: u64,
}

impl Kept {
    fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let out = BufWriter::new(File::create(folder.path().join("candidates.jsonl"))?);
        Ok(Self { folder, out, count: 0 })
    }
}

/// An answer while it comes in.
struct Open {
    /// Statements that are not done.
    missing: usize,
    rows: Rows,
}

struct Task<'a> {
    athena: &'a Athena,
    ways: &'a Ways,
    limit: usize,
    /// By number of the statement.
    purposes: Vec<Purpose>,
    shared: Shared,
    open: BTreeMap<usize, Open>,
    answers: BTreeMap<usize, Answer>,
    fell_back: bool,
    partitions: u64,
}

impl Task<'_> {
    async fn work<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>) -> Result<(), Halt> {
        for asked in &self.ways.shared {
            self.add(runner, asked, Purpose::Shared);
        }
        if !self.ways.shared.is_empty() {
            match Kept::new() {
                Ok(kept) => self.shared = Shared::Kept(Some(kept)),
                Err(error) => self.unshare(runner, &unkept(error)).await,
            }
        }
        for (question, _) in self.ways.own_questions() {
            self.ask_alone(runner, question);
        }
        while let Some(ended) = runner.next().await? {
            match self.purposes[ended.number()] {
                Purpose::Shared => self.take_candidates(runner, ended).await?,
                Purpose::Own(question) => self.take_rows(runner, ended, question).await?,
            }
        }
        Ok(())
    }

    fn add<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, asked: &Asked, purpose: Purpose) {
        runner.add(asked.sql.clone());
        self.purposes.push(purpose);
        self.partitions += asked.partitions;
    }

    /// Asks a detection by statements of its own.
    fn ask_alone<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, question: usize) {
        let Some(Asking { own, outline, .. }) = &self.ways.asking[question] else { return };
        match own {
            Ok(statements) => {
                let columns = outline.columns.iter().map(|(name, _)| name.clone()).collect();
                let rows = Rows { columns, rows: Vec::new() };
                self.open.insert(question, Open { missing: statements.len(), rows });
                for asked in statements {
                    self.add(runner, asked, Purpose::Own(question));
                }
            }
            Err(no_answer) => {
                self.answers.insert(question, Answer::Unanswered(no_answer.clone()));
            }
        }
    }

    async fn take_candidates<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        ended: Ended,
    ) -> Result<(), Halt> {
        let Shared::Kept(Some(kept)) = &mut self.shared else { return Ok(()) };
        let most = self.athena.settings.candidates;
        let mut take = |record: &[u8]| {
            kept.count += 1;
            if kept.count > most {
                return Err(unanswered(String::new(), ""));
            }
            kept.out.write_all(record).and_then(|()| kept.out.write_all(b"\n")).map_err(unkept)
        };
        let taken = match &ended.outcome {
            Ok(object) => {
                results::each(&self.athena.statements, &ended.id, object.as_deref(), &mut take).await
            }
            Err(no_answer) => Err(Untaken::NoAnswer(no_answer.clone())),
        };
        match taken {
            Ok(()) => Ok(()),
            Err(Untaken::Gone) => {
                again(runner, ended);
                Ok(())
            }
            Err(Untaken::Refused(error)) => Err(error.into()),
            Err(Untaken::NoAnswer(_)) if kept.count > most => {
                match &self.ways.no_fall_back {
                    Some(no_answer) => self.unshare(runner, no_answer).await,
                    None => self.fall_back(runner).await,
                }
                Ok(())
            }
            Err(Untaken::NoAnswer(no_answer)) => {
                self.unshare(runner, &no_answer).await;
                Ok(())
            }
        }
    }

    /// There are too many candidates: every detection is asked by a statement of its own.
    async fn fall_back<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>) {
        self.give_up(runner, Purpose::Shared).await;
        self.shared = Shared::GivenUp;
        self.fell_back = true;
        for question in self.ways.shared_questions() {
            self.ask_alone(runner, question);
        }
    }

    /// There are no candidates, and so no answer over them.
    async fn unshare<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, no_answer: &NoAnswer) {
        self.give_up(runner, Purpose::Shared).await;
        self.shared = Shared::GivenUp;
        let unanswered = |question| (question, Answer::Unanswered(no_answer.clone()));
        self.answers.extend(self.ways.shared_questions().map(unanswered));
    }

    async fn give_up<L: Ledger>(&self, runner: &mut Runner<'_, '_, L>, purpose: Purpose) {
        runner.give_up(|number| self.purposes[number] == purpose).await;
    }

    async fn take_rows<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        ended: Ended,
        question: usize,
    ) -> Result<(), Halt> {
        let Some(asking) = &self.ways.asking[question] else { return Ok(()) };
        let Some(open) = self.open.get_mut(&question) else { return Ok(()) };
        let before = open.rows.rows.len();
        let mut take = |record: &[u8]| {
            let row = rows::row(record, &asking.outline.columns);
            let broken =
                || unanswered("the result has other columns than were asked for".to_owned(), "run it again");
            open.rows.rows.push(row.ok_or_else(broken)?);
            Ok(())
        };
        let taken = match &ended.outcome {
            Ok(object) => {
                results::each(&self.athena.statements, &ended.id, object.as_deref(), &mut take).await
            }
            Err(no_answer) => Err(Untaken::NoAnswer(no_answer.clone())),
        };
        match taken {
            Ok(()) => {
                open.missing -= 1;
                if open.missing == 0
                    && let Some(mut open) = self.open.remove(&question)
                {
                    let truncated = open.rows.rows.len() > self.limit;
                    open.rows.rows.truncate(self.limit);
                    self.answers.insert(question, Answer::Rows { rows: open.rows, truncated });
                }
            }
            Err(Untaken::Gone) => {
                open.rows.rows.truncate(before);
                again(runner, ended);
            }
            Err(Untaken::Refused(error)) => return Err(error.into()),
            Err(Untaken::NoAnswer(no_answer)) => {
                self.open.remove(&question);
                self.answers.insert(question, Answer::Unanswered(no_answer));
                self.give_up(runner, Purpose::Own(question)).await;
            }
        }
        Ok(())
    }

    /// The folder with the candidates, whole; if it cannot be, nothing is answered over them.
    fn candidates(&mut self) -> Option<TempDir> {
        match std::mem::replace(&mut self.shared, Shared::GivenUp) {
            Shared::Kept(Some(mut kept)) => match kept.out.flush() {
                Ok(()) => Some(kept.folder),
                Err(error) => {
                    let no_answer = unkept(error);
                    let unanswered = |question| (question, Answer::Unanswered(no_answer.clone()));
                    self.answers.extend(self.ways.shared_questions().map(unanswered));
                    None
                }
            },
            _ => None,
        }
    }
}

fn unkept(error: io::Error) -> NoAnswer {
    let reason = format!("the candidates cannot be kept: {error}");
    unanswered(reason, "give the temporary directory more room")
}

/// A result that is not there any more: the statement is run again.
fn again<L: Ledger>(runner: &mut Runner<'_, '_, L>, ended: Ended) {
    let reason = format!("the result of its statement {} is gone", ended.id);
    let hint = "look at what deletes objects where the workgroup puts results";
    runner.again(ended, unanswered(reason, hint));
}
