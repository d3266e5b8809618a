//! Whom or what a person investigates, and which events belong to it.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;

use super::{
    finding::Fingerprint,
    story::StoryId,
    trace::{TraceEvent, TraceField, Wanted},
};

/// Whom or what a person investigates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A principal: the ARN of a user, role or session, or its name.
    Actor(String),
    /// A person: the user of Identity Center by name or id, the name of a session, a user.
    Person(String),
    /// An access key.
    Key(String),
    /// A session: its key, its ARN, or `role/name`.
    Session(String),
    /// Addresses: one, or a network.
    Address(IpNet),
    /// A resource: an ARN, a name or an id that calls mention.
    Resource(String),
    /// Whoever made one call.
    Event(String),
    /// A story of a brief.
    Story(StoryId),
    /// Whoever a finding of a brief is about.
    Finding(Fingerprint),
}

impl fmt::Display for Subject {
    /// What it is, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actor(name) => write!(f, "actor {name}"),
            Self::Person(name) => write!(f, "person {name}"),
            Self::Key(key) => write!(f, "key {key}"),
            Self::Session(name) => write!(f, "session {name}"),
            Self::Address(net) => write!(f, "address {}", shown(net)),
            Self::Resource(name) => write!(f, "resource {name}"),
            Self::Event(id) => write!(f, "event {id}"),
            Self::Story(id) => write!(f, "story {id}"),
            Self::Finding(fingerprint) => write!(f, "finding {fingerprint}"),
        }
    }
}

/// A network as people write it: one address without its length.
fn shown(net: &IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
}

/// An address, or a network such as `192.0.2.0/24`; `None` for any other text.
#[must_use]
pub fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl Subject {
    /// What raw records must show to belong to it: one of these. They let through too much, never too little. Nothing for
    /// what only a run can tell.
    #[must_use]
    pub fn wanted(&self) -> Vec<Wanted> {
        let is = |field, text: &str| Wanted::Is(field, text.to_owned());
        let like = |field, parts: &[&str]| {
            Wanted::Like(field, parts.iter().map(|part| (*part).to_owned()).collect())
        };
        match self {
            Self::Actor(name) | Self::Session(name) if name.starts_with("arn:") => match role(name) {
                Some((account, role)) => {
                    vec![like(TraceField::Arn, &["", &format!(":{account}:assumed-role/{role}/"), ""])]
                }
                None => vec![is(TraceField::Arn, name)],
            },
            Self::Actor(name) => vec![
                is(TraceField::UserName, name),
                like(TraceField::Arn, &["", &format!("/{name}")]),
                like(TraceField::Arn, &["", &format!(":assumed-role/{name}/"), ""]),
                like(TraceField::Arn, &["", &format!(":{name}")]),
            ],
            Self::Person(name) => vec![
                is(TraceField::UserName, name),
                like(TraceField::Arn, &["", &format!("/{name}")]),
                is(TraceField::Kind, "IdentityCenterUser"),
                like(TraceField::Arn, &["", ":assumed-role/AWSReservedSSO_", ""]),
            ],
            Self::Key(key) => vec![
                is(TraceField::AccessKey, key),
                like(TraceField::Response, &["", &format!("\"{key}\""), ""]),
                like(TraceField::Request, &["", &format!("\"{key}\""), ""]),
            ],
            Self::Session(name) => {
                vec![
                    is(TraceField::AccessKey, name),
                    like(TraceField::Arn, &["", &format!(":assumed-role/{name}")]),
                ]
            }
            Self::Address(net) => vec![addresses(net)],
            Self::Resource(name) => [TraceField::Request, TraceField::Response, TraceField::Resources]
                .map(|field| like(field, &["", &escaped(name), ""]))
                .to_vec(),
            Self::Event(id) => vec![is(TraceField::Id, id)],
            Self::Story(_) | Self::Finding(_) => Vec::new(),
        }
    }

    /// Whether an event belongs to it, as far as one event tells.
    #[must_use]
    pub fn concerns(&self, event: &TraceEvent) -> bool {
        let who = &event.identity;
        let arn = who.arn.as_deref().unwrap_or_default();
        let is = |field: &Option<String>, text: &str| field.as_deref() == Some(text);
        match self {
            Self::Actor(name) if name.starts_with("arn:") => match role(name) {
                Some((account, role)) => arn.contains(&format!(":{account}:assumed-role/{role}/")),
                None => arn == name,
            },
            Self::Actor(name) => {
                is(&who.user_name, name)
                    || session(arn).is_some_and(|(role, _)| role == name)
                    || arn.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with(['/', ':']))
            }
            Self::Person(name) => {
                // Identity Center does not tell upper from lower case.
                let is_center = who.kind.as_deref() == Some("IdentityCenterUser")
                    || session(arn).is_some_and(|(role, _)| role.starts_with("AWSReservedSSO_"));
                let is_it = |text: &str| text == name || (is_center && text.eq_ignore_ascii_case(name));
                is(&who.user_id, name)
                    || who.user_name.as_deref().is_some_and(is_it)
                    || arn.rsplit('/').next().is_some_and(is_it)
            }
            Self::Key(key) => is(&who.access_key, key),
            Self::Session(name) if name.starts_with("arn:") => arn == name,
            Self::Session(name) => {
                is(&who.access_key, name) || arn.ends_with(&format!(":assumed-role/{name}"))
            }
            Self::Address(net) => event
                .address
                .as_deref()
                .and_then(|address| address.parse::<IpAddr>().ok())
                .is_some_and(|address| net.contains(&address)),
            Self::Resource(name) => {
                let inside = |text: &Option<String>| text.as_deref().is_some_and(|text| mentions(text, name));
                inside(&event.request)
                    || inside(&event.response)
                    || event.resources.iter().any(|arn| mentions(arn, name))
            }
            Self::Event(id) => event.id.eq_ignore_ascii_case(id),
            Self::Story(_) | Self::Finding(_) => false,
        }
    }

    /// Whether it is whoever acts, so that all that this actor did and made possible belongs to it; else only the calls
    /// themselves do.
    #[must_use]
    pub fn is_actor(&self) -> bool {
        !matches!(self, Self::Address(_) | Self::Resource(_))
    }
}

