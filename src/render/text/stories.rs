//! Stories as plain text.

use super::page::{Ink, TextPage};
use crate::render::{
    clean::Line,
    view::{ActionView, ContainmentView, StoriesView, StoryView},
};

/// The stories, with their heading, and what was held back.
pub(super) fn stories(page: &mut TextPage, of: &StoriesView, held_back: Option<&Line>) {
    page.gap();
    page.heading("WHAT HAPPENED", of.counts.as_str(), Ink::Strong);
    for story in &of.full {
        self::story(page, story);
    }
    if !of.short.is_empty() && !of.full.is_empty() {
        page.gap();
        page.block(0, "Besides:", Ink::Strong);
    }
    small(page, of);
    if let Some(held_back) = held_back {
        page.hang("  suppressed ", held_back.as_str(), Ink::Dim, Ink::Plain);
    }
}

/// One line for each story.
pub(super) fn titles(page: &mut TextPage, of: &StoriesView) {
    for story in &of.full {
        let head = format!("  {:<10}", story.severity);
        page.hang(
            &head,
            &format!("{}. {}", story.number, story.title),
            Ink::soft(story.severity),
            Ink::Plain,
        );
    }
    small(page, of);
}

/// The stories of one line.
fn small(page: &mut TextPage, of: &StoriesView) {
    for short in &of.short {
        let mark = short.mark.map_or_else(String::new, |mark| format!("[{mark}] "));
        let head = format!("  {:<10}", short.severity);
        page.hang(&head, &format!("{mark}{}", short.text), Ink::soft(short.severity), Ink::Plain);
    }
    if let Some(more) = &of.more {
        page.block(2, more.as_str(), Ink::Dim);
    }
}

/// All that is to be done about the stories of which only the first actions were shown.
pub(super) fn containment(page: &mut TextPage, of: &[ContainmentView]) {
    if of.is_empty() {
        return;
    }
    page.gap();
    page.heading("CONTAINMENT", "read each command before you run it", Ink::Strong);
    for story in of {
        page.gap();
        page.hang(&format!("{}. ", story.number), story.who.as_str(), Ink::Strong, Ink::Strong);
        for it in &story.actions {
            page.block(3, it.what.as_str(), Ink::Plain);
            command(page, it);
        }
        if let Some(more) = &story.more {
            page.block(3, more.as_str(), Ink::Dim);
        }
    }
}

fn story(page: &mut TextPage, story: &StoryView) {
    let ink = Ink::soft(story.severity);
    page.gap();
    let number = format!("{}. ", story.number);
    page.hang(&number, &format!("{} [{}, {}]", story.who, story.severity, story.state), ink, ink);
    page.block(3, story.when.as_str(), Ink::Plain);
    if !story.chain.is_empty() {
        let who: Vec<&str> = story.chain.iter().map(|link| link.who.as_str()).collect();
        page.hang("   also acted  ", &who.join(", "), Ink::Dim, Ink::Plain);
    }
    for step in &story.steps {
        page.hang(&format!("   {:<11} ", step.label.to_string()), step.value.as_str(), Ink::Dim, Ink::Plain);
    }
    if let Some(more) = &story.more_steps {
        page.block(15, more.as_str(), Ink::Dim);
    }
    if let Some(why) = &story.why {
        page.hang("   Detection   ", why.as_str(), Ink::Dim, Ink::Plain);
    }
    if let Some(benign) = &story.benign {
        page.hang("   Harmless if ", benign.as_str(), Ink::Dim, Ink::Plain);
    }
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
    if let Some(ack) = &story.ack {
        page.line(0, &format!("   Acknowledge {ack}"), Ink::Dim);
    }
}

fn action(page: &mut TextPage, is_first: bool, action: &ActionView) {
    let head = if is_first { "   Do now      " } else { "               " };
    page.hang(head, action.what.as_str(), Ink::Strong, Ink::Plain);
    command(page, action);
}

/// A command stands on a line of its own, however long, so that it can be copied.
fn command(page: &mut TextPage, action: &ActionView) {
    if let Some(command) = &action.command {
        page.line(0, &format!("     $ {command}"), Ink::Plain);
    }
}
