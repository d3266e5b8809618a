//! Reads one log file: bytes in, records out, whatever the bytes are.
//!
//! Gzip or plain, a log file as CloudTrail delivers it, a bare array, one record per line, the output of
//! `lookup-events`, EventBridge events: the content decides, not the name. Nothing in a file is an error to
//! the caller: [`FileStats`] reports what is wrong, and every record before the damage is delivered.
//! Fields are found first and decoded only on demand; [`EventBuilder`] turns chosen columns into Arrow.
//!
//! Must not touch the file system, DataFusion's planner, or what the records mean. Only `schema`, `columns` and
//! `builder` know Arrow.

mod buffer;
mod builder;
mod columns;
mod document;
mod feed;
mod gunzip;
mod json;
mod keys;
mod problems;
mod record;
mod recover;
mod schema;
mod sink;
mod text;

use std::io::Read;

pub use builder::{EventBuilder, Partition, Values};
pub use json::members;
pub use keys::{ACCOUNT_KEY, REGION_KEY};
pub use problems::FileProblem;
pub use record::{RawRecord, member};
pub use schema::{ColumnSet, schema};
pub use text::{text, unescape};

use buffer::{TextBuffer, TextSource};
use document::Document;
use feed::Feed;
use gunzip::{Damage, Gunzip, MAGIC};
use json::Slots;
use problems::{ProblemKind, Problems};
use sink::RecordSink;

/// Whether the visitor wants more records from this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Read on.
    Continue,
    /// Leave the rest of the file unread.
    Stop,
}

/// The largest record and the largest file that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest record, in bytes of JSON text; a longer one is skipped and reported. At most 1 GiB.
    pub record_bytes: usize,
    /// How many bytes a compressed file may inflate to; the rest is left unread, and that is reported.
    pub file_bytes: u64,
}

impl Default for Limits {
    /// Records of 16 MiB, files of 4 GiB.
    fn default() -> Self {
        Self { record_bytes: 16 << 20, file_bytes: 4 << 30 }
    }
}

/// The bytes of one log file as they are stored.
pub enum Input<'a> {
    /// All in memory.
    Bytes(&'a [u8]),
    /// To be read piece by piece; memory stays bounded by [`Limits::record_bytes`].
    Stream(&'a mut dyn Read),
}

/// What one file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileStats {
    /// Records handed to the visitor.
    pub records: u64,
    /// Bytes of JSON text that were read.
    pub inflated_bytes: u64,
    /// What was wrong, one entry per kind.
    pub problems: Vec<FileProblem>,
}

/// Reads log files one after the other; one per worker thread.
///
/// Owns the buffers, so that reading an intact small file allocates nothing once they have their size.
pub struct Reader {
    limits: Limits,
    stored: Vec<u8>,
    text: Vec<u8>,
    gunzip: Gunzip,
    slots: Slots,
    scratch: Slots,
    problems: Problems,
}

impl Reader {
    /// A reader that keeps to these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let limits = Limits { record_bytes: limits.record_bytes.min(1 << 30), ..limits };
        Self {
            limits,
            stored: Vec::new(),
            text: Vec::new(),
            gunzip: Gunzip::default(),
            slots: Slots::default(),
            scratch: Slots::default(),
            problems: Problems::default(),
        }
    }

    /// Reads one log file, calling `visit` for every record in the order of the file.
    ///
    /// Never panics, and never fails because of the content: the result reports what was wrong with it.
    pub fn read(&mut self, input: Input<'_>, visit: &mut dyn FnMut(&RawRecord<'_>) -> Flow) -> FileStats {
        let Self { limits, stored, text, gunzip, slots, scratch, problems } = self;
        let mut feed = match input {
            Input::Bytes(bytes) => Feed::slice(bytes),
            Input::Stream(stream) => Feed::stream(stream, stored),
        };
        let mut sink = RecordSink { visit, problems, scratch, limits: *limits, records: 0 };
        let inflated_bytes = if feed.peek(2).starts_with(&MAGIC) {
            gunzip.reset();
            let buffer = TextBuffer::part(
                text,
                TextSource::Gzip(feed, gunzip),
                limits.file_bytes,
                limits.record_bytes,
            );
            read_inflated(buffer, &mut sink, slots)
        } else {
            let buffer = match feed.whole() {
                Some(bytes) => TextBuffer::whole(bytes),
                None => TextBuffer::part(text, TextSource::Plain(feed), u64::MAX, limits.record_bytes),
            };
            walk(buffer, &mut sink, slots)
        };
        let records = sink.records;
        FileStats { records, inflated_bytes, problems: problems.report(records) }
    }
}

/// Reads inflated text, which may turn out to be compressed a second time.
fn read_inflated(mut outer: TextBuffer<'_>, sink: &mut RecordSink<'_>, slots: &mut Slots) -> u64 {
    if !outer.want(2).starts_with(&MAGIC) {
        return walk(outer, sink, slots);
    }
    sink.problems.add(ProblemKind::GzipTwice, 0, String::new);
    // Rare enough to have its own buffers.
    let (mut stored, mut text, mut gunzip) = (Vec::new(), Vec::new(), Gunzip::default());
    gunzip.reset();
    let feed = Feed::stream(&mut outer, &mut stored);
    let Limits { file_bytes, record_bytes } = sink.limits;
    let mut inner =
        TextBuffer::part(&mut text, TextSource::Gzip(feed, &mut gunzip), file_bytes, record_bytes);
    let inflated = if inner.want(2).starts_with(&MAGIC) {
        sink.problems.add(ProblemKind::GzipThrice, 1, String::new);
        0
    } else {
        walk(inner, sink, slots)
    };
    report_stream(&outer, sink);
    inflated
}

/// Reads text; returns how much there was.
fn walk(buffer: TextBuffer<'_>, sink: &mut RecordSink<'_>, slots: &mut Slots) -> u64 {
    let mut document = Document::new(buffer, sink, slots);
    document.walk();
    let buffer = document.into_buffer();
    report_stream(&buffer, sink);
    buffer.seen()
}

/// Reports what was wrong with the bytes, as opposed to the text in them.
fn report_stream(buffer: &TextBuffer<'_>, sink: &mut RecordSink<'_>) {
    for damage in &buffer.damage {
        let (kind, lost) = match damage {
            Damage::Truncated => (ProblemKind::GzipTruncated, 1),
            Damage::Corrupt => (ProblemKind::GzipCorrupt, 1),
            Damage::Checksum => (ProblemKind::GzipChecksum, 0),
            Damage::Trailing => (ProblemKind::GzipTrailing, 0),
        };
        sink.problems.add(kind, lost, String::new);
    }
    if buffer.cut {
        let limit = sink.limits.file_bytes;
        sink.problems.add(ProblemKind::FileTooLarge, 1, || limit.to_string());
    }
    if let Some(error) = buffer.error() {
        sink.problems.add(ProblemKind::Unreadable, 1, || error.to_string());
    }
}
