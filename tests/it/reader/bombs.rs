//! Files that were made to exhaust memory or time: each is read within small bounds, and what was skipped is counted.

use std::{io::Read, time::Instant};

use flate2::{Compression, read::GzEncoder};
use trailbrief::testing::engine::embedded::reader::{FileStats, Flow, Input, Limits, Reader};

const RECORD: &[u8] = br#"{"eventVersion":"1.11","eventName":"A"}"#;

/// Text that is generated while it is read: parts, each repeated.
struct Generated<'a> {
    parts: &'a [(&'a [u8], u64)],
    at: usize,
}

impl<'a> Generated<'a> {
    fn of(parts: &'a [(&'a [u8], u64)]) -> Self {
        Self { parts, at: 0 }
    }
}

impl Read for Generated<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut put = 0;
        while let [(part, times), rest @ ..] = self.parts {
            let length = part.len() as u64 * times;
            if self.at as u64 == length {
                (self.parts, self.at) = (rest, 0);
                continue;
            }
            let from = self.at % part.len();
            let count = (part.len() - from).min(out.len() - put);
            if count == 0 {
                break;
            }
            out[put..put + count].copy_from_slice(&part[from..from + count]);
            put += count;
            self.at += count;
        }
        Ok(put)
    }
}

/// Reads a stream, in less than a minute.
fn read(stream: &mut dyn Read, limits: Limits) -> FileStats {
    let begun = Instant::now();
    let stats = Reader::new(limits).read(Input::Stream(stream), &mut |_| Flow::Continue);
    assert!(begun.elapsed().as_secs() < 60, "took {:?}", begun.elapsed());
    stats
}

/// Reads generated text, plain and compressed: how many records there are, and the problems with what they cost.
fn check(what: &str, parts: &[(&[u8], u64)], records: u64, problems: &[(&str, u64)]) {
    let limits = Limits { record_bytes: 1 << 20, file_bytes: 64 << 20 };
    let shown = |stats: &FileStats| {
        stats.problems.iter().map(|one| (one.reason.clone(), one.records)).collect::<Vec<_>>()
    };
    let wanted: Vec<_> = problems.iter().map(|(reason, lost)| ((*reason).to_owned(), *lost)).collect();
    let stats = read(&mut Generated::of(parts), limits);
    assert_eq!((stats.records, shown(&stats)), (records, wanted.clone()), "{what}");
    let stats = read(&mut GzEncoder::new(Generated::of(parts), Compression::fast()), limits);
    assert_eq!((stats.records, shown(&stats)), (records, wanted), "{what}, compressed");
}

#[test]
fn a_file_made_to_exhaust_memory_does_not() {
    let key = br#""k":1,"#;
    check(
        "a record of 20 MB",
        &[
            (b"{\"Records\":[", 1),
            (RECORD, 1),
            (b",{\"eventName\":\"", 1),
            (&[b'x'; 1 << 10], 20 << 10),
            (b"\"},", 1),
            (RECORD, 1),
            (b"]}", 1),
        ],
        2,
        &[("1 record is larger than 1048576 bytes; skipped", 1)],
    );
    check(
        "a text of 20 MB in a list of texts",
        &[(b"[\"{", 1), (&[b'x'; 1 << 10], 20 << 10), (b"\",", 1), (RECORD, 1), (b"]", 1)],
        1,
        &[("1 record is larger than 1048576 bytes; skipped", 1)],
    );
    check(
        "100,000 levels",
        &[
            (b"{\"Records\":[{\"a\":", 1),
            (b"[", 100_000),
            (b"]", 100_000),
            (b"},", 1),
            (RECORD, 1),
            (b"]}", 1),
        ],
        1,
        &[("1 record is nested deeper than 128 levels; skipped", 1)],
    );
    check(
        "100,000 levels in a text",
        &[(b"[\"", 1), (b"[", 100_000), (b"]", 100_000), (b"\",", 1), (RECORD, 1), (b"]", 1)],
        1,
        &[("1 element of the list of records: not an object but an array", 1)],
    );
    check(
        "100,000 envelopes in one another",
        &[(br#"{"Records":["#, 100_000), (b"]}", 100_000), (RECORD, 1)],
        1,
        &[
            ("JSON ends early after 1 record", 99_992),
            ("1 record is not valid JSON, the first near byte 1200016", 1),
        ],
    );
    check("a million keys", &[(b"{", 1), (key, 100_000), (b"\"eventName\":\"A\"}", 1)], 1, &[]);
    check(
        "a million keys, too large",
        &[(b"{", 1), (key, 1_000_000), (b"\"eventName\":\"A\"}\n", 1), (RECORD, 1)],
        1,
        &[("1 record is larger than 1048576 bytes; skipped", 1)],
    );
    check(
        "a million empty records",
        &[(b"{\"Records\":[", 1), (b"{},", 1_000_000), (RECORD, 1), (b"]}", 1)],
        1_000_001,
        &[],
    );
    check(
        "a million brackets",
        &[(b"[", 1_000_000)],
        0,
        &[
            ("JSON ends early after 0 records", 1),
            ("1 element of the list of records: not an object but an array", 1),
        ],
    );
}

/// A gigabyte in a megabyte: reading stops at the limit.
#[test]
fn a_gigabyte_of_zeros_stops_at_the_limit() {
    let zeros: &[(&[u8], u64)] = &[(&[0; 1 << 10], 1 << 20)];
    let limits = Limits { record_bytes: 1 << 20, file_bytes: 8 << 20 };
    let stats = read(&mut GzEncoder::new(Generated::of(zeros), Compression::fast()), limits);
    assert_eq!(stats.records, 0);
    assert_eq!(stats.problems[0].reason, "not JSON: starts with `????????????????????????`");
    let spaces: &[(&[u8], u64)] = &[(&[b' '; 1 << 10], 1 << 20)];
    let stats = read(&mut GzEncoder::new(Generated::of(spaces), Compression::fast()), limits);
    assert_eq!(
        stats.problems[0].reason,
        "inflates to more than 8388608 bytes; reading stopped after 0 records"
    );
    assert!(stats.problems[0].uncounted);
    assert_eq!(stats.inflated_bytes, 8 << 20);
}
