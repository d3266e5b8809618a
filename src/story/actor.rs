//! Who acts: persons, keys, sessions and machines, told apart by what CloudTrail proves.

use crate::domain::{time::Timestamp, trace::TraceEvent};

/// Somebody or something that acts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Actor {
    /// An IAM user.
    User { account: String, name: String },
    /// The root user of an account.
    Root { account: String },
    /// A user of IAM Identity Center whose id is known.
    Center { store: String, user: String },
    /// A user of IAM Identity Center of whom only the name is known.
    SignOn { name: String },
    /// A user of a SAML provider.
    Saml { provider: String, subject: String },
    /// A session, or a long-lived key that somebody else made.
    Key(String),
    /// A session in the console: its calls have many keys.
    Console { account: String, principal: String, created: Option<Timestamp> },
    /// Whatever somebody let in by a sign-in of its own, such as an agent: its ARN.
    SignIn(String),
    /// An instance with the credentials of its profile.
    Instance { account: String, id: String },
    /// A principal of another account.
    Stranger { principal: String, account: String },
    /// Whoever has this ARN and nothing that is more exact.
    Named(String),
}

impl Actor {
    /// A text that no other actor has.
    pub(super) fn text(&self) -> String {
        match self {
            Self::User { account, name } => format!("user:{account}:{name}"),
            Self::Root { account } => format!("root:{account}"),
            Self::Center { store, user } => format!("center:{store}:{user}"),
            Self::SignOn { name } => format!("sso:{name}"),
            Self::Saml { provider, subject } => format!("saml:{provider}:{subject}"),
            Self::Key(key) => format!("key:{key}"),
            Self::Console { account, principal, created } => {
                let created = created.map(|at| at.to_string()).unwrap_or_default();
                format!("console:{account}:{principal}:{created}")
            }
            Self::SignIn(arn) => format!("sign-in:{arn}"),
            Self::Instance { account, id } => format!("instance:{account}:{id}"),
            Self::Stranger { principal, account } => format!("stranger:{account}:{principal}"),
            Self::Named(arn) => format!("arn:{arn}"),
        }
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "IAM user",
            Self::Root { .. } => "root user",
            Self::Center { .. } | Self::SignOn { .. } => "single sign-on user",
            Self::Saml { .. } => "SAML user",
            Self::Key(key) if key.starts_with("AKIA") => "access key",
            Self::Key(_) => "role session",
            Self::Console { .. } => "console session",
            Self::SignIn(_) => "agent or tool",
            Self::Instance { .. } => "instance",
            Self::Stranger { .. } => "principal of another account",
            Self::Named(_) => "identity",
        }
    }

    /// Whether this is a person or belongs to one, so that all it does is one story. The sessions of a machine or of a
    /// pipeline are stories of their own.
    pub(super) fn is_person(&self) -> bool {
        matches!(
            self,
            Self::Root { .. }
                | Self::Center { .. }
                | Self::SignOn { .. }
                | Self::Saml { .. }
                | Self::Console { .. }
        )
    }

    /// Its name for people, as far as it names itself.
    fn own_name(&self) -> Option<String> {
        match self {
            Self::User { name, .. } | Self::SignOn { name } => Some(name.clone()),
            Self::Root { .. } => Some("root user".to_owned()),
            Self::Center { user, .. } => Some(format!("Identity Center user {user}")),
            Self::Saml { subject, .. } => Some(subject.clone()),
            Self::Instance { id, .. } => Some(format!("instance {id}")),
            Self::Stranger { principal, account } if principal.is_empty() => {
                Some(format!("account {account}"))
            }
            Self::Stranger { principal, account } => Some(format!("{principal} of account {account}")),
            Self::Key(_) | Self::Console { .. } | Self::SignIn(_) | Self::Named(_) => None,
        }
    }

    /// Its name for people; `event` is the first event in which it acted.
    pub(super) fn name(&self, event: Option<&TraceEvent>) -> String {
        // Identity Center names the sessions of its users after them.
        let session = event.and_then(|event| Arn::of(event.identity.arn.as_deref()?));
        if let (Self::Center { .. }, Some(Arn::Session { role, session, .. })) = (self, session)
            && role.starts_with("AWSReservedSSO_")
        {
            return session.to_owned();
        }
        if let Some(name) = self.own_name() {
            return name;
        }
        let arn = match self {
            Self::Named(arn) => Some(arn.as_str()),
            _ => event.and_then(|event| event.identity.arn.as_deref()),
        };
        match (arn.and_then(Arn::of), self) {
            (Some(Arn::Session { role, session, .. }), _) => format!("{role}/{session}"),
            (Some(Arn::User { name, .. }), Self::Key(key)) => format!("key {key} of {name}"),
            (Some(Arn::User { name, .. }), _) => name.to_owned(),
            (Some(Arn::Role { name, .. }), Self::Named(_)) => format!("role {name}"),
            (_, Self::Named(arn)) => arn.clone(),
            (_, Self::Key(key)) => format!("key {key}"),
            (_, actor) => actor.text(),
        }
    }
}

