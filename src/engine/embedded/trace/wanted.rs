//! The events that somebody asks about, beside those that every story needs: how raw records are chosen, and how many are kept.

use std::collections::{BinaryHeap, HashSet};

use datafusion::{arrow::array::AsArray as _, error::Result};

use super::{
    super::{
        relations::current,
        scan::{
            WANTED_COLUMN,
            condition::{Condition, Field, Pattern, Test},
            gate,
        },
    },
    TraceColumns, Traces,
};
use crate::domain::{
    cloudtrail::COLUMNS,
    normal::is_read,
    trace::{MOST_BYTES, MOST_EVENTS, Trace, TraceEvent, TraceField, TraceQuery, Wanted},
};

/// The most events of each kind that are kept of what somebody asks about: of those that changed something or failed, and of
/// those that only read.
const MOST_ASKED: usize = 20_000;

/// What an event is to whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It is asked for.
    Asked,
    /// It is not kept, only looked at.
    Seen,
    /// It is nothing.
    None,
}

/// What raw fields must show of these.
pub(super) fn condition(wanted: &Wanted) -> Condition {
    let (field, test) = match wanted {
        Wanted::Is(field, text) => (field, Test::In([text.clone()].into())),
        Wanted::Like(field, parts) => (field, Test::Like(Pattern::of(parts.clone()), false)),
    };
    let top = |name: &str| COLUMNS.iter().position(|column| column.name == name).expect("it is a column");
    let identity = |key: &str| Field::Nested(top("useridentity"), key.to_owned());
    let field = match field {
        TraceField::Id => Field::Top(top("eventid")),
        TraceField::Address => Field::Top(top("sourceipaddress")),
        TraceField::Request => Field::Top(top("requestparameters")),
        TraceField::Response => Field::Top(top("responseelements")),
        // A list of structs on Athena, not a text: it cannot be asked for there.
        TraceField::Resources => return resources(test),
        TraceField::Kind => identity("type"),
        TraceField::Arn => identity("arn"),
        TraceField::Principal => identity("principalId"),
        TraceField::AccessKey => identity("accessKeyId"),
        TraceField::UserName => identity("userName"),
    };
    Condition::Is(field, test)
}

fn resources(test: Test) -> Condition {
    let column = COLUMNS.iter().position(|column| column.name == "resources").expect("it is a column");
    Condition::Is(Field::Top(column), test)
}

impl Traces {
    /// The events of the trace and the candidates with these ids, and of the others that are `asked` for the first in time:
    /// at most 20,000 that change something or failed, and as many that only read. It can be read once.
    ///
    /// # Errors
    ///
    /// If the candidates cannot be read back.
    pub fn read_asked(
        &self,
        ids: &HashSet<&str>,
        query: &TraceQuery,
        mut asked: impl FnMut(&TraceEvent) -> Part,
    ) -> Result<Trace> {
        let kept = self.kept.lock().expect("no thread panics while it holds the candidates").take();
        let Some(store) = kept else { return Ok(Trace::default()) };
        let mut trace = Trace::default();
        let (mut telling, mut reads) = (First::default(), First::default());
        let mut bytes = 0;
        for batch in store.batches()? {
            let batch = batch?;
            let current = current(&batch, &store);
            let wanted = batch.column_by_name(WANTED_COLUMN).expect("a pass adds the column of questions");
            let wanted = wanted.as_fixed_size_binary();
            let columns = TraceColumns { batch: &batch };
            for row in (0..batch.num_rows()).filter(|row| current.value(*row)) {
                let is_found = columns.text("eventid", row).is_some_and(|id| ids.contains(id));
                if !is_found && !gate::is_set(wanted.value(row), self.question) {
                    continue;
                }
                let event = columns.event(row);
                let part = asked(&event);
                let is_link = is_found || is_call(query, &event);
                if is_link && trace.events.len() < MOST_EVENTS && bytes <= MOST_BYTES {
                    bytes += event.bytes();
                    trace.events.push(event);
                } else if part == Part::Asked {
                    let is_small = event.succeeded() && is_read(&event.name);
                    if is_small { reads.put(event) } else { telling.put(event) }
                } else if is_link {
                    trace.is_cut = true;
                }
            }
        }
        trace.left_out = telling.left_out + reads.left_out;
        trace.events.extend(telling.events);
        trace.events.extend(reads.events);
        Ok(trace)
    }
}

/// Whether every story needs this event. Services act for themselves; the console acts for people.
fn is_call(query: &TraceQuery, event: &TraceEvent) -> bool {
    let by_somebody = event.identity.invoked_by.as_deref().is_none_or(|by| by == "AWS Internal");
    let is_named = |(source, names): &(_, std::collections::BTreeSet<String>)| {
        *source == event.source && names.contains(&event.name)
    };
    by_somebody && query.calls.iter().any(is_named)
}

/// The first events in time.
#[derive(Default)]
struct First {
    events: BinaryHeap<TraceEvent>,
    left_out: u64,
    bytes: usize,
}

impl First {
    fn put(&mut self, event: TraceEvent) {
        self.bytes += event.bytes();
        self.events.push(event);
        while self.events.len() > MOST_ASKED || self.bytes > MOST_BYTES / 2 {
            let Some(last) = self.events.pop() else { break };
            self.bytes -= last.bytes();
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn the_first_events_are_kept_and_the_others_counted() {
        let mut first = First::default();
        for at in (0..MOST_ASKED as i64 + 5).rev() {
            first.put(TraceEvent { time: Some(Timestamp::from_unix_s(at)), ..TraceEvent::default() });
        }
        assert_eq!((first.events.len(), first.left_out), (MOST_ASKED, 5));
        let last = first.events.pop().unwrap().time;
        assert_eq!(last, Some(Timestamp::from_unix_s(MOST_ASKED as i64 - 1)));
    }
}
