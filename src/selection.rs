//! Which detections run: those that a person selected, or the error that says why there are none.

use crate::{
    app::App,
    domain::detection::{Detection, DetectionId, pattern_matches},
    user_error::UserError,
};

/// The detections with these ids or patterns, of these packs; every enabled detection, if neither is given.
///
/// # Errors
///
/// If there is no such detection or pack, or it is broken.
pub fn select<'a>(app: &'a App, query: &[String], packs: &[String]) -> Result<Vec<&'a Detection>, UserError> {
    let library = &app.library;
    for pack in packs {
        if !library.packs().contains(pack.as_str()) {
            let known: Vec<&str> = library.packs().into_iter().collect();
            return Err(UserError::usage(anyhow::anyhow!("there is no pack `{pack}`"))
                .hint(format!("packs are: {}", known.join(", "))));
        }
    }
    for pattern in query {
        if library.detections().any(|detection| pattern_matches(pattern, &detection.id)) {
            continue;
        }
        let is = |id: &DetectionId| id.as_str() == pattern;
        if let Some(broken) = library.broken().iter().find(|broken| broken.id.as_ref().is_some_and(is)) {
            return Err(UserError::usage(anyhow::anyhow!("`{pattern}` is broken: {}", broken.reason))
                .hint("`trailbrief check` shows everything that is wrong with it"));
        }
        return Err(unknown_detection(pattern, library.nearest(pattern)));
    }
    let selected = |detection: &&Detection| {
        let named = query.iter().any(|pattern| pattern_matches(pattern, &detection.id));
        let packed = detection.packs.iter().any(|pack| packs.contains(pack));
        match (query.is_empty(), packs.is_empty()) {
            (true, true) => !app.config.is_disabled(&detection.id),
            (true, false) => packed && !app.config.is_disabled(&detection.id),
            (false, true) => named,
            (false, false) => named && packed,
        }
    };
    Ok(library.detections().filter(selected).collect())
}

/// The error for an unknown detection, with the most similar id as a hint.
pub fn unknown_detection(text: &str, nearest: Option<&DetectionId>) -> UserError {
    let error = UserError::usage(anyhow::anyhow!("there is no detection `{text}`"));
    match nearest {
        Some(nearest) => {
            error.hint(format!("did you mean `{nearest}`? `trailbrief list` shows all detections"))
        }
        None => error.hint("`trailbrief list` shows all detections"),
    }
}
