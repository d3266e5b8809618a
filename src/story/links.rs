//! Who leads to whom: the chain from a session back to whoever began it. Every link rests on what a record proves, and has its
//! reason. An address, a name that the caller chose, a role or closeness in time never join two actors.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    actor::{Actor, Arn},
    identities::{Identities, actor_of_arn},
    record::Record,
};
use crate::domain::time::Timestamp;

/// A machine or pipeline with more sessions than this, and without a finding of its own, does not make one story of them.
const MOST_SESSIONS: usize = 8;

/// How somebody came to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Who made it possible.
    pub(super) parent: Actor,
    /// Why this is the same story: a clause about the child.
    pub(super) reason: String,
    /// The event that shows it, by position.
    pub(super) event: usize,
    is_session: bool,
}

/// All links, by child.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    by_child: BTreeMap<Actor, Link>,
    ambiguous: BTreeSet<Actor>,
}

/// Who could have begun a session in the console.
#[derive(Clone, Debug)]
struct Candidate {
    actor: Actor,
    event: usize,
    is_console: bool,
    role: String,
}

/// Account, principal, time.
type SessionKey = (String, String, Option<Timestamp>);

struct Finder<'a> {
    records: &'a [Record<'a>],
    identities: &'a Identities,
    actors: &'a [Option<Actor>],
    links: Links,
    candidates: HashMap<SessionKey, Vec<Candidate>>,
    /// By account and role, the changes of its trust.
    trust: BTreeMap<(String, String), Vec<usize>>,
    /// The events by which somebody switched to a role in the console.
    switches: Vec<usize>,
}

impl Link {
    /// Whether the child is a session of the parent, and not something that it made.
    pub(super) fn is_session(&self) -> bool {
        self.is_session
    }
}

impl Links {
    /// Finds all links. `actors` are those of the records.
    pub(super) fn find(records: &[Record<'_>], identities: &Identities, actors: &[Option<Actor>]) -> Self {
        let mut finder = Finder {
            records,
            identities,
            actors,
            links: Self::default(),
            candidates: HashMap::new(),
            trust: BTreeMap::new(),
            switches: Vec::new(),
        };
        for at in 0..records.len() {
            finder.made(at);
        }
        finder.issued();
        finder.console();
        finder.links
    }

    /// The link of an actor to whoever made it possible.
    pub(super) fn parent(&self, actor: &Actor) -> Option<&Link> {
        self.by_child.get(actor)
    }

    /// Every link with its child.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Actor, &Link)> {
        self.by_child.iter()
    }

    /// Whoever a chain begins with.
    pub(super) fn root(&self, actor: &Actor) -> Actor {
        let (mut at, mut seen) = (actor, BTreeSet::from([actor]));
        while let Some(link) = self.by_child.get(at) {
            // Roles may assume each other; a chain that ends nowhere begins with its smallest member.
            if !seen.insert(&link.parent) {
                return seen.into_iter().next().unwrap_or(actor).clone();
            }
            at = &link.parent;
        }
        at.clone()
    }

    /// Makes stories of their own of the sessions of machines and pipelines that have many, unless one of these `found` acts in
    /// a finding itself.
    pub(super) fn part_pipelines(&mut self, found: &BTreeSet<Actor>) {
        let mut sessions: BTreeMap<&Actor, usize> = BTreeMap::new();
        for link in self.by_child.values().filter(|link| link.is_session) {
            *sessions.entry(&link.parent).or_default() += 1;
        }
        let many: BTreeSet<Actor> = sessions
            .into_iter()
            .filter(|(actor, count)| *count > MOST_SESSIONS && !actor.is_person() && !found.contains(actor))
            .map(|(actor, _)| actor.clone())
            .collect();
        self.by_child.retain(|_, link| !(link.is_session && many.contains(&link.parent)));
    }

    fn add(&mut self, child: Actor, link: Link) {
        if child != link.parent && !self.ambiguous.contains(&child) {
            self.by_child.entry(child).or_insert(link);
        }
    }
}

