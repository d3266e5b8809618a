//! Any bytes as a log file: no panic, the same result however the bytes arrive, and every record fits into Arrow.
//!
//! `cargo +nightly fuzz run reader fuzz/corpus/reader fuzz/seeds/reader -- -dict=fuzz/reader.dict -max_len=6000`
#![no_main]

use std::io::{Read, Write};

use libfuzzer_sys::fuzz_target;
use reader::{ColumnSet, EventBuilder, FileProblem, Flow, Input, Limits, Partition, Reader};

#[path = "../../src/domain"]
mod domain {
    pub mod cloudtrail;
}

#[path = "../../src/engine/embedded"]
mod embedded {
    pub mod reader;
}

use embedded::reader;

struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(out.len()).min(self.1);
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// The records as they were found, and their problems.
fn read(reader: &mut Reader, input: Input<'_>) -> (Vec<Vec<u8>>, Vec<FileProblem>) {
    let mut found = Vec::new();
    let stats = reader.read(input, &mut |record| {
        found.push(record.json().to_vec());
        Flow::Continue
    });
    assert_eq!(stats.records, found.len() as u64);
    (found, stats.problems)
}

fuzz_target!(|bytes: &[u8]| {
    let partition = Partition { account: "123456789012", region: "us-east-1", timestamp: "2026/03/01" };
    for record_bytes in [1 << 20, 200, 64] {
        let mut reader = Reader::new(Limits { record_bytes, file_bytes: 1 << 20 });
        let whole = read(&mut reader, Input::Bytes(bytes));
        let piece = bytes.first().map_or(1, |first| usize::from(*first) + 1);
        assert_eq!(read(&mut reader, Input::Stream(&mut Pieces(bytes, piece))), whole);

        if !bytes.starts_with(&[0x1f, 0x8b]) {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect("memory takes everything");
            let zipped = encoder.finish().expect("memory takes everything");
            assert_eq!(read(&mut reader, Input::Bytes(&zipped)), whole);
        }
    }
    let mut reader = Reader::new(Limits { file_bytes: 1 << 20, ..Limits::default() });
    let mut builder = EventBuilder::new(&ColumnSet::new(0..reader::schema().fields().len()));
    reader.read(Input::Bytes(bytes), &mut |record| {
        assert_eq!(record.nested_text(1, "type"), record.nested_text(1, "TYPE"));
        builder.append(record, partition);
        Flow::Continue
    });
    let rows = builder.rows();
    assert_eq!(builder.finish().num_rows(), rows);
});
