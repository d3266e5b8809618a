//! What was wrong with one file, one entry a kind, in sentences for a person.
//!
//! Text that comes from a file is shortened and reduced to printable ASCII before it enters a sentence.

/// What was wrong with one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// One plain sentence for a person.
    pub reason: String,
    /// How many records are known or likely to be lost by it; 0 if none.
    pub records: u64,
}

/// The kinds of problems, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No bytes, or only white space.
    Empty,
    /// Reading failed before the end.
    Unreadable,
    /// gzip inside gzip; it was read.
    GzipTwice,
    /// gzip inside gzip inside gzip; it was not read.
    GzipThrice,
    /// The compressed stream ends early.
    GzipTruncated,
    /// The compressed stream is not valid.
    GzipCorrupt,
    /// Inflated text does not match its checksum.
    GzipChecksum,
    /// Bytes after the compressed stream.
    GzipTrailing,
    /// More text than allowed.
    FileTooLarge,
    /// No JSON at all.
    NotJson,
    /// Something else after the JSON.
    Trailing,
    /// The text ends inside a JSON value.
    Truncated,
    /// An object that is neither record nor envelope.
    NoRecords,
    /// `Records` is not an array.
    RecordsType,
    /// An element of a list of records is not an object.
    NotObject,
    /// An object in a list is no CloudTrail record.
    NotRecord,
    /// CloudTrail Insights events.
    Insight,
    /// CloudTrail digest.
    Digest,
    /// A record that is not valid JSON.
    Broken,
    /// A record that is larger than allowed.
    TooLarge,
    /// A record that is nested too deep.
    TooDeep,
    /// A record that holds invalid UTF-8; kept.
    Utf8,
    /// So much damage that looking for more records was given up.
    GivenUp,
}

const KINDS: [Kind; 23] = [
    Kind::Empty,
    Kind::Unreadable,
    Kind::GzipTwice,
    Kind::GzipThrice,
    Kind::GzipTruncated,
    Kind::GzipCorrupt,
    Kind::GzipChecksum,
    Kind::GzipTrailing,
    Kind::FileTooLarge,
    Kind::NotJson,
    Kind::Trailing,
    Kind::Truncated,
    Kind::NoRecords,
    Kind::RecordsType,
    Kind::NotObject,
    Kind::NotRecord,
    Kind::Insight,
    Kind::Digest,
    Kind::Broken,
    Kind::TooLarge,
    Kind::TooDeep,
    Kind::Utf8,
    Kind::GivenUp,
];

#[derive(Clone, Debug, Default)]
struct Seen {
    times: u64,
    lost: u64,
    example: String,
}

/// The problems of one file while it is read.
#[derive(Clone, Debug, Default)]
pub struct Problems([Seen; KINDS.len()]);

impl Problems {
    /// Notes one occurrence; `example` is asked for the first time only.
    pub fn add(&mut self, kind: Kind, lost: u64, example: impl FnOnce() -> String) {
        let seen = &mut self.0[kind as usize];
        if seen.times == 0 {
            seen.example = example();
        }
        seen.times += 1;
        seen.lost += lost;
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|seen| seen.times == 0)
    }

    /// The problems as sentences, in the order of [`Kind`]; forgets them. `records` is how many records were read.
    pub fn tell(&mut self, records: u64) -> Vec<FileProblem> {
        if self.is_empty() {
            return Vec::new();
        }
        let told = KINDS.iter().zip(&self.0).filter(|(_, seen)| seen.times > 0);
        let told = told.map(|(kind, seen)| FileProblem {
            reason: sentence(*kind, seen.times, &seen.example, records),
            records: seen.lost,
        });
        let told = told.collect();
        *self = Self::default();
        told
    }
}

