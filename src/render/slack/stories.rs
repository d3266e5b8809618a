//! Stories in a Slack message: the worst first, as far as they fit.

use super::blocks::{Blocks, Paragraph, circle, code, words as plain};
use crate::render::view::{StoriesView, StoryView};

/// Bytes of blocks up to which stories are shown in full.
const FULL_BYTES: usize = 6_000;
/// The most steps of a story.
const MOST_STEPS: usize = 6;
/// The most things of a story that are left behind, and the most actions.
const MOST_LEFT: usize = 4;

/// Bytes of blocks up to which the others have a line.
const LINE_BYTES: usize = 7_500;

/// Adds the stories: in full, then by line as far as they fit; the number of all of them says whether any is missing.
pub(super) fn add(message: &mut Blocks, stories: &StoriesView) {
    let fits = |story: &&StoryView| message.add(paragraph(story), FULL_BYTES);
    let shown = stories.full.iter().take_while(fits).count();
    let mut lines = Paragraph::default();
    for story in &stories.full[shown..] {
        let line = format!("{} · {}", head(story), code(&story.title));
        if message.bytes() + lines.bytes() + line.len() > LINE_BYTES || !lines.push(&line) {
            break;
        }
    }
    message.add(lines, LINE_BYTES + 1_000);
    if shown < stories.full.len() || !stories.short.is_empty() || stories.more.is_some() {
        message.context(&format!("{}. The mail and the JSON have all of them.", stories.counts));
    }
}

/// Its number and severity, with a circle of the severity's colour.
fn head(story: &StoryView) -> String {
    format!("{} *{}. {}*", circle(story.severity), story.number, story.severity.to_uppercase())
}

fn paragraph(story: &StoryView) -> Paragraph {
    let mut text = Paragraph::default();
    text.push(&format!("{} · {}", head(story), code(&story.who)));
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
