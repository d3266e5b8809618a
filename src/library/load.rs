//! Loading: from files to a library, with every problem of every file.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Broken, Library,
    bases::AllBases,
    case::{self, Case},
    detection::{self, CheckedFile},
    near_miss,
    shape::Inspector,
    sources::{FileKind, SourceFile, Sources},
    views,
};
use crate::{
    domain::detection::DetectionId,
    text::{At, Diagnostic, Level, Lint, Place, did_you_mean, in_reading_order},
};

/// Loads a library. Nothing is dropped silently: a file that cannot be used is an error among the problems and listed by
/// [`Library::broken`], a case that cannot be run by [`Library::case_errors`].
#[must_use]
pub fn load(sources: &Sources, inspector: &Inspector<'_>) -> (Library, Vec<Diagnostic>) {
    let mut problems = sources.problems.clone();
    let (bases, bad_bases) = AllBases::read(&sources.files);
    problems.extend(bad_bases);
    let mut library = Library { bases: bases.shipped(), ..Library::default() };
    problems.extend(take_views(&mut library, sources, inspector, &bases));

    let mut checked: Vec<(&SourceFile, CheckedFile)> = sources
        .files
        .iter()
        .filter(|file| file.kind == FileKind::Detection)
        .map(|file| (file, detection::check(file, inspector, &library.views)))
        .collect();
    // Shipped ones come first, so that a user's file is compared with what it would replace.
    checked.sort_by_key(|(file, _)| !file.is_shipped());
    check_ids(&mut checked);
    check_prose(&mut checked);
    check_replaced(&mut checked);

    for (file, checked) in checked {
        let (cases, found) = match sources.without_cases {
            true => (Vec::new(), Vec::new()),
            false => cases(file, &checked, &sources.files, &bases),
        };
        let errors = errors_of_cases(&found);
        problems.extend(found);
        match checked.detection {
            Some(detection) => {
                library.cases.insert(detection.id.to_string(), cases);
                library.case_errors.insert(detection.id.to_string(), errors);
                library.detections.insert(detection.id.clone(), detection);
            }
            None => library.broken.push(Broken {
                id: checked.id.map(|id| id.value),
                file: file.origin.to_string(),
                reason: first_error(&checked.problems),
            }),
        }
        problems.extend(checked.problems);
    }
    orphans(&sources.files, &mut problems);
    (library, in_reading_order(problems))
}

/// Puts the views with their cases into the library; returns what is wrong with them.
fn take_views(
    library: &mut Library,
    sources: &Sources,
    inspector: &Inspector<'_>,
    bases: &AllBases,
) -> Vec<Diagnostic> {
    let checked = views::check(&sources.files, inspector);
    let mut problems = checked.problems;
    for (file, problems) in checked.broken {
        library.broken.push(Broken { id: None, file, reason: first_error(&problems) });
    }
    library.views = checked.views;
    for file in sources.files.iter().filter(|file| file.kind == FileKind::View) {
        let view = library.views.iter().find(|view| view.origin == file.origin);
        let outputs: Option<Vec<String>> =
            view.map(|view| view.columns.iter().map(|(name, _)| name.clone()).collect());
        let (mut cases, mut found) = (Vec::new(), Vec::new());
        if let Some(beside) = cases_beside(file, &sources.files) {
            let (seen, name) = (bases.seen_from(beside), beside.origin.to_string());
            (cases, found) = case::read(&name, &beside.text, &seen, None, outputs.as_deref());
        }
        if cases.is_empty() && found.is_empty() && !sources.without_cases {
            let message = format!("there is no case in `{}.cases.toml` beside the view", file.stem());
            let name = file.origin.to_string();
            found.push(missing_case(file, Lint::NoFiringCase, &name, Place::START, message));
        }
        if let Some(view) = view {
            library.case_errors.insert(view.name.clone(), errors_of_cases(&found));
            library.cases.insert(view.name.clone(), cases);
        }
        problems.extend(found);
    }
    problems
}

