//! The events that many conditions select, written with few tests.
//!
//! Trino compiles a filter into one method of at most 64 KB, and fails with `COMPILER_ERROR` above that. Lists of up to 32 texts
//! are the costly part: each of their texts becomes code. Longer lists and arrays are constants.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    candidates::Printed,
    text::{listed, literal},
};
use crate::{
    domain::cloudtrail::COLUMNS,
    engine::embedded::scan::condition::{Condition, Field, Test},
};

/// Above this cost, event names select events of every source; above it even so, without any other test. Trino compiled a filter of the cost 35,000 and
/// failed at 44,000.
const MOST: usize = 32_000;

/// The cost of a test of event source and event name: how much code it becomes, in bytes, roughly.
const COST_OF_NAMES: usize = 100;

/// Branches that one condition is split into at most.
const MOST_BRANCHES: usize = 64;

/// Texts that Trino compiles to code; a longer list is a constant.
const MOST_IN_CODE: usize = 32;

/// Some values of a field; `None` for all.
type Values = Option<BTreeSet<String>>;

/// Tests other than those of event source and event name, as SQL.
type Others = BTreeSet<String>;

/// The union of conditions.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Event sources and event names, by the other tests that their events must meet.
    groups: BTreeMap<Others, BTreeSet<Names>>,
}

/// Events of these sources with these names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Names {
    sources: Values,
    names: Values,
}

/// A conjunction.
#[derive(Clone, Debug, Default)]
struct Branch {
    of: Names,
    others: Others,
}

impl Selection {
    /// What at least one of these conditions selects, or more where that would be too many tests.
    pub(super) fn of<'a>(conditions: impl IntoIterator<Item = &'a Condition>) -> Self {
        let mut selection = Self::default();
        for Branch { of, others } in conditions.into_iter().flat_map(branches) {
            selection.groups.entry(others).or_default().insert(of);
        }
        selection.simplify();
        [Names::of_every_source, Names::alone].into_iter().fold(selection, |selection, wider| {
            if selection.cost() > MOST { selection.wider(wider) } else { selection }
        })
    }

    /// Unites what differs in sources or names alone, and drops what is selected with fewer tests anyway.
    fn simplify(&mut self) {
        for group in self.groups.values_mut() {
            let mut before = usize::MAX;
            while group.len() < before {
                before = group.len();
                *group =
                    united(group, |of| (&of.names, &of.sources), |names, sources| Names { sources, names });
                *group =
                    united(group, |of| (&of.sources, &of.names), |sources, names| Names { sources, names });
            }
        }
        let whole = self.groups.clone();
        for (others, group) in &mut self.groups {
            let wider: Vec<_> = whole.iter().filter(|(fewer, _)| fewer.is_subset(others)).collect();
            group.retain(|of| {
                !wider.iter().any(|(fewer, group)| {
                    group.iter().any(|covering| of.is_in(covering) && (*fewer, covering) != (others, of))
                })
            });
        }
        self.groups.retain(|_, group| !group.is_empty());
    }

    /// What it costs: one for each letter of a test that is not one of names.
    fn cost(&self) -> usize {
        let of_others = |others: &Others| others.iter().map(String::len).sum::<usize>();
        self.groups.iter().map(|(others, group)| of_others(others) + COST_OF_NAMES * group.len()).sum()
    }

    /// The same events and more.
    fn wider(self, of: impl Fn(Names, &Others) -> Branch) -> Self {
        let mut wider = Self::default();
        for (others, group) in self.groups {
            for Branch { of, others } in group.into_iter().map(|names| of(names, &others)) {
                wider.groups.entry(others).or_default().insert(of);
            }
        }
        wider.simplify();
        wider
    }
}

/// The same with what has an equal first part united.
fn united(
    group: &BTreeSet<Names>,
    parts: impl Fn(&Names) -> (&Values, &Values),
    of: impl Fn(Values, Values) -> Names,
) -> BTreeSet<Names> {
    let mut by_first: BTreeMap<Values, Values> = BTreeMap::new();
    for (first, second) in group.iter().map(parts) {
        by_first
            .entry(first.clone())
            .and_modify(|known| match (known.as_mut(), second) {
                (Some(known), Some(second)) => known.extend(second.iter().cloned()),
                _ => *known = None,
            })
            .or_insert_with(|| second.clone());
    }
    by_first.into_iter().map(|(first, second)| of(first, second)).collect()
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (others, group)) in self.groups.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "\n        OR " })?;
            let alternatives: Vec<String> = group.iter().map(ToString::to_string).collect();
            let mut tests: Vec<String> = match &alternatives[..] {
                [only] if only.is_empty() => Vec::new(),
                [only] => vec![only.clone()],
                several => vec![format!("({})", several.join("\n            OR "))],
            };
            tests.extend(others.iter().cloned());
            match &tests[..] {
                [] => f.write_str("TRUE")?,
                tests => write!(f, "({})", tests.join(" AND "))?,
            }
        }
        Ok(())
    }
}

