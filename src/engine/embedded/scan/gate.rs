//! The gate: decides on a record's raw fields which questions of a pack could need it.
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

/// Decides which questions could need a record.
#[derive(Debug, Default)]
pub struct Gate {
    /// Each condition with the question that it belongs to.
    alternatives: Vec<(usize, Condition)>,
    /// Alternatives that need one of some event names, by that name.
    by_name: HashMap<String, Vec<u32>>,
    /// Alternatives that hold whatever the event's name is, until they are evaluated.
    others: Vec<u32>,
    questions: usize,
}

impl Gate {
    /// A gate that lets a record through to each question of which a condition may hold.
    #[must_use]
    pub fn new(alternatives: Vec<(usize, Condition)>) -> Self {
        let mut gate = Self {
            questions: alternatives.iter().map(|(question, _)| question + 1).max().unwrap_or(0),
            ..Self::default()
        };
        for (index, (_, condition)) in (0u32..).zip(&alternatives) {
            match event_names(condition) {
                Some(names) => {
                    for name in names {
                        gate.by_name.entry(name).or_default().push(index);
                    }
                }
                None => gate.others.push(index),
            }
        }
        gate.alternatives = alternatives;
        gate
    }

    /// How many bytes say which questions could need a record: a bit for each, at least one byte.
    #[must_use]
    pub fn width(&self) -> usize {
        self.questions.div_ceil(8).max(1)
    }

    /// Sets the bit of every question that could need this record; false if there is none.
    ///
    /// `wanted` has [`width`](Self::width) bytes.
    pub fn admit(&self, record: &impl Fields, wanted: &mut [u8]) -> bool {
        wanted.fill(0);
        let mut any = false;
        let mut ask = |index: &u32| {
            let (question, condition) = &self.alternatives[*index as usize];
            if !is_set(wanted, *question) && condition.may_hold(record) {
                wanted[question / 8] |= 1 << (question % 8);
                any = true;
            }
        };
        if !self.by_name.is_empty()
            && let Some(name) = record.text(Field::event_name())
            && let Some(alternatives) = self.by_name.get(name.as_ref())
        {
            alternatives.iter().for_each(&mut ask);
        }
        self.others.iter().for_each(&mut ask);
        any
    }
}

/// Whether a question's bit is set.
#[must_use]
pub fn is_set(wanted: &[u8], question: usize) -> bool {
    wanted.get(question / 8).is_some_and(|byte| byte >> (question % 8) & 1 == 1)
}

/// The event names one of which a condition needs, if it needs one of a list: all of one part, or of every branch.
fn event_names(condition: &Condition) -> Option<BTreeSet<String>> {
    match condition {
        Condition::Is(Field::Top(column), Test::In(names)) if *column == Field::event_name() => {
            Some(names.clone())
        }
        Condition::All(parts) => parts.iter().filter_map(event_names).min_by_key(BTreeSet::len),
        Condition::Any(parts) => {
            let names: Option<Vec<_>> = parts.iter().map(event_names).collect();
            names.map(|names| names.into_iter().flatten().collect())
        }
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

    fn admitted(gate: &Gate, record: &Record<'_>) -> Vec<usize> {
        let mut wanted = vec![0; gate.width()];
        let any = gate.admit(record, &mut wanted);
        let set: Vec<usize> = (0..gate.questions).filter(|question| is_set(&wanted, *question)).collect();
        assert_eq!(any, !set.is_empty());
        set
    }

    #[test]
    fn a_record_goes_to_the_questions_that_could_need_it() {
        let gate = Gate::new(vec![
            (0, Condition::All(vec![root(), name_is("ConsoleLogin")])),
            (
                9,
                Condition::Any(vec![
                    name_is("StopLogging"),
                    Condition::All(vec![root(), name_is("DeleteTrail")]),
                ]),
            ),
        ]);
        assert!(gate.others.is_empty(), "every branch needs one of some event names");
        assert_eq!(admitted(&gate, &Record(&[("eventname", "StopLogging")])), [9]);
        let root_login = Record(&[("eventname", "ConsoleLogin"), ("useridentity.type", "Root")]);
        assert_eq!(admitted(&gate, &root_login), [0]);
        let login = Record(&[("eventname", "ConsoleLogin"), ("useridentity.type", "IAMUser")]);
        assert!(admitted(&gate, &login).is_empty());
        assert!(admitted(&gate, &Record(&[])).is_empty());
    }

    #[test]
    fn what_the_gate_cannot_evaluate_lets_everything_through() {
        let gate = Gate::new(vec![(0, name_is("StopLogging")), (1, Condition::Unknown)]);
        assert_eq!(admitted(&gate, &Record(&[])), [1]);
        let half = Gate::new(vec![(0, Condition::All(vec![Condition::Unknown, root()]))]);
        assert!(admitted(&half, &Record(&[])).is_empty());
    }
}
