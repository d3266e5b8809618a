//! The partitions of regions that deliver again after a silence: of the days since they were last read, and of no other region.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Athena,
    batches::{Batch, Members, batches},
    event_times::EventTimes,
    parts::days,
};
use crate::domain::{delivery::ReturnedRegions, time::Day};

/// Accounts that are asked for apart from each other, because they have other regions or days; more are asked for together.
const GROUPS: usize = 4;

/// The regions and the first day of some accounts.
type Group = (BTreeSet<String>, Day);

impl Athena {
    /// The same for statements that read these times, besides those days of all regions.
    pub(super) fn returned_of(&self, times: &EventTimes, besides: &BTreeSet<Day>) -> Vec<Batch> {
        times.returned.as_deref().map_or_else(Vec::new, |returned| self.returned(returned, besides))
    }

    /// The partitions in which files of these regions may lie, besides those days.
    pub(super) fn returned(&self, returned: &ReturnedRegions, besides: &BTreeSet<Day>) -> Vec<Batch> {
        let mut groups: BTreeMap<Group, Vec<String>> = BTreeMap::new();
        for (account, group) in by_account(returned) {
            groups.entry(group).or_default().push(account);
        }
        if groups.len() > GROUPS {
            let regions = groups.keys().flat_map(|(regions, _)| regions.clone()).collect();
            let first = groups.keys().map(|(_, first)| *first).min();
            let accounts = groups.values().flatten().cloned().collect();
            groups = first.map(|first| ((regions, first), accounts)).into_iter().collect();
        }
        let batches_of = |((regions, first), accounts): (Group, Vec<String>)| {
            let days = days(first, returned.before.day()).into_iter().filter(|day| !besides.contains(day));
            let found = batches(days, &accounts, regions.len() as u64, self.settings.partitions);
            let of_them = move |mut batch: Batch| {
                if batch.accounts == Members::All {
                    batch.accounts = Members::Only(accounts.clone());
                }
                batch.regions = Members::Only(regions.iter().cloned().collect());
                batch
            };
            found.into_iter().map(of_them).collect::<Vec<_>>()
        };
        groups.into_iter().flat_map(batches_of).collect()
    }
}

/// The regions of each account, and the first of their days.
fn by_account(returned: &ReturnedRegions) -> BTreeMap<String, Group> {
    let mut accounts: BTreeMap<String, Group> = BTreeMap::new();
    for ((account, region), from) in &returned.from {
        let (regions, first) = accounts.entry(account.clone()).or_insert((BTreeSet::new(), from.day()));
        regions.insert(region.clone());
        *first = (*first).min(from.day());
    }
    accounts
}
