//! The trace of a run: events that show who stands behind whom, what calls leave behind, and what undoes it.
//!
//! It is collected beside the candidates of the detections, in the same pass. Every text in it comes from records.

use std::collections::BTreeSet;

use super::time::Timestamp;

/// The most events of a trace. Beyond it, a trace holds the events of the findings only.
pub const MOST_EVENTS: usize = 200_000;
/// The most bytes of a trace, of requests and answers. Beyond it, a trace holds the events of the findings only.
pub const MOST_BYTES: usize = 128 << 20;

/// Which events a trace collects: calls, by service and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceQuery {
    /// Services, each with the names of its calls. Calls that a service made are left out.
    pub calls: Vec<(String, BTreeSet<String>)>,
    /// Further events: those that show one of these.
    pub wanted: Vec<Wanted>,
}

/// What an event shows in one of its fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// This text.
    Is(TraceField, String),
    /// These texts in this order, with anything between them: the first at its beginning, the last at its end.
    Like(TraceField, Vec<String>),
}

/// A field that an event can be asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraceField {
    /// `eventID`.
    Id,
    /// `sourceIPAddress`.
    Address,
    /// `requestParameters`, as JSON.
    Request,
    /// `responseElements`, as JSON.
    Response,
    /// `resources`, as JSON.
    Resources,
    /// `userIdentity.type`.
    Kind,
    /// `userIdentity.arn`.
    Arn,
    /// `userIdentity.principalId`.
    Principal,
    /// `userIdentity.accessKeyId`.
    AccessKey,
    /// `userIdentity.userName`.
    UserName,
}

impl Wanted {
    /// Whether an event shows it.
    #[must_use]
    pub fn holds(&self, event: &TraceEvent) -> bool {
        let field = match self {
            Self::Is(field, _) | Self::Like(field, _) => *field,
        };
        let who = &event.identity;
        let text = match field {
            TraceField::Id => Some(&event.id),
            TraceField::Address => event.address.as_ref(),
            TraceField::Request => event.request.as_ref(),
            TraceField::Response => event.response.as_ref(),
            TraceField::Resources => return event.resources.iter().any(|arn| self.matches(arn)),
            TraceField::Kind => who.kind.as_ref(),
            TraceField::Arn => who.arn.as_ref(),
            TraceField::Principal => who.principal.as_ref(),
            TraceField::AccessKey => who.access_key.as_ref(),
            TraceField::UserName => who.user_name.as_ref(),
        };
        text.is_some_and(|text| self.matches(text))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Is(_, wanted) => text == wanted,
            Self::Like(_, parts) => are_in_order(parts, text),
        }
    }
}

/// Whether a text begins with the first of these parts, ends with the last, and has the others between them, in their order. One
/// part alone is the whole text.
#[must_use]
pub fn are_in_order(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

/// What a run collected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The events, in no order.
    pub events: Vec<TraceEvent>,
    /// Whether there were so many that only the events of findings are here.
    pub is_cut: bool,
    /// How many of the events that were asked for besides are left out, because there were too many.
    pub left_out: u64,
}

/// One event, as its record says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceEvent {
    /// When it happened.
    pub time: Option<Timestamp>,
    /// `eventID`.
    pub id: String,
    /// `recipientAccountId`.
    pub account: String,
    /// `awsRegion`.
    pub region: String,
    /// `eventSource`.
    pub source: String,
    /// `eventName`.
    pub name: String,
    /// `sourceIPAddress`.
    pub address: Option<String>,
    /// `userAgent`.
    pub agent: Option<String>,
    /// `errorCode`.
    pub error: Option<String>,
    /// `errorMessage`.
    pub error_message: Option<String>,
    /// `requestParameters`, as JSON.
    pub request: Option<String>,
    /// `responseElements`, as JSON.
    pub response: Option<String>,
    /// `additionalEventData`, as JSON.
    pub additional: Option<String>,
    /// `serviceEventDetails`, as JSON.
    pub details: Option<String>,
    /// The ARNs of `resources`.
    pub resources: Vec<String>,
    /// `sharedEventID`.
    pub shared_id: Option<String>,
    /// `sessionCredentialFromConsole` is true.
    pub from_console: bool,
    /// `userIdentity`.
    pub identity: TraceIdentity,
}

