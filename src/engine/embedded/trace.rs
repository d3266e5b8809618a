//! The trace of a pass: which events it collects beside the candidates of the detections, and how they are read back.
//!
//! It is one more question of the pack without SQL: its bit marks the events, and the detections see none of them.

mod wanted;

pub use wanted::Part;

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex},
};

use datafusion::{
    arrow::{
        array::{Array as _, AsArray as _, RecordBatch, StructArray},
        datatypes::Int64Type,
    },
    error::Result,
};

use super::{
    needs::Needs,
    relations::current,
    scan::{
        TIME_COLUMN, WANTED_COLUMN,
        condition::{Condition, Field, Test},
        gate,
        store::CandidateStore,
    },
};
use crate::domain::{
    cloudtrail::COLUMNS,
    normal::{self, event_time},
    time::Timestamp,
    trace::{MOST_BYTES, MOST_EVENTS, Trace, TraceEvent, TraceIdentity, TraceQuery},
};

/// The columns of an event of a trace.
const TRACED: [&str; 17] = [
    "additionaleventdata",
    "awsregion",
    "errorcode",
    "errormessage",
    "eventid",
    "eventname",
    "eventsource",
    "recipientaccountid",
    "requestparameters",
    "resources",
    "responseelements",
    "serviceeventdetails",
    "sessioncredentialfromconsole",
    "sharedeventid",
    "sourceipaddress",
    "useragent",
    "useridentity",
];

/// What a trace needs of records.
#[must_use]
pub fn needs(query: &TraceQuery) -> Needs {
    let top = |name: &str| {
        Field::Top(COLUMNS.iter().position(|column| column.name == name).expect("it is a column"))
    };
    let identity = COLUMNS.iter().position(|column| column.name == "useridentity").expect("it is a column");
    let invoked_by = || Field::Nested(identity, "invokedBy".to_owned());
    let sources = query.calls.iter().map(|(source, _)| source.clone()).collect();
    let names: BTreeSet<String> = query.calls.iter().flat_map(|(_, names)| names.iter().cloned()).collect();
    // The console itself calls for people, and is not a service that acts alone.
    let by_somebody = Condition::Any(vec![
        Condition::Is(invoked_by(), Test::Absent),
        Condition::Is(invoked_by(), Test::In(BTreeSet::from(["AWS Internal".to_owned()]))),
    ]);
    let calls = Condition::All(vec![
        Condition::Is(top("eventname"), Test::In(names)),
        Condition::Is(top("eventsource"), Test::In(sources)),
        by_somebody,
    ]);
    Needs {
        columns: TRACED.map(str::to_owned).into_iter().collect(),
        conditions: std::iter::once(calls).chain(query.wanted.iter().map(wanted::condition)).collect(),
    }
}

/// The candidates of a pass, kept for its trace.
pub(super) type Kept = Arc<Mutex<Option<Arc<CandidateStore>>>>;

/// The trace of a pass, once its candidates are there.
#[derive(Clone, Debug)]
pub struct Traces {
    pub(super) kept: Kept,
    /// The number of the question whose bit marks the events.
    pub(super) question: usize,
}

impl Traces {
    /// The events of the trace, and the candidates with these ids. It can be read once.
    ///
    /// # Errors
    ///
    /// If the candidates cannot be read back.
    pub fn read(&self, ids: &HashSet<&str>) -> Result<Trace> {
        let kept = self.kept.lock().expect("no thread panics while it holds the candidates").take();
        let Some(store) = kept else { return Ok(Trace::default()) };
        let mut trace = self.read_up_to(&store, ids, MOST_EVENTS)?;
        if trace.is_cut {
            trace.events = self.read_up_to(&store, ids, 0)?.events;
        }
        Ok(trace)
    }

    /// The same; if there are more than `most` events besides those with the ids, these are left out.
    fn read_up_to(&self, store: &CandidateStore, ids: &HashSet<&str>, most: usize) -> Result<Trace> {
        let mut trace = Trace::default();
        let (mut left, mut bytes) = (most, 0);
        for batch in store.batches()? {
            let batch = batch?;
            let current = current(&batch, store);
            let wanted = batch.column_by_name(WANTED_COLUMN).expect("a pass adds the column of questions");
            let wanted = wanted.as_fixed_size_binary();
            let columns = TraceColumns { batch: &batch };
            for row in 0..batch.num_rows() {
                let is_found = columns.text("eventid", row).is_some_and(|id| ids.contains(id));
                let is_traced = !is_found && gate::is_set(wanted.value(row), self.question);
                if !current.value(row) || !(is_found || is_traced) {
                    continue;
                }
                if is_traced && (left == 0 || bytes > MOST_BYTES) {
                    trace.is_cut = true;
                    if most > 0 {
                        return Ok(trace);
                    }
                    continue;
                }
                let event = columns.event(row);
                left -= usize::from(is_traced);
                bytes += event.bytes();
                trace.events.push(event);
            }
        }
        Ok(trace)
    }
}

