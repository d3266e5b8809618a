//! Which partitions a statement lists: whole days of all accounts, or some accounts of one day, never more than a limit.
//!
//! Athena lists every projected partition, a few hundred per second, and fails at a million.

use std::fmt::Write as _;

use super::text::{listed, literal};
use crate::domain::time::Day;

/// The partitions of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The first delivery day.
    pub first: Day,
    /// The last delivery day.
    pub last: Day,
    /// Which accounts.
    pub accounts: Members,
    /// Which regions.
    pub regions: Members,
    /// Files that are left out, by their paths.
    pub without: Vec<String>,
    /// How many partitions that is.
    pub partitions: u64,
}

/// Accounts or regions of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// All that the table projects.
    All,
    /// These.
    Only(Vec<String>),
    /// All but these.
    Except(Vec<String>),
}

/// Account ids in one statement at most: its text may have 262,144 bytes.
const ACCOUNTS_LIMIT: u64 = 10_000;

impl Batch {
    /// The condition that only rows of these partitions meet, less the files that are left out.
    pub(super) fn condition(&self) -> String {
        let days = (literal(&self.first.path()), literal(&self.last.path()));
        let mut text = format!("\"timestamp\" BETWEEN {} AND {}", days.0, days.1);
        for (column, members) in [("account", &self.accounts), ("region", &self.regions)] {
            let _ = match members {
                Members::All => Ok(()),
                Members::Only(some) => write!(text, " AND {column} IN ({})", listed(some)),
                Members::Except(some) => write!(text, " AND {column} NOT IN ({})", listed(some)),
            };
        }
        if !self.without.is_empty() {
            let _ = write!(text, " AND \"$path\" NOT IN ({})", listed(&self.without));
        }
        text
    }
}

/// Covers delivery days, given in order, with statements that list at most `limit` partitions each.
///
/// One account of one day is never split, whatever the limit.
#[must_use]
pub fn batches(
    days: impl IntoIterator<Item = Day>,
    accounts: &[String],
    regions: u64,
    limit: u64,
) -> Vec<Batch> {
    let days: Vec<Day> = days.into_iter().collect();
    let (all, regions, limit) = (accounts.len() as u64, regions.max(1), limit.max(1));
    let a_day = all.max(1) * regions;
    let batch = |first, last, accounts, partitions| Batch {
        first,
        last,
        accounts,
        regions: Members::All,
        without: Vec::new(),
        partitions,
    };
    if a_day <= limit {
        let together = usize::try_from(limit / a_day).unwrap_or(usize::MAX);
        return days
            .chunk_by(|day, next| day.next() == *next)
            .flat_map(|days| days.chunks(together))
            .map(|days| batch(days[0], days[days.len() - 1], Members::All, a_day * days.len() as u64))
            .collect();
    }
    let some = usize::try_from((limit / regions).clamp(1, ACCOUNTS_LIMIT)).unwrap_or(1);
    days.iter()
        .flat_map(|day| {
            accounts.chunks(some).map(|accounts| {
                let partitions = accounts.len() as u64 * regions;
                batch(*day, *day, Members::Only(accounts.to_vec()), partitions)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        delivery::DeliveryDays,
        time::{Span, Timestamp, Window},
    };

    fn window(days: i64) -> Window {
        let start: Timestamp = "2026-03-10".parse().unwrap();
        Window::new(start, start.plus(Span::from_s(days * 86_400))).unwrap()
    }

    proptest! {
        #[test]
        fn every_partition_is_listed_once_and_no_statement_lists_too_many(
            days in 1i64..6, accounts in 1usize..30, regions in 1u64..5, limit in 1u64..80, gap in 0usize..7,
        ) {
            let ids: Vec<String> = (0..accounts).map(|number| format!("{number:012}")).collect();
            let days: Vec<Day> = DeliveryDays::of(window(days))
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != gap)
                .map(|(_, day)| day)
                .collect();
            let found = batches(days.iter().copied(), &ids, regions, limit);
            let mut listed = BTreeSet::new();
            for batch in &found {
                prop_assert!(batch.partitions <= limit.max(regions));
                let mut day = batch.first;
                let mut pairs = 0;
                while day <= batch.last {
                    prop_assert!(days.contains(&day), "a day that nobody wants");
                    let of_batch = match &batch.accounts {
                        Members::Only(some) => some,
                        Members::All | Members::Except(_) => &ids,
                    };
                    for account in of_batch {
                        pairs += 1;
                        prop_assert!(listed.insert((day, account.clone())), "listed twice");
                    }
                    day = day.next();
                }
                prop_assert_eq!(pairs * regions, batch.partitions);
            }
            prop_assert_eq!(listed.len(), days.len() * accounts);
        }
    }

    #[test]
    fn a_condition_names_only_what_is_not_all() {
        let day = Day::from_ymd(2026, 3, 10).unwrap();
        let mut batch = batches([day], &["1".to_owned()], 1, 10).remove(0);
        assert_eq!(batch.condition(), "\"timestamp\" BETWEEN '2026/03/10' AND '2026/03/10'");
        batch.accounts = Members::Except(vec!["1".to_owned(), "2".to_owned()]);
        batch.regions = Members::Only(vec!["r".to_owned()]);
        batch.without = vec!["s3://b/it's".to_owned()];
        assert_eq!(
            batch.condition(),
            "\"timestamp\" BETWEEN '2026/03/10' AND '2026/03/10' AND account NOT IN ('1', '2') AND region IN ('r') AND \
             \"$path\" NOT IN ('s3://b/it''s')"
        );
    }
}
