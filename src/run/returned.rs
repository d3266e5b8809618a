//! Accounts and regions that deliver logs again after a silence: what they delivered since they were last read is read now, as if
//! it were delivered now.
//!
//! Files may appear long after the times in their names, when a replication or a grant is mended. A schedule would pass them
//! over, because it reads what was delivered since its last run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Job, RunContext, RunError, list_regions};
#[cfg(feature = "aws")]
use crate::{domain::brief::Problem, engine::embedded::source::recent::Recent};
use crate::{
    domain::{
        brief::MissingRegion,
        delivery::{Deliveries, Region, time_in_name},
        state::State,
        time::{Span, Timestamp, Window},
    },
    engine::embedded::source::{LogFile, Source, walk::Listing},
    plan::{Occasion, RunPlan, window::Cadence},
};

/// What is known of the regions of a run's log files.
#[derive(Debug, Default)]
pub(super) struct Regions {
    /// From which time in a name on the run reads what no earlier run has read; `None` if nothing is known.
    pub(super) since: Option<Timestamp>,
    /// The times in the names of each region's files: all of those that no earlier run has read, or the first of them.
    pub(super) names: BTreeMap<Region, BTreeSet<Timestamp>>,
    /// The time in the name of each region's newest file, where that is not among the first.
    pub(super) newest: BTreeMap<Region, Timestamp>,
    /// Those that deliver again after a silence, each with the time in the name of the last file that an earlier run read.
    pub(super) returned: BTreeMap<Region, Timestamp>,
    /// Those of them that this run does not read: a later one does.
    #[cfg(feature = "aws")]
    pub(super) held: BTreeSet<Region>,
    /// Regions whose folders could not be listed.
    #[cfg(feature = "aws")]
    pub(super) unlisted: BTreeMap<Region, Problem>,
}

/// In what time a pause between files is forgotten.
const FORGOTTEN: Span = Span::from_s(10 * 86_400);

impl Regions {
    /// The time in the name of a region's newest file that the run reads.
    fn newest(&self, region: &Region) -> Option<Timestamp> {
        self.newest.get(region).copied().max(self.names.get(region).and_then(|names| names.last().copied()))
    }

    /// Notes the newest file of each region and account, and the pauses before it. A region that delivers again is read again,
    /// unless every detection has judged its events.
    pub(super) fn note(self, state: &mut State, is_judged: bool) {
        let unjudged = self.returned.keys().filter(|_| !is_judged);
        #[cfg(feature = "aws")]
        let unjudged = unjudged.chain(&self.held);
        let held: BTreeSet<String> = unjudged.flat_map(|region| [key(region), region.0.clone()]).collect();
        let mut read: BTreeMap<String, Timestamp> = BTreeMap::new();
        for (region, names) in &self.names {
            let Some(newest) = self.newest(region) else { continue };
            let last = state.accounts.get(&key(region)).copied();
            if !held.contains(&key(region)) && last.is_none_or(|last| newest > last) {
                let known = state.pauses.get(&key(region)).copied().unwrap_or(Span::ZERO).seconds();
                let elapsed = last.map_or(0, |last| newest.unix_s() - last.unix_s()).min(FORGOTTEN.seconds());
                let known = known - known * elapsed / FORGOTTEN.seconds();
                let pause = longest_pause(names, last).seconds().max(known);
                state.pauses.insert(key(region), Span::from_s(pause));
            }
            for key in [key(region), region.0.clone()] {
                let known = read.entry(key).or_insert(newest);
                *known = (*known).max(newest);
            }
        }
        state.have_read(read.into_iter().filter(|(key, _)| !held.contains(key)));
    }

    /// What the bucket of a table shows; a region that is older than `oldest` begins there.
    #[cfg(feature = "aws")]
    pub(super) fn of_recent(recent: Recent, state: &State, (since, oldest): (Timestamp, Timestamp)) -> Self {
        let Recent { names, newest, unlisted } = recent;
        let is_unread = |region: &Region, last: Timestamp| {
            names[region].iter().any(|named| *named > last && *named < since)
        };
        let returned = names
            .keys()
            .filter_map(|region| Some((region.clone(), last_read(state, region)?.max(oldest))))
            .filter(|(region, last)| last.plus(MARGIN) < since && is_unread(region, *last))
            .collect();
        Self { since: Some(since), returned, names, newest, unlisted, ..Self::default() }
    }

