//! The gate: decides on a record's raw fields which questions of a pack could need it.
//!
//! Built from the filters that DataFusion pushed down to the scans of a pack. What a filter means but the gate cannot
//! evaluate counts as true, so that the gate lets through too much, never too little: a detection's own filter runs
//! again on what it admits. Event names are looked up in one table, so that a longer library does not make the gate
//! slower.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::{
    condition::{Condition, Field, Test},
    versions::Versions,
};

/// Raw fields of a record, by index into [`COLUMNS`](crate::domain::cloudtrail::COLUMNS).
pub trait Fields {
    /// A scalar column as text; `None` if it is absent or null.
    fn text(&self, column: usize) -> Option<Cow<'_, str>>;
    /// A scalar field of a struct column as text; `None` if it is absent or null.
    fn nested(&self, column: usize, key: &str) -> Option<Cow<'_, str>>;
}

/// Decides which questions could need a record.
///
/// A condition that several questions share is one node, evaluated at most once per record; each field is looked up once,
/// too.
#[derive(Debug, Default)]
pub struct Gate {
    nodes: Vec<Node>,
    fields: Vec<Field>,
    /// Alternatives that need one of some event names, by that name.
    by_name: HashMap<String, Vec<Alternative>>,
    /// Alternatives that may hold for any event name.
    others: Vec<Alternative>,
    versions: Versions,
    questions: usize,
}

/// A condition, and the question that it belongs to.
#[derive(Clone, Copy, Debug)]
struct Alternative {
    question: usize,
    node: usize,
}

/// A [`Condition`] whose parts are indices of other nodes, and its field an index into the gate's fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Is(usize, Test),
    All(Vec<usize>),
    Any(Vec<usize>),
    Unknown,
}

/// The results of the current record's nodes; only the memory is kept from record to record.
#[derive(Debug, Default)]
pub struct Verdicts(Vec<Option<bool>>);

/// How many fields of a record are remembered; further ones are looked up again.
const REMEMBERED: usize = 16;

impl Gate {
    /// A gate that lets a record through to each question of which a condition may hold.
    #[must_use]
    pub fn new(alternatives: Vec<(usize, Condition)>) -> Self {
        let mut gate = Self {
            questions: alternatives.iter().map(|(question, _)| question + 1).max().unwrap_or(0),
            ..Self::default()
        };
        let mut known = HashMap::new();
        for (question, condition) in alternatives {
            gate.put(question, condition, &mut known);
        }
        gate.versions = Versions::of(gate.by_name.keys().map(String::as_str));
        gate
    }

    /// Lets records through to another question, too, without a say in which versions of calls are known.
    pub fn add(&mut self, question: usize, condition: Condition) {
        self.questions = self.questions.max(question + 1);
        self.put(question, condition, &mut HashMap::new());
    }

    fn put(&mut self, question: usize, condition: Condition, known: &mut HashMap<Node, usize>) {
        let names = condition.event_names();
        let alternative = Alternative { question, node: self.node(condition, known) };
        match names {
            Some(names) => {
                for name in names {
                    self.by_name.entry(name).or_default().push(alternative);
                }
            }
            None => self.others.push(alternative),
        }
    }

    /// The index of a condition's node, a new one if there is none like it.
    fn node(&mut self, condition: Condition, known: &mut HashMap<Node, usize>) -> usize {
        let mut parts = |gate: &mut Self, parts: Vec<Condition>| -> Vec<usize> {
            parts.into_iter().map(|part| gate.node(part, known)).collect()
        };
        let node = match condition {
            Condition::Is(field, test) => {
                let at = self.fields.iter().position(|known| *known == field).unwrap_or_else(|| {
                    self.fields.push(field);
                    self.fields.len() - 1
                });
                Node::Is(at, test)
            }
            Condition::All(all) => Node::All(parts(self, all)),
            Condition::Any(any) => Node::Any(parts(self, any)),
            Condition::Unknown => Node::Unknown,
        };
        *known.entry(node).or_insert_with_key(|node| {
            self.nodes.push(node.clone());
            self.nodes.len() - 1
        })
    }

    /// The event names of which questions need one, by the calls that they are versions of.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// How many bytes hold a bit for each question: at least one.
    #[must_use]
    pub fn width(&self) -> usize {
        self.questions.div_ceil(8).max(1)
    }

