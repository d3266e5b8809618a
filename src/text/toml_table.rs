//! Reading TOML with places: every wrong type, missing key and unknown key is noted, and reading goes on.
//!
//! A [`TomlTable`] remembers which keys were read; the keys that remain when it is finished are unknown ones. So the keys
//! of a format are written once, where they are read.

use std::{cell::RefCell, fmt::Display, ops::Range, str::FromStr};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Diagnostic, LineMap, Lint, Place, TomlValue, did_you_mean};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct At<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it stands.
    pub(crate) place: Place,
}

/// The problems of one file, collected while it is read.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    file: &'a str,
    lines: &'a LineMap,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: &'a str, lines: &'a LineMap) -> Self {
        Self { file, lines, found: RefCell::default() }
    }

    /// Parses the file's TOML; its syntax errors are noted under `code`.
    pub(crate) fn parse(&self, code: Lint) -> Option<Spanned<DeTable<'a>>> {
        let (tree, errors) = DeTable::parse_recoverable(self.lines.text());
        // One mistake confuses the parser for the rest of its line, so only the first error of a line is reported.
        let mut last = 0;
        for error in &errors {
            let place = self.place(error.span().map_or(0, |span| span.start));
            if place.line > last {
                self.note(Diagnostic::error(code, self.file, place, error.message()));
                last = place.line;
            }
        }
        errors.is_empty().then_some(tree)
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        self.lines.place(offset)
    }

    pub(crate) fn note(&self, problem: Diagnostic) {
        self.found.borrow_mut().push(problem);
    }

    /// Notes an error without a hint.
    pub(crate) fn error(&self, code: Lint, place: Place, message: impl Into<String>) {
        self.note(Diagnostic::error(code, self.file, place, message));
    }

    /// Notes an error with a hint, if there is one.
    pub(crate) fn error_with(
        &self,
        code: Lint,
        place: Place,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.note(Diagnostic::error(code, self.file, place, message).hint_if(hint));
    }

    pub(crate) fn file(&self) -> &'a str {
        self.file
    }

    pub(crate) fn into_problems(self) -> Vec<Diagnostic> {
        self.found.into_inner()
    }
}

/// One value of a table, not yet read.
#[derive(Debug)]
pub(crate) struct TomlItem<'a> {
    value: &'a DeValue<'a>,
    span: Range<usize>,
    path: String,
    report: &'a Report<'a>,
}

impl<'a> TomlItem<'a> {
    fn new(value: &'a Spanned<DeValue<'a>>, path: String, report: &'a Report<'a>) -> Self {
        Self { value: value.get_ref(), span: value.span(), path, report }
    }

    pub(crate) fn place(&self) -> Place {
        self.report.place(self.span.start)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn report(&self) -> &'a Report<'a> {
        self.report
    }

    /// The value as it was given, without a type in mind.
    pub(crate) fn value(&self) -> TomlValue {
        TomlValue::of(self.value)
    }

    pub(crate) fn bad(&self, expected: &str) {
        let message = format!("`{}` needs {expected}, not {}", self.path, TomlValue::of(self.value).kind());
        self.report.error(Lint::BadValue, self.place(), message);
    }

    fn at<T>(&self, value: T) -> Option<At<T>> {
        Some(At { value, place: self.place() })
    }

    pub(crate) fn text(&self) -> Option<At<String>> {
        match self.value {
            DeValue::String(text) => self.at(text.to_string()),
            DeValue::Datetime(time) => self.at(time.to_string()),
            _ => {
                self.bad("text");
                None
            }
        }
    }

    pub(crate) fn texts(&self) -> Option<At<Vec<At<String>>>> {
        let DeValue::Array(items) = self.value else {
            self.bad("an array of text");
            return None;
        };
        let texts = items.iter().enumerate().filter_map(|(index, item)| {
            TomlItem::new(item, format!("{}[{index}]", self.path), self.report).text()
        });
        self.at(texts.collect())
    }

    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self) -> Option<At<T>> {
        let text = self.text()?;
        match text.value.parse() {
            Ok(value) => Some(At { value, place: text.place }),
            Err(error) => {
                self.report.error(Lint::BadValue, text.place, format!("`{}`: {error}", self.path));
                None
            }
        }
    }

