//! The subject of the mail: one line, the worst first, because telephones show only its beginning.
//!
//! Holds what the worst story is, else counts; the schedule's name and the window. Text from records is clean.

use super::{clean::Line, clock::Clock, view};
use crate::domain::brief::Brief;

/// The longest subject, in characters.
const MAX: usize = 150;

/// The subject.
pub(super) fn render(brief: &Brief) -> String {
    let schedule = brief.run.schedule.as_deref().unwrap_or("on demand");
    let schedule = Line::short(schedule, 30);
    let headline = view::headline(brief);
    let tail = format!(" - trailbrief {schedule}, {}", Clock::of(brief).brief_window(brief.run.window));
    let line = format!("{headline}{tail}").replace('\u{2013}', "-");
    if line.chars().count() <= MAX {
        return line;
    }
    // The window goes first, then the end of the headline.
    let line = format!("{headline} - trailbrief {schedule}").replace('\u{2013}', "-");
    line.chars().take(MAX).collect()
}
