//! The relations that SQL reads, as DataFusion tables.
//!
//! `events` and `history` of a pack read the candidates of one pass; `accounts`, `watchlist` and `habits` are small tables. The
//! table of an ad hoc query, which reads files while it runs, is in [`adhoc`](super::adhoc). Nothing here reads a file.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{
            Array as _, ArrayRef, AsArray as _, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions,
            StringArray,
        },
        buffer::BooleanBuffer,
        compute::{and, filter_record_batch, kernels::cmp},
        datatypes::{DataType, Field, Schema, SchemaRef},
    },
    catalog::{Session, TableProvider},
    common::exec_err,
    datasource::{MemTable, TableType},
    error::Result,
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use futures::stream;

use super::{
    chosen::{Choice, chosen},
    reader,
    scan::{DELIVERED_COLUMN, TIME_COLUMN, UPDATE_COLUMN, store::CandidateStore},
};
use crate::domain::{
    account::{self, Accounts},
    habits::{self, Habits},
    time::{Timestamp, Window},
};

/// Where the candidates are after a pass: queries are planned before it begins, and before their windows are known.
#[derive(Clone, Debug, Default)]
pub struct Slot(Arc<Mutex<Option<Arc<StoredCandidates>>>>);

impl Slot {
    /// The candidates of the last pass; `None` before one, and after they were dropped.
    fn get(&self) -> Option<Arc<StoredCandidates>> {
        self.0.lock().expect("no thread panics while it holds the slot").clone()
    }

    /// Makes the tables read these candidates from the next execution on.
    pub fn set(&self, candidates: StoredCandidates) {
        *self.0.lock().expect("no thread panics while it holds the slot") = Some(Arc::new(candidates));
    }

    /// Drops the candidates.
    pub fn clear(&self) {
        *self.0.lock().expect("no thread panics while it holds the slot") = None;
    }
}

/// The candidates of a pass, and which of them each question reads.
#[derive(Debug)]
pub struct StoredCandidates {
    /// All of them.
    pub store: Arc<CandidateStore>,
    /// By question, what its `events` and its `history` hold.
    pub spans: Vec<[CandidateSpan; 2]>,
}

/// Which candidates a relation holds.
#[derive(Clone, Copy, Debug)]
pub struct CandidateSpan {
    /// The window of event time.
    pub window: Window,
    /// When they were delivered at the earliest; `None` if that does not matter.
    pub delivered_from: Option<Timestamp>,
}

/// A relation of candidates.
#[derive(Clone, Copy, Debug)]
pub enum EventRelation {
    /// The events of the question's window.
    Events,
    /// The events of its look-back.
    History,
}

/// `events` and `history` of a statement that is planned and never executed.
pub(super) fn of_events() -> [Arc<dyn TableProvider>; 2] {
    [EventRelation::Events, EventRelation::History].map(|relation| -> Arc<dyn TableProvider> {
        Arc::new(CandidateTable::new(0, relation, Slot::default(), Choice::default()))
    })
}

/// `events` or `history` of one detection.
#[derive(Debug)]
pub struct CandidateTable {
    question: usize,
    relation: EventRelation,
    slot: Slot,
    choice: Choice,
}

impl CandidateTable {
    /// A relation of the question with this number, over the candidates that `slot` will hold and `choice` shows.
    #[must_use]
    pub fn new(question: usize, relation: EventRelation, slot: Slot, choice: Choice) -> Self {
        Self { question, relation, slot, choice }
    }
}

#[async_trait]
impl TableProvider for CandidateTable {
    fn schema(&self) -> SchemaRef {
        reader::schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// The gate needs every filter, but applies none exactly: DataFusion applies each again.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = projected(&reader::schema(), projection)?;
        let stream = CandidateStream {
            schema: schema.clone(),
            question: self.question,
            relation: self.relation,
            slot: self.slot.clone(),
            choice: self.choice.clone(),
        };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(stream)], None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct CandidateStream {
    schema: SchemaRef,
    question: usize,
    relation: EventRelation,
    slot: Slot,
    choice: Choice,
}

impl CandidateStream {
    /// The batches of the relation.
    fn batches(&self) -> Result<impl Iterator<Item = Result<RecordBatch>> + Send + use<>> {
        let Some(candidates) = self.slot.get() else {
            return exec_err!("the candidates have not been read yet");
        };
        let (schema, question) = (self.schema.clone(), self.question);
        let (subset, store, mut first) = (self.choice.get(), candidates.store.clone(), 0);
        let span = candidates.spans[question][self.relation as usize];
        Ok(candidates.store.batches()?.map(move |batch| {
            let batch = batch?;
            let chosen = &chosen(&batch, first, question, &subset) & &current(&batch, &store);
            first += batch.num_rows() as u64;
            select(&batch, chosen, span, &schema)
        }))
    }
}

impl PartitionStream for CandidateStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send> = match self.batches() {
            Ok(batches) => Box::new(batches),
            Err(error) => Box::new(std::iter::once(Err(error))),
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream::iter(batches)))
    }
}

