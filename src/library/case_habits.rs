//! The habits of a case: what is known of its actors before its window.

use crate::{
    domain::{
        habits::{Days, Habit, Habits, KEPT_DAYS, day_of},
        time::Timestamp,
    },
    text::{At, Lint, TomlTable},
};

/// Reads `[[case.habits]]`.
pub(super) fn habits(tables: Vec<TomlTable<'_>>) -> Habits {
    let mut habits = Habits::default();
    for (habit, days) in tables.into_iter().filter_map(habit) {
        habits.note(habit, days);
    }
    habits
}

fn habit(table: TomlTable<'_>) -> Option<(Habit, Days)> {
    let (report, place) = (table.report(), table.place());
    let actor = table.need("actor").and_then(|item| item.text());
    let text = |key| table.take(key).and_then(|item| item.text()).map(|text: At<String>| text.value);
    let (account_id, service, action) = (text("account_id"), text("service"), text("action"));
    let (region, network, agent) = (text("region"), text("network"), text("agent"));
    let first: Option<At<Timestamp>> = table.need("first_seen").and_then(|item| item.parsed());
    let last: Option<At<Timestamp>> = table.need("last_seen").and_then(|item| item.parsed());
    let count = table.take("days").and_then(|item| item.count()).map(|count| count.value);
    table.finish();
    let (first, last) = (day_of(first?.value), day_of(last?.value));
    let count = count.map_or(1 + u32::from(first != last), |count| u32::try_from(count).unwrap_or(u32::MAX));
    let Some(days) = Days::between(first, last, count) else {
        let message = format!(
            "a habit is seen on at most {KEPT_DAYS} days in a row, on its first and its last one, and `days` counts both"
        );
        report.error(Lint::BadValue, place, message);
        return None;
    };
    Some((Habit { actor: actor?.value, account_id, service, action, region, network, agent }, days))
}