impl Finder<'_> {
    fn link(&mut self, child: Actor, event: usize, reason: String, is_session: bool) {
        if let Some(parent) = self.actors[event].clone() {
            self.links.add(child, Link { parent, reason, event, is_session });
        }
    }

    /// What an event made that can act: users, instances; and the trust of roles.
    fn made(&mut self, at: usize) {
        let record = &self.records[at];
        let event = record.event;
        if !event.succeeded() || event.identity.invoked_by.is_some() {
            return;
        }
        let account = || event.account.clone();
        match (event.source.as_str(), event.name.as_str()) {
            ("iam.amazonaws.com", "CreateUser") => {
                if let Some(name) = record.text("$.requestParameters.userName") {
                    let reason = format!("user {name} was created");
                    self.link(Actor::User { account: account(), name }, at, reason, false);
                }
            }
            ("ec2.amazonaws.com", "RunInstances") => {
                let path =
                    "$.responseElements.instancesSet.items[*].instanceId".parse().expect("it is a path");
                for id in record.values(&path) {
                    let reason = format!("instance {id} was started");
                    self.link(Actor::Instance { account: account(), id }, at, reason, false);
                }
            }
            ("iam.amazonaws.com", "UpdateAssumeRolePolicy" | "CreateRole") => {
                if let Some(role) = record.text("$.requestParameters.roleName") {
                    self.trust.entry((account(), role)).or_default().push(at);
                }
            }
            ("signin.amazonaws.com", "SwitchRole") => self.switches.push(at),
            ("signin.amazonaws.com", "CreateOAuth2Token") => {
                if let Some(arn) = record.text("$.additionalEventData.signInSessionArn") {
                    let reason = "got its credentials by a sign-in that this person granted".to_owned();
                    self.link(Actor::SignIn(arn), at, reason, true);
                }
            }
            _ => {}
        }
    }

    /// Sessions by the keys that were issued for them, and keys that were made for others.
    fn issued(&mut self) {
        let mut issued: Vec<(&String, &usize)> = self.identities.issued.iter().collect();
        issued.sort_by_key(|(key, at)| (**at, *key));
        for (key, at) in issued {
            let (record, caller) = (&self.records[*at], self.actors[*at].clone());
            let role = record.text("$.requestParameters.roleArn").unwrap_or_default();
            self.note_candidate(*at, &role);
            let how = &record.event.name;
            let reason = match Arn::of(&role) {
                Some(Arn::Role { name, .. }) => {
                    format!("took role {name} with {how}; its key is the one that was issued")
                }
                _ => format!("took credentials with {how}; its key is the one that was issued"),
            };
            let child = Actor::Key(key.clone());
            if let Some((change, stranger)) = self.trust_change(*at, &role) {
                let reason = format!("{reason}; the trust of the role had been changed to let in {stranger}");
                self.link(child, change, reason, false);
            } else if caller.is_some() {
                self.link(child, *at, reason, true);
            }
        }
        let mut made: Vec<(&String, &usize)> = self.identities.made_keys.iter().collect();
        made.sort_by_key(|(key, at)| (**at, *key));
        for (key, at) in made {
            let owner = self.records[*at].text("$.responseElements.accessKey.userName").unwrap_or_default();
            let reason = format!("access key {key} of user {owner} was created");
            self.link(Actor::Key(key.clone()), *at, reason, false);
        }
    }

    /// The change of a role's trust that let a principal of another account in, with that account.
    fn trust_change(&self, at: usize, role: &str) -> Option<(usize, String)> {
        let (event, Some(Actor::Stranger { .. })) = (self.records[at].event, &self.actors[at]) else {
            return None;
        };
        let Some(Arn::Role { account, name }) = Arn::of(role) else { return None };
        let stranger = event.identity.account.as_deref().unwrap_or_default();
        let changes = self.trust.get(&(account.to_owned(), name.to_owned()))?;
        let lets_in = |change: &&usize| {
            let change = &self.records[**change];
            let policy = change
                .text("$.requestParameters.policyDocument")
                .or(change.text("$.requestParameters.assumeRolePolicyDocument"))
                .unwrap_or_default();
            change.event.time <= event.time
                && ((!stranger.is_empty() && policy.contains(stranger)) || policy.contains("\"*\""))
        };
        let change = changes.iter().rev().find(lets_in)?;
        Some((*change, format!("account {stranger}")))
    }

    /// Whoever took a role may have done so for the console, whose calls have other keys.
    fn note_candidate(&mut self, at: usize, role: &str) {
        let record = &self.records[at];
        let Some(actor) = self.actors[at].clone() else { return };
        let principal = record.text("$.responseElements.assumedRoleUser.assumedRoleId");
        let (Some(principal), Some(Arn::Role { account, name })) = (principal, Arn::of(role)) else { return };
        let is_internal = |text: &Option<String>| text.as_deref() == Some("AWS Internal");
        let is_console = is_internal(&record.event.identity.invoked_by) || is_internal(&record.event.address);
        let key = (account.to_owned(), principal, record.event.time);
        let candidate = Candidate { actor, event: at, is_console, role: name.to_owned() };
        self.candidates.entry(key).or_default().push(candidate);
    }

    /// Sessions in the console: who took the role in the second in which the session began, if it was one.
    fn console(&mut self) {
        let sessions: BTreeSet<Actor> =
            self.actors.iter().flatten().filter(|it| is_console(it)).cloned().collect();
        for session in sessions {
            let Actor::Console { account, principal, created } = &session else { continue };
            let key = (account.clone(), principal.clone(), *created);
            let all = self.candidates.get(&key).cloned().unwrap_or_default();
            let in_console: Vec<Candidate> = all.iter().filter(|it| it.is_console).cloned().collect();
            let candidates = if in_console.is_empty() { all } else { in_console };
            let callers: BTreeSet<&Actor> = candidates.iter().map(|it| &it.actor).collect();
            match (callers.len(), candidates.first()) {
                (1, Some(only)) => {
                    let reason = format!(
                        "switched to role {} in the console in the second in which this session began",
                        only.role
                    );
                    self.link(session, only.event, reason, true);
                }
                (0, _) => self.switched(session),
                _ => {
                    self.links.ambiguous.insert(session);
                }
            }
        }
    }

    /// A session in the console that says itself from which user it was switched.
    fn switched(&mut self, session: Actor) {
        let at = self.switches.iter().find(|at| self.actors[**at].as_ref() == Some(&session));
        let Some(at) = at.copied() else { return };
        let from = self.records[at].text("$.additionalEventData.SwitchFrom").unwrap_or_default();
        let parent = match actor_of_arn(&from) {
            // The name of a session is not enough, unless only one actor has it.
            Some(Actor::Named(arn)) => {
                let mut with = self.with_arn(&arn).into_iter();
                with.next().filter(|_| with.next().is_none())
            }
            parent => parent,
        };
        if let Some(parent) = parent {
            let reason = "switched to this role in the console".to_owned();
            self.links.add(session, Link { parent, reason, event: at, is_session: true });
        }
    }

    fn with_arn(&self, arn: &str) -> BTreeSet<Actor> {
        let all = self.records.iter().zip(self.actors);
        all.filter(|(record, _)| record.event.identity.arn.as_deref() == Some(arn))
            .filter_map(|(_, actor)| actor.clone())
            .collect()
    }
}

fn is_console(actor: &Actor) -> bool {
    matches!(actor, Actor::Console { .. })
}
