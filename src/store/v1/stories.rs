//! Stories that a schedule remembers, as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Unreadable, time};
use crate::domain::{
    finding::Fingerprint,
    open_story::{OpenStories, OpenStory, OpenThing},
    severity::Severity,
    story::{Standing, StoryId},
    time::Timestamp,
    trace::{TraceEvent, TraceIdentity},
    waiting::Waiting,
};

#[derive(Serialize, Deserialize)]
pub(super) struct StoryDocument {
    person: String,
    severity: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    last_news: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<ThingDocument>,
}

#[derive(Serialize, Deserialize)]
struct ThingDocument {
    what: String,
    kind: String,
    standing: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    account: String,
    region: String,
    event_id: String,
}

/// Something that waits for a brief that is sent.
#[derive(Serialize, Deserialize)]
pub(super) struct WaitingDocument {
    fingerprint: String,
    severity: String,
    says: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(default, skip_serializing_if = "super::is_false")]
    only_continues: bool,
}

impl From<&Waiting> for WaitingDocument {
    fn from(waiting: &Waiting) -> Self {
        Self {
            fingerprint: waiting.fingerprint.to_string(),
            severity: waiting.severity.to_string(),
            says: waiting.says.clone(),
            at: shown(waiting.at),
            only_continues: waiting.only_continues,
        }
    }
}

/// What waits, in these documents.
pub(super) fn waiting(documents: Vec<WaitingDocument>) -> Result<Vec<Waiting>, Unreadable> {
    let read = |it: WaitingDocument| {
        let bad = || Unreadable::Damaged(format!("`{}` is not a fingerprint", it.fingerprint));
        Ok(Waiting {
            fingerprint: Fingerprint::from_stored(&it.fingerprint).ok_or_else(bad)?,
            severity: severity(&it.severity)?,
            says: it.says,
            at: optional(it.at)?,
            only_continues: it.only_continues,
        })
    };
    documents.into_iter().map(read).collect()
}

/// An event, with names as in CloudTrail's records.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event_time: Option<String>,
    #[serde(rename = "eventID")]
    event_id: String,
    recipient_account_id: String,
    aws_region: String,
    event_source: String,
    event_name: String,
    #[serde(flatten)]
    texts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(default)]
    from_console: bool,
    #[serde(default)]
    is_instance: bool,
    #[serde(default)]
    is_assumed_root: bool,
}

impl From<&OpenStory> for StoryDocument {
    fn from(story: &OpenStory) -> Self {
        let thing = |thing: &OpenThing| ThingDocument {
            what: thing.what.clone(),
            kind: thing.kind.clone(),
            standing: thing.standing.as_str().to_owned(),
            at: shown(thing.at),
            account: thing.account.clone(),
            region: thing.region.clone(),
            event_id: thing.event_id.clone(),
        };
        Self {
            person: story.person.clone(),
            severity: story.severity.to_string(),
            first: shown(story.first),
            last: shown(story.last),
            last_news: story.last_news.to_string(),
            sent: story.sent.map(|severity| severity.to_string()),
            left: story.left.iter().map(thing).collect(),
        }
    }
}

impl StoryDocument {
    fn read(self) -> Result<OpenStory, Unreadable> {
        Ok(OpenStory {
            person: self.person,
            severity: severity(&self.severity)?,
            sent: self.sent.as_deref().map(severity).transpose()?,
            first: optional(self.first)?,
            last: optional(self.last)?,
            last_news: time(&self.last_news)?,
            left: self.left.into_iter().map(ThingDocument::read).collect::<Result<_, _>>()?,
        })
    }
}

impl ThingDocument {
    fn read(self) -> Result<OpenThing, Unreadable> {
        let all = [Standing::Present, Standing::Paused, Standing::Check];
        let standing = all.into_iter().find(|standing| standing.as_str() == self.standing);
        let bad = || Unreadable::Damaged(format!("`{}` is not how a thing stands", self.standing));
        Ok(OpenThing {
            standing: standing.ok_or_else(bad)?,
            at: optional(self.at)?,
            what: renamed(self.what),
            kind: self.kind,
            account: self.account,
            region: self.region,
            event_id: self.event_id,
        })
    }
}

/// What is deleted was once called missing.
fn renamed(what: String) -> String {
    match what.strip_prefix("missing ") {
        Some(rest) => format!("deleted {}", rest.replace(", deleted without", ", without")),
        None => what,
    }
}

fn severity(text: &str) -> Result<Severity, Unreadable> {
    text.parse::<Severity>().map_err(|error| Unreadable::Damaged(error.to_string()))
}

