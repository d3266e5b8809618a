//! Stories in a Slack message: the worst first, as far as they fit.

use super::blocks::{Blocks, Paragraph, code, words as plain};
use crate::render::{
    view::{StoriesView, StoryView},
    words,
};

/// Bytes of blocks up to which stories are shown in full.
const FULL_BYTES: usize = 6_000;
/// The most steps of a story.
const MOST_STEPS: usize = 6;
/// The most things of a story that are left behind, and the most actions.
const MOST_LEFT: usize = 4;

/// Adds the stories.
pub(super) fn add(message: &mut Blocks, stories: &StoriesView) {
    let mut shown = 0;
    for story in &stories.full {
        if !message.add(paragraph(story), FULL_BYTES) {
            break;
        }
        shown += 1;
    }
    let left = (stories.full.len() - shown + stories.short.len()) as u64;
    let mut lines: Vec<String> = Vec::new();
    if left > 0 {
        let more = words::count_of(left, "more story", "more stories");
        lines.push(format!("{more} not shown here, see the mail or JSON."));
    }
    if !lines.is_empty() {
        message.context(&lines.join("\n"));
    }
}

fn paragraph(story: &StoryView) -> Paragraph {
    let mut text = Paragraph::default();
    text.push(&format!("*{}. {}* · {}", story.number, story.severity.to_uppercase(), code(&story.who)));
    text.push(&format!("{} · {}", code(&story.when), plain(&story.state)));
    for step in story.steps.iter().take(MOST_STEPS) {
        text.push(&format!("• {} {}", plain(&step.label), code(&step.value)));
    }
    for left in story.left.iter().take(MOST_LEFT) {
        text.push(&format!("_Left behind:_ {}", code(left)));
    }
    for action in story.actions.iter().take(MOST_LEFT) {
        text.push(&format!("_Do now:_ {}", code(action.command.as_ref().unwrap_or(&action.what))));
    }
    text
}
