//! One thread of a pass: takes the next file until there is none, and decides what becomes of each record.

use std::{
    borrow::Cow,
    io, mem,
    sync::{Arc, LazyLock, atomic::Ordering},
};

use datafusion::arrow::{
    array::{
        Array as _, ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array,
    },
    datatypes::{DataType, Field, Schema},
};

use super::{
    FILE_COLUMN, Shared, SinkError, Stats, TIME_COLUMN, WANTED_COLUMN,
    gate::{self, Fields, Verdicts},
};
use crate::{
    domain::{
        brief::Problem, cloudtrail::COLUMNS, time::Timestamp, undecidable::UndecidableEvent,
        untrusted::Untrusted,
    },
    engine::embedded::{
        reader::{EventBuilder, Flow, Input, Partition, RawRecord, Reader},
        source::{Bytes, LogFile},
    },
};

/// A batch is handed on when it has this many rows or bytes.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 4 << 20;

struct Indices {
    time: usize,
    id: usize,
    recipient: usize,
    region: usize,
}

static INDEX: LazyLock<Indices> = LazyLock::new(|| {
    let of = |name: &str| COLUMNS.iter().position(|column| column.name == name).expect("it is a column");
    Indices {
        time: of("eventtime"),
        id: of("eventid"),
        recipient: of("recipientaccountid"),
        region: of("awsregion"),
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
        times: Vec::new(),
        files: Vec::new(),
        wanted: Vec::new(),
        scratch: vec![0; shared.request.gate.width()],
        verdicts: Verdicts::default(),
        stats: Stats { wanted: vec![0; shared.request.gate.width()], ..Stats::default() },
        failure: None,
    };
    let mut reader = Reader::new(shared.request.limits);
    let mut buffer = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        worker.at = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = shared.files.get(worker.at) else { break };
        worker.file(file, &mut reader, &mut buffer);
        if let Some(failure) = worker.failure.take() {
            shared.stop.store(true, Ordering::Relaxed);
            return Err(failure);
        }
    }
    worker.flush();
    worker.failure.map_or(Ok(worker.stats), Err)
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    builder: EventBuilder,
    /// The position of the current file.
    at: usize,
    times: Vec<Option<i64>>,
    files: Vec<u32>,
    /// Which questions could need each collected record: as many bytes for each as `scratch` has.
    wanted: Vec<u8>,
    scratch: Vec<u8>,
    verdicts: Verdicts,
    stats: Stats,
    failure: Option<SinkError>,
}