/// Who made a call, as its record says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceIdentity {
    /// `type`.
    pub kind: Option<String>,
    /// `principalId`.
    pub principal: Option<String>,
    /// `arn`.
    pub arn: Option<String>,
    /// `accountId`.
    pub account: Option<String>,
    /// `accessKeyId`.
    pub access_key: Option<String>,
    /// `userName`.
    pub user_name: Option<String>,
    /// `invokedBy`.
    pub invoked_by: Option<String>,
    /// `onBehalfOf.userId`.
    pub user_id: Option<String>,
    /// `onBehalfOf.identityStoreArn`.
    pub identity_store: Option<String>,
    /// `identityProvider`.
    pub provider: Option<String>,
    /// `sessionContext.attributes.creationDate`.
    pub created: Option<Timestamp>,
    /// `sessionContext.sessionIssuer.type`.
    pub issuer_kind: Option<String>,
    /// `sessionContext.sessionIssuer.arn`.
    pub issuer_arn: Option<String>,
    /// `sessionContext.sessionIssuer.userName`.
    pub issuer_name: Option<String>,
    /// `sessionContext.ec2RoleDelivery` is there: the credentials came from an instance's metadata.
    pub is_instance: bool,
    /// `sessionContext.assumedRoot` is true.
    pub is_assumed_root: bool,
    /// `sessionContext.signInSessionArn`: the sign-in that an agent or a tool got its credentials by.
    pub sign_in: Option<String>,
}

impl TraceEvent {
    /// How many bytes its request and its answer take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        [&self.request, &self.response, &self.additional, &self.details]
            .into_iter()
            .flatten()
            .map(String::len)
            .sum()
    }

    /// Whether the call succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_shows_what_its_field_is_or_has_in_order() {
        let like = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        for (parts, text, holds) in [
            (&["a:", "/b", ""][..], "a:c/b/d", true),
            (&["a:", "/b", ""], "xa:c/b/d", false),
            (&["", "b", "a", ""], "ab", false),
            (&["", "b", "a", ""], "xbxax", true),
            (&["", "/b"], "a/b", true),
            (&["", "/b"], "a/bc", false),
            (&["ab", "bc"], "abc", false),
            (&["a"], "a", true),
            (&["a"], "ab", false),
            (&[], "", false),
        ] {
            assert_eq!(are_in_order(&like(parts), text), holds, "{parts:?} {text}");
            let event = TraceEvent { request: Some(text.to_owned()), ..TraceEvent::default() };
            let wanted = |field| Wanted::Like(field, like(parts));
            assert_eq!(wanted(TraceField::Request).holds(&event), holds, "{parts:?} {text}");
            assert!(!wanted(TraceField::Response).holds(&event), "no answer shows nothing");
        }
        let own = |text: &str| Some(text.to_owned());
        let event = TraceEvent {
            id: "id".to_owned(),
            address: own("address"),
            request: own("request"),
            response: own("response"),
            resources: vec!["other".to_owned(), "resource".to_owned()],
            identity: TraceIdentity {
                kind: own("kind"),
                principal: own("principal"),
                arn: own("arn"),
                access_key: own("key"),
                user_name: own("name"),
                ..TraceIdentity::default()
            },
            ..TraceEvent::default()
        };
        for (field, text) in [
            (TraceField::Id, "id"),
            (TraceField::Address, "address"),
            (TraceField::Request, "request"),
            (TraceField::Response, "response"),
            (TraceField::Resources, "resource"),
            (TraceField::Kind, "kind"),
            (TraceField::Arn, "arn"),
            (TraceField::Principal, "principal"),
            (TraceField::AccessKey, "key"),
            (TraceField::UserName, "name"),
        ] {
            assert!(Wanted::Is(field, text.to_owned()).holds(&event), "{field:?}");
            assert!(!Wanted::Is(field, format!("{text}s")).holds(&event), "{field:?}");
        }
    }

    #[test]
    fn an_event_takes_what_its_documents_take_and_fails_with_an_error() {
        let event = TraceEvent {
            request: Some("12".to_owned()),
            response: Some("345".to_owned()),
            details: Some("6".to_owned()),
            ..TraceEvent::default()
        };
        assert_eq!((event.bytes(), event.succeeded()), (6, true));
        let denied = TraceEvent { error: Some("AccessDenied".to_owned()), ..TraceEvent::default() };
        assert_eq!((denied.bytes(), denied.succeeded()), (0, false));
        assert_eq!((MOST_EVENTS, MOST_BYTES), (200_000, 134_217_728));
    }
}