fn shown(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn optional(text: Option<String>) -> Result<Option<Timestamp>, Unreadable> {
    text.as_deref().map(time).transpose()
}

/// A text of an event that may be missing.
type Field = (&'static str, fn(&mut TraceEvent) -> &mut Option<String>);

/// The texts of an event that may be missing, by the names of their keys.
const FIELDS: [Field; 20] = [
    ("sourceIPAddress", |event| &mut event.address),
    ("userAgent", |event| &mut event.agent),
    ("errorCode", |event| &mut event.error),
    ("requestParameters", |event| &mut event.request),
    ("responseElements", |event| &mut event.response),
    ("additionalEventData", |event| &mut event.additional),
    ("serviceEventDetails", |event| &mut event.details),
    ("sharedEventID", |event| &mut event.shared_id),
    ("type", |event| &mut event.identity.kind),
    ("principalId", |event| &mut event.identity.principal),
    ("arn", |event| &mut event.identity.arn),
    ("accountId", |event| &mut event.identity.account),
    ("accessKeyId", |event| &mut event.identity.access_key),
    ("userName", |event| &mut event.identity.user_name),
    ("invokedBy", |event| &mut event.identity.invoked_by),
    ("userId", |event| &mut event.identity.user_id),
    ("identityStoreArn", |event| &mut event.identity.identity_store),
    ("identityProvider", |event| &mut event.identity.provider),
    ("issuerType", |event| &mut event.identity.issuer_kind),
    ("issuerArn", |event| &mut event.identity.issuer_arn),
];

/// The key of the name of whoever issued a session.
const ISSUER_NAME: &str = "issuerUserName";
/// The key of the time at which a session began.
const CREATED: &str = "creationDate";

impl From<&TraceEvent> for EventDocument {
    fn from(event: &TraceEvent) -> Self {
        let mut copy = event.clone();
        let texts =
            FIELDS.iter().filter_map(|(key, field)| Some(((*key).to_owned(), field(&mut copy).clone()?)));
        let mut texts: BTreeMap<String, String> = texts.collect();
        let created = shown(event.identity.created);
        let more = [(ISSUER_NAME, event.identity.issuer_name.clone()), (CREATED, created)];
        texts.extend(more.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?))));
        Self {
            event_time: shown(event.time),
            event_id: event.id.clone(),
            recipient_account_id: event.account.clone(),
            aws_region: event.region.clone(),
            event_source: event.source.clone(),
            event_name: event.name.clone(),
            texts,
            resources: event.resources.clone(),
            from_console: event.from_console,
            is_instance: event.identity.is_instance,
            is_assumed_root: event.identity.is_assumed_root,
        }
    }
}

impl EventDocument {
    fn read(self) -> Result<TraceEvent, Unreadable> {
        let mut texts = self.texts;
        let mut event = TraceEvent {
            time: optional(self.event_time)?,
            id: self.event_id,
            account: self.recipient_account_id,
            region: self.aws_region,
            source: self.event_source,
            name: self.event_name,
            resources: self.resources,
            from_console: self.from_console,
            identity: TraceIdentity {
                created: optional(texts.remove(CREATED))?,
                issuer_name: texts.remove(ISSUER_NAME),
                is_instance: self.is_instance,
                is_assumed_root: self.is_assumed_root,
                ..TraceIdentity::default()
            },
            ..TraceEvent::default()
        };
        for (key, field) in FIELDS {
            *field(&mut event) = texts.remove(key);
        }
        Ok(event)
    }
}

/// The stories and events as JSON.
pub(super) fn write(open: &OpenStories) -> (BTreeMap<String, StoryDocument>, Vec<EventDocument>) {
    let stories = open.stories.iter().map(|(id, story)| (id.to_string(), story.into()));
    (stories.collect(), open.events.iter().map(Into::into).collect())
}

/// The stories and events in these documents.
pub(super) fn read(
    stories: BTreeMap<String, StoryDocument>,
    events: Vec<EventDocument>,
) -> Result<OpenStories, Unreadable> {
    let story = |(id, story): (String, StoryDocument)| {
        let bad = || Unreadable::Damaged(format!("`{id}` is not a story"));
        Ok((StoryId::from_stored(&id).ok_or_else(bad)?, story.read()?))
    };
    Ok(OpenStories {
        stories: stories.into_iter().map(story).collect::<Result<_, Unreadable>>()?,
        events: events.into_iter().map(EventDocument::read).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_keeps_its_place_when_its_name_changes() {
        for (stored, read) in [
            ("missing trail audit", "deleted trail audit"),
            (
                "missing database a, deleted without a final snapshot",
                "deleted database a, without a final snapshot",
            ),
            ("user missing", "user missing"),
        ] {
            assert_eq!(renamed(stored.to_owned()), read);
        }
    }

    #[test]
    fn stories_and_their_events_survive_their_json() {
        let at = Some(Timestamp::from_unix_s(1_773_100_800));
        let thing = |standing| OpenThing {
            what: "access key AKIAEXAMPLE of user bob".to_owned(),
            kind: "key".to_owned(),
            standing,
            at,
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            event_id: "e-1".to_owned(),
        };
        let story = OpenStory {
            person: "alice".to_owned(),
            severity: Severity::High,
            first: at,
            last: None,
            last_news: Timestamp::from_unix_s(1_773_100_900),
            sent: Some(Severity::Medium),
            left: [Standing::Present, Standing::Paused, Standing::Check].map(thing).into(),
        };
        let mut event = TraceEvent {
            time: at,
            id: "e-1".to_owned(),
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            source: "iam.amazonaws.com".to_owned(),
            name: "CreateAccessKey".to_owned(),
            resources: vec!["arn:aws:iam::111122223333:user/bob".to_owned()],
            from_console: true,
            ..TraceEvent::default()
        };
        for (key, field) in FIELDS {
            *field(&mut event) = Some(format!("the {key}"));
        }
        event.identity.created = at;
        event.identity.issuer_name = Some("ci".to_owned());
        event.identity.is_instance = true;
        event.identity.is_assumed_root = true;
        let open = OpenStories {
            stories: [(StoryId::of("alice"), story)].into(),
            events: vec![event, TraceEvent { id: "e-2".to_owned(), ..TraceEvent::default() }],
        };
        let (stories, events) = write(&open);
        let text = serde_json::to_string(&(stories, events)).unwrap();
        let (stories, events) = serde_json::from_str(&text).unwrap();
        assert_eq!(read(stories, events).unwrap(), open);
    }
}