    pub(crate) fn boolean(&self) -> Option<At<bool>> {
        match self.value {
            DeValue::Boolean(value) => self.at(*value),
            _ => {
                self.bad("true or false");
                None
            }
        }
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self) -> Option<At<u64>> {
        match self.value() {
            TomlValue::Integer(number) if number >= 0 => self.at(number.unsigned_abs()),
            TomlValue::Integer(number) => {
                let message = format!("`{}` cannot be {number}: it is 0 or more", self.path);
                self.report.error(Lint::BadValue, self.place(), message);
                None
            }
            _ => {
                self.bad("a whole number");
                None
            }
        }
    }

    /// A number, whole or not.
    pub(crate) fn number(&self) -> Option<At<f64>> {
        match self.value().as_number() {
            Some(number) => self.at(number),
            None => {
                self.bad("a number");
                None
            }
        }
    }

    pub(crate) fn table(&self) -> Option<TomlTable<'a>> {
        match self.value {
            DeValue::Table(entries) => Some(TomlTable {
                entries,
                place: self.place(),
                path: self.path.clone(),
                read: RefCell::default(),
                report: self.report,
            }),
            _ => {
                self.bad("a table");
                None
            }
        }
    }

    pub(crate) fn items(&self, expected: &str) -> Option<Vec<TomlItem<'a>>> {
        let DeValue::Array(items) = self.value else {
            self.bad(expected);
            return None;
        };
        let items = items.iter().enumerate();
        Some(
            items
                .map(|(index, item)| TomlItem::new(item, format!("{}[{index}]", self.path), self.report))
                .collect(),
        )
    }
}

/// A table that is being read.
#[derive(Debug)]
pub(crate) struct TomlTable<'a> {
    entries: &'a DeTable<'a>,
    place: Place,
    path: String,
    read: RefCell<Vec<&'static str>>,
    report: &'a Report<'a>,
}

impl<'a> TomlTable<'a> {
    /// The top table of a file; `place` is where missing keys are reported.
    pub(crate) fn top(entries: &'a DeTable<'a>, place: Place, report: &'a Report<'a>) -> Self {
        Self { entries, place, path: String::new(), read: RefCell::default(), report }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn report(&self) -> &'a Report<'a> {
        self.report
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, if it is there.
    pub(crate) fn take(&self, key: &'static str) -> Option<TomlItem<'a>> {
        self.read.borrow_mut().push(key);
        self.entries.get(key).map(|value| TomlItem::new(value, self.path_of(key), self.report))
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &'static str) -> Option<TomlItem<'a>> {
        let item = self.take(key);
        if item.is_none() {
            let message = format!("key `{}` is missing", self.path_of(key));
            self.report.error(Lint::MissingKey, self.place, message);
        }
        item
    }

    /// The tables of an array of tables; none if the key is not there.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<TomlTable<'a>> {
        let items = self.take(key).and_then(|item| item.items("an array of tables")).unwrap_or_default();
        items.iter().filter_map(TomlItem::table).collect()
    }

    /// The texts of a key; none if it is not there.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<At<String>> {
        self.take(key).and_then(|item| item.texts()).map(|texts| texts.value).unwrap_or_default()
    }

    /// All entries of a table whose keys are free, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<(At<String>, TomlItem<'a>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| {
                let name = key.get_ref().to_string();
                let path = self.path_of(&name);
                let place = self.report.place(key.span().start);
                (At { value: name, place }, TomlItem::new(value, path, self.report))
            })
            .collect()
    }

    /// Notes every key that was not read.
    pub(crate) fn finish(self) {
        let read = self.read.into_inner();
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if !read.contains(&name) {
                let inside =
                    if self.path.is_empty() { String::new() } else { format!(" in `{}`", self.path) };
                self.report.error_with(
                    Lint::UnknownKey,
                    self.report.place(key.span().start),
                    format!("unknown key `{name}`{inside}"),
                    did_you_mean(name, read.iter().copied())
                        .or_else(|| Some(format!("known keys: {}", read.join(", ")))),
                );
            }
        }
    }
}
