//! Which accounts and regions delivered logs in the window of a run on Athena. Athena does not report it, but the bucket's
//! folders show it, where listing them takes no longer than the run.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Job, Read,
    coverage::{self, CoveredPartitions},
    returned::{self, Regions},
};
use crate::{
    domain::{
        account::Accounts,
        brief::{Coverage, Problem},
        delivery::{DeliveryDays, Region},
        list::first_few,
        price::Requests,
        time::{Timestamp, Window},
    },
    engine::{
        athena::Athena,
        embedded::source::{
            Source, SourceError,
            delivered::{Delivered, NotListed, delivered},
            recent::recent,
            walk::Listing,
        },
    },
    plan::{Occasion, RunPlan},
};

/// More folders than this are not listed: at some hundred requests a second, that is some ten seconds and a cent.
const REQUESTS: u64 = 2_000;

/// The part of a table's template below the folders of accounts.
const BELOW_ACCOUNTS: &str = "${account}/CloudTrail/${region}/${timestamp}/";

/// What the bucket's folders show of a run.
pub(super) struct Found {
    /// The window that the brief shows.
    window: Option<Window>,
    /// Which accounts and regions delivered on its days, or why that is not known.
    delivered: Option<Result<Delivered, String>>,
    /// What regions delivered since they were last read.
    pub(super) regions: Regions,
    /// The requests that this took.
    requests: Requests,
    /// Why the files of regions were not looked at.
    note: Option<String>,
}

impl Found {
    /// Looks at the folders of a run's window, and for a scheduled run at the files of each region since it was last read.
    pub(super) async fn of(athena: &Athena, job: &Job<'_>, plan: &RunPlan) -> Self {
        let (regions, requests) = (Regions::default(), Requests::default());
        let mut found = Self { window: plan.window, delivered: None, regions, requests, note: None };
        let Some(window) = plan.window else { return found };
        let listed = list(athena, window, &mut found.requests).await;
        if let Ok(listed) = &listed {
            found.look_at_files(athena, job, plan, listed).await;
        }
        found.delivered = Some(listed.map(|listed| listed.delivered));
        found
    }

    /// Lists the files that the regions of a scheduled run delivered since they were last read.
    async fn look_at_files(&mut self, athena: &Athena, job: &Job<'_>, plan: &RunPlan, listed: &Listed) {
        let Occasion::Scheduled { at, cadence, state } = &job.occasion else { return };
        let (at, since, oldest) = (*at, returned::since(plan, *at, *cadence), at.minus(cadence.max_age));
        let from = |region: &Region| returned::last_read(state, region).unwrap_or(since).max(oldest);
        let covered = Covered::by(athena);
        let known = listed.delivered.known.iter().filter(|(account, region)| covered.has(account, region));
        let asked: BTreeMap<Region, Timestamp> = known.map(|region| (region.clone(), from(region))).collect();
        if asked.len() as u64 > listed.left {
            self.note = Some(format!(
                "whether regions have stopped delivering or deliver again is not known: that takes more than {REQUESTS} requests"
            ));
            return;
        }
        let (source, left) = (listed.source.clone(), listed.left);
        let looked = tokio::task::spawn_blocking(move || recent(&source, &asked, at, left)).await;
        self.requests = listed.source.requests();
        if let Ok(recent) = looked {
            self.regions = Regions::of_recent(recent, state, (since, oldest));
        }
    }

    /// Adds to the coverage which accounts and regions delivered in the window, or a note that says why this is not known.
    pub(super) fn add(self, read: &mut Read, athena: &Athena, accounts: &Accounts) {
        read.cost.price.requests = read.cost.price.requests + self.requests;
        read.cost.notes.extend(self.note);
        let (Some(window), Some(delivered)) = (self.window, self.delivered) else { return };
        match delivered {
            Ok(mut delivered) => {
                // Where a month cannot be listed, the region cannot either.
                let is_known = |problem: &Problem| {
                    delivered.problems.iter().any(|known| known.file.starts_with(&problem.file))
                };
                let unlisted = read.regions.unlisted.values();
                let more: Vec<Problem> = unlisted.filter(|problem| !is_known(problem)).cloned().collect();
                delivered.problems.extend(more);
                add_coverage(read, athena, accounts, window, delivered);
            }
            Err(reason) => {
                let note = format!("which accounts and regions delivered logs is not known: {reason}");
                read.cost.notes.push(note);
            }
        }
    }
}

