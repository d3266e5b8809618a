//! Which of the stored candidates a question's tables show: all of them, or those among which one is looked for that its SQL
//! cannot digest. Candidates have numbers: their position in the store. Runs nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Arc, Mutex},
};

use datafusion::{
    arrow::{
        array::{Array as _, AsArray as _, RecordBatch},
        buffer::BooleanBuffer,
        datatypes::{Int64Type, UInt32Type},
    },
    error::Result,
};

use super::scan::{FILE_COLUMN, TIME_COLUMN, WANTED_COLUMN, gate, store::CandidateStore};
use crate::domain::{
    time::{Timestamp, Window},
    undecidable::UndecidableEvent,
    untrusted::Untrusted,
};

/// A part of the candidates.
#[derive(Clone, Debug)]
pub struct Subset {
    rows: Range<u64>,
    without: Arc<BTreeSet<u64>>,
}

impl Default for Subset {
    /// All candidates.
    fn default() -> Self {
        Self { rows: 0..u64::MAX, without: Arc::default() }
    }
}

impl Subset {
    /// All candidates but these.
    pub fn without(without: Arc<BTreeSet<u64>>) -> Self {
        Self { without, ..Self::default() }
    }

    /// Those of this subset whose numbers are in a range.
    pub fn within(&self, rows: Range<u64>) -> Self {
        Self { rows, without: self.without.clone() }
    }

    fn contains(&self, row: u64) -> bool {
        self.rows.contains(&row) && !self.without.contains(&row)
    }

    fn is_apart_from(&self, rows: &Range<u64>) -> bool {
        rows.end <= self.rows.start || self.rows.end <= rows.start
    }
}

/// The subset that the tables of one question show; its tables share it.
#[derive(Clone, Debug, Default)]
pub struct Choice(Arc<Mutex<Subset>>);

impl Choice {
    /// What the tables show.
    pub fn get(&self) -> Subset {
        self.0.lock().expect("no thread panics while it holds the choice").clone()
    }

    /// Makes the tables show this from the next execution on.
    pub fn set(&self, subset: Subset) {
        *self.0.lock().expect("no thread panics while it holds the choice") = subset;
    }
}

/// Which rows of a batch a question could need and the subset has; `first` is the number of the batch's first row.
pub fn chosen(batch: &RecordBatch, first: u64, question: usize, subset: &Subset) -> BooleanBuffer {
    let rows = first..first + batch.num_rows() as u64;
    if subset.is_apart_from(&rows) {
        return BooleanBuffer::new_unset(batch.num_rows());
    }
    let wanted = batch.column_by_name(WANTED_COLUMN).expect("a pass adds the column of questions");
    let wanted = wanted.as_fixed_size_binary();
    let chosen =
        |row: usize| gate::is_set(wanted.value(row), question) && subset.contains(first + row as u64);
    BooleanBuffer::collect_bool(batch.num_rows(), chosen)
}

/// A candidate.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its number.
    pub number: u64,
    /// When the event happened.
    pub time: Timestamp,
}

/// The candidates that a question could need, by number.
///
/// # Errors
///
/// If the candidates cannot be read back.
pub fn candidates(store: &CandidateStore, question: usize, reach: Window) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let (mut first, all) = (0, Subset::default());
    for batch in store.batches()? {
        let batch = batch?;
        let mask = chosen(&batch, first, question, &all);
        candidates.extend(mask.set_indices().filter_map(|row| {
            let time = time(&batch, row).filter(|time| reach.contains(*time))?;
            Some(Candidate { number: first + row as u64, time })
        }));
        first += batch.num_rows() as u64;
    }
    Ok(candidates)
}

/// The events with these numbers, each with the reason why it cannot be judged. `files` are the names of the files read.
///
/// # Errors
///
/// If the candidates cannot be read back.
pub fn events(
    store: &CandidateStore,
    reasons: &BTreeMap<u64, String>,
    files: &[String],
) -> Result<Vec<UndecidableEvent>> {
    let mut events = Vec::with_capacity(reasons.len());
    let mut first = 0;
    for batch in store.batches()? {
        let batch = batch?;
        let end = first + batch.num_rows() as u64;
        for (number, reason) in reasons.range(first..end) {
            events.push(event(&batch, (number - first) as usize, reason, files));
        }
        first = end;
    }
    Ok(events)
}

fn event(batch: &RecordBatch, row: usize, reason: &str, files: &[String]) -> UndecidableEvent {
    let text = |name: &str| {
        let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        (!column.is_null(row)).then(|| Untrusted::new(column.value(row)))
    };
    let file = batch.column_by_name(FILE_COLUMN).map(|column| column.as_primitive::<UInt32Type>().value(row));
    UndecidableEvent {
        event_id: text("eventid"),
        event_time: time(batch, row),
        account_id: text("recipientaccountid"),
        file: file.and_then(|file| files.get(file as usize)).cloned(),
        reason: reason.to_owned(),
    }
}

fn time(batch: &RecordBatch, row: usize) -> Option<Timestamp> {
    let times = batch.column_by_name(TIME_COLUMN).expect("a pass adds the column of times");
    let times = times.as_primitive::<Int64Type>();
    (!times.is_null(row)).then(|| Timestamp::from_unix_s(times.value(row)))
}