    /// Sets the bit of every question that could need this record; false if there is none.
    ///
    /// `wanted` has [`width`](Self::width) bytes.
    pub fn admit(&self, record: &impl Fields, verdicts: &mut Verdicts, wanted: &mut [u8]) -> bool {
        wanted.fill(0);
        verdicts.0.clear();
        verdicts.0.resize(self.nodes.len(), None);
        let mut look = Look { gate: self, record, verdicts, fields: [const { None }; REMEMBERED] };
        let mut any = false;
        let mut evaluate = |alternative: &Alternative| {
            let question = alternative.question;
            if !is_set(wanted, question) && look.may_hold(alternative.node) {
                wanted[question / 8] |= 1 << (question % 8);
                any = true;
            }
        };
        if !self.by_name.is_empty()
            && let Some(name) = record.text(Field::event_name())
            && let Some(alternatives) = self.by_name.get(name.as_ref())
        {
            alternatives.iter().for_each(&mut evaluate);
        }
        self.others.iter().for_each(&mut evaluate);
        any
    }
}

/// A gate looking at one record.
struct Look<'a, 'r, F> {
    gate: &'a Gate,
    record: &'r F,
    verdicts: &'a mut Verdicts,
    fields: [Option<Option<Cow<'r, str>>>; REMEMBERED],
}

impl<F: Fields> Look<'_, '_, F> {
    fn may_hold(&mut self, node: usize) -> bool {
        if let Some(verdict) = self.verdicts.0[node] {
            return verdict;
        }
        let gate = self.gate;
        let verdict = match &gate.nodes[node] {
            Node::Unknown => true,
            Node::All(parts) => parts.iter().all(|part| self.may_hold(*part)),
            Node::Any(parts) => parts.iter().any(|part| self.may_hold(*part)),
            Node::Is(field, test) => {
                let look_up = || match &gate.fields[*field] {
                    Field::Top(column) => self.record.text(*column),
                    Field::Nested(column, key) => self.record.nested(*column, key),
                };
                match self.fields.get_mut(*field) {
                    Some(remembered) => test.holds(remembered.get_or_insert_with(look_up).as_deref()),
                    None => test.holds(look_up().as_deref()),
                }
            }
        };
        self.verdicts.0[node] = Some(verdict);
        verdict
    }
}

/// Whether a question's bit is set.
#[must_use]
pub fn is_set(wanted: &[u8], question: usize) -> bool {
    wanted.get(question / 8).is_some_and(|byte| byte >> (question % 8) & 1 == 1)
}

/// Clears a question's bit.
pub fn unset(wanted: &mut [u8], question: usize) {
    if let Some(byte) = wanted.get_mut(question / 8) {
        *byte &= !(1 << (question % 8));
    }
}

/// Sets the bits that are set in `more`, which is no longer.
pub fn unite(wanted: &mut [u8], more: &[u8]) {
    wanted.iter_mut().zip(more).for_each(|(byte, more)| *byte |= more);
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
        let any = gate.admit(record, &mut Verdicts::default(), &mut wanted);
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
    fn a_condition_of_two_questions_is_one_node() {
        let both = || Condition::All(vec![name_is("ConsoleLogin"), root()]);
        let gate = Gate::new(vec![(0, both()), (1, both()), (2, root())]);
        assert_eq!((gate.nodes.len(), gate.fields.len()), (3, 2));
        let root_login = Record(&[("eventname", "ConsoleLogin"), ("useridentity.type", "Root")]);
        assert_eq!(admitted(&gate, &root_login), [0, 1, 2]);
    }

    #[test]
    fn fields_beyond_those_remembered_are_looked_up() {
        let present = |column| Condition::Is(Field::Top(column), Test::Present);
        let gate = Gate::new((0..COLUMNS.len()).map(|column| (column, present(column))).collect());
        assert!(COLUMNS.len() > REMEMBERED);
        let last = COLUMNS.len() - 1;
        assert_eq!(admitted(&gate, &Record(&[(COLUMNS[0].name, "a"), (COLUMNS[last].name, "b")])), [0, last]);
    }

    #[test]
    fn what_the_gate_cannot_evaluate_lets_everything_through() {
        let gate = Gate::new(vec![(0, name_is("StopLogging")), (1, Condition::Unknown)]);
        assert_eq!(admitted(&gate, &Record(&[])), [1]);
        let half = Gate::new(vec![(0, Condition::All(vec![Condition::Unknown, root()]))]);
        assert!(admitted(&half, &Record(&[])).is_empty());
    }
}