/// What keeps cases from being run, among what is wrong with them.
fn errors_of_cases(found: &[Diagnostic]) -> Vec<Diagnostic> {
    let demands = [Lint::NoFiringCase, Lint::NoNearMiss];
    let errors = found.iter().filter(|one| one.level == Level::Error && !demands.contains(&one.code));
    errors.cloned().collect()
}

fn cases_beside<'a>(file: &SourceFile, files: &'a [SourceFile]) -> Option<&'a SourceFile> {
    files.iter().find(|other| other.kind == FileKind::Cases && is_beside(file, other))
}

fn first_error(problems: &[Diagnostic]) -> String {
    let error =
        problems.iter().filter(|problem| problem.level == Level::Error).min_by_key(|p| (p.line, p.column));
    error.map_or_else(String::new, |problem| {
        format!("{} ({}:{})", problem.message, problem.file, problem.line)
    })
}

/// Two files with the same id: the second must say that it overrides the first, which must be shipped.
fn check_ids(checked: &mut [(&SourceFile, CheckedFile)]) {
    let mut owners: BTreeMap<DetectionId, usize> = BTreeMap::new();
    for index in 0..checked.len() {
        let (file, one) = &checked[index];
        let Some(At { value: id, place }) = one.id.clone() else { continue };
        let overrides = one.overrides.as_ref().filter(|overrides| overrides.value).map(|o| o.place);
        let name = file.origin.to_string();
        let owner = owners.get(&id).map(|owner| checked[*owner].0);
        let problem = match (owner, overrides) {
            (Some(first), Some(_)) if first.is_shipped() && !file.is_shipped() => None,
            (Some(first), _) => {
                let message = format!("the id `{id}` is taken by `{}`", first.origin);
                let hint = if first.is_shipped() && !file.is_shipped() {
                    "choose another id, or write `overrides = true` to replace the shipped detection"
                } else {
                    "choose another id"
                };
                Some(Diagnostic::error(Lint::DuplicateId, &name, place, message).hint(hint))
            }
            (None, Some(at)) => {
                let message = format!("there is no shipped detection `{id}` to override");
                let problem = Diagnostic::error(Lint::OverrideWithoutOriginal, &name, at, message);
                Some(problem.warning().hint("remove `overrides`; the detection is used anyway"))
            }
            (None, None) => None,
        };
        let one = &mut checked[index].1;
        if let Some(problem) = problem {
            if problem.level == Level::Error {
                one.detection = None;
            }
            one.problems.push(problem);
        }
        owners.entry(id).or_insert(index);
    }
}

/// Two detections with the same title or description: probably copied and not adapted.
fn check_prose(checked: &mut [(&SourceFile, CheckedFile)]) {
    let mut seen: BTreeMap<String, (Option<DetectionId>, String)> = BTreeMap::new();
    for (file, one) in checked {
        let id = one.id.as_ref().map(|id| id.value.clone());
        for prose in &one.prose {
            let words = prose.value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if words.is_empty() {
                continue;
            }
            let name = file.origin.to_string();
            match seen.get(&words) {
                Some((other, _)) if *other == id => {}
                Some((_, other)) => {
                    let message = format!("`{other}` has the same title or description");
                    let problem = Diagnostic::error(Lint::DuplicateDescription, &name, prose.place, message);
                    one.problems
                        .push(problem.warning().hint("describe what is particular to this detection"));
                }
                None => {
                    seen.insert(words, (id.clone(), name));
                }
            }
        }
    }
}

