//! Reads one log file: bytes in, records out, whatever the bytes are.
//!
//! Gzip or plain, UTF-8 or UTF-16, a log file as CloudTrail delivers it, arrays, one record per line, the output of
//! `lookup-events`, messages of EventBridge, SNS, SQS and CloudWatch Logs: the content decides, not the name. Nothing in a file is an error to
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
mod printed;
mod problems;
mod record;
mod recover;
mod schema;
mod sink;
mod text;
mod utf16;
mod wrapped;

use std::io::Read;

pub use builder::{EventBuilder, Partition, Values};
pub use columns::text_maps;
pub use json::{members, object_in_text};
pub use keys::{ACCOUNT_KEY, REGION_KEY, STORED_KEY};
pub use problems::FileProblem;
pub use record::{RawRecord, member};
pub use schema::{ColumnSet, schema, schema_with_hidden, text_map};
pub use text::text;

use buffer::{TextBuffer, TextSource};
use document::Document;
use feed::Feed;
use gunzip::{Damage, Gunzip, MAGIC};
use json::Slots;
use problems::{ProblemKind, Problems};
use sink::RecordSink;
use utf16::Utf16;

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
    utf8: Vec<u8>,
    slots: Slots,
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
            utf8: Vec::new(),
            slots: Slots::default(),
            problems: Problems::default(),
        }
    }

    /// Reads one log file, calling `visit` for every record in the order of the file.
    ///
    /// Never panics, and never fails because of the content: the result reports what was wrong with it.
    pub fn read(&mut self, input: Input<'_>, visit: &mut dyn FnMut(&RawRecord<'_>) -> Flow) -> FileStats {
        let Self { limits, stored, text, gunzip, utf8, slots, problems } = self;
        let mut feed = match input {
            Input::Bytes(bytes) => Feed::slice(bytes),
            Input::Stream(stream) => Feed::stream(stream, stored),
        };
        let mut sink = RecordSink::new(visit, problems, *limits);
        let inflated_bytes = if feed.peek(2).starts_with(&MAGIC) {
            gunzip.reset();
            let buffer = TextBuffer::part(
                text,
                TextSource::Gzip(feed, gunzip),
                limits.file_bytes,
                limits.record_bytes,
            );
            read_inflated(buffer, &mut sink, slots, utf8)
        } else {
            let buffer = match feed.whole() {
                Some(bytes) => TextBuffer::whole(bytes),
                None => TextBuffer::part(text, TextSource::Plain(feed), u64::MAX, limits.record_bytes),
            };
            walk(buffer, &mut sink, slots, utf8)
        };
        let records = sink.records;
        FileStats { records, inflated_bytes, problems: problems.report(records) }
    }
}

/// Whether a file that begins like this can be a log file: gzip, or JSON that can hold records, after white space and a byte
/// order mark.
#[must_use]
pub fn begins_like_log(head: &[u8]) -> bool {
    let text = head.strip_prefix(document::BYTE_ORDER_MARK).unwrap_or(head);
    let text = text.trim_ascii_start();
    let json = text.strip_prefix(b"\"").unwrap_or(text);
    head.starts_with(&MAGIC) || Utf16::of(head).is_some() || wrapped::begins_like_json(json)
}

/// Reads inflated text, which may turn out to be compressed a second time.
fn read_inflated<'a>(
    mut outer: TextBuffer<'a>,
    sink: &mut RecordSink<'_>,
    slots: &mut Slots,
    utf8: &'a mut Vec<u8>,
) -> u64 {
    if !outer.want(2).starts_with(&MAGIC) {
        return walk(outer, sink, slots, utf8);
    }
    sink.problems.add(ProblemKind::GzipTwice, 0, String::new);
    // Rare enough to have its own buffers.
    let (mut stored, mut text, mut utf8, mut gunzip) =
        (Vec::new(), Vec::new(), Vec::new(), Gunzip::default());
    gunzip.reset();
    let feed = Feed::stream(&mut outer, &mut stored);
    let Limits { file_bytes, record_bytes } = sink.limits;
    let mut inner =
        TextBuffer::part(&mut text, TextSource::Gzip(feed, &mut gunzip), file_bytes, record_bytes);
    let inflated = if inner.want(2).starts_with(&MAGIC) {
        sink.problems.add(ProblemKind::GzipThrice, 1, String::new);
        0
    } else {
        walk(inner, sink, slots, &mut utf8)
    };
    report_stream(&outer, sink);
    inflated
}

/// Reads text; returns how much there was. UTF-16 is decoded by way of `utf8`.
fn walk<'a>(
    mut buffer: TextBuffer<'a>,
    sink: &mut RecordSink<'_>,
    slots: &mut Slots,
    utf8: &'a mut Vec<u8>,
) -> u64 {
    if let Some(order) = Utf16::of(buffer.want(2)) {
        let source = TextSource::Utf16(Box::new(buffer), order);
        buffer = TextBuffer::part(utf8, source, u64::MAX, sink.limits.record_bytes);
    }
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
    if buffer.is_cut() {
        let limit = sink.limits.file_bytes;
        sink.problems.add(ProblemKind::FileTooLarge, 1, || limit.to_string());
    }
    if let Some(error) = buffer.error() {
        sink.problems.add(ProblemKind::Unreadable, 1, || error.to_string());
    }
}
