//! Accounts that deliver logs again after a silence: what they delivered since they were last read is read now, as if it were
//! delivered now.
//!
//! Files may appear long after the times in their names, when a replication or a grant is mended. A schedule would pass them
//! over, because it reads what was delivered since its last run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Job, RunError, list_accounts};
use crate::{
    domain::{
        delivery::{Deliveries, time_in_name},
        time::{Span, Timestamp, Window},
    },
    engine::embedded::source::{LogFile, Source, walk::Listing},
    plan::{Occasion, RunPlan},
};

/// What is known of the accounts of a run's log files.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// The time in the name of the newest file of each.
    pub(super) newest: BTreeMap<String, Timestamp>,
    /// Those that deliver again after a silence, each with the time in the name of the last file that an earlier run read.
    pub(super) returned: BTreeMap<String, Timestamp>,
}

/// Adds to a scheduled run's files those of accounts that deliver again, and returns what is known of all accounts.
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
) -> Result<Accounts, RunError> {
    let mut accounts = Accounts { newest: newest(&listing.files), ..Accounts::default() };
    let (Occasion::Scheduled { at, cadence, state }, Some(deliveries)) = (&job.occasion, deliveries) else {
        return Ok(accounts);
    };
    let since = plan.questions.iter().filter_map(|question| question.delivered_from).max();
    let since = since.unwrap_or(at.minus(cadence.every).minus(cadence.lateness));
    let oldest = at.minus(cadence.max_age);
    accounts.returned = accounts
        .newest
        .keys()
        .filter_map(|account| Some((account.clone(), (*state.accounts.get(account)?).max(oldest))))
        .filter(|(_, until)| until.plus(MARGIN) < since)
        .collect();
    let first = accounts.returned.values().min().copied();
    let missed = first.and_then(|from| Window::new(from, deliveries.window().start()).ok());
    if let Some(missed) = missed {
        let names: BTreeSet<String> = accounts.returned.keys().cloned().collect();
        let more = list_accounts(source, Deliveries::of(missed, Span::ZERO), names).await?;
        listing.problems.extend(more.problems);
        listing.unlisted += more.unlisted;
        let known: BTreeSet<String> = listing.files.iter().map(|file| file.path.clone()).collect();
        let is_new =
            |file: &LogFile| !known.contains(&file.path) && unread(file, &accounts.returned).is_some();
        listing.files.extend(more.files.into_iter().filter(is_new));
    }
    for file in &mut listing.files {
        if unread(file, &accounts.returned).is_some_and(|named| named < since) {
            file.stored = Some(*at);
        }
    }
    Ok(accounts)
}

/// The time that the name of a file may lie behind: a shorter silence needs no second look.
const MARGIN: Span = Span::from_s(15 * 60);

/// The time in a file's name, if its account delivers again and no run has read the file.
fn unread(file: &LogFile, returned: &BTreeMap<String, Timestamp>) -> Option<Timestamp> {
    let until = returned.get(&file.partition.as_ref()?.account)?;
    time_in_name(&file.path).filter(|named| named > until)
}

fn newest(files: &[LogFile]) -> BTreeMap<String, Timestamp> {
    let mut newest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for file in files {
        if let (Some(partition), Some(named)) = (&file.partition, time_in_name(&file.path)) {
            let known = newest.entry(partition.account.clone()).or_insert(named);
            *known = (*known).max(named);
        }
    }
    newest
}
