//! Comparing the configuration with the library: every name in it must name something.

use super::{Audience, Config, ValueOrigin};
use crate::{
    domain::detection::{Detection, DetectionId, Need, pattern_matches},
    library::{Library, param_value},
    text::{Diagnostic, Lint, Place, did_you_mean, in_reading_order},
};

/// Every problem of the configuration against the library.
///
/// Unknown detections in `disable` and `suppress` are warnings: a detection may have been retired. Parameters
/// that are unknown or of the wrong type are errors: a threshold that is silently not used is dangerous.
#[must_use]
pub fn resolve(config: &Config, library: &Library) -> Vec<Diagnostic> {
    let file = config.shown_name();
    let mut problems = Vec::new();
    for pattern in &config.disable {
        problems.extend(
            unmatched(&pattern.value, library, &file, pattern.origin.place()).map(Diagnostic::warning),
        );
    }
    for suppression in &config.suppressions {
        let place = Place { line: suppression.line, column: 1 };
        problems.extend(unmatched(&suppression.detection, library, &file, place).map(Diagnostic::warning));
    }
    params(config, library, &file, &mut problems);
    packs(config, library, &file, &mut problems);
    watchlists(config, library, &file, &mut problems);
    audiences(config, &file, &mut problems);
    in_reading_order(problems)
}

/// The problem of a pattern that matches no detection.
fn unmatched(pattern: &str, library: &Library, file: &str, place: Place) -> Option<Diagnostic> {
    let broken = library.broken().iter().filter_map(|broken| broken.id.as_ref());
    let mut ids = library.detections().map(|detection| &detection.id).chain(broken);
    if ids.any(|id| pattern_matches(pattern, id)) {
        return None;
    }
    let message = format!("`{pattern}` names no detection of the library");
    let hint = library.nearest(pattern).map(|id| format!("did you mean `{id}`?"));
    Some(Diagnostic::error(Lint::UnknownDetection, file, place, message).hint_if(hint))
}

fn params(config: &Config, library: &Library, file: &str, problems: &mut Vec<Diagnostic>) {
    for (name, values) in &config.params {
        let id: Option<DetectionId> = name.parse().ok();
        let Some(detection) = id.as_ref().and_then(|id| library.get(id)) else {
            problems.extend(unmatched(name, library, file, values.origin.place()));
            continue;
        };
        for (param, given) in &values.value {
            let at = given.origin.place();
            let Some(declared) = detection.params.get(param) else {
                let message = format!("`{name}` has no parameter `{param}`");
                let names = || detection.params.keys().map(String::as_str);
                let hint = did_you_mean(param, names()).unwrap_or_else(|| {
                    let names = names().collect::<Vec<_>>().join(", ");
                    if names.is_empty() { "it has none".to_owned() } else { format!("it has: {names}") }
                });
                problems.push(Diagnostic::error(Lint::UndeclaredParam, file, at, message).hint(hint));
                continue;
            };
            let kind = declared.default.type_name();
            if param_value(&given.value, kind).is_none() {
                let message = format!(
                    "parameter `{param}` of `{name}` is of type `{kind}`, not {}",
                    given.value.kind()
                );
                problems.push(Diagnostic::error(Lint::BadValue, file, at, message));
            }
        }
    }
}

/// A schedule whose packs hold nothing would report "no findings" for ever. A shipped default that a small
/// library leaves empty is not the user's mistake, so it is not reported.
fn packs(config: &Config, library: &Library, file: &str, problems: &mut Vec<Diagnostic>) {
    let known = library.packs();
    for (name, schedule) in &config.schedules {
        if schedule.packs.origin == ValueOrigin::Default {
            continue;
        }
        for pack in schedule.packs.value.iter().filter(|pack| !known.contains(pack.as_str())) {
            let message = format!("schedule `{name}` runs pack `{pack}`, to which no detection belongs");
            let problem =
                Diagnostic::error(Lint::UnknownPack, file, schedule.packs.origin.place(), message).warning();
            problems.push(problem.hint_if(did_you_mean(pack, known.iter().copied())));
        }
    }
}

/// No detection reads a list whose name is mistyped, and those that read the right one see it empty.
fn watchlists(config: &Config, library: &Library, file: &str, problems: &mut Vec<Diagnostic>) {
    for (name, list) in &config.watchlists {
        let quoted = format!("'{name}'");
        if library.detections().any(|detection| detection.sql.contains(&quoted)) {
            continue;
        }
        let message = format!("no detection reads the watch-list `{name}`");
        let problem = Diagnostic::error(Lint::UnreadWatchlist, file, list.origin.place(), message).warning();
        problems.push(problem.hint_if(did_you_mean(name, library.detections().flat_map(lists))));
    }
}

/// The watch-lists that a detection needs by its header, or compares `list` with.
fn lists(detection: &Detection) -> impl Iterator<Item = &str> {
    let needed = detection.needs.iter().filter_map(|need| match need {
        Need::Watchlist(list) => Some(list.as_str()),
        Need::Trail(_) | Need::Habits => None,
    });
    let compared = detection.sql.split("list = '").skip(1).filter_map(|rest| rest.split('\'').next());
    needed.chain(compared)
}

/// The schedules that channels name.
fn audiences(config: &Config, file: &str, problems: &mut Vec<Diagnostic>) {
    for channel in &config.channels {
        let Audience::Schedules(names) = channel.audience() else { continue };
        for name in names.value.iter().filter(|name| !config.schedules.contains_key(*name)) {
            let known: Vec<&str> = config.schedules.keys().map(String::as_str).collect();
            let message = format!("`{}.schedules`: there is no schedule `{name}`", channel.name());
            let hint = did_you_mean(name, known.iter().copied())
                .unwrap_or_else(|| format!("schedules are: {}", known.join(", ")));
            problems.push(Diagnostic::error(Lint::BadValue, file, names.origin.place(), message).hint(hint));
        }
    }
}
