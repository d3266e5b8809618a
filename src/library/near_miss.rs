//! Near misses: a case that finds nothing and differs from a firing one in exactly one thing.

use std::collections::BTreeSet;

use super::case::{Case, EventSpec};
use crate::domain::habits::{COLUMNS, Habits};

/// Whether `quiet` is a near miss of `firing`.
pub(crate) fn is_near_miss(quiet: &Case, firing: &Case) -> bool {
    quiet.finds == 0 && firing.finds > 0 && !quiet.events.is_empty() && differences(quiet, firing).len() == 1
}

/// What differs between the inputs of two cases. The same field changed in several events is one difference;
/// so is one event more or less, one watch-list, one parameter, or the list of accounts.
fn differences(a: &Case, b: &Case) -> BTreeSet<String> {
    let mut found = lists("events", &a.events, &b.events);
    found.extend(lists("history", &a.history, &b.history));
    let names: BTreeSet<_> = a.watchlist.keys().chain(b.watchlist.keys()).collect();
    let differing = names.into_iter().filter(|name| a.watchlist.get(*name) != b.watchlist.get(*name));
    found.extend(differing.map(|name| format!("watchlist {name}")));
    let names: BTreeSet<_> = a.params.keys().chain(b.params.keys()).collect();
    let differing = names.into_iter().filter(|name| a.params.get(*name) != b.params.get(*name));
    found.extend(differing.map(|name| format!("param {name}")));
    if a.accounts != b.accounts {
        found.insert("accounts".to_owned());
    }
    found.extend(habits(&a.habits, &b.habits));
    found
}

/// The columns of `habits` that differ; each row that only one case has is one difference.
fn habits(a: &Habits, b: &Habits) -> BTreeSet<String> {
    let rows = |of: &Habits| of.rows().collect::<Vec<_>>();
    let (a, b) = (rows(a), rows(b));
    let (a, b): (Vec<_>, Vec<_>) = (
        a.iter().filter(|row| !b.contains(row)).collect(),
        b.iter().filter(|row| !a.contains(row)).collect(),
    );
    if a.len() != b.len() {
        return (0..a.len().max(b.len())).map(|row| format!("habit {row}")).collect();
    }
    let differ = a.iter().zip(&b).enumerate().flat_map(|(number, (a, b))| {
        let columns = COLUMNS.iter().zip(a.iter().zip(b.iter())).filter(|(_, (a, b))| a != b);
        columns.map(move |(column, _)| format!("habit {number} {column}"))
    });
    differ.collect()
}

fn lists(section: &str, a: &[EventSpec], b: &[EventSpec]) -> BTreeSet<String> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    match long.len() - short.len() {
        0 => pairs(short.iter().zip(long)),
        1 => (0..long.len())
            .map(|left_out| {
                let rest = long.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, spec)| spec);
                let mut found = pairs(short.iter().zip(rest));
                found.insert(format!("{section} has one less"));
                found
            })
            .min_by_key(BTreeSet::len)
            .unwrap_or_default(),
        more => (0..more).map(|n| format!("{section} has {n} less")).collect(),
    }
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a EventSpec, &'a EventSpec)>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (a, b) in pairs {
        if a.base != b.base {
            // Another base is many fields at once.
            found.extend([format!("base {}", a.base), format!("base {}", b.base)]);
        }
        let paths: BTreeSet<_> = a.edits.keys().chain(b.edits.keys()).collect();
        found.extend(paths.into_iter().filter(|path| a.edits.get(*path) != b.edits.get(*path)).cloned());
        if a.repeat != b.repeat {
            found.insert("repeat".to_owned());
        }
        if a.every_s != b.every_s {
            found.insert("every_s".to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::{library::case::Edit, text::Place};

    fn event(base: &str, edits: &[(&str, &str)]) -> EventSpec {
        let set = |value: &str| Edit::Set(serde_json::Value::from(value));
        EventSpec {
            base: base.to_owned(),
            record: Arc::default(),
            edits: edits.iter().map(|(path, value)| ((*path).to_owned(), set(value))).collect(),
            repeat: 1,
            every_s: 1,
            place: Place::START,
        }
    }

    fn case(finds: u64, events: Vec<EventSpec>) -> Case {
        Case {
            name: String::new(),
            events,
            history: Vec::new(),
            watchlist: BTreeMap::new(),
            habits: Habits::default(),
            accounts: Vec::new(),
            params: BTreeMap::new(),
            finds,
            rows: Vec::new(),
            line: 1,
        }
    }

    #[test]
    fn one_difference_is_near() {
        let root = || event("login", &[("type", "Root")]);
        let fires = case(1, vec![root()]);
        let near = |events| is_near_miss(&case(0, events), &fires);
        assert!(near(vec![event("login", &[])]));
        assert!(near(vec![event("login", &[("type", "IAMUser")])]));
        assert!(near(vec![event("login", &[("type", "Root"), ("error", "x")])]));
        assert!(near(vec![root(), root()]));
        assert!(!near(vec![root()]), "nothing differs");
        assert!(!near(vec![]), "nothing happens");
        assert!(!near(vec![event("login", &[("error", "x")])]), "two fields differ");
        assert!(!near(vec![event("other", &[("type", "Root")])]), "the base differs");
        assert!(!is_near_miss(&case(1, vec![event("login", &[])]), &fires), "it fires");
    }

    #[test]
    fn a_count_or_a_watchlist_may_be_the_difference() {
        let many = |count| EventSpec { repeat: count, ..event("denied", &[]) };
        assert!(is_near_miss(&case(0, vec![many(19)]), &case(1, vec![many(20)])));
        let mut quiet = case(0, vec![many(20)]);
        quiet.watchlist.insert("trusted-cidrs".to_owned(), vec!["192.0.2.0/24".to_owned()]);
        assert!(is_near_miss(&quiet, &case(1, vec![many(20)])));
    }
}
