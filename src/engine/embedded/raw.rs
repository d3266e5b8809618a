//! Records as they lie in their files: those with some ids, byte for byte. Decides nothing about them.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    reader::{Flow, Input, Limits, RawRecord, Reader},
    scan::Progress,
    source::{Bytes, LogFile, Source},
};
use crate::domain::{brief::Problem, cloudtrail::COLUMNS};

/// A record, and the file that held it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundRecord {
    /// The id of its event, as asked for.
    pub id: String,
    /// The file.
    pub file: String,
    /// The record as it stands there.
    pub json: String,
}

/// The records with these ids, by file; in several files if they were delivered twice. What cannot be read is beside them.
///
/// Blocks; call it from a thread outside of the async runtime.
#[must_use]
pub fn find(
    source: &Source,
    files: &[LogFile],
    ids: &HashSet<String>,
    (threads, limits): (usize, Limits),
    progress: &Progress,
) -> (Vec<FoundRecord>, Vec<Problem>) {
    progress.files_total.store(files.len() as u64, Ordering::Relaxed);
    let (next, all) = (AtomicUsize::new(0), Mutex::new((Vec::new(), Vec::new())));
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, files.len().max(1)) {
            scope.spawn(|| {
                let mut reader = Reader::new(limits);
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (found, problems) = in_file(source, file, ids, &mut reader);
                    progress.files.fetch_add(1, Ordering::Relaxed);
                    let mut all = all.lock().expect("no thread panics while it holds the result");
                    all.0.extend(found);
                    all.1.extend(problems);
                }
            });
        }
    });
    let (mut found, mut problems) = all.into_inner().expect("no thread panics while it holds the result");
    found.sort();
    problems.sort();
    (found, problems)
}

fn in_file(
    source: &Source,
    file: &LogFile,
    ids: &HashSet<String>,
    reader: &mut Reader,
) -> (Vec<FoundRecord>, Vec<Problem>) {
    let column = COLUMNS.iter().position(|column| column.name == "eventid").expect("it is a column");
    let mut found = Vec::new();
    let mut visit = |record: &RawRecord<'_>| {
        if let Some(id) = record.text(column)
            && ids.contains(id.as_ref())
        {
            found.push(FoundRecord {
                id: id.into_owned(),
                file: file.path.clone(),
                json: String::from_utf8_lossy(record.json()).into_owned(),
            });
        }
        Flow::Continue
    };
    let problem =
        |reason: String, records, uncounted| Problem { file: file.path.clone(), reason, records, uncounted };
    let stats = match source.read(file, Vec::new()) {
        Ok(None) => return (found, Vec::new()),
        Ok(Some(Bytes::Whole(bytes))) => reader.read(Input::Bytes(&bytes), &mut visit),
        Ok(Some(Bytes::Stream(mut stream))) => reader.read(Input::Stream(&mut stream), &mut visit),
        Err(error) => return (found, vec![problem(format!("the file cannot be read: {error}"), 0, true)]),
    };
    let problems =
        stats.problems.into_iter().map(|it| problem(it.reason, it.records, it.uncounted)).collect();
    (found, problems)
}
