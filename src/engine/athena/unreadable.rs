//! Objects that Athena cannot read: which one a failed statement names, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::brief::Problem,
    engine::embedded::source::{PathPartition, layout},
};

/// How the reason begins for which a statement has no answer that Athena started and that failed.
pub(super) const FAILED: &str = "its statement on Athena failed: ";

/// Codes of errors about what is read. Another error is one if it names a file of the table.
const CODES: [&str; 5] = [
    "HIVE_CURSOR_ERROR",
    "HIVE_BAD_DATA",
    "HIVE_CANNOT_OPEN_SPLIT",
    "HIVE_FILESYSTEM_ERROR",
    "HIVE_UNKNOWN_ERROR",
];

/// Words of errors that pass, whatever they name.
const PASSING: [&str; 3] = ["reduce your request rate", "SlowDown", "THROTTL"];

/// How much of Athena's reason is shown, in characters.
const SHOWN: usize = 200;

/// An object that Athena cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// Its address, if Athena says it.
    pub(super) path: Option<String>,
    /// What Athena says, and what to do.
    reason: String,
}

impl Unreadable {
    /// The object for which a statement over the table at this location has no answer; `None` if the reason is another one.
    pub(super) fn of(reason: &str, location: &str) -> Option<Self> {
        let said = reason.strip_prefix(FAILED)?;
        if PASSING.iter().any(|words| said.contains(words)) {
            return None;
        }
        let path = path_in(said).filter(|path| path.starts_with(location.trim_end_matches('/')));
        let is_of_reading = path.is_some() || CODES.iter().any(|code| said.starts_with(code));
        let shown: String = said.chars().take(SHOWN).collect();
        let reason = match advice(said) {
            Some(advice) => format!("{shown}; {advice}"),
            None => shown,
        };
        is_of_reading.then_some(Self { path, reason })
    }

    /// The partition that it lies in.
    pub(super) fn partition(&self) -> Option<PathPartition> {
        layout::partition(&self.path.as_ref()?.split('/').collect::<Vec<_>>())
    }
}

/// The address of an object in a text.
fn path_in(said: &str) -> Option<String> {
    let at = ["s3://", "s3a://", "s3n://"].into_iter().filter_map(|scheme| said.find(scheme)).min()?;
    let (_, rest) = said[at..].split_once("://")?;
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | '(' | ',' | ';' | '>');
    let path = rest.split(is_end).next()?.trim_end_matches(['.', ':']);
    Some(format!("s3://{path}"))
}

fn advice(said: &str) -> Option<&'static str> {
    let says = |words: &str| said.contains(words);
    if says("storage class") || says("InvalidObjectState") {
        Some(
            "the object is archived: restore it and run on demand for its time, or move it out of the log folders",
        )
    } else if says("Access Denied") || says("AccessDenied") {
        Some("allow the role to read it, and to decrypt it with its key")
    } else {
        None
    }
}

/// What was not read because of such objects.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    /// Reasons by file or folder.
    reasons: BTreeMap<String, String>,
    /// Folders of which something was not read.
    partitions: BTreeSet<PathPartition>,
    /// Further folders.
    more: u64,
}

impl Unread {
    /// Notes a file that was left out.
    pub(super) fn file(&mut self, path: &str, of: &Unreadable) {
        self.partitions.extend(of.partition());
        let reason = format!("Athena cannot read the file, so it was left out: {}", of.reason);
        self.reasons.entry(path.to_owned()).or_insert(reason);
    }

    /// Notes a folder that was not searched.
    pub(super) fn folder(&mut self, path: String, partition: PathPartition, of: &Unreadable) {
        self.partitions.insert(partition);
        let reason = format!("not searched, because Athena cannot read a file in it: {}", of.reason);
        self.reasons.insert(path, reason);
    }

    /// Notes folders that were not searched, described in words.
    pub(super) fn folders(&mut self, path: String, count: u64, words: &str, of: &Unreadable) {
        self.more += count;
        let reason =
            format!("{words} were not searched, because Athena cannot read a file in them: {}", of.reason);
        self.reasons.entry(path).and_modify(|known| *known = format!("{known}; {reason}")).or_insert(reason);
    }

    /// How many folders, each of an account, a region and a day, were not read or not as a whole.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.partitions.len() as u64 + self.more
    }

    /// Adds what another pack could not read.
    pub fn merge(&mut self, other: Self) {
        self.reasons.extend(other.reasons);
        self.partitions.extend(other.partitions);
        self.more += other.more;
    }

    /// The files and folders, for the brief.
    pub fn into_problems(self) -> impl Iterator<Item = Problem> {
        let problem = |(file, reason)| Problem { file, reason, records: 0, uncounted: true };
        self.reasons.into_iter().map(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCATION: &str = "s3://logs/AWSLogs/o-1/";
    const FILE: &str =
        "s3://logs/AWSLogs/o-1/111122223333/CloudTrail/us-east-1/2026/03/10/a_20260310T1205Z_b.json.gz";

    fn of(said: &str) -> Option<Unreadable> {
        Unreadable::of(&format!("{FAILED}{said}"), LOCATION)
    }

    #[test]
    fn the_object_is_named_where_athena_names_it() {
        for said in [
            format!("HIVE_CURSOR_ERROR: Failed to read file: {FILE}"),
            format!("HIVE_BAD_DATA: Error reading \"{FILE}\": Unexpected end of input stream"),
            format!(
                "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {FILE} (offset=0, length=9): Access Denied"
            ),
            format!("GENERIC_INTERNAL_ERROR: incorrect header check ({FILE})"),
            format!("PERMISSION_DENIED: Access Denied (Path: {}).", FILE.replace("s3:", "s3a:")),
        ] {
            let found = of(&said).unwrap();
            assert_eq!(found.path.as_deref(), Some(FILE), "{said}");
            assert_eq!(found.partition().unwrap().region, "us-east-1");
        }
        let unnamed = of("HIVE_CURSOR_ERROR: Row is not a valid JSON Object").unwrap();
        assert_eq!((unnamed.path.clone(), unnamed.partition()), (None, None));
    }

    #[test]
    fn other_failures_are_none_of_an_object() {
        for said in [
            "GENERIC_INTERNAL_ERROR: worker lost",
            "HIVE_EXCEEDED_PARTITION_LIMIT: too many",
            "INVALID_CAST_ARGUMENT: Cannot cast 'x' to bigint",
            "PERMISSION_DENIED: Access denied when writing output to url: s3://results/a.csv",
            "HIVE_CURSOR_ERROR: Please reduce your request rate",
        ] {
            assert_eq!(of(said), None, "{said}");
        }
        assert_eq!(Unreadable::of("the result is incomplete", LOCATION), None);
    }

    #[test]
    fn an_archived_object_says_what_to_do() {
        let said = format!(
            "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {FILE} (offset=0, length=9): The operation is not valid for the \
             object's storage class (Service: Amazon S3; Status Code: 403; Error Code: InvalidObjectState)"
        );
        let found = of(&said).unwrap();
        assert!(found.reason.contains("the object is archived: restore it"), "{}", found.reason);
        let mut unread = Unread::default();
        unread.file(FILE, &found);
        unread.folder("s3://logs/folder/".to_owned(), found.partition().unwrap(), &found);
        assert_eq!(unread.count(), 1);
        let files: Vec<String> = unread.into_problems().map(|problem| problem.file).collect();
        assert_eq!(files, [FILE, "s3://logs/folder/"]);
    }
}
