//! Accounts and regions that deliver logs again after a silence: what they delivered since they were last read is read now, as if
//! it were delivered now.
//!
//! Files may appear long after the times in their names, when a replication or a grant is mended. A schedule would pass them
//! over, because it reads what was delivered since its last run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Job, RunError, list_regions};
use crate::{
    domain::{
        delivery::{Deliveries, time_in_name},
        state::State,
        time::{Span, Timestamp, Window},
    },
    engine::embedded::source::{LogFile, Source, walk::Listing},
    plan::{Occasion, RunPlan},
};

/// An account, and one of its regions.
type Region = (String, String);

/// What is known of the regions of a run's log files.
#[derive(Debug, Default)]
pub(super) struct Regions {
    /// The time in the name of the newest file of each.
    newest: BTreeMap<Region, Timestamp>,
    /// Those that deliver again after a silence, each with the time in the name of the last file that an earlier run read.
    returned: BTreeMap<Region, Timestamp>,
}

impl Regions {
    /// The newest file that was read of each account and of each of its regions, as a state holds it. One that delivers again is
    /// read again, unless every detection has judged its events.
    pub(super) fn read(self, is_judged: bool) -> BTreeMap<String, Timestamp> {
        let Self { newest, returned } = self;
        let held: BTreeSet<String> =
            returned.into_keys().filter(|_| !is_judged).flat_map(|region| [key(&region), region.0]).collect();
        let mut read: BTreeMap<String, Timestamp> = BTreeMap::new();
        for (region, named) in newest {
            for key in [key(&region), region.0] {
                let known = read.entry(key).or_insert(named);
                *known = (*known).max(named);
            }
        }
        read.retain(|key, _| !held.contains(key));
        read
    }
}

/// The key of a region of an account in a state.
fn key((account, region): &Region) -> String {
    format!("{account}/{region}")
}

/// Adds to a scheduled run's files those of regions that deliver again, and returns what is known of all regions.
///
/// # Errors
///
/// If the source cannot be listed.
pub(super) async fn add(
    source: &Source,
    job: &Job<'_>,
    plan: &RunPlan,
    deliveries: Option<Deliveries>,
    listing: &mut Listing,
) -> Result<Regions, RunError> {
    let mut regions = Regions { newest: newest(&listing.files), ..Regions::default() };
    let (Occasion::Scheduled { at, cadence, state }, Some(deliveries)) = (&job.occasion, deliveries) else {
        return Ok(regions);
    };
    let since = plan.questions.iter().filter_map(|question| question.delivered_from).max();
    let since = since.unwrap_or(at.minus(cadence.every).minus(cadence.lateness));
    let oldest = at.minus(cadence.max_age);
    regions.returned = regions
        .newest
        .keys()
        .filter_map(|region| Some((region.clone(), last_read(state, region)?.max(oldest))))
        .filter(|(_, until)| until.plus(MARGIN) < since)
        .collect();
    let first = regions.returned.values().min().copied();
    let missed = first.and_then(|from| Window::new(from, deliveries.window().start()).ok());
    if let Some(missed) = missed {
        let names: BTreeSet<Region> = regions.returned.keys().cloned().collect();
        let more = list_regions(source, Deliveries::of(missed, Span::ZERO), names).await?;
        listing.problems.extend(more.problems);
        listing.unlisted += more.unlisted;
        let known: BTreeSet<String> = listing.files.iter().map(|file| file.path.clone()).collect();
        let is_new =
            |file: &LogFile| !known.contains(&file.path) && unread(file, &regions.returned).is_some();
        listing.files.extend(more.files.into_iter().filter(is_new));
    }
    for file in &mut listing.files {
        if unread(file, &regions.returned).is_some_and(|named| named < since) {
            file.stored = Some(*at);
        }
    }
    Ok(regions)
}

/// The time in the name of the last file of a region that a run read; of its account, if nothing is known of the region alone.
fn last_read(state: &State, region: &Region) -> Option<Timestamp> {
    state.accounts.get(&key(region)).or_else(|| state.accounts.get(&region.0)).copied()
}

/// The time that the name of a file may lie behind: a shorter silence needs no second look.
const MARGIN: Span = Span::from_s(15 * 60);

/// The time in a file's name, if its region delivers again and no run has read the file.
fn unread(file: &LogFile, returned: &BTreeMap<Region, Timestamp>) -> Option<Timestamp> {
    let until = returned.get(&file.partition.as_ref()?.place())?;
    time_in_name(&file.path).filter(|named| named > until)
}

fn newest(files: &[LogFile]) -> BTreeMap<Region, Timestamp> {
    let mut newest: BTreeMap<Region, Timestamp> = BTreeMap::new();
    for file in files {
        if let (Some(partition), Some(named)) = (&file.partition, time_in_name(&file.path)) {
            let known = newest.entry(partition.place()).or_insert(named);
            *known = (*known).max(named);
        }
    }
    newest
}
