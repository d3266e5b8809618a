//! One detection file: header and body checked, and made into a [`Detection`] if there is no error in it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    body,
    header::{self, Parts},
    meta::{self, Meta},
    shape::{Inspector, SqlShape},
    sources::SourceFile,
};
use crate::{
    domain::{
        detection::{Detection, DetectionId, Status},
        hex::hex,
        view::Views,
    },
    text::{At, Diagnostic, Level, Lint, Place, Report, TomlTable},
};

/// People do not read a longer header.
const HEADER_LINES: usize = 30;

/// A detection file after it was checked.
#[derive(Debug)]
pub(crate) struct CheckedFile {
    /// The detection, unless there is an error in it.
    pub(crate) detection: Option<Detection>,
    /// Its id: from the header, else from the path; `None` if neither can be read.
    pub(crate) id: Option<At<DetectionId>>,
    /// Whether it says that it overrides a shipped one, and where.
    pub(crate) overrides: Option<At<bool>>,
    /// The detections that it says it replaces, and where.
    pub(crate) replaces: Vec<At<DetectionId>>,
    /// Its output columns; `None` if they are not known.
    pub(crate) outputs: Option<Vec<String>>,
    /// Where its title and description stand.
    pub(crate) prose: Vec<At<String>>,
    /// What is wrong with it.
    pub(crate) problems: Vec<Diagnostic>,
}

/// Checks one file.
pub(crate) fn check(file: &SourceFile, inspector: &Inspector<'_>, views: &Views) -> CheckedFile {
    let name = file.origin.to_string();
    let path_id = format!("{}.{}", file.family(), file.stem()).parse().ok();
    let path_id = path_id.map(|value| At { value, place: Place::START });
    let parts = match header::split(&file.text) {
        Ok(parts) => parts,
        Err(bad) => {
            let problem = Diagnostic::error(Lint::BadHeader, &name, bad.place, bad.message).hint(bad.hint);
            return CheckedFile {
                detection: None,
                id: path_id,
                overrides: None,
                replaces: Vec::new(),
                outputs: None,
                prose: Vec::new(),
                problems: vec![problem],
            };
        }
    };
    let report = Report::new(&name, &parts.header);
    let tree = report.parse(Lint::BadHeader);
    let top = Place { line: 1, column: 1 };
    let meta =
        tree.as_ref().map(|tree| meta::read(TomlTable::top(tree.get_ref(), top, &report), file.is_shipped()));
    let shape = body::inspect(&parts, inspector, &views.names(), &report);
    if let Some(meta) = &meta {
        header_lints(meta, &parts, file, &report);
        body::against_header(meta, shape.as_ref(), &parts, views, &report);
    }
    let outputs = shape.as_ref().filter(|shape| shape.stars.is_empty()).map(|shape| shape.outputs.clone());
    let id = meta.as_ref().and_then(|meta| meta.id.clone()).or(path_id);
    let overrides = meta.as_ref().and_then(|meta| meta.overrides.clone());
    let replaces = meta.as_ref().map_or_else(Vec::new, |meta| meta.replaces.clone());
    let prose =
        meta.as_ref().map_or_else(Vec::new, |meta| vec![meta.title.clone(), meta.description.clone()]);
    let problems = report.into_problems();
    let usable = !problems.iter().any(|problem| problem.level == Level::Error);
    let detection = meta.filter(|_| usable).and_then(|meta| build(meta, shape, &parts, file));
    CheckedFile { detection, id, overrides, replaces, outputs, prose, problems }
}

fn header_lints(meta: &Meta, parts: &Parts, file: &SourceFile, report: &Report<'_>) {
    if let Some(At { value: id, place }) = &meta.id
        && (id.family() != file.family() || id.name() != file.stem())
    {
        report.error_with(
            Lint::IdPathMismatch,
            *place,
            format!("the id is `{id}`, but the file is `{}/{}.sql`", file.family(), file.stem()),
            Some(format!("move the file to `{}/{}.sql`, or change the id", id.family(), id.name())),
        );
    }
    if meta.status.value == Status::Deprecated && meta.description.value.trim().is_empty() {
        let problem = Diagnostic::error(
            Lint::DeprecatedWithoutReason,
            report.file(),
            meta.status.place,
            "the detection is deprecated, but gives no reason",
        );
        report.note(problem.warning().hint("say in `description` why, and what replaces it"));
    }
    if parts.header_lines > HEADER_LINES {
        let message = format!("the header has {} lines, {HEADER_LINES} are enough", parts.header_lines);
        let place = Place { line: HEADER_LINES + 2, column: 1 };
        let problem = Diagnostic::error(Lint::HeaderTooLong, report.file(), place, message);
        report.note(problem.warning().hint("move explanations to a page and list it in `references`"));
    }
}

/// Puts the detection together. `None` only if something is missing that has been reported.
fn build(meta: Meta, shape: Option<SqlShape>, parts: &Parts, file: &SourceFile) -> Option<Detection> {
    shape?;
    Some(Detection {
        id: meta.id?.value,
        title: meta.title.value,
        severity: meta.severity?,
        status: meta.status.value,
        packs: meta.packs,
        attack: meta.attack,
        cis: meta.cis,
        about: meta.about.into_iter().map(|about| about.value).collect(),
        replaces: meta.replaces.into_iter().map(|replaced| replaced.value).collect(),
        attempts: meta.attempts.value,
        says: meta.says.value,
        description: meta.description.value.trim().to_owned(),
        benign: meta.benign,
        steps: meta.steps,
        references: meta.references,
        lookback: meta.lookback.map_or(crate::domain::time::Span::ZERO, |lookback| lookback.value),
        align: meta.align,
        needs: meta.needs,
        own_scan: meta.own_scan,
        params: meta.params.into_iter().map(|(name, (_, param))| (name, param)).collect::<BTreeMap<_, _>>(),
        sql: parts.sql.clone(),
        hash: hash(&file.text),
        origin: file.origin.clone(),
    })
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..6])
}
