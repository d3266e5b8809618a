//! A case: all that one subject did and made possible, in the form of a story.
//!
//! The same scene, identities and links as for stories say who is who; only the choice of events differs.

mod tally;
#[cfg(test)]
mod tests;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Surroundings, containment, left_behind::Undoings, people::Cast, scene::Scene, story as tell_story,
};
use crate::domain::{
    case_file::{CaseEvent, CaseFile, OtherUse, Pivot, SubjectError},
    finding::Finding,
    story::{StoryId, StoryLink},
    subject::{Subject, network},
    time::{Timestamp, Window},
    trace::{Trace, TraceEvent, TraceField, Wanted},
    untrusted::Untrusted,
};
use who::Chosen;

/// The most other uses of a key or address that a case names.
const MOST_OTHERS: usize = 20;
/// The most addresses, and the most keys, of which other uses are looked for.
const MOST_SHARED: usize = 6;
/// The most links behind a subject, and the most pivots.
const MOST_NAMED: usize = 12;

/// What else has to be read of the events, once it is known who belongs to a case.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The events of whoever belongs to it; they may let through too much.
    pub members: Vec<Wanted>,
    /// Calls by others with the same keys, or from the same addresses.
    pub shared: Vec<Wanted>,
    uses: BTreeMap<(String, String), Uses>,
    ours: BTreeSet<String>,
}

/// How many calls, the first and the last.
type Uses = (u64, Option<Timestamp>, Option<Timestamp>);

impl Asked {
    /// Notes an event that somebody else made with the same key or from the same address; false if it is none.
    pub fn note(&mut self, event: &TraceEvent) -> bool {
        let who = who::principal(event);
        if self.ours.contains(&who) && event.identity.access_key.is_none() {
            return false;
        }
        let Some(wanted) = self.shared.iter().find(|wanted| wanted.holds(event)) else { return false };
        let (shared, who) = match wanted {
            Wanted::Is(TraceField::AccessKey, key) => {
                let from = event.address.as_deref().unwrap_or("nowhere");
                (format!("key {key}"), format!("{who} from {from}"))
            }
            Wanted::Is(_, text) => (format!("address {text}"), who),
            Wanted::Like(..) => return false,
        };
        let (calls, first, last) = self.uses.entry((shared, who)).or_default();
        *calls += 1;
        *first = [*first, event.time].into_iter().flatten().min();
        *last = (*last).max(event.time);
        true
    }

    fn others(&self) -> Vec<OtherUse> {
        let mut others: Vec<OtherUse> = self
            .uses
            .iter()
            .map(|((shared, who), (calls, first, last))| OtherUse {
                shared: Untrusted::new(shared.clone()),
                who: Untrusted::new(who.clone()),
                calls: *calls,
                first: *first,
                last: *last,
            })
            .collect();
        others.sort_by(|a, b| {
            b.calls.cmp(&a.calls).then_with(|| (&a.shared, &a.who).cmp(&(&b.shared, &b.who)))
        });
        others.truncate(MOST_OTHERS);
        others
    }
}

/// What else has to be read for a case about this subject.
///
/// # Errors
///
/// If nobody is the subject, or several are.
pub fn asked(
    findings: &[Finding],
    trace: &Trace,
    subject: &Subject,
    window: Window,
) -> Result<Asked, SubjectError> {
    let scene = Scene::of(&trace.events);
    let chosen = Chosen::of(&scene, findings, subject, window)?;
    let mut asked = Asked { members: chosen.wanted(&scene, subject), ..Asked::default() };
    let mut addresses: BTreeMap<&str, usize> = BTreeMap::new();
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for event in chosen.events.iter().map(|at| scene.records[*at].event) {
        if let Some(address) = event.address.as_deref().filter(|text| network(text).is_some()) {
            *addresses.entry(address).or_default() += 1;
        }
        if let Some(key) = event.identity.access_key.as_deref() {
            *keys.entry(key).or_default() += 1;
        }
        asked.ours.insert(who::principal(event));
    }
    // Whoever names a resource does so from everywhere.
    if subject.is_actor() {
        asked.shared.extend(most(addresses, TraceField::Address));
    }
    if !matches!(subject, Subject::Resource(_)) {
        asked.shared.extend(most(keys, TraceField::AccessKey));
    }
    Ok(asked)
}

/// The values that most calls have.
fn most(counts: BTreeMap<&str, usize>, field: TraceField) -> Vec<Wanted> {
    let mut order: Vec<(&str, usize)> = counts.into_iter().collect();
    order.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), *text));
    order.into_iter().take(MOST_SHARED).map(|(text, _)| Wanted::Is(field, text.to_owned())).collect()
}

