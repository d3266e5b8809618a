//! Checks for `trailbrief check` whether the conditions of suppressions can be evaluated. A run notices only when there is a
//! finding.

use crate::{
    config::Config,
    domain::detection::pattern_matches,
    engine::embedded::session::Sessions,
    library::{Diagnostic, Library, Lint, Place},
    run::suppress,
};

/// The problem of each condition: an error if it can be evaluated for none of its detections, a warning if only for some.
pub(super) async fn faults(sessions: &Sessions, library: &Library, config: &Config) -> Vec<Diagnostic> {
    let file = config.file_name().map_or_else(String::new, |file| file.display().to_string());
    let mut found = Vec::new();
    for suppression in config.suppressions.iter().filter(|one| !one.condition.is_empty()) {
        let mut refused = Vec::new();
        let mut fits = false;
        for detection in library.detections() {
            if !pattern_matches(&suppression.detection, &detection.id) {
                continue;
            }
            let Ok(shape) = super::shape(&detection.sql) else { continue };
            match suppress::fault(sessions, &shape.outputs, &suppression.condition).await {
                Some(reason) => refused.push((&detection.id, reason)),
                None => fits = true,
            }
        }
        let Some((id, reason)) = refused.first() else { continue };
        let more = match refused.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message =
            format!("`where` cannot be evaluated for {id}{more}, so it would suppress nothing: {reason}");
        let position = Place { line: suppression.line, column: 1 };
        let problem = Diagnostic::error(Lint::BadValue, &file, position, message)
            .hint("it is a SQL condition over a finding's columns, which are all text; `trailbrief show ID` names them");
        found.push(if fits { problem.warning() } else { problem });
    }
    found
}