    /// The regions that the configuration and the state expect logs of, and that have none, but for those of accounts without any.
    pub(super) fn missing(
        &self,
        context: &RunContext,
        job: &Job<'_>,
        accounts_missing: &[String],
    ) -> Vec<MissingRegion> {
        let (Occasion::Scheduled { at, cadence, state }, Some(since)) = (&job.occasion, self.since) else {
            return Vec::new();
        };
        let is_active = |account: &str| {
            let mut known = context.accounts.iter();
            context.accounts.is_empty() || known.any(|it| it.id.as_str() == account && it.state == "ACTIVE")
        };
        let region = |(key, last): (&String, &Timestamp)| {
            let (account, region) = key.split_once('/')?;
            let is_expected = context.expected.has_region(account, region)
                && is_active(account)
                && !accounts_missing.iter().any(|missing| missing == account);
            let of = (account.to_owned(), region.to_owned());
            #[cfg(feature = "aws")]
            if self.unlisted.contains_key(&of) {
                return None;
            }
            let last = self.newest(&of).max(Some(*last))?;
            let usual = state.pauses.get(key).copied().unwrap_or(Span::ZERO);
            let is_silent = last < since
                && last.plus(usual).plus(usual) < *at
                && last.plus(context.expected.tolerance()) < *at
                // Who has not delivered for so long does not deliver.
                && last >= at.minus(cadence.max_age);
            let (account, region) = of;
            (is_expected && is_silent).then_some(MissingRegion { account, region, last_file: last })
        };
        state.accounts.iter().filter_map(region).collect()
    }
}

/// The longest time between two files one after the other, from the last one on that an earlier run read.
fn longest_pause(names: &BTreeSet<Timestamp>, last: Option<Timestamp>) -> Span {
    let unread = names.iter().copied().filter(|named| last.is_none_or(|last| *named > last));
    let times: Vec<Timestamp> = last.into_iter().chain(unread).collect();
    let pauses = times.windows(2).map(|two| two[1].unix_s() - two[0].unix_s());
    Span::from_s(pauses.max().unwrap_or(0))
}

/// The key of a region of an account in a state.
fn key((account, region): &Region) -> String {
    format!("{account}/{region}")
}

/// From which time in a name on a scheduled run reads what no earlier run has read.
pub(super) fn since(plan: &RunPlan, at: Timestamp, cadence: Cadence) -> Timestamp {
    let since = plan.questions.iter().filter_map(|question| question.delivered_from).max();
    since.unwrap_or(at.minus(cadence.every).minus(cadence.lateness))
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
    let (Occasion::Scheduled { at, cadence, state }, Some(deliveries)) = (&job.occasion, deliveries) else {
        return Ok(Regions::default());
    };
    let since = since(plan, *at, *cadence);
    let mut regions = Regions { since: Some(since), names: names(&listing.files), ..Regions::default() };
    let oldest = at.minus(cadence.max_age);
    regions.returned = regions
        .names
        .keys()
        .filter_map(|region| Some((region.clone(), last_read(state, region)?.max(oldest))))
        .filter(|(_, until)| until.plus(MARGIN) < since)
        .collect();
    let first = regions.returned.values().min().copied();
    let missed = first.and_then(|from| Window::new(from, deliveries.window().start()).ok());
    if let Some(missed) = missed {
        let of_them: BTreeSet<Region> = regions.returned.keys().cloned().collect();
        let more = list_regions(source, Deliveries::of(missed, Span::ZERO), of_them).await?;
        listing.problems.extend(more.problems);
        listing.unlisted += more.unlisted;
        let known: BTreeSet<String> = listing.files.iter().map(|file| file.path.clone()).collect();
        let is_new =
            |file: &LogFile| !known.contains(&file.path) && unread(file, &regions.returned).is_some();
        listing.files.extend(more.files.into_iter().filter(is_new));
        regions.names = names(&listing.files);
    }
    for file in &mut listing.files {
        if unread(file, &regions.returned).is_some_and(|named| named < since) {
            file.stored = Some(*at);
        }
    }
    Ok(regions)
}

/// The time in the name of the last file of a region that a run read; of its account, if nothing is known of the region alone.
pub(super) fn last_read(state: &State, region: &Region) -> Option<Timestamp> {
    state.accounts.get(&key(region)).or_else(|| state.accounts.get(&region.0)).copied()
}

/// The time that the name of a file may lie behind: a shorter silence needs no second look.
pub(super) const MARGIN: Span = Span::from_s(15 * 60);

/// The time in a file's name, if its region delivers again and no run has read the file.
fn unread(file: &LogFile, returned: &BTreeMap<Region, Timestamp>) -> Option<Timestamp> {
    let until = returned.get(&file.partition.as_ref()?.place())?;
    time_in_name(&file.path).filter(|named| named > until)
}

fn names(files: &[LogFile]) -> BTreeMap<Region, BTreeSet<Timestamp>> {
    let mut names: BTreeMap<Region, BTreeSet<Timestamp>> = BTreeMap::new();
    for file in files {
        if let (Some(partition), Some(named)) = (&file.partition, time_in_name(&file.path)) {
            names.entry(partition.place()).or_default().insert(named);
        }
    }
    names
}
