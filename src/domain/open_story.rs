//! What a schedule remembers of the stories that it reported, so that its next brief continues them. Compact and bounded.

use std::collections::BTreeMap;

use super::{
    severity::Severity,
    story::{Standing, StoryId},
    time::{Span, Timestamp},
    trace::TraceEvent,
};

/// The most stories that are remembered: the most severe, and of those the latest.
pub const MAX_STORIES: usize = 200;

/// How long a story that left nothing behind is remembered after its last news.
const WITHOUT_TRACE: Span = Span::from_s(7 * 86_400);

/// How long a story that left something behind is remembered after its last news.
const LEFT_BEHIND: Span = Span::from_s(90 * 86_400);

/// The stories that a schedule remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenStories {
    /// By id.
    pub stories: BTreeMap<StoryId, OpenStory>,
    /// The events that left something behind: later runs look for what undoes it.
    pub events: Vec<TraceEvent>,
}

/// A story that was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStory {
    /// Who it begins with; from records.
    pub person: String,
    /// The worst severity that it was reported with.
    pub severity: Severity,
    /// When its first act happened.
    pub first: Option<Timestamp>,
    /// When its last act happened, of those that were reported.
    pub last: Option<Timestamp>,
    /// The scheduled time of the last run that had news of it.
    pub last_news: Timestamp,
    /// The worst severity with which a brief about it was sent; `None` if none was.
    pub sent: Option<Severity>,
    /// What it left behind and nothing undid.
    pub left: Vec<OpenThing>,
}

/// Something that a story left behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenThing {
    /// What it is; from records.
    pub what: String,
    /// What kind of thing it is.
    pub kind: String,
    /// How it stands.
    pub standing: Standing,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// The account where it is.
    pub account: String,
    /// The Region where it is.
    pub region: String,
    /// The event that made it.
    pub event_id: String,
}

impl OpenThing {
    /// Whether it is the same thing as another, whatever event made it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.what, &self.account, &self.region) == (&other.what, &other.account, &other.region)
    }
}

impl OpenStories {
    /// The same within their bounds at a time: old and the least severe stories are forgotten, and the events of what they left.
    #[must_use]
    pub fn bounded(mut self, now: Timestamp) -> Self {
        self.stories.retain(|_, story| {
            let kept_for = if story.left.is_empty() { WITHOUT_TRACE } else { LEFT_BEHIND };
            story.last_news.plus(kept_for) >= now
        });
        let mut order: Vec<(StoryId, Severity, Timestamp)> =
            self.stories.iter().map(|(id, story)| (id.clone(), story.severity, story.last_news)).collect();
        order.sort_by_key(|(_, severity, last)| std::cmp::Reverse((*severity, *last)));
        for (id, ..) in order.iter().skip(MAX_STORIES) {
            self.stories.remove(id);
        }
        let things = || self.stories.values().flat_map(|story| &story.left);
        self.events.retain(|event| {
            things().any(|thing| thing.event_id == event.id && thing.account == event.account)
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(severity: Severity, last_news: i64, left: &[&str]) -> OpenStory {
        let thing = |event: &&str| OpenThing {
            what: "access key".to_owned(),
            kind: "key".to_owned(),
            standing: Standing::Present,
            at: None,
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            event_id: (*event).to_owned(),
        };
        OpenStory {
            person: "alice".to_owned(),
            severity,
            first: None,
            last: None,
            last_news: Timestamp::from_unix_s(last_news),
            sent: None,
            left: left.iter().map(thing).collect(),
        }
    }

    fn event(id: &str) -> TraceEvent {
        TraceEvent { id: id.to_owned(), account: "111122223333".to_owned(), ..TraceEvent::default() }
    }

    #[test]
    fn old_stories_are_forgotten_and_those_that_left_something_are_kept_for_longer() {
        let open = OpenStories {
            stories: [("a", story(Severity::High, 0, &[])), ("b", story(Severity::Low, 0, &["e-1"]))]
                .map(|(id, story)| (StoryId::of(id), story))
                .into(),
            events: vec![event("e-1"), event("e-2")],
        };
        let after = |days: i64| open.clone().bounded(Timestamp::from_unix_s(days * 86_400));
        assert_eq!((after(7).stories.len(), after(8).stories.len(), after(91).stories.len()), (2, 1, 0));
        assert_eq!(after(8).events, [event("e-1")], "events that left nothing are not kept");
        assert_eq!(after(91).events, []);
    }

    #[test]
    fn a_thing_is_the_same_by_its_name_and_its_place() {
        let [thing] = &story(Severity::Low, 0, &["e-1"]).left[..] else { panic!("one thing") };
        let text = |text: &str| text.to_owned();
        for (other, is_same) in [
            (OpenThing { event_id: text("e-2"), standing: Standing::Paused, ..thing.clone() }, true),
            (OpenThing { what: text("role"), ..thing.clone() }, false),
            (OpenThing { account: text("444455556666"), ..thing.clone() }, false),
            (OpenThing { region: text("eu-west-1"), ..thing.clone() }, false),
        ] {
            assert_eq!(thing.is_same(&other), is_same, "{other:?}");
        }
    }

    #[test]
    fn the_least_severe_stories_are_forgotten_first() {
        let severity = |at: usize| if at < MAX_STORIES { Severity::High } else { Severity::Low };
        let stories =
            (0..MAX_STORIES + 5).map(|at| (StoryId::of(&at.to_string()), story(severity(at), 0, &[])));
        let open = OpenStories { stories: stories.collect(), events: Vec::new() };
        let kept = open.bounded(Timestamp::from_unix_s(0));
        assert_eq!(kept.stories.len(), MAX_STORIES);
        assert!(kept.stories.values().all(|story| story.severity == Severity::High));
    }
}
