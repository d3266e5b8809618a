//! Any bytes as a log file: no panic, the same result however the bytes arrive, and every record fits into Arrow.
//!
//! `cargo +nightly fuzz run reader fuzz/corpus/reader fuzz/seeds/reader -- -dict=fuzz/reader.dict -max_len=6000`
#![no_main]

use std::io::{Read, Write};

use libfuzzer_sys::fuzz_target;
use reader::{
    ColumnSet, EventBuilder, FileProblem, Flow, Input, Limits, Partition, Reader, begins_like_log,
};

#[path = "../../src/domain"]
mod domain {
    pub mod cloudtrail;
    pub mod time;
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

/// The same bytes as the text of messages in one another, and as UTF-16: whatever they are, they are only text there.
fn in_other_forms(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut message = text.clone().into_owned();
    for _ in 0..3 {
        message = format!("{{\"logEvents\":[{{\"message\":\"{}\"}}]}}", escaped(&message));
        let mut reader = Reader::new(Limits { file_bytes: 1 << 20, ..Limits::default() });
        let whole = read(&mut reader, Input::Bytes(message.as_bytes()));
        assert_eq!(read(&mut reader, Input::Stream(&mut Pieces(message.as_bytes(), 7))), whole);
    }
    // A byte order mark, so that the order of the bytes is known.
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut reader = Reader::new(Limits { file_bytes: 1 << 20, ..Limits::default() });
    let utf8 = format!("\u{feff}{text}");
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        let whole = read(&mut reader, Input::Bytes(utf8.as_bytes()));
        assert_eq!(read(&mut reader, Input::Bytes(&utf16)), whole);
        assert_eq!(read(&mut reader, Input::Stream(&mut Pieces(&utf16, 3))), whole);
    }
    let _ = begins_like_log(bytes);
}

/// Text between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c < ' ' => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        })
        .collect()
}

fuzz_target!(|bytes: &[u8]| {
    in_other_forms(bytes);
    let partition = Partition { account: "123456789012", region: "us-east-1", timestamp: "2026/03/01", path: "p", record: b"{}" };
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
