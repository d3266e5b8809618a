//! The files that the checks read: those of the project, or a few made-up ones.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that hold nothing of the project's own, by their names.
const FOREIGN: [&str; 3] = ["target", "node_modules", "snapshots"];

/// Text files with their paths from the project's root, sorted.
pub struct Tree {
    pub files: Vec<(String, String)>,
}

impl Tree {
    /// Every file below these folders, or with these names, that is text. Their paths are from the project's root.
    pub fn of_project(places: &[&str]) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let text = |path: String| Some((path.clone(), fs::read_to_string(root.join(path)).ok()?));
        Self { files: paths(places).into_iter().filter_map(text).collect() }
    }

    #[cfg(test)]
    pub fn made_up(files: &[(&str, &str)]) -> Self {
        let mut files: Vec<_> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        files.sort();
        Self { files }
    }

    /// The Rust files, each with its path and text.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.with_ending(".rs")
    }

    pub fn with_ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .filter(move |(path, _)| path.ends_with(ending))
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        let found = self.files.iter().find(|(own, _)| own == path);
        found.map(|(_, text)| text.as_str())
    }
}

/// Every file below these folders, or with these names, from the project's root, sorted.
pub fn paths(places: &[&str]) -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for place in places {
        collect(&root, &root.join(place), &mut found);
    }
    found.sort();
    found
}

fn collect(root: &Path, place: &Path, found: &mut Vec<String>) {
    if place.is_dir() {
        if place.file_name().is_some_and(|name| FOREIGN.iter().any(|foreign| name == *foreign)) {
            return;
        }
        for entry in fs::read_dir(place).unwrap().flatten() {
            collect(root, &entry.path(), found);
        }
    } else {
        found.push(place.strip_prefix(root).unwrap().to_string_lossy().into_owned());
    }
}

/// Fails with every fault, one a line, below what to do about them.
pub fn report(what_to_do: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what_to_do} ({} faults)\n{}", faults.len(), faults.join("\n"));
}