/// Account and name, if this is the ARN of a role.
fn role(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, account, resource) = (parts.next()?, parts.nth(1)?, parts.next()?);
    let path = resource.strip_prefix("role/").filter(|_| service == "iam")?;
    Some((account, path.rsplit('/').next().unwrap_or(path)))
}

/// Role and name, if this is the ARN of a session.
fn session(arn: &str) -> Option<(&str, &str)> {
    arn.split_once(":assumed-role/")?.1.split_once('/')
}

/// Whether a text names something as a whole, not as a part of a longer name.
fn mentions(text: &str, name: &str) -> bool {
    let name = &escaped(name);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices(name.as_str()).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// A text as it stands in JSON.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The addresses of a network, by the whole parts that all of them begin with.
fn addresses(net: &IpNet) -> Wanted {
    if net.prefix_len() == net.max_prefix_len() && net.addr().is_ipv4() {
        return Wanted::Is(TraceField::Address, net.addr().to_string());
    }
    let begin = match net {
        IpNet::V4(net) => {
            let parts = net.network().octets();
            let whole = usize::from(net.prefix_len() / 8);
            parts[..whole].iter().map(|part| format!("{part}.")).collect::<String>()
        }
        // Zeros may be written or left out, so only what comes before the first one is sure.
        IpNet::V6(net) => {
            let parts = net.network().segments();
            let whole = usize::from(net.prefix_len() / 16).min(7);
            let sure = parts[..whole].iter().take_while(|part| **part != 0);
            sure.map(|part| format!("{part:x}:")).collect::<String>()
        }
    };
    Wanted::Like(TraceField::Address, vec![begin, String::new()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trace::TraceIdentity;

    fn event(arn: &str, key: &str, address: &str) -> TraceEvent {
        TraceEvent {
            address: Some(address.to_owned()),
            request: Some(r#"{"bucketName":"audit-logs","key":"a\"b"}"#.to_owned()),
            resources: vec!["arn:aws:s3:::audit-logs".to_owned()],
            identity: TraceIdentity {
                arn: Some(arn.to_owned()),
                access_key: Some(key.to_owned()),
                ..TraceIdentity::default()
            },
            ..TraceEvent::default()
        }
    }

    #[test]
    fn a_subject_concerns_its_own_events_only() {
        let user = event("arn:aws:iam::111111111111:user/team/bob", "AKIA1", "192.0.2.7");
        let session = event("arn:aws:sts::111111111111:assumed-role/admin/bob", "ASIA1", "2001:db8::1");
        let actor = |text: &str| Subject::Actor(text.to_owned());
        let net = |text: &str| Subject::Address(network(text).unwrap());
        for (subject, of_user, of_session) in [
            (actor("bob"), true, true),
            (actor("ob"), false, false),
            (actor("admin"), false, true),
            (actor("arn:aws:iam::111111111111:role/path/admin"), false, true),
            (actor("arn:aws:iam::111111111111:role/adm"), false, false),
            (actor("arn:aws:iam::111111111111:user/team/bob"), true, false),
            (Subject::Person("bob".to_owned()), true, true),
            (Subject::Person("BOB".to_owned()), false, false),
            (Subject::Key("AKIA1".to_owned()), true, false),
            (Subject::Session("admin/bob".to_owned()), false, true),
            (Subject::Session("ASIA1".to_owned()), false, true),
            (net("192.0.2.0/24"), true, false),
            (net("192.0.2.8"), false, false),
            (net("2001:db8::/32"), false, true),
            (Subject::Resource("audit-logs".to_owned()), true, true),
            (Subject::Resource("audit".to_owned()), false, false),
            (Subject::Resource("a\"b".to_owned()), true, true),
        ] {
            assert_eq!(subject.concerns(&user), of_user, "{subject}");
            assert_eq!(subject.concerns(&session), of_session, "{subject}");
            for (event, concerned) in [(&user, of_user), (&session, of_session)] {
                let is_wanted = subject.wanted().iter().any(|wanted| wanted.holds(event));
                assert!(is_wanted || !concerned, "{subject} lets through too little");
            }
        }
    }

    #[test]
    fn one_field_is_enough_to_belong_to_a_subject() {
        let text = |text: &str| Some(text.to_owned());
        let by = |identity| TraceEvent { identity, ..TraceEvent::default() };
        let who = TraceIdentity::default;
        let user = by(TraceIdentity { user_name: text("bob"), ..who() });
        let center = by(TraceIdentity { kind: text("IdentityCenterUser"), user_name: text("Bob"), ..who() });
        let of_id = by(TraceIdentity { kind: text("IdentityCenterUser"), user_id: text("u-1"), ..who() });
        let arn = |arn: &str| by(TraceIdentity { arn: text(arn), ..who() });
        const SSO: &str = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0/Bob@example.com";
        let (sso, root) = (arn(SSO), arn("arn:aws:iam::111111111111:root"));
        let key = by(TraceIdentity { access_key: text("ASIA1"), ..who() });
        let asked = TraceEvent { request: text(r#"{"name":"logs"}"#), ..TraceEvent::default() };
        let answered = TraceEvent { response: text(r#"{"name":"logs"}"#), ..TraceEvent::default() };
        let touched = TraceEvent { resources: vec!["arn:aws:s3:::logs".to_owned()], ..TraceEvent::default() };
        let all = [&user, &center, &of_id, &sso, &root, &key, &asked, &answered, &touched];
        let own = str::to_owned;
        for (subject, concerned) in [
            (Subject::Actor(own("bob")), vec![&user]),
            (Subject::Actor(own("root")), vec![&root]),
            (Subject::Actor(own("AWSReservedSSO_Admin_0")), vec![&sso]),
            (Subject::Person(own("bob")), vec![&user, &center]),
            (Subject::Person(own("u-1")), vec![&of_id]),
            (Subject::Person(own("bob@EXAMPLE.com")), vec![&sso]),
            (Subject::Session(own("ASIA1")), vec![&key]),
            (Subject::Session(own(SSO)), vec![&sso]),
            (Subject::Session(own("AWSReservedSSO_Admin_0/Bob@example.com")), vec![&sso]),
            (Subject::Resource(own("logs")), vec![&asked, &answered, &touched]),
        ] {
            let found: Vec<&TraceEvent> = all.into_iter().filter(|event| subject.concerns(event)).collect();
            assert_eq!(found, concerned, "{subject}");
        }
    }

    #[test]
    fn who_acts_has_consequences_and_what_is_acted_on_has_none() {
        let text = "x".to_owned();
        for (subject, is_actor) in [
            (Subject::Actor(text.clone()), true),
            (Subject::Person(text.clone()), true),
            (Subject::Key(text.clone()), true),
            (Subject::Session(text.clone()), true),
            (Subject::Event(text.clone()), true),
            (Subject::Resource(text), false),
            (Subject::Address(network("192.0.2.0/24").unwrap()), false),
        ] {
            assert_eq!(subject.is_actor(), is_actor, "{subject}");
        }
    }

    #[test]
    fn networks_are_asked_for_by_what_all_their_addresses_begin_with() {
        let of = |text: &str| match addresses(&network(text).unwrap()) {
            Wanted::Is(_, text) => text,
            Wanted::Like(_, parts) => parts.join("%"),
        };
        for (text, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.0/24", "192.0.2.%"),
            ("10.32.0.0/12", "10.%"),
            ("0.0.0.0/0", "%"),
            ("2001:db8:bad::17", "2001:db8:bad:%"),
            ("2001:db8::/32", "2001:db8:%"),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        assert_eq!(network("mail.example.com"), None);
        assert_eq!(Subject::Address(network("192.0.2.7").unwrap()).to_string(), "address 192.0.2.7");
    }
}
