//! A detection's own statement has failed because of what an event holds: the candidates of what it read are brought instead,
//! for the embedded engine. If they are too many, the statement runs again over both halves of what it read, of which one may
//! succeed. All of it is priced before it is started.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    io,
};

use super::{
    super::{
        batches::Batch,
        flood::CandidateFile,
        left_out::{is_of_left_out, leaving_out},
        pack_result::{Brought, SecondLookResult},
        planned_statement::{PlannedStatement, TimePart},
        second_look::is_of_data,
    },
    Answer, EndedStatement, ExecuteError, Ledger, NoAnswer, PackExecution, Purpose, ResultError, Runner,
    again, cannot_keep, into_file,
};

/// Statements that a pack may have because others failed through what events hold.
const MOST: usize = 200;

/// What to do if a detection has no answer because of what an event holds.
const HINT: &str = "use TRY_CAST or TRY(…) in its SQL where a value may have another shape, or narrow its WHERE to some event \
                    names, so that it uses the shared statement";

/// The candidates of detections whose own statements failed, and how many statements that took.
#[derive(Default)]
pub(super) struct SecondLooks {
    files: BTreeMap<usize, CandidateFile>,
    /// Why the first statement of each failed.
    failures: BTreeMap<usize, NoAnswer>,
    /// Those of which only the events are brought that lack a field: Athena answers over the others.
    left_out: BTreeSet<usize>,
    /// Those whose statements compare or count events, and were asked over parts to find the events that they fail on.
    probed: BTreeSet<usize>,
    statements: usize,
}

