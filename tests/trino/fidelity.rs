//! What was compared and what differs, written to `docs/fidelity.md`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use datafusion_trino_oracle::Comparison;

const HEAD: &str = include_str!("fidelity-head.md");
const TAIL: &str = include_str!("fidelity-tail.md");

/// The parts in order; all sets of real records together.
fn grouped(all: &[Comparison]) -> Vec<(String, Vec<&Comparison>)> {
    let mut groups: Vec<(String, Vec<&Comparison>)> = Vec::new();
    for found in all {
        let title = match found.title.split_once(" on ") {
            Some((what, set)) if !["generated", "their cases"].contains(&set) => {
                format!("{what} on real records")
            }
            _ => found.title.clone(),
        };
        match groups.iter_mut().find(|(known, _)| *known == title) {
            Some((_, parts)) => parts.push(found),
            None => groups.push((title, vec![found])),
        }
    }
    groups
}

/// Writes `docs/fidelity.md`.
pub fn write(all: &[Comparison]) -> Result<(), String> {
    let mut text = String::from(HEAD);
    text += "\n| what | compared | same rows | refused by both | known differences | others |\n|---|---|---|---|---|---|\n";
    for (title, parts) in grouped(all) {
        let sum = |of: &dyn Fn(&Comparison) -> u64| parts.iter().map(|part| of(part)).sum::<u64>();
        let _ = writeln!(
            text,
            "| {title}: {} | {} | {} | {} | {} | {} |",
            parts[0].about,
            sum(&Comparison::all),
            sum(&|part| part.same),
            sum(&|part| part.refused),
            sum(&|part| part.known.values().sum()),
            sum(&|part| part.differences.len() as u64)
        );
    }
    text += "\n## Known differences\n\n| reason | statements |\n|---|---|\n";
    let mut known: BTreeMap<&str, u64> = BTreeMap::new();
    for (reason, count) in all.iter().flat_map(|found| &found.known) {
        *known.entry(reason).or_default() += count;
    }
    for (reason, count) in known {
        let _ = writeln!(text, "| {reason} | {count} |");
    }
    text += "\n## Errors\n\n";
    let sum = |of: fn(&Comparison) -> u64| all.iter().map(of).sum::<u64>();
    let _ = writeln!(
        text,
        "Of {} statements that both refuse, {} have the same class of error. Of {} for which Trino reports a place, {} are \
         reported at the same place here.",
        sum(|found| found.refused),
        sum(|found| found.same_class),
        sum(|found| found.same_place.1),
        sum(|found| found.same_place.0),
    );
    text += TAIL;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
