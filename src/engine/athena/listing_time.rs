//! How long Athena takes to list partitions, estimated before anything is started: it may exceed the run's timeout.

use std::time::Duration;

use super::{Athena, planned_statement::PlannedStatement, route::Routes};
use crate::domain::time::Span;

/// Partitions that one statement lists in a second, as measured. With many partitions, reading them hardly adds to it.
const PARTITIONS_PER_SECOND: u64 = 400;

/// How long it takes to list the partitions of these statements when `at_once` of them run at the same time, started in order.
fn listing_time(partitions: impl IntoIterator<Item = u64>, at_once: usize) -> Duration {
    let mut slots = vec![0u64; at_once.max(1)];
    for partitions in partitions {
        if let Some(first_free) = slots.iter_mut().min() {
            *first_free = first_free.saturating_add(partitions);
        }
    }
    Duration::from_secs(slots.into_iter().max().unwrap_or(0) / PARTITIONS_PER_SECOND)
}

impl Athena {
    /// A note for the reader if listing the partitions takes longer than the statements' timeout.
    #[must_use]
    pub fn note_of_listing(&self, routes: &Routes) -> Option<String> {
        let partitions = || routes.statements().map(|statement: &PlannedStatement| statement.partitions);
        let (at_once, timeout) = (self.settings.concurrency, self.settings.timeout);
        let takes = listing_time(partitions(), at_once);
        let minutes = takes.as_secs().div_ceil(60);
        let timeout_s = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
        (takes > timeout).then(|| {
            format!(
                "Athena will take about {minutes} min to list {} partitions, {at_once} statements at once, and `timeout` in \
                 `[athena]` is {}: ask for a shorter window, have fewer `regions` in `[table]`, or give a longer `timeout`",
                partitions().sum::<u64>(),
                Span::from_s(timeout_s)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_list_side_by_side_as_far_as_they_may() {
        let takes = |partitions: &[u64], at_once| listing_time(partitions.iter().copied(), at_once).as_secs();
        assert_eq!(takes(&[], 4), 0);
        assert_eq!(takes(&[17_000], 4), 42);
        // 1,000 accounts in 17 regions over a week, by one statement after another, and by four at once.
        assert_eq!(takes(&[34_000, 34_000, 34_000, 17_000], 1), 297);
        assert_eq!(takes(&[34_000, 34_000, 34_000, 17_000], 4), 85);
        // The third begins when the shorter of the first two has ended.
        assert_eq!(takes(&[8_000, 4_000, 8_000], 2), 30);
        assert_eq!(takes(&[400], 0), 1);
    }
}
