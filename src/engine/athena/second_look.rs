//! A second look at a question whose own statement fails because of what an event holds: its candidates are brought, and the
//! embedded engine, which finds the events that cannot be judged, answers over them.

use std::collections::BTreeSet;

use super::{
    Athena,
    batches::{Batch, batches},
    candidates,
    event_times::EventTimes,
    left_out::lacking,
    planned_statement::{PlannedStatement, TimePart},
    unreadable::FAILED,
};
use crate::{
    domain::{delivery::Deliveries, time::Day},
    engine::embedded::needs::Needs,
    plan::Question,
};

/// Codes of failures through a value that a function, a cast or an operator cannot digest.
const CODES: [&str; 13] = [
    "DIVISION_BY_ZERO",
    "EXCEEDED_FUNCTION_MEMORY_LIMIT",
    "FUNCTION_IMPLEMENTATION_ERROR",
    "GENERIC_USER_ERROR",
    "INVALID_CAST_ARGUMENT",
    "INVALID_FUNCTION_ARGUMENT",
    "JSON_INPUT_CONVERSION_ERROR",
    "JSON_OUTPUT_CONVERSION_ERROR",
    "JSON_VALUE_RESULT_ERROR",
    "NUMERIC_VALUE_OUT_OF_RANGE",
    "PATH_EVALUATION_ERROR",
    "STACK_OVERFLOW",
    "SUBQUERY_MULTIPLE_ROWS",
];

/// Whether a statement has no answer because of what an event holds.
pub(super) fn is_of_data(reason: &str) -> bool {
    let said = reason.strip_prefix(FAILED).unwrap_or_default();
    let code = said.split(':').next().unwrap_or_default();
    CODES.contains(&code.trim())
}

/// What a second look at a question reads.
#[derive(Clone, Debug)]
pub struct SecondLook {
    times: EventTimes,
    deliveries: Vec<Deliveries>,
    needs: Needs,
}

impl SecondLook {
    /// For a question that needs this of the table's events, and reads the files of `also` as well.
    pub(super) fn of(question: &Question, needs: Needs, also: Option<Deliveries>) -> Self {
        // What comes too late for it is none of its candidates.
        let question = Question { late: None, ..question.clone() };
        let times = EventTimes::of(std::iter::once(&question));
        let deliveries = [question.deliveries()].into_iter().chain(also).collect();
        Self { times, deliveries, needs }
    }

    /// The statements that bring the candidates of what a statement reads: of its partitions and its time, or of all that the
    /// question reads if it cannot be split.
    pub(super) fn statements(&self, athena: &Athena, of: &PlannedStatement) -> Vec<PlannedStatement> {
        match &of.batch {
            Some(batch) => vec![self.statement(athena, batch, of.time)],
            None => {
                let accounts = athena.listed("projection.account.values");
                let days: BTreeSet<Day> = self.deliveries.iter().flat_map(|of| of.days().iter()).collect();
                batches(days, &accounts, athena.regions(), athena.settings.partitions)
                    .iter()
                    .map(|batch| self.statement(athena, batch, None))
                    .collect()
            }
        }
    }

    /// The statements that bring only those candidates of the question that lack a field which it needs; none if no field that it
    /// needs can be left out.
    pub(super) fn of_left_out(&self, athena: &Athena, of: &PlannedStatement) -> Vec<PlannedStatement> {
        let Some(lacking) = lacking(self.needs.columns.iter().map(String::as_str)) else { return Vec::new() };
        let end = format!("\nLIMIT {}", athena.settings.candidates + 1);
        let only = format!("\n    AND ({lacking}){end}");
        let narrowed = |statement: PlannedStatement| PlannedStatement {
            sql: statement.sql.with_condition(&end, &only),
            ..statement
        };
        self.statements(athena, of).into_iter().map(narrowed).collect()
    }

    fn statement(&self, athena: &Athena, batch: &Batch, time: Option<TimePart>) -> PlannedStatement {
        let within = time.filter(|time| time.is_part).map(|time| time.span);
        // One above the limit, to notice when there are too many.
        let limit = athena.settings.candidates + 1;
        let times = (&self.times, within);
        let sql = candidates::statement(&athena.table, batch, times, &[&self.needs], limit);
        let (partitions, batch) = (batch.partitions, Some(batch.clone()));
        PlannedStatement { sql, partitions, batch, time, halves: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_through_values_differ_from_others() {
        for said in [
            "INVALID_CAST_ARGUMENT: Cannot cast 'x' to BIGINT",
            "INVALID_FUNCTION_ARGUMENT: Invalid format",
            "DIVISION_BY_ZERO: Division by zero",
            "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow",
        ] {
            assert!(is_of_data(&format!("{FAILED}{said}")), "{said}");
            assert!(!is_of_data(said), "{said}");
        }
        for said in [
            "COMPILER_ERROR: too long",
            "HIVE_CURSOR_ERROR: INVALID_CAST_ARGUMENT",
            "GENERIC_INTERNAL_ERROR: worker lost",
            "EXCEEDED_LOCAL_MEMORY_LIMIT: too much",
        ] {
            assert!(!is_of_data(&format!("{FAILED}{said}")), "{said}");
        }
    }
}
