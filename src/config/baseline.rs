//! `[baseline]`: how habits are learned.

use super::{Sourced, sourced};
use crate::{
    domain::{habits::KEPT_DAYS, time::Span},
    text::{At, Lint, TomlTable},
};

/// For how long a baseline learns unless the configuration says otherwise.
const LEARNING: Span = Span::from_s(14 * 86_400);

/// How habits are learned.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineSettings {
    /// For how long they are learned before anything counts as new.
    pub learning: Sourced<Span>,
    /// Whether one statement a day on Athena learns from every call.
    pub daily_statement: Sourced<bool>,
}

/// Reads the table; `None` gives the defaults.
pub(super) fn read(table: Option<TomlTable<'_>>) -> BaselineSettings {
    let mut settings =
        BaselineSettings { learning: Sourced::default(LEARNING), daily_statement: Sourced::default(true) };
    let Some(table) = table else { return settings };
    let learning: Option<At<Span>> = table.take("learning").and_then(|item| item.parsed());
    let daily_statement: Option<At<bool>> = table.take("daily_statement").and_then(|item| item.boolean());
    let report = table.report();
    table.finish();
    if let Some(asks) = daily_statement {
        settings.daily_statement = sourced(asks);
    }
    if let Some(learning) = learning {
        if !(Span::DAY..=Span::from_s(KEPT_DAYS * 86_400)).contains(&learning.value) {
            let message =
                format!("`baseline.learning` cannot be {}: give one to {KEPT_DAYS} days", learning.value);
            report.error(Lint::BadValue, learning.place, message);
        }
        settings.learning = sourced(learning);
    }
    settings
}
