//! What was wrong with one file, one entry per kind, in sentences for a person.
//!
//! Text that comes from a file is shortened and reduced to printable ASCII before it enters a sentence.

/// What was wrong with one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// One plain sentence for a person.
    pub reason: String,
    /// How many records it cost, as far as that is known; 0 if none.
    pub records: u64,
    /// Whether it may have cost more records than that, and nobody can say how many.
    pub uncounted: bool,
}

/// The kinds of problems, in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
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
    /// An object in a list is not a CloudTrail record.
    NotRecord,
    /// CloudTrail Insights events.
    Insight,
    /// CloudTrail digest.
    Digest,
    /// Another service's notification in a form like a record's.
    Notification,
    /// A message whose content is encoded; it was not read.
    Encoded,
    /// A message whose text is not JSON.
    OtherMessage,
    /// A message inside too many others.
    MessageTooDeep,
    /// A record that is not valid JSON.
    Broken,
    /// A record that is larger than allowed.
    TooLarge,
    /// A record that is nested too deep.
    TooDeep,
    /// A record whose `userIdentity` is a text that holds no object; kept.
    IdentityText,
    /// A record that holds invalid UTF-8; kept.
    Utf8,
    /// Too much damage to go on searching for records.
    GivenUp,
}

impl ProblemKind {
    /// Whether it may cost more records than could be counted.
    fn is_uncounted(self) -> bool {
        match self {
            Self::Unreadable
            | Self::GzipThrice
            | Self::GzipTruncated
            | Self::GzipCorrupt
            | Self::GzipTrailing
            | Self::FileTooLarge
            | Self::NotJson
            | Self::Trailing
            | Self::Truncated
            | Self::NoRecords
            | Self::RecordsType
            | Self::Encoded
            | Self::MessageTooDeep
            | Self::GivenUp => true,
            Self::Empty
            | Self::GzipTwice
            | Self::GzipChecksum
            | Self::NotObject
            | Self::NotRecord
            | Self::Insight
            | Self::Digest
            | Self::Notification
            | Self::OtherMessage
            | Self::Broken
            | Self::TooLarge
            | Self::TooDeep
            | Self::IdentityText
            | Self::Utf8 => false,
        }
    }
}

const KINDS: [ProblemKind; 28] = [
    ProblemKind::Empty,
    ProblemKind::Unreadable,
    ProblemKind::GzipTwice,
    ProblemKind::GzipThrice,
    ProblemKind::GzipTruncated,
    ProblemKind::GzipCorrupt,
    ProblemKind::GzipChecksum,
    ProblemKind::GzipTrailing,
    ProblemKind::FileTooLarge,
    ProblemKind::NotJson,
    ProblemKind::Trailing,
    ProblemKind::Truncated,
    ProblemKind::NoRecords,
    ProblemKind::RecordsType,
    ProblemKind::NotObject,
    ProblemKind::NotRecord,
    ProblemKind::Insight,
    ProblemKind::Digest,
    ProblemKind::Notification,
    ProblemKind::Encoded,
    ProblemKind::OtherMessage,
    ProblemKind::MessageTooDeep,
    ProblemKind::Broken,
    ProblemKind::TooLarge,
    ProblemKind::TooDeep,
    ProblemKind::IdentityText,
    ProblemKind::Utf8,
    ProblemKind::GivenUp,
];

#[derive(Clone, Debug, Default)]
struct Occurrences {
    times: u64,
    lost: u64,
    example: String,
}

/// The problems of one file while it is read.
#[derive(Clone, Debug, Default)]
pub struct Problems([Occurrences; KINDS.len()]);

impl Problems {
    /// Notes one occurrence; `example` is called for the first occurrence only.
    pub fn add(&mut self, kind: ProblemKind, lost: u64, example: impl FnOnce() -> String) {
        let known = &mut self.0[kind as usize];
        if known.times == 0 {
            known.example = example();
        }
        known.times += 1;
        known.lost += lost;
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|known| known.times == 0)
    }

    /// The problems as sentences, in the order of [`ProblemKind`]; forgets them. `records` is the number of records read.
    pub fn report(&mut self, records: u64) -> Vec<FileProblem> {
        if self.is_empty() {
            return Vec::new();
        }
        let found = KINDS.iter().zip(&self.0).filter(|(_, known)| known.times > 0);
        let report = found
            .map(|(kind, known)| FileProblem {
                reason: sentence(*kind, known.times, &known.example, records),
                records: known.lost,
                uncounted: kind.is_uncounted(),
            })
            .collect();
        *self = Self::default();
        report
    }
}