/// A batch of candidates.
struct TraceColumns<'a> {
    batch: &'a RecordBatch,
}

impl<'a> TraceColumns<'a> {
    fn text(&self, name: &str, row: usize) -> Option<&'a str> {
        let column = self.batch.column_by_name(name)?.as_string_opt::<i32>()?;
        (!column.is_null(row)).then(|| column.value(row)).filter(|text| !text.is_empty())
    }

    fn owned(&self, name: &str, row: usize) -> Option<String> {
        self.text(name, row).map(str::to_owned)
    }

    /// The ARNs of the resources.
    fn resources(&self, row: usize) -> Vec<String> {
        let column = self.batch.column_by_name("resources").and_then(|column| column.as_list_opt::<i32>());
        let Some(list) = column.filter(|list| !list.is_null(row)) else { return Vec::new() };
        let values = list.value(row);
        let Some(values) = values.as_struct_opt() else { return Vec::new() };
        (0..values.len()).filter_map(|at| field(values, "arn", at)).collect()
    }

    fn event(&self, row: usize) -> TraceEvent {
        let times = self.batch.column_by_name(TIME_COLUMN).expect("a pass adds the column of times");
        let times = times.as_primitive::<Int64Type>();
        let identity = self.batch.column_by_name("useridentity").and_then(|column| column.as_struct_opt());
        let identity = identity.filter(|identity| !identity.is_null(row));
        let from_console = self.text("sessioncredentialfromconsole", row).is_some_and(is_true)
            || identity
                .and_then(|identity| nested(identity, "sessioncontext", row))
                .and_then(|context| nested(context, "attributes", row))
                .and_then(|attributes| field(attributes, "sessioncredentialfromconsole", row))
                .is_some_and(|text| is_true(&text));
        TraceEvent {
            time: (!times.is_null(row)).then(|| Timestamp::from_unix_s(times.value(row))),
            id: self.owned("eventid", row).unwrap_or_default(),
            account: self.owned("recipientaccountid", row).unwrap_or_default(),
            region: self.owned("awsregion", row).unwrap_or_default(),
            source: self.owned("eventsource", row).unwrap_or_default(),
            name: self.owned("eventname", row).unwrap_or_default(),
            address: self.owned("sourceipaddress", row),
            agent: self.owned("useragent", row),
            error: self.owned("errorcode", row).filter(|code| !normal::is_no_error(code)),
            error_message: self.owned("errormessage", row),
            request: self.owned("requestparameters", row),
            response: self.owned("responseelements", row),
            additional: self.owned("additionaleventdata", row),
            details: self.owned("serviceeventdetails", row),
            resources: self.resources(row),
            shared_id: self.owned("sharedeventid", row),
            from_console,
            identity: identity.map(|identity| who(identity, row)).unwrap_or_default(),
        }
    }
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

fn nested<'a>(of: &'a StructArray, name: &str, row: usize) -> Option<&'a StructArray> {
    of.column_by_name(name)?.as_struct_opt().filter(|inner| !inner.is_null(row))
}

fn field(of: &StructArray, name: &str, row: usize) -> Option<String> {
    let column = of.column_by_name(name)?.as_string_opt::<i32>()?;
    (!column.is_null(row)).then(|| column.value(row).to_owned()).filter(|text| !text.is_empty())
}

fn who(identity: &StructArray, row: usize) -> TraceIdentity {
    let of = |name| field(identity, name, row);
    let context = nested(identity, "sessioncontext", row);
    let in_context = |name| field(context?, name, row);
    let issuer = context.and_then(|context| nested(context, "sessionissuer", row));
    let of_issuer = |name| field(issuer?, name, row);
    let attributes = context.and_then(|context| nested(context, "attributes", row));
    let behalf = nested(identity, "onbehalfof", row);
    TraceIdentity {
        kind: of("type"),
        principal: of("principalid"),
        arn: of("arn"),
        account: of("accountid"),
        access_key: of("accesskeyid"),
        user_name: of("username"),
        invoked_by: of("invokedby"),
        user_id: behalf.and_then(|behalf| field(behalf, "userid", row)),
        identity_store: behalf.and_then(|behalf| field(behalf, "identitystorearn", row)),
        provider: of("identityprovider"),
        created: attributes.and_then(|it| field(it, "creationdate", row)).and_then(|time| event_time(&time)),
        issuer_kind: of_issuer("type"),
        issuer_arn: of_issuer("arn"),
        issuer_name: of_issuer("username"),
        is_instance: in_context("ec2roledelivery").is_some(),
        is_assumed_root: in_context("assumedroot").is_some_and(|text| is_true(&text)),
        sign_in: in_context("signinsessionarn"),
    }
}

#[cfg(test)]
mod tests;
