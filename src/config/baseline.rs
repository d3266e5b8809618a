//! `[baseline]`: how habits are learned.

use super::{Sourced, sourced};
use crate::{
    domain::{habits::KEPT_DAYS, time::Span},
    text::{At, Lint, TomlTable},
};

/// For how long a baseline learns unless the configuration says otherwise.
const LEARNING: Span = Span::from_s(14 * 86_400);

/// Reads the table; `None` gives the defaults.
pub(super) fn read(table: Option<TomlTable<'_>>) -> Sourced<Span> {
    let Some(table) = table else { return Sourced::default(LEARNING) };
    let learning: Option<At<Span>> = table.take("learning").and_then(|item| item.parsed());
    let report = table.report();
    table.finish();
    let Some(learning) = learning else { return Sourced::default(LEARNING) };
    if !(Span::DAY..=Span::from_s(KEPT_DAYS * 86_400)).contains(&learning.value) {
        let message =
            format!("`baseline.learning` cannot be {}: give one to {KEPT_DAYS} days", learning.value);
        report.error(Lint::BadValue, learning.place, message);
    }
    sourced(learning)
}
