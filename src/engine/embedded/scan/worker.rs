//! One thread of a pass: takes the next file until there is none, and decides what becomes of each record.

use std::{
    borrow::Cow,
    io, mem,
    sync::{LazyLock, atomic::Ordering},
    time::Instant,
};

use datafusion::arrow::array::FixedSizeBinaryArray;

use super::{
    Shared, SinkError, Stats,
    content::content,
    found::{AddedColumns, Folder, Found},
    gate::{self, Fields, Verdicts},
    learner::{Learner, SourceNotes},
    normal::NormalRecord,
    seen::Sighting,
};
use crate::{
    domain::{
        brief::Problem, cloudtrail::COLUMNS, normal::event_time, time::Timestamp,
        undecidable::UndecidableEvent, untrusted::Untrusted,
    },
    engine::embedded::{
        reader::{EventBuilder, Flow, Input, RawRecord, Reader, Values},
        source::{Bytes, LogFile, names},
    },
};

/// A batch is handed on when it has this many rows or bytes.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 4 << 20;

/// For so many candidates of a thread it is noted with which other records they are one action: 3 MB.
const SHARED: usize = 100_000;

pub(super) struct Indices {
    time: usize,
    id: usize,
    pub(super) recipient: usize,
    pub(super) region: usize,
    pub(super) identity: usize,
}

pub(super) static INDEX: LazyLock<Indices> = LazyLock::new(|| {
    let of = |name: &str| COLUMNS.iter().position(|column| column.name == name).expect("it is a column");
    Indices {
        time: of("eventtime"),
        id: of("eventid"),
        recipient: of("recipientaccountid"),
        region: of("awsregion"),
        identity: of("useridentity"),
    }
});

impl Fields for RawRecord<'_> {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        RawRecord::text(self, column)
    }

    fn nested(&self, column: usize, key: &str) -> Option<Cow<'_, str>> {
        self.nested_text(column, key)
    }
}

/// Reads files until none is left or the sink needs no more.
pub(super) fn run(shared: &Shared<'_>) -> Result<Stats, SinkError> {
    let mut worker = Worker {
        shared,
        builder: EventBuilder::new(&shared.request.columns),
        at: 0,
        added: AddedColumns::default(),
        wanted: Vec::new(),
        scratch: vec![0; shared.request.gate.width()],
        verdicts: Verdicts::default(),
        stats: Stats { wanted: vec![0; shared.request.gate.width()], ..Stats::default() },
        failure: None,
        learner: shared.request.learn.habits.clone().map(|calls| Learner::new(calls, shared.hasher.clone())),
        sources: shared.request.learn.sources.then(|| SourceNotes::new(shared.hasher.clone())),
    };
    let mut reader = Reader::new(shared.request.limits);
    let mut buffer = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        worker.at = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = shared.files.get(worker.at) else { break };
        if shared.request.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            worker.stats.unread += 1;
            continue;
        }
        worker.file(file, &mut reader, &mut buffer);
        if let Some(failure) = worker.failure.take() {
            shared.stop.store(true, Ordering::Relaxed);
            return Err(failure);
        }
    }
    worker.flush();
    if let Some(learner) = worker.learner.take() {
        worker.stats.habits = learner.finish();
    }
    if let Some(sources) = worker.sources.take() {
        worker.stats.habits.sources = sources.finish();
    }
    worker.failure.map_or(Ok(worker.stats), Err)
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    builder: EventBuilder,
    /// The position of the current file.
    at: usize,
    /// What is known of each collected record besides its values.
    added: AddedColumns,
    /// Which questions could need each collected record: as many bytes for each as `scratch` has.
    wanted: Vec<u8>,
    scratch: Vec<u8>,
    verdicts: Verdicts,
    stats: Stats,
    failure: Option<SinkError>,
    learner: Option<Learner>,
    sources: Option<SourceNotes>,
}

