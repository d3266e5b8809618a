//! The views of the library: their headers and queries checked, and put into an order in which each stands behind those that
//! it reads.

use std::collections::BTreeSet;

use super::{
    body,
    header::{self, Parts},
    shape::{Inspector, SqlShape},
    sources::{FileKind, SourceFile},
};
use crate::{
    domain::{
        cloudtrail::{COLUMNS, PARTITION_COLUMNS},
        view::{PAST, RELATIONS, View, Views},
    },
    text::{At, Diagnostic, Level, Lint, Place, Report, TomlTable, did_you_mean},
};

/// What the clock functions are called: a view has the same rows whenever it is asked.
const CLOCK: [&str; 7] =
    ["now", "current_timestamp", "current_date", "current_time", "localtimestamp", "localtime", "random"];

/// The views, and what is wrong with their files.
#[derive(Debug, Default)]
pub(super) struct CheckedViews {
    pub(super) views: Views,
    /// Files that cannot be used, each with the first error in it.
    pub(super) broken: Vec<(String, Vec<Diagnostic>)>,
    pub(super) problems: Vec<Diagnostic>,
}

/// A view's file after its header and its query were checked.
struct CheckedFile<'a> {
    file: &'a SourceFile,
    view: Option<View>,
    /// The relations that it reads, with their places.
    reads: Vec<At<String>>,
    problems: Vec<Diagnostic>,
}

/// Checks the views among these files. The shipped ones come first.
pub(super) fn check(files: &[SourceFile], inspector: &Inspector<'_>) -> CheckedViews {
    let mut files: Vec<&SourceFile> = files.iter().filter(|file| file.kind == FileKind::View).collect();
    files.sort_by_key(|file| !file.is_shipped());
    let names: Vec<String> = files.iter().map(|file| file.stem().to_owned()).collect();
    let known: Vec<String> = names.iter().flat_map(|name| [name.clone(), format!("{PAST}{name}")]).collect();
    let mut checked: Vec<CheckedFile<'_>> = Vec::new();
    for file in files {
        let mut one = check_file(file, inspector, &known);
        if let Some(first) = checked.iter().find(|other| other.file.stem() == file.stem()) {
            let message = format!("the view `{}` is in `{}` already", file.stem(), first.file.origin);
            let place = Place { line: 2, column: 1 };
            let problem = Diagnostic::error(Lint::DuplicateId, &file.origin.to_string(), place, message);
            one.problems.push(problem.hint("choose another name: views cannot be replaced"));
            one.view = None;
        }
        checked.push(one);
    }
    in_order(checked)
}

/// Takes the views whose relations all exist, again and again; what is left reads itself, or something that does not exist.
fn in_order(mut checked: Vec<CheckedFile<'_>>) -> CheckedViews {
    let mut done: Vec<View> = Vec::new();
    loop {
        let views = Views::new(done.clone());
        let names = views.names();
        let exists =
            |read: &At<String>| RELATIONS.contains(&read.value.as_str()) || names.contains(&read.value);
        let next = checked.iter_mut().find(|one| one.view.is_some() && one.reads.iter().all(exists));
        match next.and_then(|one| one.view.take()) {
            Some(view) => done.push(view),
            None => break,
        }
    }
    let views = Views::new(done);
    let names = views.names();
    for one in &mut checked {
        let Some(view) = one.view.take() else { continue };
        let missing = one
            .reads
            .iter()
            .find(|read| !RELATIONS.contains(&read.value.as_str()) && !names.contains(&read.value));
        let Some(missing) = missing else { continue };
        let message = format!(
            "the view `{}` reads `{}`, which reads it in turn, is broken, or has no past",
            view.name, missing.value
        );
        let problem =
            Diagnostic::error(Lint::ViewCircle, &one.file.origin.to_string(), missing.place, message);
        one.problems.push(problem.hint("let it read the relation itself, such as `events`"));
    }
    let mut found = CheckedViews { views, ..CheckedViews::default() };
    for one in checked {
        if one.problems.iter().any(|problem| problem.level == Level::Error) {
            found.broken.push((one.file.origin.to_string(), one.problems.clone()));
        }
        found.problems.extend(one.problems);
    }
    found
}

