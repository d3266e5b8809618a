//! Parts of a batch, for a statement that fails because of an object in one of its partitions.

use super::batches::{Batch, Members};
use crate::{
    domain::time::{Day, Span},
    engine::embedded::source::PathPartition,
};

/// The accounts and regions of a table.
#[derive(Clone, Debug)]
pub(super) struct Projected {
    pub(super) accounts: Vec<String>,
    pub(super) regions: Vec<String>,
}

impl Members {
    fn of(&self, all: &[String]) -> Vec<String> {
        match self {
            Self::All => all.to_vec(),
            Self::Only(some) => some.clone(),
            Self::Except(some) => all.iter().filter(|member| !some.contains(member)).cloned().collect(),
        }
    }

    fn without(&self, member: &str) -> Self {
        match self {
            Self::All => Self::Except(vec![member.to_owned()]),
            Self::Only(some) => Self::Only(some.iter().filter(|other| *other != member).cloned().collect()),
            Self::Except(some) => Self::Except(some.iter().cloned().chain([member.to_owned()]).collect()),
        }
    }
}

impl Batch {
    /// Whether it has this partition.
    pub(super) fn holds(&self, partition: &PathPartition, all: &Projected) -> bool {
        (self.first..=self.last).contains(&partition.day)
            && self.accounts.of(&all.accounts).contains(&partition.account)
            && self.regions.of(&all.regions).contains(&partition.region)
    }

    /// One of its partitions, then the others.
    pub(super) fn around(&self, partition: &PathPartition, all: &Projected) -> Vec<Self> {
        let PathPartition { account, region, day } = partition;
        let days = |first, last| Self { first, last, ..self.clone() };
        let of_day = || days(*day, *day);
        let of_account = Members::Only(vec![account.clone()]);
        let one =
            Self { accounts: of_account.clone(), regions: Members::Only(vec![region.clone()]), ..of_day() };
        let before = (self.first < *day).then(|| days(self.first, previous(*day)));
        let after = (*day < self.last).then(|| days(day.next(), self.last));
        let accounts = Self { accounts: self.accounts.without(account), ..of_day() };
        let regions = Self { accounts: of_account, regions: self.regions.without(region), ..of_day() };
        let parts = [one].into_iter().chain(before).chain(after).chain([accounts, regions]);
        parts.filter_map(|part| part.counted(all)).collect()
    }

    /// Two parts of it: by days, else by accounts, else by regions; nothing if it is one partition.
    pub(super) fn halves(&self, all: &Projected) -> Vec<Self> {
        let days = days(self.first, self.last);
        let accounts = self.accounts.of(&all.accounts);
        let regions = self.regions.of(&all.regions);
        let halved = |of: &[String]| {
            let (some, others) = of.split_at(of.len() / 2);
            [Members::Only(some.to_vec()), Members::Only(others.to_vec())]
        };
        let halves = if days.len() > 1 {
            let middle = days[days.len() / 2];
            [Self { last: previous(middle), ..self.clone() }, Self { first: middle, ..self.clone() }]
        } else if accounts.len() > 1 {
            halved(&accounts).map(|accounts| Self { accounts, ..self.clone() })
        } else if regions.len() > 1 {
            halved(&regions).map(|regions| Self { regions, ..self.clone() })
        } else {
            return Vec::new();
        };
        halves.into_iter().filter_map(|half| half.counted(all)).collect()
    }

    /// Its only partition; `None` if there are several.
    pub(super) fn only(&self, all: &Projected) -> Option<PathPartition> {
        let (accounts, regions) = (self.accounts.of(&all.accounts), self.regions.of(&all.regions));
        match (&accounts[..], &regions[..]) {
            ([account], [region]) if self.first == self.last => {
                Some(PathPartition { account: account.clone(), region: region.clone(), day: self.first })
            }
            _ => None,
        }
    }

    /// The same with its number of partitions; `None` if it has none.
    fn counted(mut self, all: &Projected) -> Option<Self> {
        let of_day = self.accounts.of(&all.accounts).len() * self.regions.of(&all.regions).len();
        self.partitions = (of_day * days(self.first, self.last).len()) as u64;
        (self.partitions > 0).then_some(self)
    }
}

fn previous(day: Day) -> Day {
    day.start().minus(Span::from_s(1)).day()
}

/// The days from one to another.
pub(super) fn days(first: Day, last: Day) -> Vec<Day> {
    std::iter::successors(Some(first), |day| Some(day.next())).take_while(|day| *day <= last).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::engine::athena::batches::batches;

    fn all() -> Projected {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Projected { accounts: texts(&["1", "2", "3"]), regions: texts(&["a", "b"]) }
    }

    fn day(day: u32) -> Day {
        Day::from_ymd(2026, 3, day).unwrap()
    }

    /// Every partition of these batches; none is there twice.
    fn partitions(batches: &[Batch]) -> BTreeSet<PathPartition> {
        let mut found = BTreeSet::new();
        for batch in batches {
            let before = found.len();
            for day in days(batch.first, batch.last) {
                for account in batch.accounts.of(&all().accounts) {
                    for region in batch.regions.of(&all().regions) {
                        assert!(found.insert(PathPartition { account: account.clone(), region, day }));
                    }
                }
            }
            assert_eq!((found.len() - before) as u64, batch.partitions);
        }
        found
    }

    #[test]
    fn parts_are_the_whole_and_share_nothing() {
        let whole = batches([day(9), day(10), day(11)], &all().accounts, 2, 100).remove(0);
        let everything = partitions(std::slice::from_ref(&whole));
        for partition in &everything {
            let parts = whole.around(partition, &all());
            assert_eq!(parts[0].only(&all()).as_ref(), Some(partition));
            assert_eq!(partitions(&parts), everything);
            // A second one in one of the parts.
            for part in &parts[1..] {
                let other = partitions(std::slice::from_ref(part)).pop_first().unwrap();
                assert!(part.holds(&other, &all()) && !part.holds(partition, &all()));
                let of_part = partitions(std::slice::from_ref(part));
                assert_eq!(partitions(&part.around(&other, &all())), of_part);
            }
        }
        let mut whole = vec![whole];
        while whole.iter().any(|batch| batch.only(&all()).is_none()) {
            let halves = |batch: Batch| match batch.halves(&all()) {
                halves if halves.is_empty() => vec![batch],
                halves => halves,
            };
            whole = whole.into_iter().flat_map(halves).collect();
            assert_eq!(partitions(&whole), everything);
        }
        assert_eq!(whole.len(), everything.len());
    }
}
