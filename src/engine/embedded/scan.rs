//! One pass over log files: each is read and inflated once, by a few threads, and what the gate admits goes to a sink.
//!
//! The order within a pass depends on timing; callers that show rows sort them. Nothing here knows SQL or what a finding is.

pub mod condition;
pub mod content;
pub mod drift;
mod field;
mod found;
pub mod gate;
pub mod learner;
pub mod normal;
pub mod omitted;
mod seen;
pub mod store;
pub mod versions;
mod worker;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use datafusion::arrow::array::RecordBatch;
use hashbrown::{DefaultHashBuilder, HashSet};

use self::{
    drift::DriftCounts, found::Paths, gate::Gate, learner::Lessons, omitted::Omissions, seen::SeenEvents,
};
use super::{
    reader::{ColumnSet, Limits},
    source::{LogFile, Source},
};
use crate::{
    domain::{
        brief::Problem,
        habits::Habits,
        time::{Timestamp, Window},
        undecidable::UndecidableEvent,
    },
    plan::LateSpan,
};

/// Name of the column that a pass adds: the event's time in seconds since 1970, not null if the request has a span.
pub const TIME_COLUMN: &str = "__time";

/// Name of the column that a pass adds: when the event was delivered, in seconds since 1970; null where its time is.
pub const DELIVERED_COLUMN: &str = "__delivered";

/// Name of the column that shows which questions could need the event: a bit for each.
pub const WANTED_COLUMN: &str = "__wanted";

/// Name of the column with the position of the event's file among those that were read, or in [`Stats::paths`].
pub const FILE_COLUMN: &str = "__file";
/// Name of the column that shows whether the record updates an earlier record of its event.
pub const UPDATE_COLUMN: &str = "__update";

/// What a pass collects.
#[derive(Debug)]
pub struct ScanRequest {
    /// Only events of this span; `None` for all, those without a readable time too.
    pub span: Option<ScanSpan>,
    /// Which records to decode, and for which questions.
    pub gate: Gate,
    /// The question whose bit marks the events of the trace, and from when on it has any; `None` without a trace.
    pub trace: Option<(usize, Timestamp)>,
    /// Which events come too late for which question's window: by the question's number.
    pub late: Vec<(usize, LateSpan)>,
    /// Which questions need fields that a record may lack.
    pub omissions: Omissions,
    /// What is learned: only where fields are normalized.
    pub learn: Lessons,
    /// Which columns to decode.
    pub columns: ColumnSet,
    /// Whether an event that was seen before is dropped.
    pub distinct: bool,
    /// Whether fields are normalized, as detections see them.
    pub normalized: bool,
    /// How many threads read.
    pub threads: usize,
    /// How large a record and a file may be.
    pub limits: Limits,
    /// When no further file is opened; `None` if the pass may take as long as it needs.
    pub deadline: Option<Instant>,
}

/// Which events a pass collects: those of a window of event time that happened lately or were delivered lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanSpan {
    /// The window of event time.
    pub window: Window,
    /// Events from this time on are collected whenever they were delivered.
    pub happened_from: Timestamp,
    /// Events that were delivered from this time on are collected whenever they happened; `None` if delivery does not matter.
    pub delivered_from: Option<Timestamp>,
}

impl ScanSpan {
    /// All events of a window, whenever they were delivered.
    #[must_use]
    pub fn of(window: Window) -> Self {
        Self { window, happened_from: window.start(), delivered_from: None }
    }

    /// Whether it holds an event with these times.
    #[must_use]
    pub fn holds(self, time: Timestamp, delivered: Timestamp) -> bool {
        self.window.contains(time) && (time >= self.happened_from || self.is_delivered_lately(delivered))
    }

    /// Whether an event is older than anything that this pass collects, and was delivered only now: no later pass will
    /// collect it, either.
    #[must_use]
    pub fn comes_too_late(self, time: Timestamp, delivered: Timestamp) -> bool {
        time < self.window.start() && self.is_delivered_lately(delivered)
    }

    fn is_delivered_lately(self, delivered: Timestamp) -> bool {
        self.delivered_from.is_some_and(|from| delivered >= from)
    }
}

/// Takes what a pass collects.
pub trait BatchSink: Sync {
    /// Takes one batch; false if no more is needed.
    ///
    /// # Errors
    ///
    /// If the batch cannot be kept: the pass ends.
    fn take(&self, batch: RecordBatch) -> Result<bool, SinkError>;
}

/// Why a batch cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep the candidate events")]
pub struct SinkError(#[from] pub datafusion::error::DataFusionError);

/// The progress of a pass, for display.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files there are to read; zero until they are listed.
    pub files_total: AtomicU64,
    /// Files read.
    pub files: AtomicU64,
    /// Records read.
    pub records: AtomicU64,
    /// Bytes read, as stored.
    pub bytes: AtomicU64,
    /// Receives notes that must be shown before the run ends.
    pub listener: Listener,
}

/// Receives a run's notes before its brief is there, once a function is set.
#[derive(Default)]
pub struct Listener(OnceLock<Box<NoteFn>>);

type NoteFn = dyn Fn(&str) + Send + Sync;

impl Listener {
    /// Sets the function that receives notes; the first one stays.
    pub fn listen(&self, receive: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(receive));
    }

    /// Passes on a note.
    pub fn notify(&self, note: &str) {
        if let Some(receive) = self.0.get() {
            receive(note);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("set", &self.0.get().is_some()).finish()
    }
}

