//! What a command works with, or why it cannot; which detections a person picked.

use super::{ConfigOption, PickOptions, Refusal, unknown_detection};
use crate::{
    app::{App, AppError, Checked},
    domain::{
        detection::{Detection, DetectionId, pattern_matches},
        untrusted::visible,
    },
    engine::embedded::source::{Source, SourceError},
};

/// Opens a place with logs.
pub(super) fn open(place: &str) -> Result<Source, Refusal> {
    Source::open(place).map_err(|error| {
        Refusal::usage(error).hint("give a directory or file with CloudTrail logs, or s3://bucket/prefix")
    })
}

/// A place whose logs cannot be listed.
pub(super) fn unlisted(error: SourceError) -> Refusal {
    let hint = error.hint().unwrap_or(
        "check that the place exists and that you may list and read it; for S3: bucket, region and credentials",
    );
    Refusal::failed(error).hint(hint)
}

/// Checks configuration and library.
pub(super) async fn check(options: &ConfigOption) -> Result<Checked, Refusal> {
    crate::app::check(options.config.as_deref()).await.map_err(refused)
}

/// Loads configuration, library and engine; that some detections are broken is told in a line on standard error.
pub(super) fn load(options: &ConfigOption) -> Result<App, Refusal> {
    let app = App::load(options.config.as_deref()).map_err(refused)?;
    match app.library.broken() {
        [] => {}
        [one] => {
            eprintln!("warning: `{}` is broken: {}; run `trailbrief check`", one.file, visible(&one.reason))
        }
        many => eprintln!("warning: {} detections are broken; run `trailbrief check`", many.len()),
    }
    Ok(app)
}

fn refused(error: AppError) -> Refusal {
    match &error {
        AppError::Config(diagnostics) => {
            for diagnostic in diagnostics {
                eprintln!("{diagnostic}\n");
            }
            Refusal::usage(error)
        }
        AppError::NoDirectory(_) | AppError::Engine(_) => Refusal::failed(error),
    }
}

/// The detections that these options pick; all that are not disabled, if they say nothing.
pub(super) fn pick<'a>(app: &'a App, options: &PickOptions) -> Result<Vec<&'a Detection>, Refusal> {
    let library = &app.library;
    for pack in &options.pack {
        if !library.packs().contains(pack.as_str()) {
            let known: Vec<&str> = library.packs().into_iter().collect();
            return Err(Refusal::usage(anyhow::anyhow!("there is no pack `{pack}`"))
                .hint(format!("packs are: {}", known.join(", "))));
        }
    }
    for pattern in &options.query {
        if library.detections().any(|detection| pattern_matches(pattern, &detection.id)) {
            continue;
        }
        let is = |id: &DetectionId| id.as_str() == pattern;
        if let Some(broken) = library.broken().iter().find(|broken| broken.id.as_ref().is_some_and(is)) {
            return Err(Refusal::usage(anyhow::anyhow!("`{pattern}` is broken: {}", broken.reason))
                .hint("`trailbrief check` says everything that is wrong with it"));
        }
        return Err(unknown_detection(pattern, library.nearest(pattern)));
    }
    let picked = |detection: &&Detection| {
        let named = options.query.iter().any(|pattern| pattern_matches(pattern, &detection.id));
        let packed = detection.packs.iter().any(|pack| options.pack.contains(pack));
        match (options.query.is_empty(), options.pack.is_empty()) {
            (true, true) => !app.config.is_disabled(&detection.id),
            (true, false) => packed && !app.config.is_disabled(&detection.id),
            (false, true) => named,
            (false, false) => named && packed,
        }
    };
    Ok(library.detections().filter(picked).collect())
}