fn sentence(kind: Kind, times: u64, example: &str, records: u64) -> String {
    let records = plural(records, "record", "records");
    match kind {
        Kind::Empty => "the file is empty".into(),
        Kind::Unreadable => format!("the file could not be read further after {records}: {example}"),
        Kind::GzipTwice => "compressed with gzip twice; read through both".into(),
        Kind::GzipThrice => "compressed with gzip more than twice; not read".into(),
        Kind::GzipTruncated => format!("gzip stream ends early after {records}"),
        Kind::GzipCorrupt => format!("gzip stream is damaged after {records}"),
        Kind::GzipChecksum => format!("gzip checksum does not match: the {records} read may be damaged"),
        Kind::GzipTrailing => "bytes that are not gzip follow the gzip stream; not read".into(),
        Kind::FileTooLarge => {
            format!("inflates to more than {example} bytes; reading stopped after {records}")
        }
        Kind::NotJson => format!("not JSON: {example}"),
        Kind::Trailing => format!("what follows the last record is not JSON: {example}"),
        Kind::Truncated => format!("JSON ends early after {records}"),
        Kind::NoRecords => {
            let objects = plural(times, "JSON object is", "JSON objects are");
            format!("{objects} neither a CloudTrail record nor a list of `Records`: {example}")
        }
        Kind::RecordsType => format!("`Records` is {example}, not an array"),
        Kind::NotObject => {
            let elements = plural(times, "element", "elements");
            format!("{elements} of the list of records: not an object but {example}")
        }
        Kind::NotRecord => {
            format!("{} without any field of a CloudTrail record", plural(times, "object", "objects"))
        }
        Kind::Insight => {
            let events = plural(times, "CloudTrail Insights event", "CloudTrail Insights events");
            format!("{events}: not records of API calls, passed over")
        }
        Kind::Digest => "a CloudTrail digest, not a log file: it holds no records".into(),
        Kind::Broken => {
            let broken = plural(times, "record is", "records are");
            format!("{broken} not valid JSON, the first near byte {example}")
        }
        Kind::TooLarge => {
            let large = plural(times, "record is", "records are");
            format!("{large} larger than {example} bytes; skipped")
        }
        Kind::TooDeep => {
            let deep = plural(times, "record is", "records are");
            format!("{deep} nested deeper than {example} levels; skipped")
        }
        Kind::Utf8 => {
            let invalid = plural(times, "record holds", "records hold");
            format!("{invalid} invalid UTF-8; read with U+FFFD in its place")
        }
        Kind::GivenUp => format!("so damaged that the rest was not read, from byte {example} on"),
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// How other formats begin.
const FORMATS: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ORC", "an ORC file"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\xff\x06\x00\x00sNaPpY", "compressed with snappy"),
];

fn format_of(bytes: &[u8]) -> Option<&'static str> {
    FORMATS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, what)| *what)
}

/// Whether the bytes begin like a known format that is not text.
pub fn is_other_format(bytes: &[u8]) -> bool {
    format_of(bytes).is_some()
}

/// Says what bytes that are not JSON look like.
pub fn looks_like(bytes: &[u8]) -> String {
    if let Some(what) = format_of(bytes) {
        return what.into();
    }
    let sample = printable(bytes);
    let page = if bytes.first() == Some(&b'<') { ": an error page?" } else { "" };
    format!("starts with `{sample}`{page}")
}

/// At most 24 bytes of the first line, anything but printable ASCII replaced.
fn printable(bytes: &[u8]) -> String {
    let line = bytes.iter().take(24).take_while(|byte| **byte != b'\n' && **byte != b'\r');
    line.map(|byte| if matches!(byte, b' '..=b'~') && *byte != b'`' { char::from(*byte) } else { '?' })
        .collect()
}

/// The kind of a JSON value with its article.
pub fn kind_of(first: u8) -> &'static str {
    match first {
        b'"' => "a string",
        b'{' => "an object",
        b'[' => "an array",
        b't' | b'f' => "a boolean",
        b'n' => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_listed_in_their_order() {
        for (at, kind) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{kind:?}");
        }
    }
}
