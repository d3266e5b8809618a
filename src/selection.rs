//! Which detections run: those that a person selected, or the error that says why there are none.

use crate::{
    app::App,
    domain::detection::{Detection, DetectionId, pattern_matches},
    library::Library,
};

/// Why detections cannot be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// There is no such pack.
    #[error("there is no pack `{pack}`")]
    UnknownPack {
        /// Its name.
        pack: String,
        /// The names of all packs.
        known: Vec<String>,
    },
    /// There is no such detection.
    #[error("there is no detection `{id}`")]
    UnknownDetection {
        /// The id or pattern.
        id: String,
        /// The most similar id, if one is similar.
        similar: Option<DetectionId>,
    },
    /// The detection's file is broken.
    #[error("`{id}` is broken: {reason}")]
    Broken {
        /// Its id.
        id: String,
        /// What is wrong with its file.
        reason: String,
    },
}

impl SelectionError {
    /// There is no detection `id` in this library.
    #[must_use]
    pub fn unknown_detection(library: &Library, id: &str) -> Self {
        Self::UnknownDetection { id: id.to_owned(), similar: library.nearest(id).cloned() }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownPack { known, .. } => format!("packs are: {}", known.join(", ")),
            Self::UnknownDetection { similar: Some(similar), .. } => {
                format!("did you mean `{similar}`? `trailbrief list` shows all detections")
            }
            Self::UnknownDetection { similar: None, .. } => {
                "`trailbrief list` shows all detections".to_owned()
            }
            Self::Broken { .. } => "`trailbrief check` shows everything that is wrong with it".to_owned(),
        }
    }
}

/// The detections with these ids or patterns, of these packs; every enabled detection, if neither is given.
///
/// # Errors
///
/// If there is no such detection or pack, or it is broken.
pub fn select<'a>(
    app: &'a App,
    query: &[String],
    packs: &[String],
) -> Result<Vec<&'a Detection>, SelectionError> {
    let library = &app.library;
    for pack in packs {
        if !library.packs().contains(pack.as_str()) {
            let known = library.packs().into_iter().map(str::to_owned).collect();
            return Err(SelectionError::UnknownPack { pack: pack.clone(), known });
        }
    }
    for pattern in query {
        if library.detections().any(|detection| pattern_matches(pattern, &detection.id)) {
            continue;
        }
        let is = |id: &DetectionId| id.as_str() == pattern;
        if let Some(broken) = library.broken().iter().find(|broken| broken.id.as_ref().is_some_and(is)) {
            let reason = broken.reason.clone();
            return Err(SelectionError::Broken { id: pattern.clone(), reason });
        }
        return Err(SelectionError::unknown_detection(library, pattern));
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
