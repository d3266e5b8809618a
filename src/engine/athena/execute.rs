//! Executes the statements of a pack: downloads its candidates into a file for the embedded engine, and reads the rows of
//! detections with statements of their own.

use std::{collections::BTreeMap, io};

use tempfile::TempDir;

use super::{
    Athena, ExecuteError, ExecutionStats, Invocation, Ledger,
    flood::{CandidateFile, MOST_FULL_STATEMENTS},
    planned_statement::PlannedStatement,
    results::{self, ResultError, unanswered},
    route::{RoutedQuestion, Routes},
    rows,
    runner::{EndedStatement, Runner},
};
use crate::{
    domain::rows::Rows,
    engine::{Answer, NoAnswer},
};

/// What Athena returned for a pack, and what that took.
#[derive(Debug)]
pub struct PackResult {
    /// A folder with one file, one candidate a line; `None` if no detection is answered over candidates.
    pub candidates: Option<TempDir>,
    /// Answers by question: of detections with statements of their own, and of all that cannot be answered over candidates.
    pub answers: BTreeMap<usize, Answer>,
    /// How many shared statements ran again over both halves of their time, because they returned too many candidates.
    pub halved: usize,
    /// Whether there were too many candidates even so, so that detections had statements of their own.
    pub fell_back: bool,
    /// Statements that were executed.
    pub statements: u64,
    /// Partitions that they listed.
    pub partitions: u64,
    /// The statistics of every execution, also of those that were repeated.
    pub executed: Vec<ExecutionStats>,
}

impl Athena {
    /// Whether an earlier invocation of the run has started statements of these.
    pub fn has_begun<L: Ledger>(&self, invocation: &mut Invocation<'_, L>, routes: &Routes) -> bool {
        let mut runner = Runner::new(self, invocation);
        for statement in routes.statements() {
            runner.add(statement.sql.clone());
        }
        runner.has_begun()
    }

    /// Executes a pack. Executing the same run again pays nothing twice. `limit` is how many rows a detection may return.
    ///
    /// # Errors
    ///
    /// If the service refuses, or the deadline comes and the run can be resumed.
    pub async fn execute<L: Ledger>(
        &self,
        invocation: &mut Invocation<'_, L>,
        routes: &Routes,
        limit: usize,
    ) -> Result<PackResult, ExecuteError> {
        let mut runner = Runner::new(self, invocation);
        let mut task = PackExecution {
            athena: self,
            routes,
            limit,
            purposes: Vec::new(),
            candidates: Candidates::Collecting(None),
            partial: BTreeMap::new(),
            answers: BTreeMap::new(),
            shared: BTreeMap::new(),
            halved: 0,
            fell_back: false,
            partitions: 0,
        };
        let executed = task.work(&mut runner).await;
        if executed.is_err() {
            runner.abandon().await;
        }
        executed?;
        let candidates = task.candidate_folder();
        Ok(PackResult {
            candidates,
            answers: task.answers,
            halved: task.halved,
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
    /// It selects the candidates of the detections with the shared route.
    Shared,
    /// It answers this question.
    Own(usize),
}

/// The candidates so far.
enum Candidates {
    Collecting(Option<CandidateFile>),
    GivenUp,
}

/// An answer of which some statements are missing.
struct PartialAnswer {
    /// Statements that have not ended.
    missing: usize,
    rows: Rows,
}

struct PackExecution<'a> {
    athena: &'a Athena,
    routes: &'a Routes,
    limit: usize,
    /// By the statement's number.
    purposes: Vec<Purpose>,
    candidates: Candidates,
    partial: BTreeMap<usize, PartialAnswer>,
    answers: BTreeMap<usize, Answer>,
    /// The shared statements by their numbers, each with how often its time was halved.
    shared: BTreeMap<usize, (&'a PlannedStatement, usize)>,
    halved: usize,
    fell_back: bool,
    partitions: u64,
}

impl<'a> PackExecution<'a> {
    async fn work<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>) -> Result<(), ExecuteError> {
        for statement in &self.routes.shared {
            self.add_shared(runner, statement, 0);
        }
        if !self.routes.shared.is_empty() {
            match CandidateFile::new() {
                Ok(file) => self.candidates = Candidates::Collecting(Some(file)),
                Err(error) => self.give_up_shared(runner, &cannot_keep(error)).await,
            }
        }
        for (question, _) in self.routes.own_questions() {
            self.add_own(runner, question);
        }
        while let Some(ended) = runner.next().await? {
            match self.purposes[ended.statement()] {
                Purpose::Shared => self.take_candidates(runner, ended).await?,
                Purpose::Own(question) => self.take_rows(runner, ended, question).await?,
            }
        }
        Ok(())
    }

    fn add<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        statement: &PlannedStatement,
        purpose: Purpose,
    ) {
        runner.add(statement.sql.clone());
        self.purposes.push(purpose);
        self.partitions += statement.partitions;
    }

    fn add_shared<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        statement: &'a PlannedStatement,
        level: usize,
    ) {
        self.shared.insert(self.purposes.len(), (statement, level));
        self.add(runner, statement, Purpose::Shared);
    }

