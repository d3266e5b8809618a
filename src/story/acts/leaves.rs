//! What a call leaves behind, what undoes it and what contains it.

use super::{
    super::{
        pattern::{self, Pattern},
        record::{Path, Record},
        template::Template,
        times,
    },
    Act, Conditions, first_filled, shown, words,
};
use crate::domain::time::Timestamp;

/// What stays after a call.
#[derive(Debug)]
pub(in crate::story) struct Leaves {
    pub(super) what: Vec<Template>,
    pub(super) kind: &'static str,
    pub(super) when: Conditions,
    /// The hole of whose values each is a thing of its own.
    pub(super) each: Option<String>,
    pub(super) until: Vec<Path>,
    pub(super) deadline: Vec<Path>,
    /// The calls that undo it.
    pub(in crate::story) undone_by: Vec<Undo>,
    pub(super) contain: Vec<Template>,
    pub(super) remove: Vec<Template>,
    pub(super) risk: Option<&'static str>,
}

/// What an undoing call does to what was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::story) enum Effect {
    /// It is changed, so somebody must look.
    Check,
    /// It is switched off.
    Paused,
    /// It is gone.
    Gone,
}

/// A call that undoes what another left.
#[derive(Debug)]
pub(in crate::story) struct Undo {
    /// The calls: service and name.
    pub(in crate::story) calls: Vec<(String, String)>,
    /// The values that must match.
    pub(super) same: Vec<(Path, Template)>,
    pub(super) when: Conditions,
    /// What it does.
    pub(in crate::story) effect: Effect,
    /// Whether account and Region do not matter.
    pub(in crate::story) is_anywhere: bool,
}

impl Undo {
    /// Whether a call of this name is one that undoes.
    pub(in crate::story) fn holds(&self, record: &Record<'_>) -> bool {
        self.when.hold(record)
    }

    /// The values that the undoing call must have for this thing; `None` if one is not known.
    pub(in crate::story) fn wanted(&self, thing: &Thing<'_>) -> Option<Vec<(&Path, Pattern)>> {
        let wanted = |(_, template): &(Path, Template)| {
            let filled = template.fill(|hole| match thing.values(hole).as_slice() {
                [only] => Some(pattern::literal(only)),
                _ => None,
            })?;
            Some(Pattern::parse(&filled))
        };
        self.same.iter().map(|same| Some((&same.0, wanted(same)?))).collect()
    }
}

/// One thing that an event left.
pub(in crate::story) struct Thing<'a> {
    pub(super) record: &'a Record<'a>,
    pub(super) act: &'a Act,
    pub(super) leaves: &'a Leaves,
    /// The value of the hole of which each is a thing of its own.
    pub(super) one: Option<String>,
}

impl<'a> Thing<'a> {
    /// What it is, by name, for people.
    pub(in crate::story) fn what(&self) -> Option<String> {
        first_filled(&self.leaves.what, |hole| shown(&self.values(hole)))
    }

    /// The kind of thing.
    pub(in crate::story) fn kind(&self) -> &'static str {
        self.leaves.kind
    }

    /// What its containment breaks.
    pub(in crate::story) fn risk(&self) -> Option<&'static str> {
        self.leaves.risk
    }

    /// The calls that undo it.
    pub(in crate::story) fn undone_by(&self) -> &'a [Undo] {
        &self.leaves.undone_by
    }

    /// When it ends by itself.
    pub(in crate::story) fn until(&self) -> Option<Timestamp> {
        self.time(&self.leaves.until)
    }

    /// Until when it can be undone.
    pub(in crate::story) fn deadline(&self) -> Option<Timestamp> {
        self.time(&self.leaves.deadline)
    }

    fn time(&self, paths: &[Path]) -> Option<Timestamp> {
        let text = paths.iter().find_map(|path| self.record.values(path).into_iter().next())?;
        times::parsed(&text)
    }

    /// A command that contains it.
    pub(in crate::story) fn contain(&self) -> Option<String> {
        first_filled(&self.leaves.contain, |hole| words(&self.values(hole)))
    }

    /// A command that removes it.
    pub(in crate::story) fn remove(&self) -> Option<String> {
        first_filled(&self.leaves.remove, |hole| words(&self.values(hole)))
    }

    fn values(&self, hole: &str) -> Vec<String> {
        match &self.one {
            Some(one) if self.leaves.each.as_deref() == Some(hole) => vec![one.clone()],
            _ => self.act.values(hole, self.record),
        }
    }
}