impl Names {
    /// Known names of whatever source.
    fn of_every_source(self, others: &Others) -> Branch {
        let sources = self.sources.filter(|_| self.names.is_none());
        Branch { of: Self { sources, names: self.names }, others: others.clone() }
    }

    /// Known names, whatever the other tests.
    fn alone(self, others: &Others) -> Branch {
        let others = if self.names.is_some() { Others::new() } else { others.clone() };
        Branch { others, ..self.of_every_source(&Others::new()) }
    }

    fn is_in(&self, other: &Self) -> bool {
        let is_in = |some: &Values, others: &Values| match (some, others) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(some), Some(others)) => some.is_subset(others),
        };
        is_in(&self.sources, &other.sources) && is_in(&self.names, &other.names)
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let test = |field: &str, values: &Values| values.as_ref().map(|values| one_of(field, values));
        let tests = [test("\"eventsource\"", &self.sources), test("\"eventname\"", &self.names)];
        f.write_str(&tests.into_iter().flatten().collect::<Vec<_>>().join(" AND "))
    }
}

/// Whether a text is one of these, as a test that costs Trino little code.
pub(super) fn one_of(field: &str, values: &BTreeSet<String>) -> String {
    let texts: Vec<&String> = values.iter().collect();
    match texts.len() {
        1 => format!("{field} = {}", literal(texts[0])),
        2..=MOST_IN_CODE => format!("contains(ARRAY[{}], {field})", listed(&texts)),
        _ => format!("{field} IN ({})", listed(&texts)),
    }
}

/// The conjunctions of which one must hold.
fn branches(condition: &Condition) -> Vec<Branch> {
    match condition {
        Condition::Any(parts) => parts.iter().flat_map(branches).collect(),
        Condition::All(parts) => {
            let mut found = vec![Branch::default()];
            for part in parts {
                let of_part = branches(part);
                let is_split = of_part.len() * found.len() <= MOST_BRANCHES
                    && of_part.iter().all(|branch| branch.of != Names::default());
                let of_part = if is_split { of_part } else { vec![other(part)] };
                let both =
                    |branch: &Branch| of_part.iter().filter_map(|part| branch.and(part)).collect::<Vec<_>>();
                found = found.iter().flat_map(both).collect();
            }
            found
        }
        Condition::Is(Field::Top(column), Test::In(values)) => match COLUMNS[*column].name {
            "eventsource" => vec![Names { sources: Some(values.clone()), names: None }.into()],
            "eventname" => vec![Names { sources: None, names: Some(values.clone()) }.into()],
            _ => vec![other(condition)],
        },
        Condition::Is(..) => vec![other(condition)],
        Condition::Unknown => vec![Branch::default()],
    }
}

fn other(condition: &Condition) -> Branch {
    let others = match condition {
        Condition::Unknown => Others::new(),
        known => Others::from([Printed(known).to_string()]),
    };
    Branch { others, ..Branch::default() }
}

impl From<Names> for Branch {
    fn from(of: Names) -> Self {
        Self { of, others: Others::new() }
    }
}