impl PackExecution<'_> {
    /// Brings the candidates of what a statement read that failed because of what an event holds, and returns the number of
    /// statements for it.
    ///
    /// # Errors
    ///
    /// With the reason, if it failed for another one, or if that is too much.
    pub(super) fn look_again<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        number: usize,
        question: usize,
        failure: &NoAnswer,
    ) -> Result<usize, NoAnswer> {
        let routed = self.routes.routed[question].as_ref();
        let may_be_data = is_of_data(&failure.reason) && !self.second_looks.left_out.contains(&question);
        let Some(routed) = routed.filter(|_| may_be_data) else { return Err(failure.clone()) };
        self.second_looks.failures.entry(question).or_insert_with(|| failure.clone());
        if let Entry::Vacant(vacant) = self.second_looks.files.entry(question) {
            vacant.insert(CandidateFile::new().map_err(cannot_keep)?);
        }
        let statements = routed.second_look.statements(self.athena, &self.planned[number]);
        let no_answer = |why: String| NoAnswer {
            reason: format!(
                "{}; its events were not brought to be judged one by one, because {why}",
                failure.reason
            ),
            hint: Some(HINT.to_owned()),
        };
        self.add_instead(runner, &statements, Purpose::Second(question)).map_err(no_answer)
    }

    /// Adds statements in place of one that failed, and returns how many these are.
    fn add_instead<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        statements: &[PlannedStatement],
        purpose: Purpose,
    ) -> Result<usize, String> {
        self.second_looks.statements += statements.len();
        if self.second_looks.statements > MOST {
            return Err(format!("that would take more than {MOST} statements"));
        }
        self.routes.allowance.add(self.athena, &mut self.addition, statements)?;
        for statement in statements {
            self.add(runner, statement, purpose);
        }
        Ok(statements.len())
    }

    pub(super) async fn take_second_look<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        ended: EndedStatement,
        question: usize,
    ) -> Result<(), ExecuteError> {
        let Some(file) = self.second_looks.files.get_mut(&question) else { return Ok(()) };
        let limit = self.athena.settings.candidates;
        let before = file.length();
        let (taken, is_too_much) = into_file(self.athena, &ended, file, |length| length.lines >= limit).await;
        match taken {
            Ok(()) => self.ended_well(question),
            Err(ResultError::Gone) => {
                // What was read before it was gone comes again.
                match file.cut(before) {
                    Ok(()) => again(runner, ended),
                    Err(error) => self.not_kept(runner, question, error).await,
                }
            }
            Err(ResultError::Refused(error)) => return Err(error.into()),
            Err(ResultError::NoAnswer(no_answer)) => {
                if let Err(error) = file.cut(before) {
                    self.not_kept(runner, question, error).await;
                    return Ok(());
                }
                let (more, failure) = match is_too_much {
                    true => self.in_halves(runner, ended.statement(), question),
                    false => {
                        let more = self.repair(runner, ended.statement(), &no_answer);
                        (more.ok_or_else(|| no_answer.clone()), no_answer)
                    }
                };
                self.replaced(runner, question, more, failure).await;
            }
        }
        Ok(())
    }

    /// There are too many candidates in what a statement read: it runs again over both halves of that, or, if it failed because a
    /// field was left out, over the events that lack none.
    fn in_halves<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        number: usize,
        question: usize,
    ) -> (Result<usize, NoAnswer>, NoAnswer) {
        let limit = self.athena.settings.candidates;
        let said = self.second_looks.failures.get(&question).map_or("", |failure| &failure.reason).to_owned();
        let failure = |why: &str| NoAnswer {
            reason: format!(
                "{said}; there are more than {limit} candidate events to judge one by one, {why}"
            ),
            hint: Some(HINT.to_owned()),
        };
        let of_candidates = self.planned[number].clone();
        let own = self.routes.own_statements(question).next();
        let probe = self.routes.routed[question].as_ref().and_then(|routed| routed.probe.as_ref());
        let more = match (own, &of_candidates.batch, probe) {
            (Some(own), Some(batch), _) if own.batch.is_some() => {
                self.add_halves(runner, own, (batch, of_candidates.time), Purpose::Own(question))
            }
            (Some(own), _, _) if is_of_left_out(&said) && self.is_only_look(question) => {
                self.second_looks.left_out.insert(question);
                self.without_left_out(runner, own, question)
            }
            (_, Some(batch), Some(probe)) => {
                self.second_looks.probed.insert(question);
                self.add_halves(runner, probe, (batch, of_candidates.time), Purpose::Probe(question))
            }
            _ => Err("it compares or counts events, so that it cannot be split".to_owned()),
        };
        (more.map_err(|why| failure(&format!("and {why}"))), failure("and none of its parts was read"))
    }

    /// Asks a statement over both halves of what the candidates lie in.
    fn add_halves<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        own: &PlannedStatement,
        (batch, time): (&Batch, Option<TimePart>),
        purpose: Purpose,
    ) -> Result<usize, String> {
        let all = self.athena.projected();
        let own = time.map_or_else(|| own.clone(), |time| own.at(time));
        let mut halves: Vec<PlannedStatement> =
            batch.halves(&all).iter().map(|half| own.over(half)).collect();
        if halves.is_empty() {
            halves = own.over(batch).halves_of_time();
        }
        if halves.is_empty() {
            return Err("they cannot be told apart".to_owned());
        }
        let added = self.add_instead(runner, &halves, purpose);
        added.map_err(|why| format!("its parts were not asked: {why}"))
    }

    /// Whether one statement brings all candidates of a question.
    fn is_only_look(&self, question: usize) -> bool {
        self.purposes.iter().filter(|purpose| **purpose == Purpose::Second(question)).count() == 1
    }

    /// Asks again over the events that lack no field, and for those that do.
    fn without_left_out<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        own: &PlannedStatement,
        question: usize,
    ) -> Result<usize, String> {
        let Some(routed) = self.routes.routed[question].as_ref() else { return Ok(0) };
        let only_left_out = routed.second_look.of_left_out(self.athena, own);
        let own = PlannedStatement { sql: leaving_out(own.sql.clone()), ..own.clone() };
        let more = self.add_instead(runner, &[own], Purpose::Own(question))?;
        Ok(more + self.add_instead(runner, &only_left_out, Purpose::Second(question))?)
    }

    async fn not_kept<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        question: usize,
        error: io::Error,
    ) {
        let failure = cannot_keep(error);
        self.replaced(runner, question, Err(failure.clone()), failure).await;
    }

    /// The candidates of questions that are to be answered over them, too.
    pub(super) fn second_looks(&mut self) -> BTreeMap<usize, SecondLookResult> {
        let mut found = BTreeMap::new();
        for (question, file) in std::mem::take(&mut self.second_looks.files) {
            if !matches!(self.answers.get(&question), Some(Answer::Rows { .. })) {
                continue;
            }
            let brought = match question {
                _ if self.second_looks.left_out.contains(&question) => Brought::LeftOut,
                _ if self.second_looks.probed.contains(&question) => Brought::Failing,
                _ => Brought::All,
            };
            match file.close() {
                Ok(folder) => drop(found.insert(question, SecondLookResult { folder, brought })),
                Err(error) => drop(self.answers.insert(question, Answer::Unanswered(cannot_keep(error)))),
            }
        }
        found
    }
}