    /// Adds a detection's own statements.
    fn add_own<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, question: usize) {
        let Some(RoutedQuestion { own, outline, .. }) = &self.routes.routed[question] else { return };
        match own {
            Ok(statements) => {
                let columns = outline.columns.iter().map(|(name, _)| name.clone()).collect();
                let rows = Rows { columns, rows: Vec::new() };
                self.partial.insert(question, PartialAnswer { missing: statements.len(), rows });
                for statement in statements {
                    self.add(runner, statement, Purpose::Own(question));
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
        ended: EndedStatement,
    ) -> Result<(), ExecuteError> {
        let Candidates::Collecting(Some(file)) = &mut self.candidates else { return Ok(()) };
        let limit = self.athena.settings.candidates;
        let (before, mut is_too_much) = (file.length(), false);
        let mut take = |record: &[u8]| {
            let lines = file.length().lines;
            is_too_much = lines - before.lines >= limit || lines >= limit * MOST_FULL_STATEMENTS;
            if is_too_much {
                return Err(unanswered(String::new(), ""));
            }
            file.add(record).map_err(cannot_keep)
        };
        let taken = match &ended.outcome {
            Ok(object) => {
                results::each(&self.athena.statements, &ended.id, object.as_deref(), &mut take).await
            }
            Err(no_answer) => Err(ResultError::NoAnswer(no_answer.clone())),
        };
        match taken {
            Ok(()) => Ok(()),
            Err(ResultError::Gone) => {
                again(runner, ended);
                Ok(())
            }
            Err(ResultError::Refused(error)) => Err(error.into()),
            Err(ResultError::NoAnswer(_)) if is_too_much => {
                match file.cut(before) {
                    Ok(()) => self.ask_in_parts(runner, ended.statement()).await,
                    Err(error) => self.give_up_shared(runner, &cannot_keep(error)).await,
                }
                Ok(())
            }
            Err(ResultError::NoAnswer(no_answer)) => {
                self.give_up_shared(runner, &no_answer).await;
                Ok(())
            }
        }
    }

    /// A shared statement returned too many candidates: it runs again over both halves of its time, if that is allowed.
    async fn ask_in_parts<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, number: usize) {
        let asked = self.shared.get(&number).copied();
        match asked.filter(|(statement, level)| {
            *level < self.routes.fall_back.levels && !statement.halves.is_empty()
        }) {
            Some((statement, level)) => {
                self.halved += 1;
                for half in &statement.halves {
                    self.add_shared(runner, half, level + 1);
                }
            }
            None => self.fall_back(runner).await,
        }
    }

    /// There are too many candidates: detections get statements of their own, as far as the price allows.
    async fn fall_back<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>) {
        self.give_up(runner, Purpose::Shared).await;
        self.candidates = Candidates::GivenUp;
        self.fell_back = true;
        for question in self.routes.shared_questions() {
            match self.routes.fall_back.refused.get(&question) {
                Some(no_answer) => {
                    self.answers.insert(question, Answer::Unanswered(no_answer.clone()));
                }
                None => self.add_own(runner, question),
            }
        }
    }

    /// The candidates are not available, and neither is any answer over them.
    async fn give_up_shared<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, no_answer: &NoAnswer) {
        self.give_up(runner, Purpose::Shared).await;
        self.candidates = Candidates::GivenUp;
        let unanswered = |question| (question, Answer::Unanswered(no_answer.clone()));
        self.answers.extend(self.routes.shared_questions().map(unanswered));
    }

    async fn give_up<L: Ledger>(&self, runner: &mut Runner<'_, '_, L>, purpose: Purpose) {
        runner.give_up(|number| self.purposes[number] == purpose).await;
    }

    async fn take_rows<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        ended: EndedStatement,
        question: usize,
    ) -> Result<(), ExecuteError> {
        let Some(routed) = &self.routes.routed[question] else { return Ok(()) };
        let Some(answer) = self.partial.get_mut(&question) else { return Ok(()) };
        let before = answer.rows.rows.len();
        let mut take = |record: &[u8]| {
            let row = rows::row(record, &routed.outline.columns);
            let broken = || unanswered("the result has unexpected columns".to_owned(), "run it again");
            answer.rows.rows.push(row.ok_or_else(broken)?);
            Ok(())
        };
        let taken = match &ended.outcome {
            Ok(object) => {
                results::each(&self.athena.statements, &ended.id, object.as_deref(), &mut take).await
            }
            Err(no_answer) => Err(ResultError::NoAnswer(no_answer.clone())),
        };
        match taken {
            Ok(()) => {
                answer.missing -= 1;
                if answer.missing == 0
                    && let Some(mut complete) = self.partial.remove(&question)
                {
                    let truncated = complete.rows.rows.len() > self.limit;
                    complete.rows.rows.truncate(self.limit);
                    let rows = complete.rows;
                    let answer = Answer::Rows { rows, truncated, undecidable: Vec::new() };
                    self.answers.insert(question, answer);
                }
            }
            Err(ResultError::Gone) => {
                answer.rows.rows.truncate(before);
                again(runner, ended);
            }
            Err(ResultError::Refused(error)) => return Err(error.into()),
            Err(ResultError::NoAnswer(no_answer)) => {
                self.partial.remove(&question);
                self.answers.insert(question, Answer::Unanswered(no_answer));
                self.give_up(runner, Purpose::Own(question)).await;
            }
        }
        Ok(())
    }

    /// The folder with all candidates; if their file cannot be completed, nothing is answered over them.
    fn candidate_folder(&mut self) -> Option<TempDir> {
        match std::mem::replace(&mut self.candidates, Candidates::GivenUp) {
            Candidates::Collecting(Some(file)) => match file.close() {
                Ok(folder) => Some(folder),
                Err(error) => {
                    let no_answer = cannot_keep(error);
                    let unanswered = |question| (question, Answer::Unanswered(no_answer.clone()));
                    self.answers.extend(self.routes.shared_questions().map(unanswered));
                    None
                }
            },
            _ => None,
        }
    }
}

fn cannot_keep(error: io::Error) -> NoAnswer {
    let reason = format!("the candidates cannot be stored: {error}");
    unanswered(reason, "give the temporary directory more room")
}

/// Runs a statement again whose result does not exist any more.
fn again<L: Ledger>(runner: &mut Runner<'_, '_, L>, ended: EndedStatement) {
    let reason = format!("the result of its statement {} is gone", ended.id);
    let hint = "find out what deletes objects in the workgroup's output location";
    runner.again(ended, unanswered(reason, hint));
}
