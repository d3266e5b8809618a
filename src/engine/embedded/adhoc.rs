//! Ad hoc SQL: one statement that reads log files while it runs. As on Athena, it sees every record, even one that was
//! delivered twice. Nothing here prints an answer.

mod place;
mod planning;
mod prune;
mod shape;

use std::{
    sync::{Arc, Mutex},
    thread,
};

use async_trait::async_trait;
use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef},
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::Result,
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::{
        ExecutionPlan, execute_stream,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use datafusion_trino::{SqlError, TableNames};
use futures::StreamExt as _;
use tokio::sync::mpsc;

use super::{
    judge::failed,
    pack::{PackLimits, Surroundings},
    reader::Limits,
    relations,
    scan::{
        self, BatchSink, Progress, ScanRequest, ScanSpan, SinkError, Stats, condition::Condition, gate::Gate,
        learner::Lessons, omitted::Omissions,
    },
    session::Sessions,
    source::{LogFile, Source},
};
use crate::{
    domain::time::Window,
    engine::NoAnswer,
    plan::{
        Sql,
        foreign::{NamedPartitions, Wanted},
    },
};
use shape::{Listed, Origin, Shape};

/// The files that an ad hoc statement reads.
#[derive(Clone, Debug)]
pub struct Files {
    /// Where they are.
    pub source: Source,
    /// The files.
    pub files: Arc<Vec<LogFile>>,
    /// Only events of this time; `None` for all.
    pub window: Option<Window>,
    /// Other names of `events`.
    pub names: TableNames,
    /// The partition columns that a person named, with their forms.
    pub partitions: NamedPartitions,
    /// Whether the statement reads an event data store of CloudTrail Lake.
    pub reads_lake: bool,
    /// Whether the relation holds what detections see: fields normalized, each event once. A person's statement sees every
    /// record as it is.
    pub as_detections: bool,
    /// Progress of reading.
    pub progress: Arc<Progress>,
}

/// The answer to an ad hoc statement, while it arrives.
pub struct AnswerStream {
    /// The columns of the answer.
    pub schema: SchemaRef,
    /// Its batches.
    pub batches: SendableRecordBatchStream,
    /// What was read; complete once the batches have ended.
    pub stats: Arc<Mutex<Stats>>,
}

/// Why an ad hoc statement has no answer.
#[derive(Debug)]
pub enum AdHocError {
    /// The statement is refused.
    Refused(SqlError),
    /// It failed while it ran.
    Failed(NoAnswer),
}

/// Starts a statement; polling the answer reads the files.
///
/// # Errors
///
/// If the statement is refused, or cannot be started.
pub async fn run(
    sessions: &Sessions,
    sql: &Sql,
    files: &Files,
    limits: &PackLimits,
    surroundings: &Surroundings<'_>,
) -> Result<AnswerStream, AdHocError> {
    let stats = Arc::new(Mutex::new(Stats::default()));
    let table = LogTable {
        files: files.clone(),
        threads: limits.threads,
        limits: limits.reader,
        stats: stats.clone(),
        shape: Shape::of(&Wanted::default(), sql.text()),
    };
    let failure = |error| AdHocError::Failed(failed(error));
    let (state, plan) = planning::planned(sessions, sql, &table, surroundings).await?;
    let plan = state.optimize(&plan).map_err(|error| AdHocError::Refused(SqlError::of_execution(&error)))?;
    let plan = state.query_planner().create_physical_plan(&plan, &state).await.map_err(failure)?;
    let batches = execute_stream(plan, state.task_ctx()).map_err(failure)?;
    Ok(AnswerStream { schema: batches.schema(), batches, stats })
}

/// Why an answer ended with an error.
#[must_use]
pub fn broke_off(error: datafusion::error::DataFusionError) -> NoAnswer {
    failed(error)
}

/// `events` of an ad hoc statement.
#[derive(Clone, Debug)]
struct LogTable {
    files: Files,
    threads: usize,
    limits: Limits,
    stats: Arc<Mutex<Stats>>,
    shape: Shape,
}

#[async_trait]
impl TableProvider for LogTable {
    fn schema(&self) -> SchemaRef {
        self.shape.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = relations::projected(&self.shape.schema, projection)?;
        let listed = Listed { source: &self.files.source, files: &self.files.files };
        let files = Arc::new(prune::kept(state, &self.shape, filters, listed));
        // The gate looks at a record's own fields.
        let is_raw = |filter: &&Expr| {
            let mut origins = filter.column_refs().into_iter().map(|column| self.shape.origin(&column.name));
            origins.all(|origin| origin == Some(&Origin::Reader))
        };
        let raw: Vec<Expr> = filters.iter().filter(is_raw).cloned().collect();
        let stream = LogStream {
            schema: schema.clone(),
            shape: self.shape.clone(),
            request: Arc::new(ScanRequest {
                span: self.files.window.map(ScanSpan::of),
                gate: Gate::new(vec![(0, Condition::of(&raw))]),
                trace: None,
                late: Vec::new(),
                omissions: Omissions::default(),
                columns: self.shape.reads(&schema),
                distinct: self.files.as_detections,
                normalized: self.files.as_detections,
                threads: self.threads,
                limits: self.limits,
                deadline: None,
                learn: Lessons::default(),
            }),
            files: Files { files, ..self.files.clone() },
            stats: self.stats.clone(),
        };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(stream)], None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct LogStream {
    schema: SchemaRef,
    shape: Shape,
    files: Files,
    request: Arc<ScanRequest>,
    stats: Arc<Mutex<Stats>>,
}

impl PartitionStream for LogStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (sender, receiver) = mpsc::channel(2);
        let (files, request, stats) = (self.files.clone(), self.request.clone(), self.stats.clone());
        thread::spawn(move || {
            let sink = Channel { sender: sender.clone() };
            match scan::scan(&files.source, &files.files, &request, &sink, &files.progress) {
                Ok(read) => stats.lock().expect("no thread panics in here").merge(read),
                Err(SinkError(error)) => drop(sender.blocking_send(Err(error))),
            }
        });
        let (schema, shape) = (self.schema.clone(), self.shape.clone());
        let (source, files) = (self.files.source.clone(), self.files.files.clone());
        let batches = futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|batch| (batch, receiver))
        })
        .map(move |batch| shape.made(&batch?, &schema, Listed { source: &source, files: &files }));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}

/// Hands batches to the query, which closes the channel when it needs no more.
struct Channel {
    sender: mpsc::Sender<Result<RecordBatch>>,
}

impl BatchSink for Channel {
    fn take(&self, batch: RecordBatch) -> Result<bool, SinkError> {
        Ok(self.sender.blocking_send(Ok(batch)).is_ok())
    }
}
