//! A table on Athena: how it is queried, and what it covers.

use std::time::Duration;

use super::parts::Projected;
use crate::{
    aws::athena::Statements,
    domain::time::{Day, Timestamp, Window},
    table::Definition,
};

/// How long Athena may not know a statement that was just started.
pub const UNKNOWN: Duration = Duration::from_secs(10);

/// How Athena is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The workgroup.
    pub workgroup: String,
    /// The output location of results; `None` for the workgroup's.
    pub output: Option<String>,
    /// Statements that run at once.
    pub concurrency: usize,
    /// Partitions that one statement may list.
    pub partitions: u64,
    /// Candidates that one shared statement may return; with more, its time is halved, or detections get statements of their
    /// own.
    pub candidates: u64,
    /// How many times the price of what was planned what is asked in addition may cost: if there are too many candidates, an event
    /// makes a statement fail, or events that were delivered late are to be counted.
    pub flood_factor: u64,
    /// How long all statements of a pack may take.
    pub timeout: Duration,
    /// How long after its start Athena may not know a statement before it is started, and paid, again; [`UNKNOWN`] except in
    /// tests.
    pub unknown: Duration,
    /// Whether every detection has a statement of its own.
    pub own: bool,
    /// Bytes that one run may scan, by its estimate.
    pub run_bytes: Option<u64>,
    /// Bytes that the runs of a schedule may scan in a month.
    pub month_bytes: Option<u64>,
    /// Dollars per terabyte scanned.
    pub price_per_tb: f64,
}

/// A table on Athena.
#[derive(Debug)]
pub struct Athena {
    /// Its statements.
    pub statements: Statements,
    /// The table's definition.
    pub table: Definition,
    /// How Athena is used.
    pub settings: Settings,
}

impl Athena {
    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{} ({})", self.table.database, self.table.name, self.table.location)
    }

    /// The first day that the table projects, if a window begins before it. Athena silently returns no rows for earlier days.
    #[must_use]
    pub fn begins_after(&self, window: Window) -> Option<Day> {
        let range = self.table.parameters.get("projection.timestamp.range")?;
        let first: Timestamp = range.split(',').next()?.replace('/', "-").parse().ok()?;
        (window.start().day() < first.day()).then(|| first.day())
    }

    /// A note for the reader of a window that begins before the table.
    #[must_use]
    pub fn note_of(&self, window: Window) -> Option<String> {
        let first = self.begins_after(window)?.path().replace('/', "-");
        Some(format!(
            "the table begins on {first}: nothing that was delivered before was read. Set `since` in `[table]` to an \
             earlier day and run `trailbrief table apply`"
        ))
    }

    /// The values of a projection's list.
    pub(super) fn listed(&self, parameter: &str) -> Vec<String> {
        let list = self.table.parameters.get(parameter).map_or("", String::as_str);
        list.split(',').filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// The accounts and regions that the table projects.
    pub(super) fn projected(&self) -> Projected {
        Projected {
            accounts: self.listed("projection.account.values"),
            regions: self.listed("projection.region.values"),
        }
    }

    /// How many partitions the table projects for each day.
    #[must_use]
    pub fn partitions_a_day(&self) -> u64 {
        self.listed("projection.account.values").len() as u64 * self.regions()
    }

    /// How many regions the table projects.
    pub(super) fn regions(&self) -> u64 {
        self.listed("projection.region.values").len() as u64
    }
}
