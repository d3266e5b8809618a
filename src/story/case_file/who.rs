//! Who and what belongs to a case.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    actor::{Actor, Arn},
    people::{actor_of_finding, by_arn},
    scene::Scene,
};
use crate::domain::{
    case_file::{Pivot, SubjectError},
    finding::Finding,
    story::{Step, StoryId},
    subject::Subject,
    time::Window,
    trace::{TraceEvent, TraceField, Wanted},
    untrusted::Untrusted,
};

/// The most names of those who acted that are remembered for whoever mistyped one.
const MOST_NAMES: usize = 5_000;

/// Whoever belongs to a case, and the events.
pub(super) struct Chosen {
    /// The subject, if it acts; else everybody who made one of the calls.
    pub(super) actors: BTreeSet<Actor>,
    /// Whom the subject made possible, and whom these did.
    pub(super) below: BTreeSet<Actor>,
    /// The events, by position.
    pub(super) events: BTreeSet<usize>,
}

impl Chosen {
    /// Whoever the subject is, with all that came of it.
    pub(super) fn of(
        scene: &Scene<'_>,
        findings: &[Finding],
        subject: &Subject,
        window: Window,
    ) -> Result<Self, SubjectError> {
        let in_window = |at: &usize| scene.records[*at].event.time.is_some_and(|time| window.contains(time));
        let mut events = own_events(scene, findings, subject);
        events.retain(in_window);
        if events.is_empty() && !is_issued(scene, subject) {
            return Err(SubjectError::Nothing(names(scene)));
        }
        let actors: BTreeSet<Actor> =
            events.iter().filter_map(|at| scene.actors[*at].clone()).chain(issued(scene, subject)).collect();
        if let Some(several) = several(scene, &events, subject) {
            return Err(SubjectError::Ambiguous(several));
        }
        let below =
            if subject.is_actor() { below(scene, subject, (&actors, &events)) } else { BTreeSet::new() };
        let theirs = (0..scene.records.len())
            .filter(|at| scene.actors[*at].as_ref().is_some_and(|actor| below.contains(actor)))
            .filter(in_window);
        events.extend(theirs);
        Ok(Self { actors, below, events })
    }

    /// Whoever the case is about: of several actors of one subject, one that none of the others made possible.
    pub(super) fn root(&self, scene: &Scene<'_>, subject: &Subject) -> Actor {
        if !subject.is_actor() {
            return Actor::Named(subject.to_string());
        }
        let is_first =
            |actor: &&Actor| scene.links.parent(actor).is_none_or(|link| !self.actors.contains(&link.parent));
        let first = self.actors.iter().find(is_first).or(self.actors.first());
        first.cloned().unwrap_or_else(|| Actor::Named(subject.to_string()))
    }

    pub(super) fn everybody(&self) -> BTreeSet<Actor> {
        self.actors.union(&self.below).cloned().collect()
    }

    /// The findings about the events, by position; a finding without events of its own by whom it names.
    pub(super) fn findings(&self, scene: &Scene<'_>, findings: &[Finding]) -> Vec<usize> {
        let arns: BTreeSet<&str> =
            self.events.iter().filter_map(|at| scene.records[*at].event.identity.arn.as_deref()).collect();
        let belongs = |finding: &Finding| {
            let of = scene.of_finding(finding);
            match of.is_empty() {
                true => finding.actor.as_ref().is_some_and(|actor| arns.contains(actor.raw())),
                false => of.iter().any(|at| self.events.contains(at)),
            }
        };
        (0..findings.len()).filter(|at| belongs(&findings[*at])).collect()
    }

    /// Who acted in a step, if that is not the subject.
    pub(super) fn by(&self, scene: &Scene<'_>, step: &Step) -> Option<Untrusted> {
        let id = step.event_ids.first()?.raw();
        let at = self.events.iter().find(|at| scene.records[**at].event.id == id)?;
        let actor = scene.actors[*at].as_ref()?;
        let is_subject = self.actors.len() == 1 && self.actors.contains(actor);
        (!is_subject).then(|| Untrusted::new(scene.name(actor)))
    }