/// A detection replaces others that exist, and none that replaces it.
fn check_replaced(checked: &mut [(&SourceFile, CheckedFile)]) {
    let replaced: BTreeMap<DetectionId, Vec<DetectionId>> = checked
        .iter()
        .filter_map(|(_, one)| {
            let replaced = one.replaces.iter().map(|id| id.value.clone()).collect();
            Some((one.id.as_ref()?.value.clone(), replaced))
        })
        .collect();
    for (file, one) in checked {
        let Some(own) = one.id.as_ref().map(|id| id.value.clone()) else { continue };
        let name = file.origin.to_string();
        for At { value: id, place } in one.replaces.clone() {
            if !replaced.contains_key(&id) {
                let message = format!("it replaces `{id}`, which does not exist");
                let known = replaced.keys().map(DetectionId::as_str);
                let hint = did_you_mean(id.as_str(), known)
                    .unwrap_or_else(|| "`trailbrief list` shows every id".to_owned());
                let problem = Diagnostic::error(Lint::UnknownDetection, &name, place, message);
                one.problems.push(problem.warning().hint(hint));
            } else if reaches(&replaced, &id, &own) {
                let message = format!("it replaces `{id}`, which replaces it");
                let hint = "of two detections, the one that says more about an event replaces the other";
                one.problems.push(Diagnostic::error(Lint::BadValue, &name, place, message).hint(hint));
                one.detection = None;
            }
        }
    }
}

/// Whether `from` is `to`, or replaces it directly or through others.
fn reaches(replaced: &BTreeMap<DetectionId, Vec<DetectionId>>, from: &DetectionId, to: &DetectionId) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id) {
            open.extend(replaced.get(id).into_iter().flatten());
        }
    }
    false
}

/// The cases beside a detection, and what is wrong with them.
fn cases(
    file: &SourceFile,
    checked: &CheckedFile,
    files: &[SourceFile],
    bases: &AllBases,
) -> (Vec<Case>, Vec<Diagnostic>) {
    let Some(beside) = cases_beside(file, files) else {
        let message = format!("there is no `{}.cases.toml` beside the detection", file.stem());
        let place = checked.id.as_ref().map_or(Place::START, |id| id.place);
        let problem = missing_case(file, Lint::NoFiringCase, &file.origin.to_string(), place, message);
        return (Vec::new(), vec![problem]);
    };
    let name = beside.origin.to_string();
    let (cases, mut problems) = case::read(
        &name,
        &beside.text,
        &bases.seen_from(beside),
        checked.detection.as_ref(),
        checked.outputs.as_deref(),
    );
    let all_read = !problems.iter().any(|problem| problem.level == Level::Error);
    if all_read {
        let near = |case: &Case| cases.iter().any(|firing| near_miss::is_near_miss(case, firing));
        let place = Place::START;
        if !cases.iter().any(|case| case.finds > 0) {
            let message = "no case has `finds = 1` or more".to_owned();
            problems.push(missing_case(file, Lint::NoFiringCase, &name, place, message));
        } else if !cases.iter().any(near) {
            let message = "no case with `finds = 0` differs from a firing case in one thing only".to_owned();
            problems.push(missing_case(file, Lint::NoNearMiss, &name, place, message));
        }
    }
    (cases, problems)
}

/// Shipped detections must have cases; a user's own should.
fn missing_case(file: &SourceFile, lint: Lint, name: &str, place: Place, message: String) -> Diagnostic {
    let problem = Diagnostic::error(lint, name, place, message);
    if file.is_shipped() { problem } else { problem.warning() }
}

fn is_beside(detection: &SourceFile, cases: &SourceFile) -> bool {
    detection.is_shipped() == cases.is_shipped()
        && detection.path().parent() == cases.path().parent()
        && detection.stem() == cases.stem()
}

fn orphans(files: &[SourceFile], problems: &mut Vec<Diagnostic>) {
    for cases in files.iter().filter(|file| file.kind == FileKind::Cases) {
        let has_cases = |file: &SourceFile| matches!(file.kind, FileKind::Detection | FileKind::View);
        if !files.iter().any(|file| has_cases(file) && is_beside(file, cases)) {
            let message = format!("there is no `{}.sql` beside these cases", cases.stem());
            problems.push(Diagnostic::error(
                Lint::OrphanCases,
                &cases.origin.to_string(),
                Place::START,
                message,
            ));
        }
    }
}