fn check_file<'a>(file: &'a SourceFile, inspector: &Inspector<'_>, known: &[String]) -> CheckedFile<'a> {
    let name = file.origin.to_string();
    let parts = match header::split(&file.text) {
        Ok(parts) => parts,
        Err(bad) => {
            let problem = Diagnostic::error(Lint::BadHeader, &name, bad.place, bad.message).hint(bad.hint);
            return CheckedFile { file, view: None, reads: Vec::new(), problems: vec![problem] };
        }
    };
    let report = Report::new(&name, &parts.header);
    let tree = report.parse(Lint::BadHeader);
    let top = Place { line: 1, column: 1 };
    let meta = tree.as_ref().map(|tree| meta(TomlTable::top(tree.get_ref(), top, &report), file));
    let shape = body::inspect(&parts, inspector, known, &report);
    if let (Some(meta), Some(shape)) = (&meta, &shape) {
        columns(&meta.columns, shape, &parts, &report);
        for call in shape.functions.iter().filter(|call| CLOCK.contains(&call.name.as_str())) {
            let message =
                format!("a view cannot call `{}`: its rows follow from the events alone", call.name);
            report.error(Lint::BadValue, call.place, message);
        }
    }
    let reads: Vec<At<String>> = shape
        .iter()
        .flat_map(|shape| &shape.relations)
        .map(|read| At { value: read.name.clone(), place: read.place })
        .collect();
    let problems = report.into_problems();
    let usable = !problems.iter().any(|problem| problem.level == Level::Error);
    let view = meta.zip(shape).filter(|_| usable).map(|(meta, shape)| build(file, meta, &shape, &parts));
    CheckedFile { file, view, reads, problems }
}

/// The values of a view's header.
struct Meta {
    description: String,
    columns: Vec<(At<String>, String)>,
}

fn meta(table: TomlTable<'_>, file: &SourceFile) -> Meta {
    let report = table.report();
    if let Some(id) = table.need("id").and_then(|item| item.text()) {
        name(&id, file, report);
    }
    let description = table.need("description").and_then(|item| item.text());
    let columns = table.take("columns").and_then(|item| item.table()).map(|table| {
        let entries = table.entries().into_iter();
        entries.filter_map(|(name, item)| Some((name, item.text()?.value))).collect()
    });
    table.finish();
    Meta {
        description: description.map_or_else(String::new, |text| text.value.trim().to_owned()),
        columns: columns.unwrap_or_default(),
    }
}

/// Notes what is wrong with a view's name.
fn name(id: &At<String>, file: &SourceFile, report: &Report<'_>) {
    let At { value: id, place } = id;
    let is_name = id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !is_name {
        let message = format!("`{id}` is not a name for a view: use a-z, 0-9 and underscores");
        report.error(Lint::BadValue, *place, message);
    } else if RELATIONS.contains(&id.as_str()) || id.starts_with(PAST) {
        let message = format!("a view cannot have the name `{id}`");
        let hint = format!(
            "`{}` are relations, and `{PAST}…` means a view over `history`: choose another name",
            RELATIONS.join("`, `")
        );
        report.error_with(Lint::TakenName, *place, message, Some(hint));
    } else if id != file.stem() {
        report.error_with(
            Lint::IdPathMismatch,
            *place,
            format!("the id is `{id}`, but the file is `views/{}.sql`", file.stem()),
            Some(format!("move the file to `views/{id}.sql`, or change the id")),
        );
    }
}

/// Whether a column of this name means what it means in `events`, so that nobody has to describe it again.
fn is_of_events(name: &str) -> bool {
    COLUMNS.iter().any(|column| column.name == name) || PARTITION_COLUMNS.contains(&name)
}

/// Notes columns that are not described, do not exist or exist twice.
fn columns(described: &[(At<String>, String)], shape: &SqlShape, parts: &Parts, report: &Report<'_>) {
    let outputs = || shape.outputs.iter().map(String::as_str);
    let mut seen = BTreeSet::new();
    for output in outputs() {
        if !seen.insert(output) {
            report.error(Lint::BadValue, parts.body, format!("the query returns `{output}` twice"));
        }
    }
    if !shape.stars.is_empty() {
        return;
    }
    for (name, _) in described.iter().filter(|(name, _)| !seen.contains(name.value.as_str())) {
        let message = format!("the query does not return the column `{}`", name.value);
        report.error_with(Lint::UnknownColumn, name.place, message, did_you_mean(&name.value, outputs()));
    }
    let missing = seen
        .iter()
        .filter(|output| !is_of_events(output) && described.iter().all(|(name, _)| name.value != ***output));
    let missing: Vec<&str> = missing.copied().collect();
    if !missing.is_empty() {
        let message = format!("the header does not say what `{}` means", missing.join("`, `"));
        let hint = "describe each column in `[columns]`: `name = \"what it holds\"`".to_owned();
        report.error_with(Lint::UndescribedColumn, parts.body, message, Some(hint));
    }
}

fn build(file: &SourceFile, meta: Meta, shape: &SqlShape, parts: &Parts) -> View {
    let meaning = |output: &String| {
        let found = meta.columns.iter().find(|(name, _)| name.value == *output);
        (output.clone(), found.map_or_else(String::new, |(_, meaning)| meaning.clone()))
    };
    let lines = parts.sql.lines().skip(parts.body.line - 1).collect::<Vec<_>>().join("\n");
    View {
        name: file.stem().to_owned(),
        description: meta.description,
        columns: shape.outputs.iter().map(meaning).collect(),
        sql: parts.sql.clone(),
        body: lines.trim().trim_end_matches(';').trim_end().to_owned(),
        reads: shape.relations.iter().map(|relation| relation.name.clone()).collect(),
        origin: file.origin.clone(),
    }
}