    /// What raw records must show to be of somebody who belongs to the case, except for what the subject asks for itself.
    pub(super) fn wanted(&self, scene: &Scene<'_>, subject: &Subject) -> Vec<Wanted> {
        let is_known = |actor: &&Actor| match subject {
            Subject::Event(_) | Subject::Story(_) | Subject::Finding(_) => true,
            _ => !self.actors.contains(*actor),
        };
        let everybody = self.everybody();
        let wanted = |actor: &Actor| who_is(scene, actor);
        let all: BTreeSet<Wanted> = everybody.iter().filter(is_known).flat_map(wanted).collect();
        all.into_iter().filter(|it| subject.is_actor() || !matches!(it, Wanted::Is(..))).collect()
    }
}

/// The events that the subject itself is about.
fn own_events(scene: &Scene<'_>, findings: &[Finding], subject: &Subject) -> BTreeSet<usize> {
    let all = || 0..scene.records.len();
    let of_actor = |wanted: &dyn Fn(&Actor) -> bool| -> BTreeSet<usize> {
        all().filter(|at| scene.actors[*at].as_ref().is_some_and(wanted)).collect()
    };
    match subject {
        Subject::Story(id) => of_actor(&|actor| StoryId::of(&scene.links.root(actor).text()) == *id),
        Subject::Finding(fingerprint) => {
            let is_it = |finding: &&Finding| {
                finding.fingerprint == *fingerprint || finding.united.contains(fingerprint)
            };
            let Some(finding) = findings.iter().find(is_it) else { return BTreeSet::new() };
            let actor = actor_of_finding(scene, &by_arn(scene), finding);
            let mut events = of_actor(&|other| Some(other) == actor.as_ref());
            events.extend(scene.of_finding(finding));
            events
        }
        Subject::Event(_) => {
            let mut events: BTreeSet<usize> =
                all().filter(|at| subject.concerns(scene.records[*at].event)).collect();
            let actors: BTreeSet<&Actor> =
                events.iter().filter_map(|at| scene.actors[*at].as_ref()).collect();
            events.extend(of_actor(&|actor| actors.contains(actor)));
            events
        }
        _ => all().filter(|at| subject.concerns(scene.records[*at].event)).collect(),
    }
}

/// A key that was issued or made and that nobody used.
fn issued(scene: &Scene<'_>, subject: &Subject) -> Option<Actor> {
    let (Subject::Key(key) | Subject::Session(key)) = subject else { return None };
    let actor = Actor::Key(key.clone());
    scene.links.parent(&actor).is_some().then_some(actor)
}

fn is_issued(scene: &Scene<'_>, subject: &Subject) -> bool {
    issued(scene, subject).is_some()
}

/// Whom these actors, or these events, made possible, and whom they did in turn.
fn below(
    scene: &Scene<'_>,
    subject: &Subject,
    (actors, events): (&BTreeSet<Actor>, &BTreeSet<usize>),
) -> BTreeSet<Actor> {
    // Of a user with several keys or sessions, one of them is not the whole.
    let is_whole = !matches!(subject, Subject::Key(_) | Subject::Session(_));
    let mut children: BTreeMap<&Actor, Vec<&Actor>> = BTreeMap::new();
    let mut open: Vec<&Actor> = Vec::new();
    for (child, link) in scene.links.iter() {
        children.entry(&link.parent).or_default().push(child);
        if events.contains(&link.event) || (is_whole && actors.contains(&link.parent)) {
            open.push(child);
        }
    }
    let mut below: BTreeSet<Actor> = BTreeSet::new();
    while let Some(actor) = open.pop() {
        if !actors.contains(actor) && below.insert(actor.clone()) {
            open.extend(children.get(actor).into_iter().flatten().copied());
        }
    }
    below
}

/// The principals that a name means, if they are several.
fn several(scene: &Scene<'_>, events: &BTreeSet<usize>, subject: &Subject) -> Option<Vec<(Pivot, u64)>> {
    let name = match subject {
        Subject::Actor(name) | Subject::Session(name) if !name.starts_with("arn:") => name,
        _ => return None,
    };
    let mut counts: BTreeMap<String, (Pivot, u64)> = BTreeMap::new();
    for at in events {
        let Some(actor) = &scene.actors[*at] else { continue };
        let event = scene.records[*at].event;
        let arn = event.identity.arn.as_deref().unwrap_or_default();
        let (key, value) = match Arn::of(arn) {
            Some(Arn::Session { account, role, .. }) if role == name => {
                let arn = format!("arn:aws:iam::{account}:role/{role}");
                (format!("role:{account}:{role}"), arn)
            }
            _ => (scene.links.root(actor).text(), if arn.is_empty() { name.clone() } else { arn.to_owned() }),
        };
        let pivot = Pivot { option: "--actor", value: Untrusted::new(value), why: scene.name(actor) };
        counts.entry(key).or_insert((pivot, 0)).1 += 1;
    }
    let mut all: Vec<(Pivot, u64)> = counts.into_values().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.value.cmp(&b.0.value)));
    (all.len() > 1).then_some(all)
}

