//! A story in one sentence.

use std::cmp::Reverse;

use crate::{
    domain::story::{Step, Story},
    render::{clean::Line, words},
};

/// How many acts stand in the line that names a story.
const NAMED_ACTS: usize = 3;

/// How much a step tells.
pub(super) fn telling(step: &Step) -> (u8, bool) {
    (step.weight * 2 + step.severity.map_or(0, |severity| severity as u8), step.succeeded)
}

/// A story in one sentence: `ci-deploy (web-shop) created user support-bot, read 3 secrets, stopped trail audit`. It names
/// as many acts as fit into `max` characters, and at least one.
pub(in crate::render) fn sentence(story: &Story, max: usize) -> Line {
    let account = story.accounts.first();
    let account = account.map(|it| it.name.clone().unwrap_or_else(|| it.id.raw().to_owned()));
    let account = account.map(|name| format!(" ({})", Line::short(name, 40))).unwrap_or_default();
    let person = Line::short(words::with_names(story.person.raw()), 50);
    let done: Vec<&Step> = story.steps.iter().filter(|step| step.succeeded).collect();
    let steps: Vec<&Step> = if done.is_empty() { story.steps.iter().collect() } else { done };
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|at| (Reverse(telling(steps[*at])), *at));
    // Small acts are named only where there is nothing else.
    let small = order.iter().position(|at| steps[*at].weight < 2).unwrap_or(order.len());
    order.truncate(small.max(1));
    let mut named: Vec<usize> = Vec::new();
    let line = |named: &[usize]| {
        let mut order = named.to_vec();
        order.sort_unstable();
        let acts: Vec<String> = order
            .iter()
            .map(|at| Line::short(words::with_names(steps[*at].text.raw()), 80).to_string())
            .collect();
        Line::new(format!("{person}{account} {}", acts.join(", ")))
    };
    for at in order {
        let more = [named.as_slice(), &[at]].concat();
        let fits = line(&more).as_str().chars().count() <= max;
        if named.is_empty() || (fits && more.len() <= NAMED_ACTS) {
            named = more;
        }
    }
    line(&named)
}