/// What an ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arn<'a> {
    User { account: &'a str, name: &'a str },
    Session { account: &'a str, role: &'a str, session: &'a str },
    Role { account: &'a str, name: &'a str },
    Root { account: &'a str },
}

impl<'a> Arn<'a> {
    /// What an ARN of IAM or STS names; `None` for any other text.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let is_arn = parts.next() == Some("arn");
        let service = parts.nth(1)?;
        let account = parts.nth(1)?;
        let resource = parts.next()?;
        if !is_arn || !matches!(service, "iam" | "sts") {
            return None;
        }
        let last = |path: &'a str| path.rsplit('/').next().unwrap_or(path);
        match resource.split_once('/') {
            None if resource == "root" => Some(Self::Root { account }),
            Some(("user", path)) => Some(Self::User { account, name: last(path) }),
            Some(("role", path)) => Some(Self::Role { account, name: last(path) }),
            Some(("assumed-role", rest)) => {
                let (role, session) = rest.split_once('/')?;
                Some(Self::Session { account, role, session })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_name_users_sessions_and_roles() {
        for (text, expected) in [
            ("arn:aws:iam::1:user/team/bob", Some(Arn::User { account: "1", name: "bob" })),
            ("arn:aws:iam::1:role/service/ci", Some(Arn::Role { account: "1", name: "ci" })),
            (
                "arn:aws:sts::1:assumed-role/ci/run-1",
                Some(Arn::Session { account: "1", role: "ci", session: "run-1" }),
            ),
            ("arn:aws-cn:iam::1:root", Some(Arn::Root { account: "1" })),
            ("arn:aws:s3:::bucket", None),
            ("bob", None),
        ] {
            assert_eq!(Arn::of(text), expected, "{text}");
        }
    }

    #[test]
    fn whoever_acts_has_a_name_and_a_text_of_its_own() {
        let event = |arn: &str| {
            let mut event = TraceEvent::default();
            event.identity.arn = Some(arn.to_owned());
            event
        };
        let session = event("arn:aws:sts::1:assumed-role/ci/run-1");
        let user = event("arn:aws:iam::1:user/bob");
        assert_eq!(Actor::Key("ASIA1".to_owned()).name(Some(&session)), "ci/run-1");
        assert_eq!(Actor::Key("AKIA1".to_owned()).name(Some(&user)), "key AKIA1 of bob");
        assert_eq!(Actor::Key("AKIA1".to_owned()).name(None), "key AKIA1");
        assert_eq!(Actor::Root { account: "1".to_owned() }.name(None), "root user");
        let stores = ["a", "b"].map(|store| Actor::Center { store: store.to_owned(), user: "u".to_owned() });
        assert_ne!(stores[0].text(), stores[1].text());
    }
}
