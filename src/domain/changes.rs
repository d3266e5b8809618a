//! What changed since the schedule's last brief.

use super::{
    decision::Decision,
    finding::Fingerprint,
    severity::Severity,
    story::{Standing, StoryId},
    time::Timestamp,
    untrusted::Untrusted,
    waiting::Waiting,
};

/// What changed since the schedule's last brief.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The scheduled time of that brief; `None` for the first.
    pub since: Option<Timestamp>,
    /// Stories that no brief reported before.
    pub new: Vec<StoryChange>,
    /// Stories with something new.
    pub grown: Vec<StoryChange>,
    /// Stories that the last brief had news of, and this one has not.
    pub quiet: Vec<StoryChange>,
    /// What earlier stories left behind and somebody undid or changed since.
    pub undone: Vec<Undone>,
    /// What earlier stories left behind and is there still, as far as the logs show.
    pub still_there: Vec<StillThere>,
    /// What was new in briefs that no channel got, and this brief does not hold itself.
    pub waiting: Vec<Waiting>,
    /// What people decided since the last brief that was sent.
    pub decisions: Vec<Decision>,
}

/// A story and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryChange {
    /// The story.
    pub story: StoryId,
    /// Who it begins with.
    pub person: Untrusted,
    /// Its worst severity.
    pub severity: Severity,
    /// When its first act happened.
    pub first: Option<Timestamp>,
    /// When its last act happened.
    pub last: Option<Timestamp>,
}

/// Something that a story left behind and that was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The story.
    pub story: StoryId,
    /// Who it begins with.
    pub person: Untrusted,
    /// Its worst severity.
    pub severity: Severity,
    /// What was undone.
    pub what: Untrusted,
    /// How it stands; `None` if it is gone.
    pub standing: Option<Standing>,
    /// Who undid it.
    pub by: Untrusted,
    /// When.
    pub at: Option<Timestamp>,
    /// The event that shows it.
    pub event_id: Untrusted,
}

impl Undone {
    /// Its identity among what waits for a brief that is sent.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let standing = self.standing.map_or("gone", Standing::as_str);
        let parts = [self.story.as_str(), self.what.raw(), standing, self.event_id.raw()];
        Fingerprint::of_kind("undone", &parts.map(|part| Some(part.to_owned())))
    }
}

/// Something that a story left behind and that is there still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillThere {
    /// The story.
    pub story: StoryId,
    /// Who it begins with.
    pub person: Untrusted,
    /// Its worst severity.
    pub severity: Severity,
    /// What is there.
    pub what: Untrusted,
    /// How it stands.
    pub standing: Standing,
    /// The account where it is.
    pub account: Untrusted,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Who takes care of the story, if somebody acknowledged it.
    pub acknowledged_by: Option<String>,
}
