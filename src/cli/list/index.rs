//! The list of detections as a page: by family, then what of ATT&CK, CIS and the services of AWS they cover.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    domain::detection::{Detection, Need},
    library::{Library, tactic_name, technique},
};

/// A page in Markdown about these detections of a library.
pub(super) fn markdown(library: &Library, detections: &[&Detection]) -> String {
    let mut page = format!(
        "# Detections\n\n{} detections, as `trailbrief list --format markdown` prints them. `trailbrief show ID` shows one of them with its SQL.\n",
        detections.len()
    );
    let mut families: BTreeMap<&str, Vec<&Detection>> = BTreeMap::new();
    for detection in detections {
        families.entry(detection.id.family()).or_default().push(detection);
    }
    for (family, detections) in families {
        let _ = write!(
            page,
            "\n## {family}\n\n| id | severity | finds | ATT&CK | needs |\n|---|---|---|---|---|\n"
        );
        for detection in detections {
            let attack: Vec<&str> = detection.attack.iter().map(|attack| attack.technique.as_str()).collect();
            let needs: Vec<String> = detection.needs.iter().map(need).collect();
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} |",
                detection.id,
                detection.severity,
                detection.title.replace('|', "\\|"),
                attack.join(", "),
                needs.join(", ")
            );
        }
    }
    section(&mut page, "ATT&CK", "tactic and technique", by_technique(detections));
    section(&mut page, "CIS AWS Foundations Benchmark", "control", by_control(detections));
    section(&mut page, "Services", "event source", by_service(library, detections));
    page
}

fn need(need: &Need) -> String {
    match need {
        Need::Watchlist(list) => format!("watch-list `{list}`"),
        Need::Trail(what) => what.clone(),
        Need::Habits => "habits".to_owned(),
    }
}

/// The ids of detections, by what they cover.
type Covered<'a> = BTreeMap<Vec<u32>, (String, BTreeSet<&'a str>)>;

fn section(page: &mut String, title: &str, what: &str, covered: Covered<'_>) {
    let _ = write!(page, "\n## {title}\n\n| {what} | detections |\n|---|---|\n");
    for (name, ids) in covered.into_values() {
        let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
        let _ = writeln!(page, "| {name} | {} |", ids.join(", "));
    }
}

fn by_technique<'a>(detections: &[&'a Detection]) -> Covered<'a> {
    let mut covered = Covered::new();
    for detection in detections {
        for attack in &detection.attack {
            let tactic = tactic_name(&attack.tactic).unwrap_or_default();
            let technique_name = technique(&attack.technique).map(|known| known.name).unwrap_or_default();
            let name = format!("{} {tactic}: {} {technique_name}", attack.tactic, attack.technique);
            let key = numbers(&format!("{} {}", attack.tactic, attack.technique));
            covered.entry(key).or_insert((name, BTreeSet::new())).1.insert(detection.id.as_str());
        }
    }
    covered
}

fn by_control<'a>(detections: &[&'a Detection]) -> Covered<'a> {
    let mut covered = Covered::new();
    for detection in detections {
        for control in &detection.cis {
            let entry = covered.entry(numbers(control)).or_insert((control.clone(), BTreeSet::new()));
            entry.1.insert(detection.id.as_str());
        }
    }
    covered
}

/// By the sources of the events in which a detection's cases find something.
fn by_service<'a>(library: &Library, detections: &[&'a Detection]) -> Covered<'a> {
    let mut sources: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for detection in detections {
        let firing = library.cases(&detection.id).iter().filter(|case| case.finds > 0);
        for record in firing.filter_map(|case| case.records().ok()).flat_map(|records| records.events) {
            if let Some(source) = record["eventSource"].as_str() {
                sources.entry(source.to_owned()).or_default().insert(detection.id.as_str());
            }
        }
    }
    (0..).zip(sources).map(|(at, entry)| (vec![at], entry)).collect()
}

/// The numbers in a text, so that 4.10 comes after 4.9.
fn numbers(text: &str) -> Vec<u32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}
