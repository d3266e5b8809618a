//! Base events: the JSON records that cases change, found beside the detection first and among the shipped last.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;

use super::sources::{FileKind, SourceFile};
use crate::text::{Diagnostic, Lint, Place};

/// Every base event of the sources, by the directory whose `events/` it lies in; the shipped ones by `None`.
#[derive(Debug, Default)]
pub(crate) struct AllBases(BTreeMap<Option<PathBuf>, BTreeMap<String, Arc<Value>>>);

impl AllBases {
    /// Reads the base events among the files.
    pub(crate) fn read(files: &[SourceFile]) -> (Self, Vec<Diagnostic>) {
        let (mut all, mut problems) = (Self::default(), Vec::new());
        for file in files.iter().filter(|file| file.kind == FileKind::Base) {
            match serde_json::from_str::<Value>(&file.text) {
                Ok(record) if record.is_object() => {
                    let folder = file.path().parent().and_then(Path::parent).map(Path::to_owned);
                    let folder = if file.is_shipped() { None } else { folder };
                    all.0.entry(folder).or_default().insert(file.stem().to_owned(), Arc::new(record));
                }
                Ok(_) => problems.push(Diagnostic::error(
                    Lint::BadValue,
                    &event_file(file),
                    Place::START,
                    "a base event is one JSON object",
                )),
                Err(error) => problems.push(Diagnostic::error(
                    Lint::BadValue,
                    &event_file(file),
                    Place { line: error.line().max(1), column: error.column().max(1) },
                    format!("the base event is not JSON: {error}"),
                )),
            }
        }
        (all, problems)
    }

    /// The shipped base events.
    pub(crate) fn shipped(&self) -> BTreeMap<String, Arc<Value>> {
        self.0.get(&None).cloned().unwrap_or_default()
    }

    /// The base events that the cases of this file see.
    pub(crate) fn seen_from(&self, file: &SourceFile) -> Bases<'_> {
        let above = file.path().ancestors().skip(1).map(|directory| Some(directory.to_owned()));
        let folders = if file.is_shipped() { Vec::new() } else { above.collect() };
        let found = folders.into_iter().chain([None]).filter_map(|folder| self.0.get(&folder));
        Bases(found.collect())
    }
}

fn event_file(file: &SourceFile) -> String {
    if file.is_shipped() { format!("tests/{}", file.path().display()) } else { file.origin.to_string() }
}

/// The base events that one detection's cases see, the nearest first.
#[derive(Debug)]
pub(crate) struct Bases<'a>(Vec<&'a BTreeMap<String, Arc<Value>>>);

impl<'a> Bases<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Value>> {
        self.0.iter().find_map(|bases| bases.get(name)).cloned()
    }

    /// All names, as a hint.
    pub(crate) fn list(&self) -> String {
        let names: BTreeSet<&str> = self.names().collect();
        let names: Vec<&str> = names.into_iter().collect();
        match names.as_slice() {
            [] => "there are none: add `events/NAME.json` beside the detection".to_owned(),
            names => format!("base events are: {}", names.join(", ")),
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().flat_map(|bases| bases.keys().map(String::as_str)).collect::<Vec<_>>().into_iter()
    }
}
