//! Finds out who acted in each event. Needs all events at once: that a session belongs to the console, or to a person, may
//! show in one of its events only.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    actor::{Actor, Arn},
    record::Record,
};
use crate::domain::{
    time::Timestamp,
    trace::{TraceEvent, TraceIdentity},
};

/// The path of the roles that Identity Center makes: only it names their sessions.
const SIGN_ON_PATH: &str = "/aws-reserved/sso.amazonaws.com/";
/// The path of the roles that services act with.
const SERVICE_PATH: &str = "/aws-service-role/";

/// Account, principal and start of a session: what the calls of a console session have in common.
type SessionStart = (String, String, Option<Timestamp>);
type Person = (String, String);
/// Account, permission set and second in which Identity Center gave credentials for a role.
type Grant = (String, String, Timestamp);

/// What all events together say about who is who.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// Keys in the answers of calls that issue credentials.
    pub(super) issued: HashMap<String, usize>,
    /// Long-lived keys that somebody made for another user.
    pub(super) made_keys: HashMap<String, usize>,
    console: BTreeSet<SessionStart>,
    /// By the start of a session, the keys of its calls that no service made.
    keys: BTreeMap<SessionStart, BTreeSet<String>>,
    people: BTreeMap<SessionStart, Person>,
    people_by_name: BTreeMap<String, BTreeSet<Person>>,
    /// By what Identity Center gave credentials for, who asked for them.
    granted: BTreeMap<Grant, BTreeSet<Person>>,
    /// By the same, the sessions that began so, with their principals.
    taken: BTreeMap<Grant, BTreeSet<SessionStart>>,
    principals: HashMap<String, Actor>,
}

impl Identities {
    /// Reads all events.
    pub(super) fn of(records: &[Record<'_>]) -> Self {
        let mut known = Self::default();
        for (at, record) in records.iter().enumerate() {
            known.note_session(record.event);
            known.note_keys(at, record, records);
            known.note_grant(record);
        }
        known.join_grants();
        for record in records {
            known.note_name(&record.event.identity);
        }
        known
    }

    fn note_session(&mut self, event: &TraceEvent) {
        let who = &event.identity;
        if let (Some("IAMUser"), Some(principal)) = (who.kind.as_deref(), &who.principal)
            && let Some(user) = user(event)
        {
            self.principals.insert(principal.clone(), user);
        }
        let Some(start) = start(who) else { return };
        if event.from_console || is_switch(event) {
            self.console.insert(start.clone());
        }
        if let (Some(key), None) = (&who.access_key, &who.invoked_by) {
            self.keys.entry(start.clone()).or_default().insert(key.clone());
        }
        if let (Some(user), Some(store)) = (&who.user_id, &who.identity_store) {
            self.people.entry(start).or_insert_with(|| (store_name(store), user.clone()));
        }
    }

    /// What Identity Center gave credentials for, and the sessions that began with such credentials. No record names the key.
    fn note_grant(&mut self, record: &Record<'_>) {
        let (event, who) = (record.event, &record.event.identity);
        if event.name == "GetRoleCredentials" && event.source == "sso.amazonaws.com" && event.succeeded() {
            let of = |field: &str| {
                record
                    .text(&format!("$.serviceEventDetails.{field}"))
                    .or_else(|| record.text(&format!("$.requestParameters.{field}")))
            };
            if let (Some(account), Some(set), Some(time)) = (of("account_id"), of("role_name"), event.time)
                && let (Some(user), Some(store)) = (&who.user_id, &who.identity_store)
            {
                let person = (store_name(store), user.clone());
                self.granted.entry((account, set, time)).or_default().insert(person);
            }
        }
        if let (Some(start), Some(set)) = (start(who), permission_set(who))
            && let (account, _, Some(created)) = start.clone()
        {
            self.taken.entry((account, set, created)).or_default().insert(start);
        }
    }

    /// A session is whoever's who asked for its credentials, if one person did and one session began in that second.
    fn join_grants(&mut self) {
        for (grant, starts) in &self.taken {
            let people = self.granted.get(grant);
            if let (Some(people), [start]) = (people, &starts.iter().collect::<Vec<_>>()[..])
                && people.len() == 1
            {
                let person = people.first().expect("there is one").clone();
                self.people.entry((*start).clone()).or_insert(person);
            }
        }
    }

    fn note_name(&mut self, who: &TraceIdentity) {
        if let Some(name) = sign_on_name(who)
            && let Some(person) = start(who).and_then(|start| self.people.get(&start))
        {
            self.people_by_name.entry(name).or_default().insert(person.clone());
        }
    }

    fn note_keys(&mut self, at: usize, record: &Record<'_>, records: &[Record<'_>]) {
        let event = record.event;
        if !event.succeeded() {
            return;
        }
        if let Some(key) = issued_key(record) {
            // Of the two records of one call, the caller's names the caller.
            let knows = |at: usize| records[at].event.identity.arn.is_some();
            match self.issued.get(&key) {
                Some(known) if knows(*known) || !knows(at) => {}
                _ => {
                    self.issued.insert(key, at);
                }
            }
        }
        if event.name == "CreateAccessKey" && event.source == "iam.amazonaws.com" {
            let of = |field: &str| record.text(&format!("$.responseElements.accessKey.{field}"));
            let (Some(key), Some(name)) = (of("accessKeyId"), of("userName")) else { return };
            let owner = Actor::User { account: event.account.clone(), name };
            if user(event).as_ref() != Some(&owner) {
                self.made_keys.insert(key, at);
            }
        }
    }

