//! What a comparison found, and how it is printed.

use std::collections::BTreeMap;

use crate::{KnownDifferences, Order, Outcome, difference};

/// What one part found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
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
    /// Of those, how many with the same place, and how many with a place in Trino's error.
    pub same_place: (u64, u64),
    /// Differences that are meant: how many for each reason.
    pub known: BTreeMap<String, u64>,
    /// Differences that are not.
    pub differences: Vec<String>,
    /// Known differences and refusals that differ in class or place, if they are wanted.
    pub notes: Vec<String>,
}

impl Comparison {
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

/// Prints what comparisons found.
pub fn print(found: &[Comparison]) {
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

/// Whether there is a difference that is not meant.
#[must_use]
pub fn failed(found: &[Comparison]) -> bool {
    found.iter().any(|found| !found.differences.is_empty())
}

/// Compares what both say to one statement, and counts it.
pub fn judge(
    found: &mut Comparison,
    known: &KnownDifferences,
    sql: &str,
    trino: &Outcome,
    ours: &Outcome,
    order: Order,
    all: bool,
) {
    if let Some(difference) = difference(trino, ours, order) {
        match known.reason(sql, &difference) {
            Some(reason) => {
                *found.known.entry(reason.to_owned()).or_default() += 1;
                if all {
                    found.notes.push(format!("known: {sql}\n    {difference}"));
                }
            }
            None => found.differences.push(format!("{sql}\n    {difference}")),
        }
        return;
    }
    let (Err(theirs), Err(ours)) = (trino, ours) else {
        found.same += 1;
        return;
    };
    found.refused += 1;
    let (class, place) = (theirs.class == ours.class, theirs.place == ours.place);
    found.same_class += u64::from(class);
    if theirs.place.is_some() {
        found.same_place.0 += u64::from(place);
        found.same_place.1 += 1;
    }
    if all && !(class && (place || theirs.place.is_none())) {
        found.notes.push(format!("{sql}\n    Trino: {theirs}\n    ours:  {ours}"));
    }
}
