//! The gate: decides on a record's raw fields whether any detection could need it.
//!
//! Built from the filters that DataFusion pushed down to the scans of a pack. What a filter means but the gate cannot
//! evaluate counts as true, so that the gate lets through too much, never too little: a detection's own filter runs
//! again on what it admits. Names of events are looked up in one table, so that a longer library does not make the
//! gate slower.

use std::{borrow::Cow, collections::BTreeSet};

use hashbrown::HashMap;

use super::condition::{Condition, Field, Test};

/// Raw fields of a record, by index into [`COLUMNS`](crate::domain::cloudtrail::COLUMNS).
pub trait Fields {
    /// A scalar column as text; `None` if it is absent or null.
    fn text(&self, column: usize) -> Option<Cow<'_, str>>;
    /// A scalar field of a struct column as text; `None` if it is absent or null.
    fn nested(&self, column: usize, key: &str) -> Option<Cow<'_, str>>;
}

/// Decides whether any detection could need a record.
#[derive(Debug, Default)]
pub struct Gate {
    alternatives: Vec<Condition>,
    /// Alternatives that need one of some event names, by that name.
    by_name: HashMap<String, Vec<u32>>,
    /// Alternatives that hold whatever the event's name is, until they are evaluated.
    others: Vec<u32>,
    open: bool,
}

impl Gate {
    /// A gate that admits every record.
    #[must_use]
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// A gate that admits a record if at least one of these conditions may hold.
    #[must_use]
    pub fn any_of(alternatives: Vec<Condition>) -> Self {
        let mut gate = Self { open: alternatives.contains(&Condition::Unknown), ..Self::default() };
        for (index, condition) in (0u32..).zip(&alternatives) {
            match event_names(condition) {
                Some(names) => {
                    for name in names {
                        gate.by_name.entry(name.clone()).or_default().push(index);
                    }
                }
                None => gate.others.push(index),
            }
        }
        gate.alternatives = alternatives;
        gate
    }

    /// Whether every record passes, because some detection has no filter that the gate can use.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether any detection could need this record.
    #[must_use]
    pub fn admits(&self, record: &impl Fields) -> bool {
        if self.open {
            return true;
        }
        let holds = |index: &u32| self.alternatives[*index as usize].may_hold(record);
        if !self.by_name.is_empty()
            && let Some(name) = record.text(Field::event_name())
            && let Some(alternatives) = self.by_name.get(name.as_ref())
            && alternatives.iter().any(holds)
        {
            return true;
        }
        self.others.iter().any(holds)
    }
}

/// The event names one of which a condition needs, if it needs one of a list.
fn event_names(condition: &Condition) -> Option<&BTreeSet<String>> {
    match condition {
        Condition::Is(Field::Top(column), Test::In(names)) if *column == Field::event_name() => Some(names),
        Condition::All(parts) => parts.iter().find_map(event_names),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cloudtrail::COLUMNS;

    struct Record<'a>(&'a [(&'a str, &'a str)]);

    impl Fields for Record<'_> {
        fn text(&self, column: usize) -> Option<Cow<'_, str>> {
            self.nested(column, "")
        }

        fn nested(&self, column: usize, key: &str) -> Option<Cow<'_, str>> {
            let name = format!("{}{}{key}", COLUMNS[column].name, if key.is_empty() { "" } else { "." });
            self.0.iter().find(|(field, _)| *field == name).map(|(_, value)| Cow::Borrowed(*value))
        }
    }

    fn name_is(name: &str) -> Condition {
        Condition::Is(Field::Top(Field::event_name()), Test::In([name.to_owned()].into()))
    }

    fn root() -> Condition {
        let identity = COLUMNS.iter().position(|column| column.name == "useridentity").unwrap();
        Condition::Is(Field::Nested(identity, "type".into()), Test::In(["Root".to_owned()].into()))
    }

    #[test]
    fn a_record_passes_if_one_alternative_may_hold() {
        let gate =
            Gate::any_of(vec![Condition::All(vec![root(), name_is("ConsoleLogin")]), name_is("StopLogging")]);
        assert!(gate.admits(&Record(&[("eventname", "StopLogging")])));
        assert!(gate.admits(&Record(&[("eventname", "ConsoleLogin"), ("useridentity.type", "Root")])));
        assert!(!gate.admits(&Record(&[("eventname", "ConsoleLogin"), ("useridentity.type", "IAMUser")])));
        assert!(!gate.admits(&Record(&[])));
    }

    #[test]
    fn what_the_gate_cannot_evaluate_opens_it() {
        let gate = Gate::any_of(vec![name_is("StopLogging"), Condition::Unknown]);
        assert!(gate.is_open() && gate.admits(&Record(&[])));
        let half = Gate::any_of(vec![Condition::All(vec![Condition::Unknown, root()])]);
        assert!(!half.is_open() && !half.admits(&Record(&[])));
    }
}