fn sentence(kind: ProblemKind, times: u64, example: &str, records: u64) -> String {
    let records = plural(records, "record", "records");
    match kind {
        ProblemKind::Empty => "the file is empty".into(),
        ProblemKind::Unreadable => format!("the file could not be read further after {records}: {example}"),
        ProblemKind::GzipTwice => "compressed with gzip twice; read through both".into(),
        ProblemKind::GzipThrice => "compressed with gzip more than twice; not read".into(),
        ProblemKind::GzipTruncated => format!("gzip stream ends early after {records}"),
        ProblemKind::GzipCorrupt => format!("gzip stream is damaged after {records}"),
        ProblemKind::GzipChecksum => {
            format!("gzip checksum does not match: the {records} read may be damaged")
        }
        ProblemKind::GzipTrailing => "bytes that are not gzip follow the gzip stream; not read".into(),
        ProblemKind::FileTooLarge => {
            format!("inflates to more than {example} bytes; reading stopped after {records}")
        }
        ProblemKind::NotJson => format!("not JSON: {example}"),
        ProblemKind::Trailing => format!("what follows the last record is not JSON: {example}"),
        ProblemKind::Truncated => format!("JSON ends early after {records}"),
        ProblemKind::NoRecords => {
            let objects = plural(times, "JSON object is", "JSON objects are");
            format!("{objects} neither a CloudTrail record nor a list of `Records`: {example}")
        }
        ProblemKind::RecordsType => format!("`Records` is {example}, not an array"),
        ProblemKind::NotObject => {
            let elements = plural(times, "element", "elements");
            format!("{elements} of the list of records: not an object but {example}")
        }
        ProblemKind::NotRecord => {
            format!("{} without any field of a CloudTrail record", plural(times, "object", "objects"))
        }
        ProblemKind::Insight => {
            let events = plural(times, "CloudTrail Insights event", "CloudTrail Insights events");
            format!("{events}: not records of API calls, passed over")
        }
        ProblemKind::Digest => "a CloudTrail digest, not a log file: it holds no records".into(),
        ProblemKind::Notification => {
            let notifications = plural(times, "notification", "notifications");
            format!("{notifications} of another service (`{example}`), not CloudTrail records: passed over")
        }
        ProblemKind::Encoded => {
            let messages = plural(times, "message is", "messages are");
            format!("{messages} encoded in base64, which is not read")
        }
        ProblemKind::OtherMessage => {
            let messages = plural(times, "message holds", "messages hold");
            format!("{messages} a text that is not JSON, so no CloudTrail record: {example}")
        }
        ProblemKind::MessageTooDeep => {
            let messages = plural(times, "message lies", "messages lie");
            format!("{messages} inside more than {example} others; not read")
        }
        ProblemKind::Broken => {
            let broken = plural(times, "record is", "records are");
            format!("{broken} not valid JSON, the first near byte {example}")
        }
        ProblemKind::TooLarge => {
            let large = plural(times, "record is", "records are");
            format!("{large} larger than {example} bytes; skipped")
        }
        ProblemKind::TooDeep => {
            let deep = plural(times, "record is", "records are");
            format!("{deep} nested deeper than {example} levels; skipped")
        }
        ProblemKind::IdentityText => {
            format!("userIdentity of {} is a text, not an object", plural(times, "record", "records"))
        }
        ProblemKind::Utf8 => {
            let invalid = plural(times, "record holds", "records hold");
            format!("{invalid} invalid UTF-8; read with U+FFFD in its place")
        }
        ProblemKind::GivenUp => format!("so damaged that the rest was not read, from byte {example} on"),
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// How other formats begin.
const FORMATS: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ORC", "an ORC file"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\xff\x06\x00\x00sNaPpY", "compressed with snappy"),
];

fn format_of(bytes: &[u8]) -> Option<&'static str> {
    FORMATS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, what)| *what)
}

/// Whether the bytes begin like a known format that is not text.
pub fn is_other_format(bytes: &[u8]) -> bool {
    format_of(bytes).is_some()
}

/// Describes bytes that are not JSON.
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
