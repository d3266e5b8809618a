//! Executes the statements of a pack: downloads its candidates into a file for the embedded engine, and reads the rows of
//! detections with statements of their own.

mod own;
mod repair;
mod second_look;

use std::{collections::BTreeMap, io};

use tempfile::TempDir;

use super::{
    Athena, ExecuteError, Invocation, Ledger,
    estimate::Estimate,
    flood::{CandidateFile, Length, MOST_FULL_STATEMENTS},
    pack_result::{FellBack, PackResult},
    planned_statement::PlannedStatement,
    results::{self, ResultError, unanswered},
    route::Routes,
    runner::{EndedStatement, Runner},
    unreadable::Unread,
};
use crate::engine::{Answer, NoAnswer};
use own::PartialAnswer;
use second_look::SecondLooks;

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
            planned: Vec::new(),
            repairs: 0,
            unread: Unread::default(),
            shared_read: false,
            shared_failure: None,
            candidates: Candidates::Collecting(None),
            partial: BTreeMap::new(),
            second_looks: SecondLooks::default(),
            addition: Estimate::default(),
            answers: BTreeMap::new(),
            overflowed: false,
            levels: BTreeMap::new(),
            halved: 0,
            fell_back: None,
            partitions: 0,
        };
        let executed = task.work(&mut runner).await;
        if executed.is_err() {
            runner.abandon().await;
        }
        executed?;
        let candidates = task.candidate_folder();
        let second_looks = task.second_looks();
        Ok(PackResult {
            candidates,
            second_looks,
            judged: 0,
            answers: task.answers,
            overflowed: task.overflowed,
            halved: task.halved,
            fell_back: task.fell_back,
            addition: task.addition,
            unread: task.unread,
            statements: task.purposes.len() as u64,
            partitions: task.partitions,
            executed: runner.executed().cloned().collect(),
        })
    }
}

/// Athena's code for a statement that it cannot compile: its filter is too long.
const NOT_COMPILED: &str = "COMPILER_ERROR";

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// It selects the candidates of the detections with the shared route.
    Shared,
    /// It answers this question.
    Own(usize),
    /// It shows whether events that this question's own statement fails on lie in a part of what that reads.
    Probe(usize),
    /// It brings candidates of this question, whose own statement failed because of what an event holds.
    Second(usize),
}

/// The candidates so far.
enum Candidates {
    Collecting(Option<CandidateFile>),
    GivenUp,
}

