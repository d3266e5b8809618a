//! `[schedules]`: the shipped ones, and what the file changes or adds.

use std::collections::BTreeMap;

use super::{Schedule, Sourced, sourced};
use crate::{
    domain::time::Span,
    text::{At, Lint, TomlTable},
};

/// The longest time that one pass searches by default; at least two periods.
const MAX_WINDOW: Span = Span::from_s(6 * 3_600);

/// How far back missed runs are caught up by default.
const CATCH_UP: Span = Span::from_s(7 * 86_400);

/// The greatest age of an event that is judged: CloudTrail retries a delivery that fails for 30 days.
const MAX_AGE: Span = Span::from_s(31 * 86_400);

/// How late an event may be without being called late: CloudTrail delivers most within a quarter of an hour.
const SETTLE: Span = Span::from_s(15 * 60);

/// The shipped schedules: name, period, lateness.
const SHIPPED: [(&str, Span, Span); 2] =
    [("hourly", Span::HOUR, Span::from_s(2 * 3_600)), ("daily", Span::DAY, Span::from_s(6 * 3_600))];

/// Reads the table; `None` gives the shipped schedules.
pub(super) fn read(table: Option<TomlTable<'_>>) -> BTreeMap<String, Schedule> {
    let mut schedules: BTreeMap<String, Schedule> = SHIPPED
        .iter()
        .map(|(name, every, lateness)| ((*name).to_owned(), shipped(name, *every, *lateness)))
        .collect();
    let Some(table) = table else { return schedules };
    for (name, item) in table.entries() {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.value.is_empty() || !name.value.chars().all(word) {
            let message = format!("`{}` is not a name for a schedule: use a-z, 0-9 and hyphens", name.value);
            table.report().error(Lint::BadValue, name.place, message);
        }
        if let Some(table) = item.table() {
            let known = schedules.remove(&name.value);
            schedules.insert(name.value.clone(), schedule(table, &name.value, known));
        }
    }
    schedules
}

fn shipped(name: &str, every: Span, lateness: Span) -> Schedule {
    Schedule {
        packs: Sourced::default(vec![name.to_owned()]),
        every: Sourced::default(every),
        lateness: Sourced::default(lateness),
        max_window: Sourced::default(max_window(every)),
        catch_up: Sourced::default(CATCH_UP),
        max_age: Sourced::default(MAX_AGE),
        settle: Sourced::default(SETTLE),
    }
}

/// The longest time that one pass searches if nothing is configured.
fn max_window(every: Span) -> Span {
    MAX_WINDOW.max(Span::from_s(2 * every.seconds()))
}

fn schedule(table: TomlTable<'_>, name: &str, known: Option<Schedule>) -> Schedule {
    let is_new = known.is_none();
    let mut schedule = known.unwrap_or_else(|| shipped(name, Span::DAY, Span::from_s(2 * 3_600)));
    let span = |key, needed| {
        let item = if needed { table.need(key) } else { table.take(key) };
        item.and_then(|item| item.parsed::<Span>()).map(sourced)
    };
    let packs = if is_new { table.need("packs") } else { table.take("packs") };
    let packs = packs.and_then(|item| item.texts());
    let every = span("every", is_new);
    let (lateness, catch_up) = (span("lateness", false), span("catch_up", false));
    let max_window_given = span("max_window", false);
    let (max_age, settle) = (span("max_age", false), span("settle", false));
    let report = table.report();
    let place = table.place();
    table.finish();
    if let Some(packs) = packs {
        if packs.value.is_empty() {
            report.error(Lint::BadValue, packs.place, format!("schedule `{name}` runs no pack"));
        }
        let names = packs.value.into_iter().map(|pack| pack.value).collect();
        schedule.packs = sourced(At { value: names, place: packs.place });
    }
    if let Some(every) = &every {
        schedule.max_window = Sourced::default(max_window(every.value));
    }
    set(&mut schedule.every, every);
    set(&mut schedule.max_window, max_window_given);
    set(&mut schedule.lateness, lateness);
    set(&mut schedule.catch_up, catch_up);
    set(&mut schedule.max_age, max_age);
    set(&mut schedule.settle, settle);
    let (every, catch_up) = (schedule.every.value, schedule.catch_up.value);
    if every == Span::ZERO {
        report.error(Lint::BadValue, place, format!("`schedules.{name}.every` must be longer than zero"));
    } else if catch_up < every {
        let message =
            format!("schedule `{name}` could never catch up: `catch_up` is {catch_up}, `every` is {every}");
        report.error_with(Lint::BadValue, place, message, Some(format!("set `catch_up` to {every} or more")));
    } else if schedule.max_window.value < every {
        let (longest, hint) = (schedule.max_window.value, format!("set `max_window` to {every} or more"));
        let message =
            format!("schedule `{name}` could never catch up: `max_window` is {longest}, `every` is {every}");
        report.error_with(Lint::BadValue, place, message, Some(hint));
    }
    schedule
}

fn set<T>(setting: &mut Sourced<T>, value: Option<Sourced<T>>) {
    if let Some(value) = value {
        *setting = value;
    }
}