impl Worker<'_> {
    fn file(&mut self, file: &LogFile, reader: &mut Reader, buffer: &mut Vec<u8>) {
        let progress = self.shared.progress;
        let folder = Folder::of(file);
        let opened = self.shared.source.read(file, mem::take(buffer));
        let mut visit = |record: &RawRecord<'_>| self.record(file, &folder, record);
        let read = match opened {
            Ok(None) => {
                *self.stats.skipped.entry(names::called(&file.path)).or_default() += 1;
                progress.files.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Ok(Some(Bytes::Whole(bytes))) => {
                let stats = reader.read(Input::Bytes(&bytes), &mut visit);
                let stored = bytes.len() as u64;
                *buffer = bytes;
                Ok((stats, stored))
            }
            Ok(Some(Bytes::Stream(stream))) => {
                let mut counted = Counted { stream, bytes: 0 };
                let stats = reader.read(Input::Stream(&mut counted), &mut visit);
                Ok((stats, counted.bytes))
            }
            Err(error) => Err(error),
        };
        match read {
            Ok((stats, stored)) => {
                self.stats.files += 1;
                self.stats.records += stats.records;
                self.stats.bytes += stored;
                progress.records.fetch_add(stats.records, Ordering::Relaxed);
                progress.bytes.fetch_add(stored, Ordering::Relaxed);
                self.stats.problems.extend(stats.problems.into_iter().map(|problem| Problem {
                    file: file.path.clone(),
                    reason: problem.reason,
                    records: problem.records,
                    uncounted: problem.uncounted,
                }));
            }
            Err(error) => self.stats.problems.push(Problem {
                file: file.path.clone(),
                reason: format!("the file cannot be read: {error}"),
                records: 0,
                uncounted: true,
            }),
        }
        progress.files.fetch_add(1, Ordering::Relaxed);
    }

    fn record(&mut self, file: &LogFile, folder: &Folder, record: &RawRecord<'_>) -> Flow {
        let request = self.shared.request;
        // A candidate of Athena carries the path of the file that held it.
        let path = if file.holds_candidates { record.path() } else { None };
        let carried = path.as_deref().map(|path| Folder::of_path(path, record.stored()));
        let (carries_path, folder) = (carried.is_some(), carried.as_ref().unwrap_or(folder));
        let path = path.as_deref().unwrap_or(&file.path);
        let time = record.text(INDEX.time).and_then(|text| event_time(&text));
        let delivered = time.map(|time| folder.delivered(time));
        match (request.span, time.zip(delivered)) {
            (Some(span), Some((time, delivered))) if !span.holds(time, delivered) => {
                if span.comes_too_late(time, delivered) {
                    let account = record.text(INDEX.recipient).unwrap_or_default().into_owned();
                    *self.stats.too_late.entry(account).or_default() += 1;
                }
                return Flow::Continue;
            }
            (Some(_), None) => {
                self.stats.without_time += 1;
                return Flow::Continue;
            }
            _ => self.stats.in_window += 1,
        }
        if request.distinct && !self.is_first(record, time) {
            self.stats.duplicates += 1;
            return Flow::Continue;
        }
        let found = Found { file, folder, path, carries_path, record, times: time.zip(delivered) };
        if request.normalized {
            self.stats.drift.look(record, path, request.gate.versions());
            let normal = NormalRecord::new(record);
            if let Some((learner, time)) = self.learner.as_mut().zip(time) {
                learner.note(record, &normal, time);
            }
            if let Some((sources, time)) = self.sources.as_mut().zip(time) {
                sources.note(record, &normal, time);
            }
            let update = normal.updates().map(Cow::into_owned);
            let updates = update.is_some();
            self.stats.updated.extend(update);
            let before = self.stats.candidates;
            let flow = self.candidate(&normal, updates, &found);
            if self.stats.candidates > before && self.stats.shared.len() < SHARED {
                self.stats.shared.extend(normal.shares());
            }
            flow
        } else {
            self.candidate(record, false, &found)
        }
    }

    /// Keeps a record if a question could need it.
    fn candidate(&mut self, fields: &(impl Fields + Values), updates: bool, found: &Found<'_>) -> Flow {
        if !self.shared.request.gate.admit(fields, &mut self.verdicts, &mut self.scratch) {
            return Flow::Continue;
        }
        if let Some((time, delivered)) = found.times {
            self.note_late(time, delivered);
        }
        let Some(is_candidate) = self.wanted_by(found) else { return Flow::Continue };
        self.set_aside(found);
        self.wanted.extend_from_slice(&self.scratch);
        gate::unite(&mut self.stats.wanted, &self.scratch);
        self.stats.candidates += u64::from(is_candidate);
        self.added.times.push(found.times.map(|(time, _)| time.unix_s()));
        self.added.delivered.push(found.times.map(|(_, delivered)| delivered.unix_s()));
        let at = if found.carries_path { self.stats.paths.position(found.path) } else { self.at };
        self.added.files.push(at as u32);
        self.added.updates.push(updates);
        found.append(&mut self.builder, fields);
        if (self.builder.rows() >= BATCH_ROWS || self.builder.bytes() >= BATCH_BYTES) && !self.flush() {
            return Flow::Stop;
        }
        Flow::Continue
    }

    /// Whether a detection could need the record; `None` if only the trace could, and it lies before the trace's time.
    fn wanted_by(&mut self, found: &Found<'_>) -> Option<bool> {
        let Some((question, from)) = self.shared.request.trace else { return Some(true) };
        if !gate::is_set(&self.scratch, question) {
            return Some(true);
        }
        let (byte, bit) = (question / 8, 1u8 << (question % 8));
        self.scratch[byte] &= !bit;
        let is_candidate = self.scratch.iter().any(|bits| *bits != 0);
        let is_traced = found.times.is_some_and(|(time, _)| time >= from);
        if is_traced {
            self.scratch[byte] |= bit;
        }
        (is_candidate || is_traced).then_some(is_candidate)
    }

    /// Takes the record from the questions that need a field which it lacks.
    fn set_aside(&mut self, found: &Found<'_>) {
        let (record, time) = (found.record, found.times.map(|(time, _)| time));
        for (question, reason) in self.shared.request.omissions.set_aside(record, time, &mut self.scratch) {
            let text = |column| record.text(column).map(Untrusted::new);
            let event = UndecidableEvent {
                event_time: time,
                event_id: text(INDEX.id),
                account_id: text(INDEX.recipient),
                file: Some(found.path.to_owned()),
                reason,
            };
            self.stats.undecidable.push((question, event));
        }
    }

    /// Notes the buckets of a record that comes too late for the window of a question that could need it.
    fn note_late(&mut self, time: Timestamp, delivered: Timestamp) {
        for (question, late) in &self.shared.request.late {
            if let Some(bucket) = late.bucket_of(time, delivered)
                && gate::is_set(&self.scratch, *question)
            {
                self.stats.late.entry(*question).or_default().insert(bucket);
            }
        }
    }

    /// Whether an event is seen for the first time.
    fn is_first(&mut self, record: &RawRecord<'_>, time: Option<Timestamp>) -> bool {
        let recipient = record.text(INDEX.recipient).unwrap_or_default();
        let day = time.unwrap_or(Timestamp::from_unix_s(0)).day();
        let content = content(record, &self.shared.hasher);
        let sighting = self.shared.seen.note(record.text(INDEX.id).as_deref(), &recipient, content, day);
        self.stats.sharing_id += u64::from(sighting == Sighting::SharesId);
        sighting != Sighting::Repeated
    }

    /// Hands on what has been collected; false if no more is needed.
    fn flush(&mut self) -> bool {
        if self.added.times.is_empty() {
            return true;
        }
        let wanted = FixedSizeBinaryArray::try_from_iter(self.wanted.chunks_exact(self.scratch.len()));
        let batch = wanted
            .map_err(Into::into)
            .and_then(|wanted| mem::take(&mut self.added).beside(&self.builder.finish(), wanted));
        self.wanted.clear();
        match batch.map_err(SinkError::from).and_then(|batch| self.shared.sink.take(batch)) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => self.failure = Some(error),
        }
        self.shared.stop.store(true, Ordering::Relaxed);
        false
    }
}

/// Counts what is read from a file that is too large to hold.
struct Counted {
    stream: Box<dyn io::Read + Send>,
    bytes: u64,
}

impl io::Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
