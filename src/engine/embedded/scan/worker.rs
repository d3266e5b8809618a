//! One thread of a pass: takes the next file until there is none, and decides what becomes of each record.

use std::{
    borrow::Cow,
    io, mem,
    sync::{Arc, LazyLock, atomic::Ordering},
};

use datafusion::arrow::{
    array::{
        Array as _, ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, RecordBatch, RecordBatchOptions,
    },
    datatypes::{DataType, Field, Schema},
};

use super::{
    Shared, SinkError, Stats, TIME_COLUMN, UPDATE_COLUMN, WANTED_COLUMN,
    content::content,
    gate::{self, Fields, Verdicts},
    normal::NormalRecord,
    seen::Sighting,
};
use crate::{
    domain::{brief::Problem, cloudtrail::COLUMNS, time::Timestamp},
    engine::embedded::{
        reader::{EventBuilder, Flow, Input, Partition, RawRecord, Reader, Values},
        source::{Bytes, LogFile},
    },
};

/// A batch is handed on when it has this many rows or bytes.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 4 << 20;

/// For so many candidates of a thread it is noted with which other records they are one action: 3 MB.
const SHARED: usize = 100_000;

struct Indices {
    time: usize,
    id: usize,
    recipient: usize,
    region: usize,
    identity: usize,
}

static INDEX: LazyLock<Indices> = LazyLock::new(|| {
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
        times: Vec::new(),
        updates: Vec::new(),
        wanted: Vec::new(),
        scratch: vec![0; shared.request.gate.width()],
        verdicts: Verdicts::default(),
        stats: Stats { wanted: vec![0; shared.request.gate.width()], ..Stats::default() },
        failure: None,
    };
    let mut reader = Reader::new(shared.request.limits);
    let mut buffer = Vec::new();
    while let Some(file) = shared.files.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
        if shared.stop.load(Ordering::Relaxed) {
            break;
        }
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
    times: Vec<Option<i64>>,
    /// Whether each collected record updates an earlier one.
    updates: Vec<bool>,
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
        if request.distinct && !self.is_first(record, time) {
            self.stats.duplicates += 1;
            return Flow::Continue;
        }
        if request.normalized {
            self.stats.drift.look(record, &file.path);
            let normal = NormalRecord::new(record);
            let update = normal.updates().map(Cow::into_owned);
            let updates = update.is_some();
            self.stats.updated.extend(update);
            let before = self.stats.candidates;
            let flow = self.candidate(&normal, updates, time, |builder| {
                append(builder, &normal, file, day, record, time)
            });
            if self.stats.candidates > before && self.stats.shared.len() < SHARED {
                self.stats.shared.extend(normal.shares());
            }
            flow
        } else {
            self.candidate(record, false, time, |builder| append(builder, record, file, day, record, time))
        }
    }

    /// Keeps a record if a question could need it.
    fn candidate(
        &mut self,
        record: &impl Fields,
        updates: bool,
        time: Option<Timestamp>,
        append: impl FnOnce(&mut EventBuilder),
    ) -> Flow {
        if !self.shared.request.gate.admit(record, &mut self.verdicts, &mut self.scratch) {
            return Flow::Continue;
        }
        self.wanted.extend_from_slice(&self.scratch);
        gate::unite(&mut self.stats.wanted, &self.scratch);
        self.stats.candidates += 1;
        self.times.push(time.map(Timestamp::unix_s));
        self.updates.push(updates);
        append(&mut self.builder);
        if (self.builder.rows() >= BATCH_ROWS || self.builder.bytes() >= BATCH_BYTES) && !self.flush() {
            return Flow::Stop;
        }
        Flow::Continue
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
        if self.times.is_empty() {
            return true;
        }
        let wanted = FixedSizeBinaryArray::try_from_iter(self.wanted.chunks_exact(self.scratch.len()));
        let (times, updates) = (mem::take(&mut self.times), mem::take(&mut self.updates));
        let batch = wanted
            .map_err(Into::into)
            .and_then(|wanted| with_columns(&self.builder.finish(), times, updates, wanted));
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

/// Decodes a record. The partition columns come from the file's path; for a candidate of Athena from its own keys, for a loose
/// file from the record.
fn append(
    builder: &mut EventBuilder,
    values: &impl Values,
    file: &LogFile,
    day: &str,
    record: &RawRecord<'_>,
    time: Option<Timestamp>,
) {
    if let Some(partition) = &file.partition {
        let partition = Partition { account: &partition.account, region: &partition.region, timestamp: day };
        return builder.append(values, partition);
    }
    let (account, region) = record.partition();
    let account = account
        .or_else(|| record.text(INDEX.recipient).filter(|account| !account.is_empty()))
        .or_else(|| record.nested_text(INDEX.identity, "accountId").filter(|account| is_account(account)))
        .unwrap_or_default();
    let region = region.or_else(|| record.text(INDEX.region)).unwrap_or_default();
    let day = time.map(|time| time.day().path()).unwrap_or_default();
    builder.append(values, Partition { account: &account, region: &region, timestamp: &day });
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
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

/// The batch with three more columns: the events' times, whether they update an earlier record, and the questions that could
/// need them.
fn with_columns(
    batch: &RecordBatch,
    times: Vec<Option<i64>>,
    updates: Vec<bool>,
    wanted: FixedSizeBinaryArray,
) -> Result<RecordBatch, datafusion::error::DataFusionError> {
    let rows = times.len();
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(TIME_COLUMN, DataType::Int64, true)));
    fields.push(Arc::new(Field::new(UPDATE_COLUMN, DataType::Boolean, false)));
    fields.push(Arc::new(Field::new(WANTED_COLUMN, wanted.data_type().clone(), false)));
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(Int64Array::from(times)) as ArrayRef);
    columns.push(Arc::new(BooleanArray::from(updates)));
    columns.push(Arc::new(wanted));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}
