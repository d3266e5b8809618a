//! One pass that learns habits and nothing else: how a baseline is built from logs that are there already.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use super::{
    pack::{PackError, PackLimits},
    reader::ColumnSet,
    scan::{
        self, BatchSink, Progress, ScanRequest, ScanSpan, SinkError, Stats,
        gate::Gate,
        learner::{Lessons, NamedCalls},
        omitted::Omissions,
    },
    source::{LogFile, Source},
};
use crate::domain::{habits::Habits, time::Window, trace::TraceQuery};

/// Takes nothing: such a pass has no candidates.
struct Nothing;

impl BatchSink for Nothing {
    fn take(&self, _batch: RecordBatch) -> Result<bool, SinkError> {
        Ok(true)
    }
}

/// What the events of a window in these files show of habits; `query` names the calls whose names are kept though they only
/// read.
///
/// # Errors
///
/// If the pass as a whole fails. What cannot be read is among its problems.
pub async fn learn(
    source: &Source,
    files: Vec<LogFile>,
    window: Window,
    limits: &PackLimits,
    query: &TraceQuery,
    progress: &Arc<Progress>,
) -> Result<(Habits, Stats), PackError> {
    let request = ScanRequest {
        span: Some(ScanSpan::of(window)),
        gate: Gate::new(Vec::new()),
        trace: None,
        late: Vec::new(),
        omissions: Omissions::default(),
        learn: Lessons { habits: Some(NamedCalls::of(query)), sources: true },
        columns: ColumnSet::named(std::iter::empty()),
        // A habit does not count how often it was seen on a day.
        distinct: false,
        normalized: true,
        threads: limits.threads,
        limits: limits.reader,
        deadline: None,
    };
    let (source, progress) = (source.clone(), progress.clone());
    let pass =
        tokio::task::spawn_blocking(move || scan::scan(&source, &files, &request, &Nothing, &progress));
    let mut stats = pass.await.map_err(PackError::Panicked)??;
    let mut habits = std::mem::take(&mut stats.habits);
    (habits.since, habits.until) = (Some(window.start()), Some(window.end()));
    habits.read_until = habits.until;
    (habits.sources.since, habits.sources.until) = (habits.since, habits.until);
    habits.prune();
    Ok((habits, stats))
}
