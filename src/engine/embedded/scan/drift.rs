//! What about records is not as the documentation says: fields, versions and types that this program does not know.
//!
//! A detection may miss what such a record says, so the brief shows how many there are, with an example of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use super::{condition::Field, versions::Versions};
use crate::{
    domain::{
        brief::Drift,
        cloudtrail::{COLUMNS, ColumnKind},
        detection::DetectionId,
    },
    engine::embedded::reader::RawRecord,
};

/// Different things are counted up to this many; what else there is counts as one more.
const DIFFERENT: usize = 50;
/// The newest minor version of record format 1 that is documented.
const NEWEST: u8 = 11;
const OTHER: &str = "other things that are not documented";

/// What was found, with the number of records and the file of the first one.
#[derive(Debug, Default)]
pub struct DriftCounts(BTreeMap<(String, Concern), (u64, String)>);

/// Which detections something concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// None: they do not know the field.
    Nobody,
    /// All.
    Everybody,
    /// Those that read the column with this index.
    Column(usize),
    /// Those that look for one of these event names.
    Names(BTreeSet<String>),
}

/// The kinds of values that a column may have, as bits.
static KINDS: LazyLock<[u8; COLUMNS.len()]> = LazyLock::new(|| {
    std::array::from_fn(|index| {
        let column = &COLUMNS[index];
        let expected = match column.kind {
            ColumnKind::Struct(_) | ColumnKind::TextMap => OBJECT,
            ColumnKind::StructArray(_) => ARRAY,
            ColumnKind::Json if column.name.starts_with("edge") || column.name == "eventcontext" => u8::MAX,
            ColumnKind::Json => OBJECT,
            ColumnKind::Text => TEXT | WORD,
        };
        expected | NULL
    })
});

const TEXT: u8 = 1;
const OBJECT: u8 = 2;
const ARRAY: u8 = 4;
const NULL: u8 = 8;
const WORD: u8 = 16;

const fn kind_of(first: u8) -> u8 {
    match first {
        b'"' => TEXT,
        b'{' => OBJECT,
        b'[' => ARRAY,
        b'n' => NULL,
        _ => WORD,
    }
}

impl DriftCounts {
    /// Counts what about this record is not documented, and another version of a call than those that detections look for.
    pub fn look(&mut self, record: &RawRecord<'_>, file: &str, versions: &Versions) {
        if let Some(key) = record.unknown_key() {
            let key: String = String::from_utf8_lossy(key).chars().take(60).collect();
            self.count(format!("the field `{key}` is not documented"), Concern::Nobody, file);
        }
        let version = record.raw(*VERSION);
        if version.is_some_and(|version| !is_known_version(version)) {
            let version: String = record.text(*VERSION).unwrap_or_default().chars().take(20).collect();
            self.count(format!("the version {version} is not documented"), Concern::Everybody, file);
        }
        // The name of a version ends with a digit.
        let name = record
            .raw(Field::event_name())
            .filter(|raw| raw.len() > 2 && raw[raw.len() - 2].is_ascii_digit());
        if let Some(name) = name.and_then(|_| record.text(Field::event_name()))
            && let Some(others) = versions.others(&name)
        {
            let name: String = name.chars().take(100).collect();
            let known: Vec<&str> = others.iter().map(String::as_str).collect();
            let what = format!("the event `{name}` is another version of {}", known.join(", "));
            self.count(what, Concern::Names(others.clone()), file);
        }
        for (column, expected) in KINDS.iter().enumerate() {
            let Some(first) = record.raw(column).and_then(<[u8]>::first) else { continue };
            if kind_of(*first) & expected == 0 {
                let (name, kind) = (COLUMNS[column].json_key, words(kind_of(*first)));
                let what = format!("`{name}` is {kind} instead of {}", words(*expected & !NULL));
                self.count(what, Concern::Column(column), file);
            }
        }
    }

    fn count(&mut self, what: String, concern: Concern, file: &str) {
        let mut found = (what, concern);
        if !self.0.contains_key(&found) && self.0.len() >= DIFFERENT {
            found = (OTHER.to_owned(), Concern::Everybody);
        }
        self.0.entry(found).or_insert_with(|| (0, file.to_owned())).0 += 1;
    }

    /// Adds what another thread found; of two examples the first by name stays.
    pub fn merge(&mut self, other: Self) {
        for (what, (records, example)) in other.0 {
            let sum = self.0.entry(what).or_insert_with(|| (0, example.clone()));
            sum.0 += records;
            if example < sum.1 {
                sum.1 = example;
            }
        }
    }

    /// What was found, by name, with the detections that it concerns.
    pub fn into_report(self, concerned: impl Fn(&Concern) -> Vec<DetectionId>) -> Vec<Drift> {
        let drift = |((what, concern), (records, example))| Drift {
            what,
            records,
            example,
            detections: concerned(&concern),
        };
        self.0.into_iter().map(drift).collect()
    }
}

static VERSION: LazyLock<usize> = LazyLock::new(|| {
    COLUMNS.iter().position(|column| column.name == "eventversion").expect("it is a column")
});

fn is_known_version(raw: &[u8]) -> bool {
    let minor = raw.strip_prefix(b"\"1.").and_then(|rest| rest.strip_suffix(b"\""));
    let number = minor.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u8>().ok());
    number.is_some_and(|number| number <= NEWEST) || raw == b"null"
}

fn words(kinds: u8) -> &'static str {
    match kinds {
        OBJECT => "an object",
        ARRAY => "a list",
        TEXT => "a text",
        NULL => "null",
        WORD => "a number or a word",
        _ => "a text, a number or a word",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_versions_are_known() {
        for version in ["\"1.0\"", "\"1.01\"", "\"1.08\"", "\"1.11\"", "null"] {
            assert!(is_known_version(version.as_bytes()), "{version}");
        }
        for version in ["\"1.12\"", "\"2.0\"", "1.08", "\"\"", "\"1.x\""] {
            assert!(!is_known_version(version.as_bytes()), "{version}");
        }
    }

    #[test]
    fn different_things_are_bounded_and_nothing_is_left_uncounted() {
        let mut counts = DriftCounts::default();
        for number in 0..3 * DIFFERENT {
            counts.count(format!("{number:03}"), Concern::Nobody, "b");
            counts.count("000".to_owned(), Concern::Nobody, "c");
        }
        let mut other = DriftCounts::default();
        other.count("000".to_owned(), Concern::Nobody, "a");
        counts.merge(other);
        let report = counts.into_report(|_| Vec::new());
        assert_eq!(report.len(), DIFFERENT + 1);
        assert_eq!(report.iter().map(|drift| drift.records).sum::<u64>(), 6 * DIFFERENT as u64 + 1);
        assert_eq!((report[0].what.as_str(), report[0].example.as_str()), ("000", "a"));
        assert_eq!(
            (report[DIFFERENT].what.as_str(), report[DIFFERENT].records),
            (OTHER, 2 * DIFFERENT as u64)
        );
    }
}
