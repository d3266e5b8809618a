//! A statement that is to run on Athena, before anything is started.

use super::{batches::Batch, text::literal};
use crate::{
    domain::time::{Timestamp, Window},
    plan::Sql,
};

/// A statement, and how much it lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStatement {
    /// The statement.
    pub sql: Sql,
    /// Partitions that it lists.
    pub partitions: u64,
    /// The partitions that it may be split by; `None` if its answer is not the union of the answers over parts.
    pub batch: Option<Batch>,
    /// The time of a statement of its own that may be split by time; `None` for any other.
    pub time: Option<TimePart>,
    /// The same statement over both halves of its time, to run if it returns too much; empty if it cannot be halved.
    pub halves: Vec<PlannedStatement>,
}

/// The event time that a statement reads, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimePart {
    /// The first second that it reads: what was delivered late may be older than the span.
    pub from: Timestamp,
    /// The span that is worth halving.
    pub span: Window,
    /// Whether it is less than the whole.
    pub is_part: bool,
}

impl TimePart {
    /// The condition that only events of this time meet.
    pub(super) fn condition(&self) -> String {
        let (from, end) = (literal(&self.from.to_string()), literal(&self.span.end().to_string()));
        format!("eventtime >= {from} AND eventtime < {end}")
    }

    fn halves(&self) -> Option<[Self; 2]> {
        let [first, second] = self.span.halves()?;
        let half = |from, span| Self { from, span, is_part: true };
        Some([half(self.from, first), half(second.start(), second)])
    }
}

impl PlannedStatement {
    /// The same over other partitions.
    pub(super) fn over(&self, batch: &Batch) -> Self {
        let own = self.batch.as_ref().map(Batch::condition).unwrap_or_default();
        Self {
            sql: self.sql.clone().with_condition(&own, &batch.condition()),
            partitions: batch.partitions,
            batch: Some(batch.clone()),
            time: self.time,
            halves: self.halves.iter().map(|half| half.over(batch)).collect(),
        }
    }

    /// The same of another time; itself if it cannot be split by time.
    pub(super) fn at(&self, part: TimePart) -> Self {
        let Some(time) = self.time else { return self.clone() };
        let sql = self.sql.clone().with_condition(&time.condition(), &part.condition());
        Self { sql, time: Some(part), ..self.clone() }
    }

    /// The same over both halves of its time; nothing if that cannot be halved.
    pub(super) fn halves_of_time(&self) -> Vec<Self> {
        let halves = self.time.and_then(|time| time.halves());
        halves.into_iter().flatten().map(|half| self.at(half)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    #[test]
    fn halves_of_time_hold_every_second_once() {
        let at = |hours: i64| "2026-03-10".parse::<Timestamp>().unwrap().plus(Span::from_s(hours * 3_600));
        // Delivered lately, so the first half is open to the past.
        let time = TimePart { from: at(-48), span: Window::new(at(0), at(4)).unwrap(), is_part: false };
        let sql = Sql::of_own(format!("WITH events AS (… {}) …", time.condition()));
        let whole =
            PlannedStatement { sql, partitions: 3, batch: None, time: Some(time), halves: Vec::new() };
        let quarters: Vec<PlannedStatement> =
            whole.halves_of_time().iter().flat_map(PlannedStatement::halves_of_time).collect();
        let bounds = |part: &PlannedStatement| {
            let time = part.time.unwrap();
            assert!(part.sql.text().contains(&time.condition()), "{}", part.sql.text());
            (time.from, time.span.end(), time.is_part, part.partitions)
        };
        let expected = [(-48, 1), (1, 2), (2, 3), (3, 4)].map(|(from, end)| (at(from), at(end), true, 3));
        assert_eq!(quarters.iter().map(bounds).collect::<Vec<_>>(), expected);
        let second = Window::new(at(0), at(0).plus(Span::from_s(1))).unwrap();
        let shortest = PlannedStatement { time: Some(TimePart { span: second, ..time }), ..whole.clone() };
        assert!(shortest.halves_of_time().is_empty());
        assert!(PlannedStatement { time: None, ..whole }.halves_of_time().is_empty());
    }
}
