//! Who delivered logs in the window of a run on Athena, which does not tell: the bucket's folders do, where looking at them
//! takes no longer than the run.

use std::collections::BTreeSet;

use super::{
    Read,
    coverage::{self, Places},
};
use crate::{
    domain::{account::Accounts, brief::Coverage, delivery::DeliveryDays, time::Window},
    engine::{
        athena::Athena,
        embedded::source::{
            Source, SourceError,
            days::{Delivered, NotTold, delivered},
            walk::Listing,
        },
    },
};

/// More folders than this are not listed: at some hundred requests a second, that is some ten seconds and a cent.
const REQUESTS: u64 = 2_000;

/// So many accounts are named in a note; the rest is counted.
const NAMED: usize = 8;

/// Where the folders of accounts end in a table's template.
const BELOW: &str = "${account}/CloudTrail/${region}/${timestamp}/";

/// Adds to what was read who delivered in the window, or that this was not looked at and why.
pub(super) async fn add(read: &mut Read, athena: &Athena, accounts: &Accounts, window: Option<Window>) {
    let Some(window) = window else { return };
    match look(athena, window).await {
        Ok(told) => take(read, athena, accounts, window, told),
        Err(reason) => {
            let note = format!("which accounts and regions delivered logs was not looked at: {reason}");
            read.scan.notes.push(note);
        }
    }
}

async fn look(athena: &Athena, window: Window) -> Result<Delivered, String> {
    let template = athena.table.parameters.get("storage.location.template").map_or("", String::as_str);
    let folder =
        template.strip_suffix(BELOW).ok_or("the table's template has other folders than CloudTrail's")?;
    let asked = 2 * projected(athena, "account").len() as u64;
    let too_many = |requests: u64| format!("that takes {requests} requests, more than {REQUESTS}");
    if asked > REQUESTS {
        return Err(too_many(asked));
    }
    let source = Source::open(folder).map_err(|error| error.to_string())?;
    let days = match athena.begins_after(window) {
        // Who delivered before was not read.
        Some(first) => DeliveryDays::of(window).from(first),
        None => DeliveryDays::of(window),
    };
    let told = tokio::task::spawn_blocking(move || delivered(&source, days, REQUESTS - asked)).await;
    told.map_err(|error| error.to_string())?.map_err(|error| match error {
        NotTold::TooMany(requests) => too_many(asked + requests),
        NotTold::Source(SourceError::Unlisted { path, source }) => {
            format!("`{path}` cannot be listed: {source}")
        }
        NotTold::Source(other) => other.to_string(),
    })
}

fn take(read: &mut Read, athena: &Athena, accounts: &Accounts, window: Window, mut told: Delivered) {
    // What the table does not project Athena has not read.
    let (of_table, regions) = (projected(athena, "account"), projected(athena, "region"));
    let covered = |account: &str, region: &str| of_table.contains(account) && regions.contains(region);
    let outside: BTreeSet<String> = told
        .partitions
        .iter()
        .filter(|place| !covered(&place.account, &place.region))
        .map(|place| format!("{} in {}", place.account, place.region))
        .collect();
    if !outside.is_empty() {
        let shown = outside.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = outside.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        read.scan.notes.push(format!(
            "logs that the table does not cover, so that they were not read: {shown}{more}; `trailbrief table apply` adds them, unless \
             `regions` in `[table]` leaves them out"
        ));
    }
    told.partitions.retain(|place| covered(&place.account, &place.region));
    told.known.retain(|(account, region)| covered(account, region));
    let listing = Listing { known: told.known, ..Listing::default() };
    let places = Places::of(told.partitions);
    read.coverage = Coverage {
        events_without_time: read.coverage.events_without_time,
        ..coverage::of_places(&places, &listing, accounts, Some(window))
    };
    read.problems.extend(told.problems);
}

/// The values of a projection's list.
fn projected<'a>(athena: &'a Athena, column: &str) -> BTreeSet<&'a str> {
    let list = athena.table.parameters.get(&format!("projection.{column}.values")).map_or("", String::as_str);
    list.split(',').filter(|value| !value.is_empty()).collect()
}