/// What a pass read.
#[derive(Debug, Default)]
pub struct Stats {
    /// Files read, whole or in part.
    pub files: u64,
    /// Files that were not opened because the deadline had come.
    pub unread: u64,
    /// Records in them.
    pub records: u64,
    /// Records of the window.
    pub in_window: u64,
    /// Records of the window dropped because the same event had been seen.
    pub duplicates: u64,
    /// The buckets that events fall into which came too late for a question's window, by the question's number.
    pub late: BTreeMap<usize, BTreeSet<Window>>,
    /// Records of the window that have the id of another event and other content. They are kept.
    pub sharing_id: u64,
    /// What about records of the window is not documented; only with [`ScanRequest::normalized`].
    pub drift: DriftCounts,
    /// Ids of the events of which a record came that updates an earlier one; only with [`ScanRequest::normalized`].
    pub updated: HashSet<String>,
    /// Records that went to the sink and were recorded in several accounts: the id of each, and the id that they share. Not
    /// more than some hundred thousand; further ones are left out.
    pub shared: Vec<(u128, u128)>,
    /// Records that went to the sink.
    pub candidates: u64,
    /// Which questions could need one of them: a bit for each.
    pub wanted: Vec<u8>,
    /// Bytes read, as stored.
    pub bytes: u64,
    /// Records that were delivered too late to be collected by any pass, by account.
    pub too_late: BTreeMap<String, u64>,
    /// Records without a readable time, if the request has a span.
    pub without_time: u64,
    /// Whether there were so many events that early ones were forgotten, so that a repeated delivery may count twice.
    pub forgot: bool,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Files that turned out to be no log files, by what they are called, with their count.
    pub skipped: BTreeMap<String, u64>,
    /// Events that questions could need and that lack a field: each with the question's number.
    pub undecidable: Vec<(usize, UndecidableEvent)>,
    /// What was learned about habits; and of the sources of events; only with [`ScanRequest::learn`].
    pub habits: Habits,
    /// The paths that candidates of Athena carry, by the positions in [`FILE_COLUMN`].
    pub paths: Paths,
}

impl Stats {
    /// Adds what another thread or pass read.
    pub fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.unread += other.unread;
        self.records += other.records;
        self.in_window += other.in_window;
        self.duplicates += other.duplicates;
        self.sharing_id += other.sharing_id;
        self.drift.merge(other.drift);
        self.updated.extend(other.updated);
        self.shared.extend(other.shared);
        self.candidates += other.candidates;
        self.wanted.resize(self.wanted.len().max(other.wanted.len()), 0);
        gate::unite(&mut self.wanted, &other.wanted);
        self.bytes += other.bytes;
        self.without_time += other.without_time;
        for (question, buckets) in other.late {
            self.late.entry(question).or_default().extend(buckets);
        }
        for (account, records) in other.too_late {
            *self.too_late.entry(account).or_default() += records;
        }
        self.problems.extend(other.problems);
        for (called, count) in other.skipped {
            *self.skipped.entry(called).or_default() += count;
        }
        self.undecidable.extend(other.undecidable);
        self.habits.learn(other.habits);
        self.paths.merge(other.paths);
    }
}

/// What the threads of a pass share.
struct Shared<'a> {
    source: &'a Source,
    files: &'a [LogFile],
    request: &'a ScanRequest,
    sink: &'a dyn BatchSink,
    progress: &'a Progress,
    seen: SeenEvents,
    hasher: DefaultHashBuilder,
    next: AtomicUsize,
    stop: AtomicBool,
}

/// Reads these files once and gives the sink what the request selects.
///
/// Blocks; call it from a thread outside of the async runtime.
///
/// # Errors
///
/// If the sink cannot keep a batch. The content of a file is never an error: [`Stats::problems`] reports it.
pub fn scan(
    source: &Source,
    files: &[LogFile],
    request: &ScanRequest,
    sink: &dyn BatchSink,
    progress: &Progress,
) -> Result<Stats, SinkError> {
    progress.files_total.store(files.len() as u64, Ordering::Relaxed);
    let shared = Shared {
        source,
        files,
        request,
        sink,
        progress,
        seen: SeenEvents::default(),
        hasher: DefaultHashBuilder::default(),
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    };
    let threads = request.threads.clamp(1, files.len().max(1));
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| worker::run(&shared))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    let mut stats = Stats::default();
    for result in results {
        stats.merge(result?);
    }
    stats.forgot = shared.seen.forgot();
    stats.problems.sort();
    Ok(stats)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_s(seconds)
    }

    #[test]
    fn an_event_is_collected_by_its_time_or_by_its_delivery() {
        let window = Window::new(at(100), at(200)).unwrap();
        let on_demand = ScanSpan::of(window);
        for (time, delivered, holds) in
            [(99, 150, false), (100, 100, true), (199, 500, true), (200, 200, false)]
        {
            assert_eq!(on_demand.holds(at(time), at(delivered)), holds, "{time} {delivered}");
        }
        assert!(!on_demand.comes_too_late(at(99), at(500)), "nobody asked what was delivered");
        let scheduled = ScanSpan { window, happened_from: at(180), delivered_from: Some(at(190)) };
        for (time, delivered, holds) in
            [(150, 189, false), (150, 190, true), (180, 180, true), (99, 190, false)]
        {
            assert_eq!(scheduled.holds(at(time), at(delivered)), holds, "{time} {delivered}");
        }
        assert!(scheduled.comes_too_late(at(99), at(190)));
        assert!(!scheduled.comes_too_late(at(99), at(189)), "an earlier run counted it");
    }
}