impl Branch {
    /// Both; `None` if no event can meet them.
    fn and(&self, other: &Self) -> Option<Self> {
        let both = |one: &Values, other: &Values| match (one, other) {
            (Some(one), Some(other)) => Some(one & other),
            (Some(some), None) | (None, Some(some)) => Some(some.clone()),
            (None, None) => None,
        };
        let sources = both(&self.of.sources, &other.of.sources);
        let names = both(&self.of.names, &other.of.names);
        let is_empty = |values: &Values| values.as_ref().is_some_and(BTreeSet::is_empty);
        let is_possible = !is_empty(&sources) && !is_empty(&names);
        is_possible.then(|| Self { of: Names { sources, names }, others: &self.others | &other.others })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(name: &str) -> usize {
        COLUMNS.iter().position(|column| column.name == name).unwrap()
    }

    fn is(name: &str, values: &[&str]) -> Condition {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Condition::Is(Field::Top(column(name)), Test::In(values))
    }

    fn any_condition() -> impl Strategy<Value = Condition> {
        let field = prop::sample::select(vec!["eventsource", "eventname", "useragent", "sourceipaddress"]);
        let values = prop::sample::subsequence(vec!["a", "b", "c"], 1..=2);
        let test = (field, values).prop_map(|(field, values)| is(field, &values));
        test.prop_recursive(4, 24, 4, |inner| {
            let parts = prop::collection::vec(inner, 1..4);
            prop_oneof![parts.clone().prop_map(Condition::All), parts.prop_map(Condition::Any)]
        })
    }

    type Event = [(&'static str, &'static str); 4];

    fn events() -> Vec<Event> {
        const TEXTS: [&str; 3] = ["a", "b", "z"];
        let mut found = Vec::new();
        for number in 0..81_usize {
            let text = |power: u32| TEXTS[number / 3_usize.pow(power) % 3];
            let names = ["eventsource", "eventname", "useragent", "sourceipaddress"];
            found.push(std::array::from_fn(|at| (names[at], text(u32::try_from(at).unwrap()))));
        }
        found
    }

    fn holds(condition: &Condition, event: &Event) -> bool {
        match condition {
            Condition::Is(Field::Top(at), test) => {
                let text = event.iter().find(|(name, _)| column(name) == *at).unwrap().1;
                test.holds(Some(text))
            }
            Condition::All(parts) => parts.iter().all(|part| holds(part, event)),
            Condition::Any(parts) => parts.iter().any(|part| holds(part, event)),
            other => panic!("{other}"),
        }
    }

    /// The conditions by their text, parts included.
    fn texts(condition: &Condition, found: &mut BTreeMap<String, Condition>) {
        found.insert(Printed(condition).to_string(), condition.clone());
        if let Condition::All(parts) | Condition::Any(parts) = condition {
            parts.iter().for_each(|part| texts(part, found));
        }
    }

    fn selects(selection: &Selection, known: &BTreeMap<String, Condition>, event: &Event) -> bool {
        let among = |values: &Values, text: &str| values.as_ref().is_none_or(|values| values.contains(text));
        selection.groups.iter().any(|(others, group)| {
            group.iter().any(|of| among(&of.sources, event[0].1) && among(&of.names, event[1].1))
                && others.iter().all(|other| holds(&known[other], event))
        })
    }

    proptest! {
        #[test]
        fn it_selects_what_one_of_its_conditions_selects(
            conditions in prop::collection::vec(any_condition(), 1..6)
        ) {
            let mut known = BTreeMap::new();
            conditions.iter().for_each(|condition| texts(condition, &mut known));
            let selection = Selection::of(&conditions);
            let of_every_source = Selection::of(&conditions).wider(Names::of_every_source);
            let alone = Selection::of(&conditions).wider(Names::alone);
            for event in events() {
                let wanted = conditions.iter().any(|condition| holds(condition, &event));
                prop_assert_eq!(selects(&selection, &known, &event), wanted, "{} {:?}", selection, event);
                for wider in [&of_every_source, &alone] {
                    prop_assert!(selects(wider, &known, &event) || !wanted, "{} {:?}", wider, event);
                }
            }
        }
    }

    #[test]
    fn equal_parts_are_written_once() {
        let conditions = [
            Condition::All(vec![is("eventsource", &["s"]), is("eventname", &["A"]), is("useragent", &["u"])]),
            Condition::All(vec![is("eventname", &["B"]), is("useragent", &["u"]), is("eventsource", &["s"])]),
            Condition::All(vec![
                is("eventsource", &["t"]),
                is("eventname", &["A", "B"]),
                is("useragent", &["u"]),
            ]),
            // Selected by the first two anyway.
            Condition::All(vec![
                Condition::Any(vec![
                    Condition::All(vec![is("eventsource", &["s"]), is("eventname", &["A"])]),
                    Condition::All(vec![is("eventsource", &["t"]), is("eventname", &["B"])]),
                ]),
                is("useragent", &["u"]),
                is("sourceipaddress", &["i"]),
            ]),
            is("sourceipaddress", &["i", "j"]),
        ];
        assert_eq!(
            Selection::of(&conditions).to_string(),
            "(contains(ARRAY['s', 't'], \"eventsource\") AND contains(ARRAY['A', 'B'], \"eventname\") AND \"useragent\" = \
             'u')\n        OR (contains(ARRAY['i', 'j'], \"sourceipaddress\"))"
        );
    }

    #[test]
    fn a_filter_that_is_too_long_selects_by_names_alone() {
        let rule = |number: usize| {
            let agent = format!("agent-{number}-{}", "x".repeat(1_000));
            let name = format!("Call{number:02}");
            Condition::All(vec![
                is("eventsource", &["s"]),
                is("eventname", &[&name]),
                is("useragent", &[&agent]),
            ])
        };
        let some: Vec<Condition> = (0..20).map(rule).collect();
        assert!(Selection::of(&some).to_string().contains("agent-19-"));
        let many: Vec<Condition> = (0..33).map(rule).chain([is("useragent", &["a"])]).collect();
        let names: Vec<String> = (0..33).map(|number| format!("Call{number:02}")).collect();
        let expected = format!("(\"eventname\" IN ({}))\n        OR (\"useragent\" = 'a')", listed(&names));
        assert_eq!(Selection::of(&many).to_string(), expected);
        let of_source = |number: usize| {
            let (source, name) = (format!("s{number:03}"), format!("Call{number:03}"));
            Condition::All(vec![
                is("eventsource", &[&source]),
                is("eventname", &[&name]),
                is("useragent", &["a"]),
            ])
        };
        let names: Vec<String> = (0..330).map(|number| format!("Call{number:03}")).collect();
        let expected = format!("(\"eventname\" IN ({}) AND \"useragent\" = 'a')", listed(&names));
        assert_eq!(Selection::of(&(0..330).map(of_source).collect::<Vec<_>>()).to_string(), expected);
    }
}
