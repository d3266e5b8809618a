//! The events that detections could not judge: each may be what its detection looks for.
//!
//! Names the event, its file and the reason; decides nothing about it.

use std::collections::BTreeSet;

use super::{Entry, Fact, Section, findings::title};
use crate::{
    domain::{
        brief::Brief,
        detection::DetectionId,
        undecidable::{Undecidable, UndecidableEvent},
        untrusted::Untrusted,
    },
    render::{clean::Line, limits::Limits, words},
};

/// Events of one detection that are shown.
const SHOWN: usize = 5;

/// How many different events these are: several detections may need the same one.
pub(super) fn events<'a>(undecidable: impl Iterator<Item = &'a Undecidable>) -> u64 {
    let of = |it: &'a Undecidable| (it.event.event_time, &it.event.account_id, &it.event.event_id);
    undecidable.map(of).collect::<BTreeSet<_>>().len() as u64
}

/// The events that could not be judged, by detection; `None` if an earlier brief reported all of them.
pub(super) fn section(brief: &Brief, limits: &Limits) -> Option<Section> {
    let mut order: Vec<&DetectionId> = brief.newly_undecidable().map(|it| &it.detection).collect();
    order.dedup();
    if order.is_empty() {
        return None;
    }
    let shown = limits.list.min(order.len());
    let more = (order.len() > shown).then(|| {
        let hidden = words::count((order.len() - shown) as u64, "more detection");
        Line::new(format!("\u{2026} and {hidden}, see the JSON"))
    });
    Some(Section {
        title: "Not judged",
        lead: Some(Line::new(lead(brief, order.len()))),
        entries: order[..shown].iter().map(|id| entry(brief, id, limits)).collect(),
        more,
        tabular: false,
    })
}

fn lead(brief: &Brief, detections: usize) -> String {
    let (new, all) = (events(brief.newly_undecidable()), events(brief.undecidable.iter()));
    let earlier = all.saturating_sub(new);
    let (each, them) = if new == 1 { ("It may be", "it") } else { ("Each may be", "them") };
    let earlier = match earlier {
        0 => String::new(),
        1 => format!(" 1 more was {}.", words::ALREADY_REPORTED),
        n => format!(" {} more were {}.", words::number(n), words::ALREADY_REPORTED),
    };
    format!(
        "{} could not be judged by {}. {each} what the detection looks for: look at {them} in the log. All other events \
         were judged.{earlier}",
        words::count(new, "event"),
        words::count(detections as u64, "detection"),
    )
}

fn entry(brief: &Brief, id: &DetectionId, limits: &Limits) -> Entry {
    let own: Vec<&UndecidableEvent> =
        brief.newly_undecidable().filter(|it| it.detection == *id).map(|it| &it.event).collect();
    let shown = own.len().min(SHOWN.min(limits.list));
    let mut facts: Vec<Fact> =
        own[..shown].iter().map(|event| Fact::new("event", fact(event, limits))).collect();
    if own.len() > shown {
        let rest = words::count((own.len() - shown) as u64, "more event");
        facts.push(Fact::new("", Line::new(format!("\u{2026} and {rest}, see the JSON"))));
    }
    let severity = brief.severity(id).map_or("", |severity| severity.as_str());
    Entry {
        head: Line::new(format!("{severity} \u{b7} {id}")),
        body: Line::new(format!(
            "{}: {} not judged",
            title(brief, id),
            words::count(own.len() as u64, "event")
        )),
        facts,
    }
}

fn fact(event: &UndecidableEvent, limits: &Limits) -> Line {
    let short = |text: &Option<Untrusted>, else_: &str| match text {
        Some(text) => Line::short(text.raw(), 80).to_string(),
        None => else_.to_owned(),
    };
    let time = event.event_time.map_or_else(|| "at an unknown time".to_owned(), |time| time.to_string());
    let file = match &event.file {
        Some(file) => format!(", file {}", Line::short(file, limits.value)),
        None => String::new(),
    };
    let id = short(&event.event_id, "without an id");
    let account = short(&event.account_id, "an unknown account");
    Line::new(format!("{id}, {time}, in {account}{file}: {}", Line::short(&event.reason, limits.value)))
}