struct PackExecution<'a> {
    athena: &'a Athena,
    routes: &'a Routes,
    limit: usize,
    /// By the statement's number.
    purposes: Vec<Purpose>,
    planned: Vec<PlannedStatement>,
    /// Statements in place of those that failed because of an object.
    repairs: usize,
    unread: Unread,
    /// Whether a statement for candidates has succeeded.
    shared_read: bool,
    /// Why one of them was replaced.
    shared_failure: Option<NoAnswer>,
    candidates: Candidates,
    partial: BTreeMap<usize, PartialAnswer>,
    second_looks: SecondLooks,
    /// What was asked in addition to what was planned.
    addition: Estimate,
    answers: BTreeMap<usize, Answer>,
    overflowed: bool,
    /// How often the time of each shared statement was halved, by its number.
    levels: BTreeMap<usize, usize>,
    halved: usize,
    fell_back: Option<FellBack>,
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
                Purpose::Own(question) | Purpose::Probe(question) => {
                    self.take_rows(runner, ended, question).await?;
                }
                Purpose::Second(question) => self.take_second_look(runner, ended, question).await?,
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
        self.planned.push(statement.clone());
        self.partitions += statement.partitions;
    }

    fn add_shared<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        statement: &PlannedStatement,
        level: usize,
    ) {
        self.levels.insert(self.purposes.len(), level);
        self.add(runner, statement, Purpose::Shared);
    }

    async fn take_candidates<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        ended: EndedStatement,
    ) -> Result<(), ExecuteError> {
        let Candidates::Collecting(Some(file)) = &mut self.candidates else { return Ok(()) };
        let limit = self.athena.settings.candidates;
        let before = file.length();
        let is_full = |length: Length| {
            length.lines - before.lines >= limit || length.lines >= limit * MOST_FULL_STATEMENTS
        };
        let (taken, is_too_much) = into_file(self.athena, &ended, file, is_full).await;
        match taken {
            Ok(()) => {
                self.shared_read = true;
                Ok(())
            }
            Err(ResultError::Gone) => {
                again(runner, ended);
                Ok(())
            }
            Err(ResultError::Refused(error)) => Err(error.into()),
            Err(ResultError::NoAnswer(_)) if is_too_much => {
                self.overflowed = true;
                match file.cut(before) {
                    Ok(()) => self.ask_in_parts(runner, ended.statement()).await,
                    Err(error) => self.give_up_shared(runner, &cannot_keep(error)).await,
                }
                Ok(())
            }
            Err(ResultError::NoAnswer(no_answer)) => {
                if no_answer.reason.contains(NOT_COMPILED) {
                    self.fall_back(runner, FellBack::TooLong).await;
                } else if self.repair(runner, ended.statement(), &no_answer).is_none() {
                    self.give_up_shared(runner, &no_answer).await;
                }
                Ok(())
            }
        }
    }

    /// A shared statement returned too many candidates: it runs again over both halves of its time, if that is allowed.
    async fn ask_in_parts<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, number: usize) {
        let level = self.levels.get(&number).copied().unwrap_or(0);
        let halves = self.planned[number].halves.clone();
        if level >= self.routes.fall_back.levels || halves.is_empty() {
            return self.fall_back(runner, FellBack::TooMany).await;
        }
        self.halved += 1;
        self.routes.allowance.count(self.athena, &mut self.addition, &halves);
        for half in &halves {
            self.add_shared(runner, half, level + 1);
        }
    }

    /// Detections get statements of their own, as far as the price allows.
    async fn fall_back<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, why: FellBack) {
        self.give_up(runner, Purpose::Shared).await;
        self.candidates = Candidates::GivenUp;
        self.fell_back = Some(why);
        for question in self.routes.shared_questions() {
            match self.routes.fall_back.refused.get(&question) {
                Some(no_answer) => {
                    let clause = why.clause(self.athena.settings.candidates);
                    let reason = format!("{clause}, and {}", no_answer.reason);
                    self.answers
                        .insert(question, Answer::Unanswered(NoAnswer { reason, ..no_answer.clone() }));
                }
                None => {
                    let statements = self.routes.own_statements(question);
                    self.routes.allowance.count(self.athena, &mut self.addition, statements);
                    self.add_own(runner, question);
                }
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

    /// The folder with all candidates; if their file cannot be completed, or none of their statements succeeded, nothing is
    /// answered over them.
    fn candidate_folder(&mut self) -> Option<TempDir> {
        let taken = std::mem::replace(&mut self.candidates, Candidates::GivenUp);
        let Candidates::Collecting(Some(file)) = taken else { return None };
        let unread = self.shared_failure.take().filter(|_| !self.shared_read);
        let closed = unread.map_or_else(|| file.close().map_err(cannot_keep), Err);
        let no_answer = match closed {
            Ok(folder) => return Some(folder),
            Err(no_answer) => no_answer,
        };
        let unanswered = |question| (question, Answer::Unanswered(no_answer.clone()));
        self.answers.extend(self.routes.shared_questions().map(unanswered));
        None
    }
}

/// Adds the candidates of a statement to a file until it is full; also returns whether there are more.
async fn into_file(
    athena: &Athena,
    ended: &EndedStatement,
    file: &mut CandidateFile,
    is_full: impl Fn(Length) -> bool,
) -> (Result<(), ResultError>, bool) {
    let mut is_too_much = false;
    let mut take = |record: &[u8]| {
        is_too_much = is_full(file.length());
        if is_too_much {
            return Err(unanswered(String::new(), ""));
        }
        file.add(record).map_err(cannot_keep)
    };
    let taken = results::each(&athena.statements, ended, &mut take).await;
    (taken, is_too_much)
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
