//! What the parts found: told on the terminal, and written to `docs/fidelity.md`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

/// What one part found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What was compared.
    pub title: String,
    /// What it was compared on, in words.
    pub about: String,
    /// Statements with the same answer.
    pub same: u64,
    /// Statements that both refuse.
    pub refused: u64,
    /// Of those, how many with the same class of error.
    pub same_class: u64,
    /// Of those with a place in Trino's refusal, how many with the same.
    pub same_place: (u64, u64),
    /// Differences that are meant: how many for each reason.
    pub known: BTreeMap<String, u64>,
    /// Differences that are not.
    pub differences: Vec<String>,
    /// Known differences and refusals that differ in class or place, if they are to be told.
    pub notes: Vec<String>,
}

impl Found {
    /// How many statements were compared.
    pub fn all(&self) -> u64 {
        self.same + self.refused + self.known.values().sum::<u64>() + self.differences.len() as u64
    }

    /// The numbers, in a line.
    pub fn line(&self) -> String {
        let known: u64 = self.known.values().sum();
        format!(
            "{}: {} compared: {} same rows, {} refused by both ({} with the same class, {} of {} at the same place), {known} \
             known differences, {} new",
            self.title,
            self.all(),
            self.same,
            self.refused,
            self.same_class,
            self.same_place.0,
            self.same_place.1,
            self.differences.len(),
        )
    }
}

/// All parts.
#[derive(Debug, Default)]
pub struct Report(Vec<Found>);

impl Report {
    /// Tells what a part found.
    pub fn print(&self, found: &[Found]) {
        for found in found {
            for note in &found.notes {
                println!("[{}] note: {note}", found.title);
            }
            for difference in &found.differences {
                println!("[{}] DIFFERENT: {difference}", found.title);
            }
            println!("{}", found.line());
            for (reason, count) in &found.known {
                println!("    {count} known: {reason}");
            }
        }
    }

    /// Keeps it.
    pub fn add(&mut self, found: Vec<Found>) {
        self.0.extend(found);
    }

    /// Whether there is a difference that is not meant.
    pub fn failed(&self) -> bool {
        self.0.iter().any(|found| !found.differences.is_empty())
    }

    /// The parts in order; all sets of real records together.
    fn grouped(&self) -> Vec<(String, Vec<&Found>)> {
        let mut groups: Vec<(String, Vec<&Found>)> = Vec::new();
        for found in &self.0 {
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
    pub fn write(&self) -> Result<(), String> {
        let mut text = String::from(HEAD);
        text += "\n| what | compared | same rows | refused by both | known differences | others |\n|---|---|---|---|---|---|\n";
        for (title, parts) in self.grouped() {
            let sum = |of: &dyn Fn(&Found) -> u64| parts.iter().map(|part| of(part)).sum::<u64>();
            let _ = writeln!(
                text,
                "| {title}: {} | {} | {} | {} | {} | {} |",
                parts[0].about,
                sum(&Found::all),
                sum(&|part| part.same),
                sum(&|part| part.refused),
                sum(&|part| part.known.values().sum()),
                sum(&|part| part.differences.len() as u64)
            );
        }
        text += "\n## Known differences\n\n| reason | statements |\n|---|---|\n";
        let mut known: BTreeMap<&str, u64> = BTreeMap::new();
        for (reason, count) in self.0.iter().flat_map(|found| &found.known) {
            *known.entry(reason).or_default() += count;
        }
        for (reason, count) in known {
            let _ = writeln!(text, "| {reason} | {count} |");
        }
        text += "\n## Refusals\n\n";
        let sum = |of: fn(&Found) -> u64| self.0.iter().map(of).sum::<u64>();
        let _ = writeln!(
            text,
            "Of {} statements that both refuse, {} have the same class of error; of {} that Trino refuses at a place, {} are refused \
             here at the same one.",
            sum(|found| found.refused),
            sum(|found| found.same_class),
            sum(|found| found.same_place.1),
            sum(|found| found.same_place.0),
        );
        text += TAIL;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

const HEAD: &str = include_str!("fidelity-head.md");
const TAIL: &str = include_str!("fidelity-tail.md");