impl Worker<'_> {
    fn file(&mut self, file: &LogFile, reader: &mut Reader, buffer: &mut Vec<u8>) {
        let progress = self.shared.progress;
        let day = file.partition.as_ref().map(|partition| partition.day.path()).unwrap_or_default();
        let opened = self.shared.source.read(file, mem::take(buffer));
        let mut visit = |record: &RawRecord<'_>| self.record(file, &day, record);
        let read = match opened {
            Ok(Bytes::Whole(bytes)) => {
                let stats = reader.read(Input::Bytes(&bytes), &mut visit);
                let stored = bytes.len() as u64;
                *buffer = bytes;
                Ok((stats, stored))
            }
            Ok(Bytes::Stream(stream)) => {
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
                }));
            }
            Err(error) => self.stats.problems.push(Problem {
                file: file.path.clone(),
                reason: format!("the file cannot be read: {error}"),
                records: 0,
            }),
        }
        progress.files.fetch_add(1, Ordering::Relaxed);
    }

    fn record(&mut self, file: &LogFile, day: &str, record: &RawRecord<'_>) -> Flow {
        let request = self.shared.request;
        let time = record.text(INDEX.time).and_then(|text| Timestamp::parse_iso(&text));
        if let Some(window) = request.window {
            match time {
                Some(time) if window.contains(time) => self.stats.in_window += 1,
                Some(_) => return Flow::Continue,
                None => {
                    self.stats.without_time += 1;
                    return Flow::Continue;
                }
            }
        } else {
            self.stats.in_window += 1;
        }
        if request.distinct
            && let Some(id) = record.text(INDEX.id)
        {
            let recipient = record.text(INDEX.recipient).unwrap_or_default();
            let day = time.unwrap_or(Timestamp::from_unix_s(0)).day();
            if !self.shared.seen.is_first(&id, &recipient, day) {
                self.stats.duplicates += 1;
                return Flow::Continue;
            }
        }
        if !request.gate.admit(record, &mut self.verdicts, &mut self.scratch) {
            return Flow::Continue;
        }
        self.set_aside(file, record, time);
        self.wanted.extend_from_slice(&self.scratch);
        gate::unite(&mut self.stats.wanted, &self.scratch);
        self.stats.candidates += 1;
        self.append(file, day, record, time);
        if (self.builder.rows() >= BATCH_ROWS || self.builder.bytes() >= BATCH_BYTES) && !self.flush() {
            return Flow::Stop;
        }
        Flow::Continue
    }

    /// Takes the record from the questions that need a field which it lacks.
    fn set_aside(&mut self, file: &LogFile, record: &RawRecord<'_>, time: Option<Timestamp>) {
        for (question, reason) in self.shared.request.omissions.set_aside(record, time, &mut self.scratch) {
            let text = |column| record.text(column).map(Untrusted::new);
            let event = UndecidableEvent {
                event_time: time,
                event_id: text(INDEX.id),
                account_id: text(INDEX.recipient),
                file: Some(file.path.clone()),
                reason,
            };
            self.stats.undecidable.push((question, event));
        }
    }

    /// Decodes a record. The partition columns come from the file's path; for a candidate of Athena from its own keys, for a
    /// loose file from the record.
    fn append(&mut self, file: &LogFile, day: &str, record: &RawRecord<'_>, time: Option<Timestamp>) {
        self.times.push(time.map(Timestamp::unix_s));
        self.files.push(self.at as u32);
        if let Some(partition) = &file.partition {
            let partition =
                Partition { account: &partition.account, region: &partition.region, timestamp: day };
            return self.builder.append(record, partition);
        }
        let (account, region) = record.partition();
        let account = account.or_else(|| record.text(INDEX.recipient)).unwrap_or_default();
        let region = region.or_else(|| record.text(INDEX.region)).unwrap_or_default();
        let day = time.map(|time| time.day().path()).unwrap_or_default();
        self.builder.append(record, Partition { account: &account, region: &region, timestamp: &day });
    }

    /// Hands on what has been collected; false if no more is needed.
    fn flush(&mut self) -> bool {
        if self.times.is_empty() {
            return true;
        }
        let wanted = FixedSizeBinaryArray::try_from_iter(self.wanted.chunks_exact(self.scratch.len()));
        let batch = wanted.map_err(Into::into).and_then(|wanted| {
            let (times, files) = (mem::take(&mut self.times), mem::take(&mut self.files));
            with_columns(&self.builder.finish(), times, files, wanted)
        });
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

/// The batch with three more columns: the events' times, their files, and the questions that could need them.
fn with_columns(
    batch: &RecordBatch,
    times: Vec<Option<i64>>,
    files: Vec<u32>,
    wanted: FixedSizeBinaryArray,
) -> Result<RecordBatch, datafusion::error::DataFusionError> {
    let rows = times.len();
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(TIME_COLUMN, DataType::Int64, true)));
    fields.push(Arc::new(Field::new(FILE_COLUMN, DataType::UInt32, false)));
    fields.push(Arc::new(Field::new(WANTED_COLUMN, wanted.data_type().clone(), false)));
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(Int64Array::from(times)) as ArrayRef);
    columns.push(Arc::new(UInt32Array::from(files)));
    columns.push(Arc::new(wanted));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}
