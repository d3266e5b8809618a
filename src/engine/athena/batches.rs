//! Which partitions a statement lists: whole days of all accounts, or some accounts of one day, never more than a limit.
//!
//! Athena lists every projected partition, a few hundred per second, and fails at a million.

use crate::domain::{delivery::DeliveryDays, time::Day};

/// The partitions of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The first delivery day.
    pub first: Day,
    /// The last delivery day.
    pub last: Day,
    /// Which accounts.
    pub accounts: Accounts,
    /// How many partitions that is.
    pub partitions: u64,
}

/// The accounts of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// All that the table projects.
    All,
    /// These.
    Some(Vec<String>),
}

/// Account ids in one statement at most: its text may have 262,144 bytes.
const ACCOUNTS_LIMIT: u64 = 10_000;

/// Covers delivery days with statements that list at most `limit` partitions each.
///
/// One account of one day is never split, whatever the limit.
#[must_use]
pub fn batches(days: DeliveryDays, accounts: &[String], regions: u64, limit: u64) -> Vec<Batch> {
    let days: Vec<Day> = days.iter().collect();
    let (all, regions, limit) = (accounts.len() as u64, regions.max(1), limit.max(1));
    let a_day = all.max(1) * regions;
    if a_day <= limit {
        let together = usize::try_from(limit / a_day).unwrap_or(usize::MAX);
        return days
            .chunks(together)
            .map(|days| Batch {
                first: days[0],
                last: days[days.len() - 1],
                accounts: Accounts::All,
                partitions: a_day * days.len() as u64,
            })
            .collect();
    }
    let some = usize::try_from((limit / regions).clamp(1, ACCOUNTS_LIMIT)).unwrap_or(1);
    days.iter()
        .flat_map(|day| {
            accounts.chunks(some).map(|accounts| Batch {
                first: *day,
                last: *day,
                accounts: Accounts::Some(accounts.to_vec()),
                partitions: accounts.len() as u64 * regions,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::time::{Span, Timestamp, Window};

    fn window(days: i64) -> Window {
        let start: Timestamp = "2026-03-10".parse().unwrap();
        Window::new(start, start.plus(Span::from_s(days * 86_400))).unwrap()
    }

    proptest! {
        #[test]
        fn every_partition_is_listed_once_and_no_statement_lists_too_many(
            days in 1i64..6, accounts in 1usize..30, regions in 1u64..5, limit in 1u64..80,
        ) {
            let ids: Vec<String> = (0..accounts).map(|number| format!("{number:012}")).collect();
            let found = batches(DeliveryDays::of(window(days)), &ids, regions, limit);
            let mut listed = BTreeSet::new();
            for batch in &found {
                prop_assert!(batch.partitions <= limit.max(regions));
                let mut day = batch.first;
                let mut pairs = 0;
                while day <= batch.last {
                    let of_batch = match &batch.accounts { Accounts::All => &ids, Accounts::Some(some) => some };
                    for account in of_batch {
                        pairs += 1;
                        prop_assert!(listed.insert((day, account.clone())), "listed twice");
                    }
                    day = day.next();
                }
                prop_assert_eq!(pairs * regions, batch.partitions);
            }
            prop_assert_eq!(listed.len(), DeliveryDays::of(window(days)).iter().count() * accounts);
        }
    }
}
