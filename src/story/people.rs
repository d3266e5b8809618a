//! Which findings and events belong to whom.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    actor::{Actor, Arn},
    acts::Acts,
    containment::Acting,
    identities::actor_of_arn,
    is_serious,
    scene::Scene,
};
use crate::domain::{finding::Finding, severity::Severity, story::StoryLink, untrusted::Untrusted};

/// The most links of a chain that a story names.
pub(super) const MOST_LINKS: usize = 12;

/// Everybody who acts in a story, with the findings and the events.
pub(super) struct Cast {
    /// Who the story begins with.
    pub(super) root: Actor,
    actors: BTreeSet<Actor>,
    /// The findings, by position.
    pub(super) findings: Vec<usize>,
    /// The events, by position, in order of time.
    pub(super) events: BTreeSet<usize>,
}

/// The casts of all findings.
pub(super) fn casts(scene: &Scene<'_>, findings: &[Finding]) -> Vec<Cast> {
    let mut links = scene.links.clone();
    let by_arn = by_arn(scene);
    let actors: Vec<Option<Actor>> =
        findings.iter().map(|finding| actor_of_finding(scene, &by_arn, finding)).collect();
    let serious = actors.iter().zip(findings).filter(|(_, finding)| is_serious(finding.severity));
    links.part_pipelines(&serious.filter_map(|(actor, _)| actor.clone()).collect());
    let mut casts: BTreeMap<Actor, Cast> = BTreeMap::new();
    for (at, actor) in actors.into_iter().enumerate() {
        let finding = &findings[at];
        let mut events = scene.of_finding(finding);
        let root_of = |at: &usize| scene.actors[*at].as_ref().map(|actor| links.root(actor));
        let several = events.iter().filter_map(root_of).collect::<BTreeSet<_>>().len() > 1;
        // A finding about several people is a story of whoever it names itself, and takes nobody's acts to it.
        let actor = if several { named_actor(&by_arn, finding) } else { actor };
        let Some(actor) = actor else { continue };
        let root = links.root(&actor);
        events.retain(|at| !several || root_of(at).as_ref() == Some(&root));
        let cast = casts.entry(root.clone()).or_insert_with(|| Cast {
            root,
            actors: BTreeSet::new(),
            findings: Vec::new(),
            events: BTreeSet::new(),
        });
        cast.actors.insert(actor);
        cast.findings.push(at);
        cast.events.extend(events);
    }
    for (at, actor) in scene.actors.iter().enumerate() {
        let Some(actor) = actor else { continue };
        let Some(cast) = casts.get_mut(&links.root(actor)) else { continue };
        if Acts::table().of(&scene.records[at]).is_some() {
            cast.actors.insert(actor.clone());
            cast.events.insert(at);
        }
    }
    casts.into_values().collect()
}

/// The actors that have an ARN.
pub(super) fn by_arn<'s>(scene: &'s Scene<'_>) -> BTreeMap<&'s str, BTreeSet<&'s Actor>> {
    let mut by_arn: BTreeMap<&str, BTreeSet<&Actor>> = BTreeMap::new();
    for (record, actor) in scene.records.iter().zip(&scene.actors) {
        if let (Some(arn), Some(actor)) = (record.event.identity.arn.as_deref(), actor) {
            by_arn.entry(arn).or_default().insert(actor);
        }
    }
    by_arn
}

/// Who acted in a finding: by its events, else by its actor.
pub(super) fn actor_of_finding(
    scene: &Scene<'_>,
    by_arn: &BTreeMap<&str, BTreeSet<&Actor>>,
    finding: &Finding,
) -> Option<Actor> {
    let events = scene.of_finding(finding);
    if !events.is_empty() {
        return events.into_iter().find_map(|at| scene.actors[at].clone());
    }
    named_actor(by_arn, finding)
}

/// Whom a finding names as its actor.
fn named_actor(by_arn: &BTreeMap<&str, BTreeSet<&Actor>>, finding: &Finding) -> Option<Actor> {
    let arn = finding.actor.as_ref()?.raw();
    if let Some(actors) = by_arn.get(arn)
        && actors.len() == 1
    {
        return actors.first().map(|actor| (*actor).clone());
    }
    match (actor_of_arn(arn)?, Arn::of(arn)) {
        // Identity Center alone makes roles of this name, and names their sessions after its users.
        (Actor::Named(_), Some(Arn::Session { role, session, .. }))
            if role.starts_with("AWSReservedSSO_") =>
        {
            Some(Actor::SignOn { name: session.to_lowercase() })
        }
        (actor, _) => Some(actor),
    }
}

impl Cast {
    /// These actors, findings and events, by position.
    pub(super) fn of(
        root: Actor,
        actors: BTreeSet<Actor>,
        findings: Vec<usize>,
        events: BTreeSet<usize>,
    ) -> Self {
        Self { root, actors, findings, events }
    }

    /// Who the story begins with, for people.
    pub(super) fn person(&self, scene: &Scene<'_>) -> String {
        scene.name(&self.root)
    }

    /// Who acted in an event, for people.
    pub(super) fn name_of(&self, scene: &Scene<'_>, at: usize) -> String {
        scene.actors[at].as_ref().map_or_else(|| self.person(scene), |actor| scene.name(actor))
    }

    /// The worst severity of the findings about each event.
    pub(super) fn severities(&self, scene: &Scene<'_>, findings: &[Finding]) -> BTreeMap<usize, Severity> {
        let mut worst: BTreeMap<usize, Severity> = BTreeMap::new();
        for finding in self.findings.iter().map(|at| &findings[*at]) {
            for at in scene.of_finding(finding) {
                let known = worst.entry(at).or_insert(finding.severity);
                *known = (*known).max(finding.severity);
            }
        }
        worst
    }

    /// Who else acted, in order of time, with the reasons.
    pub(super) fn chain(&self, scene: &Scene<'_>) -> Vec<StoryLink> {
        let mut all = BTreeSet::new();
        for actor in &self.actors {
            let mut at = actor;
            while let Some(link) = scene.links.parent(at) {
                if *at == self.root || !all.insert((link.event, at)) {
                    break;
                }
                at = &link.parent;
            }
        }
        all.into_iter()
            .take(MOST_LINKS)
            .filter_map(|(event, actor)| {
                let (link, event) = (scene.links.parent(actor)?, scene.records[event].event);
                Some(StoryLink {
                    who: Untrusted::new(scene.name(actor)),
                    reason: Untrusted::new(link.reason.clone()),
                    at: event.time,
                    event_id: (!event.id.is_empty()).then(|| Untrusted::new(event.id.clone())),
                })
            })
            .collect()
    }

    /// Everybody who acted, the root first.
    pub(super) fn acting<'s>(&'s self, scene: &'s Scene<'_>) -> Vec<Acting<'s>> {
        let mut order: Vec<&Actor> = self.actors.iter().collect();
        order.sort_by_key(|actor| (**actor != self.root, *actor));
        order
            .into_iter()
            .map(|actor| Acting {
                actor,
                events: self
                    .events
                    .iter()
                    .filter(|at| scene.actors[**at].as_ref() == Some(actor))
                    .map(|at| scene.records[*at].event)
                    .collect(),
                is_made: *actor != self.root
                    && scene.links.parent(actor).is_some_and(|link| !link.is_session()),
            })
            .collect()
    }
}
