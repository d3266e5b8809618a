//! Plans over candidates in memory, some of which they cannot digest.

use datafusion::arrow::{
    array::{ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray, UInt32Array},
    datatypes::{Field, Schema},
};

use super::*;
use crate::{
    domain::time::Window,
    engine::embedded::{
        chosen,
        relations::{CandidateSpan, CandidateTable, EventRelation, Slot, StoredCandidates},
        scan::{BatchSink as _, FILE_COLUMN, TIME_COLUMN, WANTED_COLUMN, store::CandidateStore},
        session::{Resources, Sessions},
    },
    plan::Sql,
};

fn window() -> Window {
    Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap()
}

/// Events with these ids, some to a batch; the question wants all of them.
fn store(ids: &[&str]) -> CandidateStore {
    let store = CandidateStore::new(1 << 20);
    for ids in ids.chunks(3) {
        let wanted = FixedSizeBinaryArray::try_from_iter(ids.iter().map(|_| [1u8])).unwrap();
        let columns: [(&str, ArrayRef); 4] = [
            ("eventid", Arc::new(StringArray::from(ids.to_vec()))),
            (TIME_COLUMN, Arc::new(Int64Array::from(vec![window().start().unix_s(); ids.len()]))),
            (FILE_COLUMN, Arc::new(UInt32Array::from(vec![0; ids.len()]))),
            (WANTED_COLUMN, Arc::new(wanted)),
        ];
        let field = |(name, column): &(&str, ArrayRef)| Field::new(*name, column.data_type().clone(), true);
        let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
        let arrays = columns.into_iter().map(|(_, column)| column).collect();
        store.take(RecordBatch::try_new(Arc::new(schema), arrays).unwrap()).unwrap();
    }
    store
}

/// The rows of a statement over events with these ids, and the ids that were set aside with the reasons.
fn judged(ids: &[&str], sql: &str, effort: Effort) -> Result<(usize, Vec<(String, String)>), NoAnswer> {
    let sessions = Sessions::new(Resources { memory_bytes: 1 << 24, threads_per_query: 1 }).unwrap();
    let (store, choice) = (Arc::new(store(ids)), Choice::default());
    let span = CandidateSpan { window: window(), delivered_from: None };
    let stored = StoredCandidates { store: store.clone(), spans: vec![[span; 2]] };
    let slot = Slot::default();
    slot.set(stored);
    let table = Arc::new(CandidateTable::new(0, EventRelation::Events, slot, choice.clone()));
    let sql = Sql::ad_hoc(sql.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let planned = sessions.plan([("events", table as _)], &sql, window().end()).await;
        let (state, plan) = planned.unwrap();
        let plan = state.optimize(&plan).unwrap();
        let query = Arc::new(Executable::new(state, plan, choice));
        let judged = judge(&query, || chosen::candidates(&store, 0, window()), 100, effort).await?;
        let id = |(number, reason)| (ids[number as usize].to_owned(), reason);
        Ok((judged.rows.rows.len(), judged.undecidable.into_iter().map(id).collect()))
    })
}

const CAST: &str = "SELECT CAST(eventid AS bigint) AS n FROM events";

#[test]
fn each_event_that_fails_is_set_aside_with_its_own_reason() {
    let ids = ["1", "x", "2", "3", "4", "yy", "5", "6", "7"];
    let (rows, undecidable) = judged(&ids, CAST, Effort::default()).unwrap();
    assert_eq!(rows, 7);
    let [(x, of_x), (y, of_y)] = undecidable.as_slice() else { panic!("{undecidable:?}") };
    assert_eq!((x.as_str(), y.as_str()), ("x", "yy"));
    assert!(of_x.contains("'x'") && of_y.contains("'yy'"), "{of_x} {of_y}");
}

#[test]
fn events_that_fail_only_together_are_set_aside_one_by_one() {
    let sql = "SELECT a.eventid, 1 / (length(a.eventid) + length(b.eventid) - 9) AS n FROM events a JOIN events b ON \
               a.eventid <> b.eventid";
    // Each of the short ones fails together with the long one.
    let (rows, undecidable) = judged(&["aa", "bb", "ccccccc", "dd"], sql, Effort::default()).unwrap();
    assert_eq!((rows, undecidable.len(), undecidable[0].0.as_str()), (6, 1, "ccccccc"));
}

#[test]
fn a_statement_that_fails_without_events_is_no_fault_of_theirs() {
    let sql = "SELECT 1 / count(*) AS n FROM events WHERE eventid = 'none'";
    let no_answer = judged(&["1", "2"], sql, Effort::default()).unwrap_err();
    assert!(no_answer.reason.contains("DIVISION_BY_ZERO"), "{}", no_answer.reason);
}

#[test]
fn the_search_ends_and_says_so() {
    let ids = ["1", "2", "3", "x", "4", "5", "6", "7"];
    let (rows, undecidable) = judged(&ids, CAST, Effort { executions: 2, ..Effort::default() }).unwrap();
    assert_eq!((rows, undecidable.len()), (4, 4), "half of them were judged");
    assert!(undecidable[0].1.contains("ended after 2 executions"), "{}", undecidable[0].1);
    let effort = Effort { time: Duration::ZERO, ..Effort::default() };
    assert_eq!(judged(&ids, CAST, effort).unwrap().1.len(), 8);
}

#[test]
fn a_reason_is_short() {
    let long = "x".repeat(2_000);
    let (_, undecidable) = judged(&[&long], CAST, Effort::default()).unwrap();
    assert!(undecidable[0].1.chars().count() <= MAX_REASON + 1);
}
