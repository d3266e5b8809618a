//! Which accounts and regions delivered logs in the window of a run on Athena. Athena does not report it, but the bucket's
//! folders show it, where listing them takes no longer than the run.

use std::collections::BTreeSet;

use super::{
    Read,
    coverage::{self, CoveredPartitions},
};
use crate::{
    domain::{
        account::Accounts, brief::Coverage, delivery::DeliveryDays, list::first_few, price::Requests,
        time::Window,
    },
    engine::{
        athena::Athena,
        embedded::source::{
            Source, SourceError,
            delivered::{Delivered, NotListed, delivered},
            walk::Listing,
        },
    },
};

/// More folders than this are not listed: at some hundred requests a second, that is some ten seconds and a cent.
const REQUESTS: u64 = 2_000;

/// The part of a table's template below the folders of accounts.
const BELOW_ACCOUNTS: &str = "${account}/CloudTrail/${region}/${timestamp}/";

/// Adds to the coverage which accounts and regions delivered in the window, or a note that says why this is not known.
pub(super) async fn add(read: &mut Read, athena: &Athena, accounts: &Accounts, window: Option<Window>) {
    let Some(window) = window else { return };
    match list(athena, window, &mut read.cost.price.requests).await {
        Ok(delivered) => add_coverage(read, athena, accounts, window, delivered),
        Err(reason) => {
            let note = format!("which accounts and regions delivered logs is not known: {reason}");
            read.cost.notes.push(note);
        }
    }
}

/// How many pages a run asks for at most to see who delivered: the root, two for each account, and the month of each region.
#[must_use]
pub fn lists_of_delivered(athena: &Athena) -> u64 {
    let accounts = projected(athena, "account").len() as u64;
    let (fixed, months) = (1 + 2 * accounts, athena.partitions_a_day());
    match fixed {
        _ if 2 * accounts > REQUESTS => 0,
        _ if 2 * accounts + months > REQUESTS => fixed,
        _ => fixed + months,
    }
}

async fn list(athena: &Athena, window: Window, requests: &mut Requests) -> Result<Delivered, String> {
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
    *requests = *requests + source.requests();
    delivered.map_err(|error| error.to_string())?.map_err(|error| match error {
        NotListed::TooMany(requests) => too_many(fixed_requests + requests),
        NotListed::Source(SourceError::Unlisted { path, source }) => {
            format!("`{path}` cannot be listed: {source}")
        }
        NotListed::Source(other) => other.to_string(),
    })
}

fn add_coverage(read: &mut Read, athena: &Athena, accounts: &Accounts, window: Window, mut found: Delivered) {
    // Athena has not read what the table does not project.
    let (of_table, regions) = (projected(athena, "account"), projected(athena, "region"));
    let covered = |account: &str, region: &str| of_table.contains(account) && regions.contains(region);
    let outside: BTreeSet<String> = found
        .partitions
        .iter()
        .filter(|partition| !covered(&partition.account, &partition.region))
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
    found.partitions.retain(|partition| covered(&partition.account, &partition.region));
    found.known.retain(|(account, region)| covered(account, region));
    let listing = Listing { known: found.known, ..Listing::default() };
    let covered_partitions = CoveredPartitions::of(found.partitions);
    read.coverage = Coverage {
        events_without_time: read.coverage.events_without_time,
        events_sharing_id: read.coverage.events_sharing_id,
        ..coverage::of_partitions(&covered_partitions, &listing, accounts, Some(window))
    };
    read.coverage.folders_unlisted = found.problems.len() as u64;
    read.problems.extend(found.problems);
}

/// The values of a projection's list.
fn projected<'a>(athena: &'a Athena, column: &str) -> BTreeSet<&'a str> {
    let list = athena.table.parameters.get(&format!("projection.{column}.values")).map_or("", String::as_str);
    list.split(',').filter(|value| !value.is_empty()).collect()
}