/// The accounts and regions that a table covers.
struct Covered<'a> {
    accounts: BTreeSet<&'a str>,
    regions: BTreeSet<&'a str>,
}

impl<'a> Covered<'a> {
    fn by(athena: &'a Athena) -> Self {
        Self { accounts: projected(athena, "account"), regions: projected(athena, "region") }
    }

    fn has(&self, account: &str, region: &str) -> bool {
        self.accounts.contains(account) && self.regions.contains(region)
    }
}

/// How many pages a run asks for at most to see who delivered: the root, two for each account, and, for each region, the month and
/// the files since it was last read.
#[must_use]
pub fn lists_of_delivered(athena: &Athena) -> u64 {
    let accounts = projected(athena, "account").len() as u64;
    let (fixed, regions) = (1 + 2 * accounts, athena.partitions_a_day());
    match fixed {
        _ if 2 * accounts > REQUESTS => 0,
        _ if 2 * accounts + regions > REQUESTS => fixed,
        _ if fixed + 2 * regions > REQUESTS => fixed + regions,
        _ => fixed + 2 * regions,
    }
}

/// The folders of a bucket, and how many requests may follow.
struct Listed {
    source: Source,
    delivered: Delivered,
    left: u64,
}

async fn list(athena: &Athena, window: Window, requests: &mut Requests) -> Result<Listed, String> {
    let template = athena.table.parameters.get("storage.location.template").map_or("", String::as_str);
    let folder = template
        .strip_suffix(BELOW_ACCOUNTS)
        .ok_or("the table's template does not have CloudTrail's folders")?;
    let fixed_requests = 2 * projected(athena, "account").len() as u64;
    let too_many = |requests: u64| format!("that takes {requests} requests, more than {REQUESTS}");
    if fixed_requests > REQUESTS {
        return Err(too_many(fixed_requests));
    }
    let source = Source::open(folder).map_err(|error| error.to_string())?;
    let days = match athena.begins_after(window) {
        // The table does not read earlier days.
        Some(first) => DeliveryDays::of(window).from(first),
        None => DeliveryDays::of(window),
    };
    let listed = source.clone();
    let delivered =
        tokio::task::spawn_blocking(move || delivered(&listed, days, REQUESTS - fixed_requests)).await;
    *requests = source.requests();
    let delivered = delivered.map_err(|error| error.to_string())?.map_err(|error| match error {
        NotListed::TooMany(requests) => too_many(fixed_requests + requests),
        NotListed::Source(SourceError::Unlisted { path, source }) => {
            format!("`{path}` cannot be listed: {source}")
        }
        NotListed::Source(other) => other.to_string(),
    })?;
    let left = REQUESTS.saturating_sub(requests.lists);
    Ok(Listed { source, delivered, left })
}

fn add_coverage(read: &mut Read, athena: &Athena, accounts: &Accounts, window: Window, mut found: Delivered) {
    // Athena has not read what the table does not project.
    let covered = Covered::by(athena);
    let outside: BTreeSet<String> = found
        .partitions
        .iter()
        .filter(|partition| !covered.has(&partition.account, &partition.region))
        .map(|partition| format!("{} in {}", partition.account, partition.region))
        .collect();
    if !outside.is_empty() {
        let outside: Vec<String> = outside.into_iter().collect();
        read.cost.notes.push(format!(
            "these logs were not read, as the table does not cover them: {}; `trailbrief table apply` adds them, unless \
             `regions` in `[table]` leaves them out",
            first_few(&outside)
        ));
    }
    found.partitions.retain(|partition| covered.has(&partition.account, &partition.region));
    found.known.retain(|(account, region)| covered.has(account, region));
    let listing = Listing { known: found.known, ..Listing::default() };
    let covered_partitions = CoveredPartitions::of(found.partitions);
    read.coverage = Coverage {
        events_without_time: read.coverage.events_without_time,
        events_too_late: std::mem::take(&mut read.coverage.events_too_late),
        events_sharing_id: read.coverage.events_sharing_id,
        drift: std::mem::take(&mut read.coverage.drift),
        folders_unlisted: read.coverage.folders_unlisted + found.problems.len() as u64,
        ..coverage::of_partitions(&covered_partitions, &listing, accounts, Some(window))
    };
    read.problems.extend(found.problems);
}

/// The values of a projection's list.
fn projected<'a>(athena: &'a Athena, column: &str) -> BTreeSet<&'a str> {
    let list = athena.table.parameters.get(&format!("projection.{column}.values")).map_or("", String::as_str);
    list.split(',').filter(|value| !value.is_empty()).collect()
}
