//! The rows of detections with statements of their own.

use super::{
    super::{route::RoutedQuestion, rows},
    Answer, EndedStatement, ExecuteError, Ledger, NoAnswer, PackExecution, Purpose, ResultError, Runner,
    again, results, unanswered,
};
use crate::domain::rows::Rows;

/// An answer of which some statements are missing.
pub(super) struct PartialAnswer {
    /// Statements that have not ended.
    pub(super) missing: usize,
    /// Whether one of them has succeeded.
    pub(super) is_read: bool,
    rows: Rows,
}

impl PackExecution<'_> {
    /// Adds a detection's own statements.
    pub(super) fn add_own<L: Ledger>(&mut self, runner: &mut Runner<'_, '_, L>, question: usize) {
        let Some(RoutedQuestion { own, outline, .. }) = &self.routes.routed[question] else { return };
        match own {
            Ok(statements) => {
                let columns = outline.columns.iter().map(|(name, _)| name.clone()).collect();
                let rows = Rows { columns, rows: Vec::new() };
                self.partial
                    .insert(question, PartialAnswer { missing: statements.len(), is_read: false, rows });
                for statement in statements {
                    self.add(runner, statement, Purpose::Own(question));
                }
            }
            Err(no_answer) => {
                self.answers.insert(question, Answer::Unanswered(no_answer.clone()));
            }
        }
    }

    pub(super) async fn take_rows<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        ended: EndedStatement,
        question: usize,
    ) -> Result<(), ExecuteError> {
        let Some(routed) = &self.routes.routed[question] else { return Ok(()) };
        let Some(answer) = self.partial.get_mut(&question) else { return Ok(()) };
        let before = answer.rows.rows.len();
        let is_probe = self.purposes[ended.statement()] == Purpose::Probe(question);
        let mut take = |record: &[u8]| {
            if is_probe {
                return Ok(());
            }
            let row = rows::row(record, &routed.outline.columns);
            let broken = || unanswered("the result has unexpected columns".to_owned(), "run it again");
            answer.rows.rows.push(row.ok_or_else(broken)?);
            Ok(())
        };
        let taken = results::each(&self.athena.statements, &ended, &mut take).await;
        if taken.is_err() {
            answer.rows.rows.truncate(before);
        }
        match taken {
            Ok(()) => self.ended_well(question),
            Err(ResultError::Gone) => again(runner, ended),
            Err(ResultError::Refused(error)) => return Err(error.into()),
            Err(ResultError::NoAnswer(no_answer)) => {
                let more = match self.repair(runner, ended.statement(), &no_answer) {
                    Some(more) => Ok(more),
                    None => self.look_again(runner, ended.statement(), question, &no_answer),
                };
                self.replaced(runner, question, more, no_answer).await;
            }
        }
        Ok(())
    }

    /// One statement of a question has succeeded.
    pub(super) fn ended_well(&mut self, question: usize) {
        let Some(answer) = self.partial.get_mut(&question) else { return };
        (answer.missing, answer.is_read) = (answer.missing - 1, true);
        self.complete(question, None);
    }

    /// One statement of a question has failed: `more` others are in its place, or there is no answer, for this reason.
    pub(super) async fn replaced<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        question: usize,
        more: Result<usize, NoAnswer>,
        failure: NoAnswer,
    ) {
        match (more, self.partial.get_mut(&question)) {
            (Ok(more), Some(answer)) => {
                answer.missing = answer.missing + more - 1;
                self.complete(question, Some(failure));
            }
            (more, _) => {
                self.partial.remove(&question);
                let no_answer = more.err().unwrap_or(failure);
                self.answers.insert(question, Answer::Unanswered(no_answer));
                self.give_up(runner, Purpose::Own(question)).await;
                self.give_up(runner, Purpose::Probe(question)).await;
                self.give_up(runner, Purpose::Second(question)).await;
            }
        }
    }

    /// Makes an answer of a partial one whose statements have all ended; if nothing was read for it, it has none, for the reason
    /// for which the last of them failed.
    fn complete(&mut self, question: usize, failure: Option<NoAnswer>) {
        let Some(PartialAnswer { missing: 0, .. }) = self.partial.get(&question) else { return };
        let Some(PartialAnswer { is_read, mut rows, .. }) = self.partial.remove(&question) else { return };
        let truncated = rows.rows.len() > self.limit;
        rows.rows.truncate(self.limit);
        let answer = match failure {
            Some(no_answer) if !is_read => Answer::Unanswered(no_answer),
            _ => Answer::Rows { rows, truncated, undecidable: Vec::new() },
        };
        self.answers.insert(question, answer);
    }
}