/// The rows that no later record updates.
pub(super) fn current(batch: &RecordBatch, store: &CandidateStore) -> BooleanBuffer {
    let Some(updated) = store.updated() else { return BooleanBuffer::new_set(batch.num_rows()) };
    let ids = batch.column_by_name("eventid").expect("a pass decodes the id").as_string::<i32>();
    let updates =
        batch.column_by_name(UPDATE_COLUMN).expect("a pass adds the column of updates").as_boolean();
    BooleanBuffer::collect_bool(batch.num_rows(), |row| {
        updates.value(row) || !updated.contains(ids.value(row))
    })
}

/// The chosen rows that lie in a span, with the columns of a schema.
fn select(
    batch: &RecordBatch,
    chosen: BooleanBuffer,
    span: CandidateSpan,
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let CandidateSpan { window, delivered_from } = span;
    let times = batch.column_by_name(TIME_COLUMN).expect("a pass adds the column of times");
    let within = and(
        &cmp::gt_eq(times, &Int64Array::new_scalar(window.start().unix_s()))?,
        &cmp::lt(times, &Int64Array::new_scalar(window.end().unix_s()))?,
    )?;
    let mut within = and(&within, &BooleanArray::from(chosen))?;
    if let Some(from) = delivered_from {
        let delivered = batch.column_by_name(DELIVERED_COLUMN).expect("a pass adds the column of deliveries");
        within = and(&within, &cmp::gt_eq(delivered, &Int64Array::new_scalar(from.unix_s()))?)?;
    }
    let projected = columns_of(batch, schema)?;
    if all(&within) { Ok(projected) } else { Ok(filter_record_batch(&projected, &within)?) }
}

fn all(mask: &BooleanArray) -> bool {
    mask.null_count() == 0 && !mask.has_false()
}

/// A schema with the columns that a scan needs.
pub(super) fn projected(schema: &SchemaRef, projection: Option<&Vec<usize>>) -> Result<SchemaRef> {
    Ok(match projection {
        Some(indices) => Arc::new(schema.project(indices)?),
        None => schema.clone(),
    })
}

/// The columns of `schema` out of a batch, by name.
pub(super) fn columns_of(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            batch
                .column_by_name(field.name())
                .cloned()
                .expect("a pass decodes every column that a plan needs")
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}

/// The relations of a detection, without rows.
///
/// # Errors
///
/// If DataFusion refuses a table.
pub fn empty() -> Result<[(&'static str, Arc<dyn TableProvider>); 5]> {
    let candidates: Arc<dyn TableProvider> =
        Arc::new(CandidateTable::new(0, EventRelation::Events, Slot::default(), Choice::default()));
    Ok([
        ("events", candidates.clone()),
        ("history", candidates),
        ("accounts", Arc::new(accounts(&Accounts::default())?)),
        ("watchlist", Arc::new(watchlist(std::iter::empty())?)),
        ("habits", Arc::new(habits(&Habits::default())?)),
    ])
}

/// The relation `accounts`.
///
/// # Errors
///
/// If DataFusion refuses the table.
pub fn accounts(accounts: &Accounts) -> Result<MemTable> {
    let column = |at: usize| accounts.iter().map(|account| Some(account.row()[at].to_owned())).collect();
    text_table(&account::COLUMNS, (0..account::COLUMNS.len()).map(column).collect())
}

/// The relation `watchlist`: pairs of a list's name and one of its values.
///
/// # Errors
///
/// If DataFusion refuses the table.
pub fn watchlist<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> Result<MemTable> {
    let (lists, values) =
        entries.map(|(list, value)| (Some(list.to_owned()), Some(value.to_owned()))).unzip();
    text_table(&["list", "value"], vec![lists, values])
}

/// The relation `habits`.
///
/// # Errors
///
/// If DataFusion refuses the table.
pub fn habits(habits: &Habits) -> Result<MemTable> {
    let mut columns = vec![Vec::with_capacity(habits.len()); habits::COLUMNS.len()];
    for row in habits.rows() {
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    text_table(&habits::COLUMNS, columns)
}

/// A table of nullable text columns.
///
/// # Errors
///
/// If DataFusion refuses the table.
pub(super) fn text_table(names: &[&str], columns: Vec<Vec<Option<String>>>) -> Result<MemTable> {
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let rows = columns.first().map_or(0, Vec::len);
    let arrays = columns.into_iter().map(|values| Arc::new(StringArray::from(values)) as ArrayRef).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?;
    MemTable::try_new(schema, vec![vec![batch]])
}

#[cfg(test)]
pub(super) mod tests {
    use datafusion::logical_expr::LogicalPlan;

    use super::*;
    use crate::{
        engine::embedded::session::{Resources, Sessions},
        plan::Sql,
    };

    /// The optimized plan of a statement over the relations of a pack.
    pub(in crate::engine::embedded) fn plan_of(text: &str) -> LogicalPlan {
        let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
        let sessions = Sessions::new(Resources { memory_bytes: 1 << 20, threads_per_query: 1 }).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sql = Sql::ad_hoc(text.to_owned());
        let planned = sessions.plan(empty().unwrap(), &sql, window.end());
        let (state, plan) = runtime.block_on(planned).unwrap();
        state.optimize(&plan).unwrap()
    }
}
