//! The record reader from outside: shapes, damage, columns, and properties over random files.

mod bombs;
mod columns;
mod damage;
mod messages;
mod properties;
mod shapes;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use trailbrief::testing::domain::cloudtrail::COLUMNS;
use trailbrief::testing::engine::embedded::reader::{FileStats, Flow, Input, Limits, Reader};

/// The index of a column.
fn column(name: &str) -> usize {
    COLUMNS.iter().position(|column| column.name == name).expect("a column of events")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// The event names of the records in a file, `-` for none, and what the reader says of it.
fn names(reader: &mut Reader, input: Input<'_>) -> (Vec<String>, FileStats) {
    let mut names = Vec::new();
    let stats = reader.read(input, &mut |record| {
        names.push(record.text(column("eventname")).unwrap_or("-".into()).into_owned());
        Flow::Continue
    });
    assert_eq!(names.len() as u64, stats.records);
    (names, stats)
}

/// Reads a file from memory and as streams of awkward pieces; all must agree.
fn read_all_ways(bytes: &[u8], limits: Limits) -> (Vec<String>, FileStats) {
    let mut reader = Reader::new(limits);
    let whole = names(&mut reader, Input::Bytes(bytes));
    for piece in [1, 7, 4096, usize::MAX] {
        let mut stream = Pieces { rest: bytes, piece };
        let (names, mut stats) = names(&mut reader, Input::Stream(&mut stream));
        // How far ahead was read when a file was given up may differ.
        stats.inflated_bytes = whole.1.inflated_bytes;
        assert_eq!((names, stats), whole, "in pieces of {piece}");
    }
    whole
}

/// A stream that gives at most `piece` bytes at a time.
struct Pieces<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rest.len().min(out.len()).min(self.piece);
        out[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}