    /// Who acted; `None` for a service, for nobody, and where the record does not say.
    pub(super) fn actor(&self, event: &TraceEvent) -> Option<Actor> {
        let who = &event.identity;
        let is_ours = |key: &&String| self.issued.contains_key(*key) || self.made_keys.contains_key(*key);
        if let Some(key) = who.access_key.as_ref().filter(is_ours) {
            return Some(Actor::Key(key.clone()));
        }
        match who.kind.as_deref()? {
            "Root" if who.is_assumed_root => who.access_key.clone().map(Actor::Key),
            "Root" => Some(Actor::Root { account: account(event) }),
            "IAMUser" => user(event).or_else(|| self.principals.get(who.principal.as_ref()?).cloned()),
            "AssumedRole" => self.session(event),
            "FederatedUser" => federated(event),
            "SAMLUser" => Some(Actor::Saml {
                provider: who.provider.clone().or(who.principal.clone()).unwrap_or_default(),
                subject: who.user_name.clone()?,
            }),
            "AWSAccount" => self.stranger(who),
            "IdentityCenterUser" => match (&who.user_id, &who.identity_store) {
                (Some(user), Some(store)) => {
                    Some(Actor::Center { store: store_name(store), user: user.clone() })
                }
                _ => who.user_name.clone().map(|name| Actor::SignOn { name: name.to_lowercase() }),
            },
            "AWSService" | "WebIdentityUser" => None,
            _ => who.arn.clone().map(Actor::Named),
        }
    }

    /// Whose credentials a call issued, if its record does not say who called: the session that it began.
    pub(super) fn issued_by(&self, record: &Record<'_>) -> Option<Actor> {
        let key = issued_key(record).filter(|_| record.event.succeeded())?;
        self.issued.contains_key(&key).then_some(Actor::Key(key))
    }

    fn session(&self, event: &TraceEvent) -> Option<Actor> {
        let who = &event.identity;
        let issuer = who.issuer_arn.as_deref().unwrap_or_default();
        if issuer.contains(SERVICE_PATH) {
            return None;
        }
        let start = start(who);
        if let Some(name) = sign_on_name(who) {
            let person = start.as_ref().and_then(|start| self.people.get(start)).or_else(|| {
                let people = self.people_by_name.get(&name)?;
                if people.len() == 1 { people.first() } else { None }
            });
            return Some(match person {
                Some((store, user)) => Actor::Center { store: store.clone(), user: user.clone() },
                None => Actor::SignOn { name },
            });
        }
        let arn = who.arn.as_deref();
        if let Some(Arn::Session { account, session, .. }) = arn.and_then(Arn::of)
            && who.is_instance
            && session.starts_with("i-")
        {
            return Some(Actor::Instance { account: account.to_owned(), id: session.to_owned() });
        }
        if let Some(arn) = &who.sign_in {
            return Some(Actor::SignIn(arn.clone()));
        }
        let console =
            |(account, principal, created): SessionStart| Actor::Console { account, principal, created };
        match (start, &who.access_key) {
            (Some(start), _) if self.console.contains(&start) => Some(console(start)),
            // A service acts for the session with a key of its own.
            (Some(start), Some(key)) if who.invoked_by.is_some() => match self.keys.get(&start) {
                Some(keys) if keys.len() == 1 => keys.first().cloned().map(Actor::Key),
                _ => Some(Actor::Key(key.clone())),
            },
            (_, Some(key)) => Some(Actor::Key(key.clone())),
            (Some(start), None) => Some(console(start)),
            (None, None) => arn.map(|arn| Actor::Named(arn.to_owned())),
        }
    }

