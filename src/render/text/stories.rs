//! Stories as plain text.

use super::page::{Ink, TextPage};
use crate::render::{
    clean::Line,
    view::{ActionView, StoriesView, StoryView},
};

/// The stories, with their heading.
pub(super) fn stories(page: &mut TextPage, of: &StoriesView) {
    page.gap();
    page.heading("WHAT HAPPENED", of.counts.as_str(), Ink::Strong);
    for story in &of.full {
        self::story(page, story);
    }
    if !of.short.is_empty() && !of.full.is_empty() {
        page.gap();
        page.block(0, "Besides:", Ink::Strong);
    }
    for short in &of.short {
        let mark = short.mark.map_or_else(String::new, |mark| format!("[{mark}] "));
        let head = format!("  {:<10}", short.severity);
        page.hang(&head, &format!("{mark}{}", short.text), Ink::soft(short.severity), Ink::Plain);
    }
    if let Some(more) = &of.more {
        page.block(2, more.as_str(), Ink::Dim);
    }
}

fn story(page: &mut TextPage, story: &StoryView) {
    let ink = Ink::soft(story.severity);
    page.gap();
    let number = format!("{:<3}", format!("{}.", story.number));
    page.hang(&number, &format!("{}  [{}; {}]", story.who, story.severity, story.state), ink, ink);
    page.block(3, story.when.as_str(), Ink::Plain);
    for (at, link) in story.chain.iter().enumerate() {
        page.hang(
            if at == 0 { "   also acted  " } else { "               " },
            link.as_str(),
            Ink::Dim,
            Ink::Plain,
        );
    }
    for step in &story.steps {
        page.hang(&format!("   {:<11} ", step.label.to_string()), step.value.as_str(), Ink::Dim, Ink::Plain);
    }
    if let Some(more) = &story.more_steps {
        page.block(15, more.as_str(), Ink::Dim);
    }
    page.hang("   Severity    ", story.why.as_str(), Ink::Dim, Ink::Plain);
    if !story.left.is_empty() {
        let left: Vec<&str> = story.left.iter().map(Line::as_str).collect();
        page.hang("   Left behind ", &left.join("; "), Ink::Strong, Ink::Plain);
    }
    if let Some(note) = &story.left_note {
        page.block(15, note.as_str(), Ink::Dim);
    }
    for (at, action) in story.actions.iter().enumerate() {
        self::action(page, at == 0, action);
    }
    if let Some(more) = &story.more_actions {
        page.block(15, more.as_str(), Ink::Dim);
    }
    page.line(0, &format!("   Acknowledge {}", story.ack), Ink::Dim);
}

/// A command stands on a line of its own, however long, so that it can be copied.
fn action(page: &mut TextPage, is_first: bool, action: &ActionView) {
    let head = if is_first { "   Do now      " } else { "               " };
    page.hang(head, action.what.as_str(), Ink::Strong, Ink::Plain);
    if let Some(command) = &action.command {
        page.line(0, &format!("     $ {command}"), Ink::Plain);
    }
}