/// The case about a subject. `asked` is what was noted while its events were read.
///
/// # Errors
///
/// If nobody is the subject, or several are.
pub fn case_file(
    findings: &[Finding],
    trace: &Trace,
    around: Surroundings<'_>,
    (subject, window): (&Subject, Window),
    asked: &Asked,
) -> Result<CaseFile, SubjectError> {
    let scene = Scene::of(&trace.events);
    let chosen = Chosen::of(&scene, findings, subject, window)?;
    let networks: Vec<_> = around.trusted.iter().filter_map(|text| network(text)).collect();
    let mut undoings = Undoings::of(&scene.records, around.end);
    let root = chosen.root(&scene, subject);
    let of = chosen.findings(&scene, findings);
    let cast = Cast::of(root, chosen.everybody(), of, chosen.events.clone());
    let mut story = tell_story(&scene, &cast, findings, (around, &networks), &mut undoings);
    story.do_now = match subject.is_actor() {
        true => containment::of(&cast.acting(&scene), &story.left_behind),
        false => containment::of(&[], &story.left_behind),
    };
    if !subject.is_actor() {
        story.person = Untrusted::new(subject.to_string());
        story.kind = if matches!(subject, Subject::Address(_)) { "address" } else { "resource" }.into();
        story.id = StoryId::of(&subject.to_string());
        story.chain = Vec::new();
    }
    let by = story.steps.iter().map(|step| chosen.by(&scene, step)).collect();
    let places = positions(trace);
    let events = chosen.events.iter().map(|at| CaseEvent {
        at: places[&std::ptr::from_ref(scene.records[*at].event)],
        who: scene.actors[*at].as_ref().map(|actor| Untrusted::new(scene.name(actor))),
    });
    let events: Vec<CaseEvent> = events.collect();
    let records: Vec<_> = chosen.events.iter().map(|at| &scene.records[*at]).collect();
    let (touched, touched_more) = tally::touched(&records);
    Ok(CaseFile {
        subject: subject.to_string(),
        behind: if subject.is_actor() { behind(&scene, &chosen) } else { Vec::new() },
        by,
        calls: events.len() as u64 + trace.left_out,
        left_out: trace.left_out,
        tally: tally::calls(&records),
        touched,
        touched_more,
        others: asked.others(),
        pivots: pivots(&scene, &chosen, subject),
        events,
        story,
    })
}

/// Where each event of a trace stands in it.
fn positions(trace: &Trace) -> BTreeMap<*const TraceEvent, usize> {
    trace.events.iter().enumerate().map(|(at, event)| (std::ptr::from_ref(event), at)).collect()
}

/// Who made the subject possible, the nearest first.
fn behind(scene: &Scene<'_>, chosen: &Chosen) -> Vec<StoryLink> {
    let (mut links, mut seen) = (Vec::new(), BTreeSet::new());
    for actor in &chosen.actors {
        let mut at = actor;
        while let Some(link) = scene.links.parent(at).filter(|_| seen.insert(at)) {
            let event = scene.records[link.event].event;
            at = &link.parent;
            // Who is the subject, too, is not behind it.
            if chosen.actors.contains(at) {
                continue;
            }
            links.push(StoryLink {
                who: Untrusted::new(scene.name(&link.parent)),
                reason: Untrusted::new(link.reason.clone()),
                at: event.time,
                event_id: (!event.id.is_empty()).then(|| Untrusted::new(event.id.clone())),
            });
        }
    }
    links.truncate(MOST_NAMED);
    links
}

/// What to investigate next: whoever stands behind and below, the keys and addresses of the case.
fn pivots(scene: &Scene<'_>, chosen: &Chosen, subject: &Subject) -> Vec<Pivot> {
    let mut pivots = Vec::new();
    let mut add = |option: &'static str, value: String, why: String| {
        let is_asked = match subject {
            Subject::Key(key) => option == "--key" && *key == value,
            Subject::Actor(name) => option == "--actor" && *name == value,
            Subject::Address(net) => option == "--ip" && network(&value) == Some(*net),
            _ => false,
        };
        let pivot = Pivot { option, value: Untrusted::new(value), why };
        if !is_asked
            && !pivots.iter().any(|known: &Pivot| (known.option, &known.value) == (option, &pivot.value))
        {
            pivots.push(pivot);
        }
    };
    for actor in &chosen.actors {
        if let Some(link) = scene.links.parent(actor).filter(|link| !chosen.actors.contains(&link.parent))
            && let Some((option, value)) = who::option(scene, &link.parent)
        {
            add(option, value, format!("{} is behind it", scene.name(&link.parent)));
        }
    }
    for actor in chosen.below.iter().take(MOST_NAMED / 2) {
        if let Some((option, value)) = who::option(scene, actor) {
            add(option, value, format!("{} came of it", scene.name(actor)));
        }
    }
    if !subject.is_actor() {
        for actor in chosen.actors.iter().take(MOST_NAMED / 2) {
            if let Some((option, value)) = who::option(scene, actor) {
                add(option, value, "acted here".to_owned());
            }
        }
    }
    let addresses: BTreeSet<&str> = chosen
        .events
        .iter()
        .filter_map(|at| scene.records[*at].event.address.as_deref())
        .filter(|text| network(text).is_some())
        .collect();
    for address in addresses.into_iter().take(MOST_NAMED / 3) {
        add("--ip", address.to_owned(), "calls came from there".to_owned());
    }
    pivots.truncate(MOST_NAMED);
    pivots
}