/// The names of those who acted.
fn names(scene: &Scene<'_>) -> Vec<String> {
    let mut names = BTreeSet::new();
    for record in &scene.records {
        let who = &record.event.identity;
        match who.arn.as_deref().and_then(Arn::of) {
            Some(Arn::User { name, .. } | Arn::Role { name, .. }) => drop(names.insert(name.to_owned())),
            Some(Arn::Session { role, session, .. }) => {
                names.extend([role.to_owned(), session.to_owned()]);
            }
            _ => names.extend(who.user_name.clone()),
        }
        if names.len() > MOST_NAMES {
            break;
        }
    }
    names.into_iter().collect()
}

/// What raw records of somebody show.
fn who_is(scene: &Scene<'_>, actor: &Actor) -> Vec<Wanted> {
    let like =
        |parts: &[&str]| Wanted::Like(TraceField::Arn, parts.iter().map(|part| (*part).to_owned()).collect());
    match actor {
        Actor::Key(key) => return vec![Wanted::Is(TraceField::AccessKey, key.clone())],
        Actor::Console { principal, .. } | Actor::Stranger { principal, .. } if !principal.is_empty() => {
            return vec![Wanted::Is(TraceField::Principal, principal.clone())];
        }
        Actor::User { account, name } => return vec![like(&["arn:", &format!(":{account}:user/"), name])],
        Actor::Root { account } => return vec![like(&["arn:", &format!(":{account}:root")])],
        Actor::Instance { account, id } => {
            return vec![like(&["arn:", &format!(":{account}:assumed-role/"), &format!("/{id}")])];
        }
        Actor::Named(arn) => return vec![Wanted::Is(TraceField::Arn, arn.clone())],
        _ => {}
    }
    let of = |at: &usize| scene.actors[*at].as_ref() == Some(actor);
    let arns = (0..scene.records.len()).filter(of);
    let arns: BTreeSet<Wanted> = arns
        .filter_map(|at| scene.records[at].event.identity.arn.clone())
        .map(|arn| Wanted::Is(TraceField::Arn, arn))
        .collect();
    arns.into_iter().collect()
}

/// Who made a call, with all sessions of a role as one.
pub(super) fn principal(event: &TraceEvent) -> String {
    let who = &event.identity;
    let arn = who.arn.as_deref().unwrap_or_default();
    match Arn::of(arn) {
        Some(Arn::Session { account, role, .. }) if !role.starts_with("AWSReservedSSO_") => {
            format!("arn:aws:iam::{account}:role/{role}")
        }
        Some(_) => arn.to_owned(),
        None => {
            let named = who.user_name.clone().or(who.user_id.clone()).or(who.principal.clone());
            named.or(who.invoked_by.clone()).unwrap_or_else(|| "unknown".to_owned())
        }
    }
}

/// The option of `investigate` that means this actor.
pub(super) fn option(scene: &Scene<'_>, actor: &Actor) -> Option<(&'static str, String)> {
    Some(match actor {
        Actor::Key(key) => ("--key", key.clone()),
        Actor::User { account, name } => ("--actor", format!("arn:aws:iam::{account}:user/{name}")),
        Actor::Root { account } => ("--actor", format!("arn:aws:iam::{account}:root")),
        Actor::Center { user, .. } => ("--person", user.clone()),
        Actor::SignOn { name } => ("--person", name.clone()),
        Actor::Saml { subject, .. } => ("--person", subject.clone()),
        Actor::Instance { id, .. } => ("--person", id.clone()),
        Actor::Named(arn) => ("--actor", arn.clone()),
        Actor::Console { .. } | Actor::SignIn(_) => {
            let of = |at: &usize| scene.actors[*at].as_ref() == Some(actor);
            let at = (0..scene.records.len()).find(of)?;
            ("--session", scene.records[at].event.identity.arn.clone()?)
        }
        Actor::Stranger { .. } => return None,
    })
}
