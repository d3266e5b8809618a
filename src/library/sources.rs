//! The files of the library: the shipped ones out of the binary, the user's from disk.
//!
//! The only file of the library that touches the file system. It reads everything and judges nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rust_embed::RustEmbed;

use crate::{
    domain::detection::Origin,
    text::{Diagnostic, Lint, Place},
};

#[derive(RustEmbed)]
#[folder = "queries/"]
#[allow_missing = true]
struct Queries;

#[derive(RustEmbed)]
#[folder = "tests/events/"]
#[allow_missing = true]
struct Events;

/// How deep directories may nest below a path of the user's.
const MOST_DEPTH: usize = 8;

/// What a file of the library is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `<name>.sql`
    Detection,
    /// `views/<name>.sql`
    View,
    /// `<name>.cases.toml`
    Cases,
    /// `events/<base>.json`
    Base,
}

impl FileKind {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if name.starts_with('.') {
            None
        } else if name.ends_with(".cases.toml") {
            Some(Self::Cases)
        } else if name.ends_with(".sql") {
            let is_view = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "views");
            Some(if is_view { Self::View } else { Self::Detection })
        } else if name.ends_with(".json") && path.parent()?.file_name()? == "events" {
            Some(Self::Base)
        } else {
            None
        }
    }
}

/// One file of the library.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    pub(crate) kind: FileKind,
    pub(crate) origin: Origin,
    pub(crate) text: String,
}

impl SourceFile {
    pub(crate) fn is_shipped(&self) -> bool {
        matches!(self.origin, Origin::Shipped(_))
    }

    /// Its path, below `queries/` if it is shipped.
    pub(crate) fn path(&self) -> &Path {
        match &self.origin {
            Origin::Shipped(path) => Path::new(path),
            Origin::User(path) => path,
        }
    }

    /// The name of the file without its ending.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
        [".cases.toml", ".sql", ".json"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
    }

    /// The name of the directory that it lies in.
    pub(crate) fn family(&self) -> &str {
        let parent = self.path().parent().and_then(Path::file_name);
        parent.and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// A file or directory that the configuration names, and where it does so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPath {
    /// The file or directory.
    pub path: PathBuf,
    /// The configuration's file.
    pub named_in: String,
    /// Where it stands there.
    pub place: Place,
}

/// All files that a library is made of, read into memory.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub(crate) files: Vec<SourceFile>,
    pub(crate) problems: Vec<Diagnostic>,
    /// Whether cases and base events were left out.
    pub(crate) without_cases: bool,
}

impl Sources {
    /// The detections, cases and base events inside the binary.
    #[must_use]
    pub fn shipped() -> Self {
        let mut sources = Self::default();
        for path in Queries::iter() {
            if let Some(file) = Queries::get(&path) {
                sources.embedded(&path, &file.data);
            }
        }
        for path in Events::iter() {
            if let Some(file) = Events::get(&path) {
                sources.embedded(&format!("events/{path}"), &file.data);
            }
        }
        sources
    }

    fn embedded(&mut self, path: &str, bytes: &[u8]) {
        if let Some(kind) = FileKind::of(Path::new(path)) {
            self.push(kind, Origin::Shipped(path.to_owned()), bytes);
        }
    }

    /// These files without cases and base events, of which a run needs none: reading them takes a good part of the time in
    /// which a run starts.
    #[must_use]
    pub(crate) fn without_cases(mut self) -> Self {
        self.files.retain(|file| matches!(file.kind, FileKind::Detection | FileKind::View));
        Self { without_cases: true, ..self }
    }

    /// These files and one more, as if it were shipped; `path` is relative to `queries/`.
    #[must_use]
    pub fn with_shipped(mut self, path: &str, text: &str) -> Self {
        self.embedded(path, text.as_bytes());
        self
    }

    /// These files and one more, as if it were the user's.
    #[must_use]
    pub fn with_user(mut self, path: impl Into<PathBuf>, text: &str) -> Self {
        let path = path.into();
        if let Some(kind) = FileKind::of(&path) {
            self.push(kind, Origin::User(path), text.as_bytes());
        }
        self
    }

    /// These files and those below each of the user's directories (or a single file).
    #[must_use]
    pub fn with_user_paths(mut self, paths: &[UserPath]) -> Self {
        for named in paths {
            let path = &named.path;
            let reason = match FileKind::of(path) {
                _ if path.is_dir() => None,
                _ if !path.exists() => Some("no such file or directory"),
                Some(_) => None,
                None => Some("it is neither a directory nor a .sql file"),
            };
            match reason {
                None => self.walk(path, 0),
                Some(reason) => {
                    let message = format!("cannot read `{}`: {reason}", path.display());
                    let problem = Diagnostic::error(Lint::Unreadable, &named.named_in, named.place, message);
                    self.problems.push(problem.hint("correct the path, or remove it from `[library] paths`"));
                }
            }
        }
        self
    }

    /// Reads a file, or all files below a directory; hidden ones only if they were named (`depth` is zero).
    fn walk(&mut self, path: &Path, depth: usize) {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden && depth > 0 {
            return;
        }
        if path.is_dir() {
            if depth > MOST_DEPTH {
                return self.unreadable(path, "directories nest too deep here, perhaps in a circle of links");
            }
            let entries = match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
                Ok(entries) => entries,
                Err(error) => return self.unreadable(path, &error.to_string()),
            };
            let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
            paths.sort();
            for path in paths {
                self.walk(&path, depth + 1);
            }
            return;
        }
        let Some(kind) = FileKind::of(path) else { return };
        match fs::read(path) {
            Ok(bytes) => self.push(kind, Origin::User(path.to_owned()), &bytes),
            Err(error) => self.unreadable(path, &error.to_string()),
        }
    }

    fn push(&mut self, kind: FileKind, origin: Origin, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
                self.files.push(SourceFile { kind, origin, text });
            }
            Err(error) => {
                let why = format!("it is not UTF-8 after byte {}", error.valid_up_to());
                self.unreadable(Path::new(&origin.to_string()), &why);
            }
        }
    }

    fn unreadable(&mut self, path: &Path, why: &str) {
        let file = path.display().to_string();
        let message = format!("cannot read `{file}`: {why}");
        self.problems.push(Diagnostic::error(Lint::Unreadable, &file, Place::START, message));
    }
}