    fn stranger(&self, who: &TraceIdentity) -> Option<Actor> {
        let principal = who.principal.clone().unwrap_or_default();
        let account = who.account.clone().unwrap_or_default();
        let is_nobody = |text: &str| text.to_ascii_lowercase().starts_with("anonymous");
        if is_nobody(&principal) || is_nobody(&account) || (principal.is_empty() && account.is_empty()) {
            return None;
        }
        Some(self.principals.get(&principal).cloned().unwrap_or(Actor::Stranger { principal, account }))
    }
}

/// Whoever an ARN names, as far as a text alone shows it.
pub(super) fn actor_of_arn(arn: &str) -> Option<Actor> {
    Some(match Arn::of(arn)? {
        Arn::User { account, name } => Actor::User { account: account.to_owned(), name: name.to_owned() },
        Arn::Root { account } => Actor::Root { account: account.to_owned() },
        Arn::Session { .. } | Arn::Role { .. } => Actor::Named(arn.to_owned()),
    })
}

/// The key in the answer of a call that issues credentials.
fn issued_key(record: &Record<'_>) -> Option<String> {
    let event = record.event;
    let issues = match event.source.as_str() {
        "sts.amazonaws.com" => {
            event.name.starts_with("AssumeRo")
                || matches!(event.name.as_str(), "GetSessionToken" | "GetFederationToken")
        }
        _ => false,
    };
    // What services take for themselves belongs to nobody.
    let is_service = event.identity.kind.as_deref() == Some("AWSService");
    if !issues || is_service {
        return None;
    }
    record.text("$.responseElements.credentials.accessKeyId")
}

fn is_switch(event: &TraceEvent) -> bool {
    event.source == "signin.amazonaws.com" && event.name == "SwitchRole"
}

fn start(who: &TraceIdentity) -> Option<SessionStart> {
    let created = who.created?;
    Some((who.account.clone()?, who.principal.clone()?, Some(created)))
}

/// The name of the person behind a session of Identity Center.
fn sign_on_name(who: &TraceIdentity) -> Option<String> {
    let is_sign_on = who.issuer_arn.as_deref().is_some_and(|arn| arn.contains(SIGN_ON_PATH));
    match Arn::of(who.arn.as_deref()?)? {
        Arn::Session { session, .. } if is_sign_on => Some(session.to_lowercase()),
        _ => None,
    }
}

/// The permission set of a session of Identity Center: the name of its role without what the service adds.
fn permission_set(who: &TraceIdentity) -> Option<String> {
    sign_on_name(who)?;
    let Arn::Session { role, .. } = Arn::of(who.arn.as_deref()?)? else { return None };
    let (set, added) = role.strip_prefix("AWSReservedSSO_")?.rsplit_once('_')?;
    let is_hex = added.len() == 16 && added.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| set.to_owned())
}

fn federated(event: &TraceEvent) -> Option<Actor> {
    let who = &event.identity;
    match (who.issuer_kind.as_deref(), who.issuer_arn.as_deref().and_then(Arn::of)) {
        (Some("IAMUser"), Some(Arn::User { account, name })) => {
            Some(Actor::User { account: account.to_owned(), name: name.to_owned() })
        }
        (Some("Root"), _) => Some(Actor::Root { account: account(event) }),
        _ => who.arn.clone().map(Actor::Named),
    }
}

fn user(event: &TraceEvent) -> Option<Actor> {
    let who = &event.identity;
    let name = match who.arn.as_deref().and_then(Arn::of) {
        Some(Arn::User { name, .. }) => name.to_owned(),
        _ => who.user_name.clone().filter(|name| name != "HIDDEN_DUE_TO_SECURITY_REASONS")?,
    };
    Some(Actor::User { account: account(event), name })
}

fn account(event: &TraceEvent) -> String {
    event.identity.account.clone().unwrap_or_else(|| event.account.clone())
}

fn store_name(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}
