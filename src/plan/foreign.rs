//! Columns of other tables of CloudTrail's logs, as statements name them: partition columns under the names that people give
//! them, and the types that CloudTrail Lake and other readers give to a record's fields.
//!
//! The statement shows which are meant: by their names, and by what it compares them with. Nothing here plans or reads.

mod forms;

use std::collections::{BTreeMap, BTreeSet};

use datafusion_trino::{ColumnUse, Usage};

use crate::domain::{cloudtrail::PARTITION_COLUMNS, partition::PartitionForm};

/// How a table has a column of `events` that ours has as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherType {
    /// `map(varchar, varchar)`, where ours has JSON.
    Map,
    /// `timestamp`.
    Time,
    /// `boolean`.
    Boolean,
}

/// The columns that hold JSON in our table, and maps in CloudTrail Lake.
pub(super) const MAPS: [&str; 4] =
    ["requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails"];

/// The columns that hold `true` or `false`.
pub(super) const BOOLEANS: [&str; 2] = ["readonly", "managementevent"];

/// Columns that CloudTrail Lake has besides those of a record.
pub const OF_LAKE: [&str; 5] =
    ["eventjson", "eventjsonchecksum", "annotation", "insightdetails", "eventdata"];

/// What a statement wants of the table that `events` does not have as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Partition columns that are not those of our table, or in another form.
    pub partitions: BTreeMap<String, PartitionForm>,
    /// Columns of other types.
    pub types: BTreeMap<&'static str, OtherType>,
    /// Columns of CloudTrail Lake, of [`OF_LAKE`].
    pub of_lake: BTreeSet<&'static str>,
}

impl Wanted {
    /// Leaves the columns of our own table as they are; false if they are already.
    pub fn give_up(&mut self) -> bool {
        let before = (self.types.len(), self.partitions.len());
        self.types.clear();
        self.partitions.retain(|name, _| !PARTITION_COLUMNS.contains(&name.as_str()));
        before != (0, self.partitions.len())
    }
}

/// The partition columns that a person named, with their forms.
pub type NamedPartitions = BTreeMap<String, PartitionForm>;

/// How a statement uses the columns of a table whose names may not be ours.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Its uses of columns.
    pub uses: &'a [ColumnUse],
    /// The partition columns that a person named.
    pub named: &'a NamedPartitions,
    /// Whether it reads an event data store of CloudTrail Lake.
    pub reads_lake: bool,
}

impl Statement<'_> {
    /// What it wants from the start: other types and forms of columns that `events` has.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        for name in PARTITION_COLUMNS {
            if let Some(form) = self.form(name).filter(|form| Some(form) != forms::usual(name).as_ref()) {
                wanted.partitions.insert(name.to_owned(), form);
            }
        }
        for name in self.named.keys().filter(|name| !PARTITION_COLUMNS.contains(&name.as_str())) {
            if let Some(form) = self.form(name) {
                wanted.partitions.insert(name.clone(), form);
            }
        }
        let types = &mut wanted.types;
        let used_as = |name: &str, as_what: &Usage| self.uses_of(name).any(|with| with == as_what);
        types.extend(
            MAPS.iter()
                .filter(|it| self.reads_lake || used_as(it, &Usage::Key))
                .map(|it| (*it, OtherType::Map)),
        );
        // Our table has texts there, as AWS documents it, so a comparison with a boolean alone stays the error that it is.
        let has_maps = !types.is_empty();
        let is_boolean = |it: &&&str| match self.reads_lake {
            true => !self.is_text(it),
            false => has_maps && used_as(it, &Usage::Boolean),
        };
        types.extend(BOOLEANS.iter().filter(is_boolean).map(|it| (*it, OtherType::Boolean)));
        if self.reads_lake || (has_maps && self.compares_times()) {
            types.insert("eventtime", OtherType::Time);
        }
        wanted
    }

    /// Adds what an unknown column means in other tables; false if it means nothing, or is there already.
    pub fn add(&self, column: &str, wanted: &mut Wanted) -> bool {
        if let Some(name) = OF_LAKE.iter().find(|name| **name == column) {
            return wanted.of_lake.insert(name);
        }
        match self.form(column) {
            Some(form) => wanted.partitions.insert(column.to_owned(), form).is_none(),
            None => false,
        }
    }

    /// The form of a partition column: as a person named it, else as the statement uses it.
    fn form(&self, name: &str) -> Option<PartitionForm> {
        self.named.get(name).cloned().or_else(|| forms::used(name, &self.uses_of(name).collect::<Vec<_>>()))
    }

    /// Whether it compares a column of this name with something.
    #[must_use]
    pub fn compares(&self, name: &str) -> bool {
        self.uses_of(name).any(|with| *with != Usage::Key)
    }

    fn uses_of(&self, name: &str) -> impl Iterator<Item = &Usage> {
        self.uses
            .iter()
            .filter(move |one| one.path.last().is_some_and(|last| last == name))
            .map(|one| &one.with)
    }

    fn is_text(&self, name: &str) -> bool {
        self.uses_of(name).any(|with| matches!(with, Usage::Text(_)))
    }

    /// Whether it compares `eventtime` with times as CloudTrail Lake writes them, `2026-03-10 12:00:00`, and with nothing else.
    fn compares_times(&self) -> bool {
        let is_time = |with: &Usage| match with {
            Usage::Text(text) => text.len() >= 10 && !text.contains('T') && text.get(4..5) == Some("-"),
            other => *other == Usage::Time,
        };
        let mut uses = self.uses_of("eventtime").peekable();
        uses.peek().is_some() && uses.all(is_time)
    }
}

/// The form of a partition column of this name where no statement shows another; `None` for an unknown name.
#[must_use]
pub fn usual(name: &str) -> Option<PartitionForm> {
    forms::usual(name)
}

/// The place of a partition column among others, as tables have them: accounts and regions first, then the parts of a date.
#[must_use]
pub fn rank(name: &str) -> usize {
    forms::rank(name)
}

#[cfg(test)]
mod tests;
