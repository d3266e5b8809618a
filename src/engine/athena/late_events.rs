//! Statements that bring the events which come too late for detections that count with statements of their own.

use std::collections::BTreeSet;

use super::{
    Athena, allowance::Allowance, batches::batches, candidates, event_times::EventTimes, flood::FallBack,
    planned_statement::PlannedStatement, route::Routes,
};
use crate::{
    domain::{
        delivery::Deliveries,
        time::{Day, Window},
    },
    engine::embedded::needs::Needs,
    plan::Question,
};

impl Athena {
    /// The statements that bring the late events of these questions, each with what it needs of them; nothing else is asked.
    #[must_use]
    pub fn late_events(&self, questions: &[(&Question, &Needs)]) -> Routes {
        let asked = || questions.iter().map(|(question, _)| *question);
        let times = EventTimes::of_late(asked());
        let delivered = |question: &Question| {
            let since = Window::new(question.late?.delivered_from, question.window.end()).ok()?;
            Some(Deliveries::of(since, question.delay))
        };
        let days: BTreeSet<Day> = asked().filter_map(delivered).flat_map(|of| of.days().iter()).collect();
        let needs: Vec<Needs> = questions.iter().map(|(_, needs)| self.of_this_table(needs)).collect();
        let needs: Vec<&Needs> = needs.iter().collect();
        // One above the limit, to notice when there are too many.
        let limit = self.settings.candidates + 1;
        let accounts = self.listed("projection.account.values");
        let statement = |batch| {
            let sql = candidates::statement(&self.table, &batch, (&times, None), &needs, limit);
            let partitions = batch.partitions;
            PlannedStatement { sql, partitions, batch: Some(batch), time: None, halves: Vec::new() }
        };
        let returned = self.returned_of(&times, &days);
        let shared = batches(days, &accounts, self.regions(), self.settings.partitions);
        Routes {
            routed: Vec::new(),
            shared: shared.into_iter().chain(returned).map(statement).collect(),
            fall_back: FallBack::default(),
            allowance: Allowance::default(),
        }
    }
}
