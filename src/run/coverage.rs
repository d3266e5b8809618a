//! Which accounts, regions and days a run's files covered, and which not.

use std::collections::BTreeSet;

use crate::{
    domain::{
        account::Accounts,
        brief::Coverage,
        delivery::Deliveries,
        time::{Timestamp, Window},
    },
    engine::embedded::{
        scan::Stats,
        source::{
            LogFile, PathPartition,
            names::{self, FileKind},
            walk::Listing,
        },
    },
    plan::Occasion,
};

/// The partitions that have files.
#[derive(Debug)]
pub(super) struct CoveredPartitions {
    partitions: BTreeSet<PathPartition>,
    loose: bool,
}

#[cfg(feature = "aws")]
impl CoveredPartitions {
    /// Partitions that are known from folders.
    pub(super) fn of(partitions: BTreeSet<PathPartition>) -> Self {
        Self { partitions, loose: false }
    }
}

/// The partitions of these files, but for those whose names leave open whether they are log files.
pub(super) fn seen(files: &[LogFile]) -> CoveredPartitions {
    CoveredPartitions {
        partitions: files
            .iter()
            .filter(|file| names::kind(&file.path) == FileKind::Log)
            .filter_map(|file| file.partition.clone())
            .collect(),
        loose: files.iter().any(|file| file.partition.is_none()),
    }
}

/// Accounts, regions and days with and without files.
pub(super) fn of_partitions(
    covered: &CoveredPartitions,
    listing: &Listing,
    accounts: &Accounts,
    window: Option<Window>,
) -> Coverage {
    let seen_accounts: BTreeSet<&str> =
        covered.partitions.iter().map(|partition| partition.account.as_str()).collect();
    let seen_regions: BTreeSet<&str> =
        covered.partitions.iter().map(|partition| partition.region.as_str()).collect();
    let known: BTreeSet<&str> = accounts
        .iter()
        .filter(|account| !matches!(account.state.as_str(), "CLOSED" | "SUSPENDED" | "PENDING_CLOSURE"))
        .map(|account| account.id.as_str())
        .chain(listing.known.iter().map(|(account, _)| account.as_str()))
        .collect();
    let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let days_seen: BTreeSet<_> = covered.partitions.iter().map(|partition| partition.day).collect();
    // Loose files have no partition, so what they do not cover is not known.
    let by_path = !covered.loose || !covered.partitions.is_empty();
    Coverage {
        accounts_silent: if by_path { owned(&known - &seen_accounts) } else { Vec::new() },
        accounts_unknown: if accounts.is_empty() {
            Vec::new()
        } else {
            seen_accounts
                .iter()
                .filter(|account| accounts.name(account).is_none())
                .map(|account| (*account).to_owned())
                .collect()
        },
        regions_silent: owned(
            &listing.known.iter().map(|(_, region)| region.as_str()).collect::<BTreeSet<_>>() - &seen_regions,
        ),
        days_silent: match window {
            Some(window) if by_path => days(window)
                .filter(|day| !days_seen.contains(day))
                .map(crate::domain::time::Day::path)
                .collect(),
            _ => Vec::new(),
        },
        accounts_seen: owned(seen_accounts),
        regions_seen: owned(seen_regions),
        ..Coverage::default()
    }
}

/// The days of a window.
fn days(window: Window) -> impl Iterator<Item = crate::domain::time::Day> {
    std::iter::successors(Some(window.start().day()), |day| Some(day.next()))
        .take_while(move |day| day.start() < window.end())
}
/// Until when the log files were delivered that a run on demand reads, if later ones may exist.
pub(super) fn delivered_until(occasion: &Occasion<'_>, now: Timestamp) -> Option<Timestamp> {
    match occasion {
        Occasion::OnDemand { window, delay } => {
            Some(Deliveries::of(*window, *delay).window().end()).filter(|until| *until < now)
        }
        Occasion::Scheduled { .. } => None,
    }
}

/// What a reader of the brief must know of the pass over the events.
pub(super) fn notes_of(stats: &Stats) -> Vec<String> {
    let mut notes = Vec::new();
    if stats.forgot {
        notes.push(
            "there were so many events that the ids of the oldest were forgotten: detections that count may have counted an \
             event twice that was delivered twice"
                .to_owned(),
        );
    }
    match stats.sharing_id {
        0 => {}
        1 => notes.push("1 event shares its id with another event but differs; both were kept".to_owned()),
        many => notes.push(format!("{many} events share an id with another event but differ; all were kept")),
    }
    notes
}
