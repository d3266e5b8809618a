//! Phrases that differ in one word, as one: `port 22 of sg-1 open`, `port 80 of sg-1 open` become `ports 22, 80 of sg-1 open`.

use crate::domain::story::before_several;

/// Phrases that are folded.
struct Fold<'a> {
    words: Vec<&'a str>,
    /// The word that differs, with its place in the phrase.
    at: Option<usize>,
    others: Vec<&'a str>,
}

/// The phrases, those that differ in one word together where the first of them stands; each with how many it is.
pub(super) fn folded(phrases: &[String]) -> Vec<(String, usize)> {
    let mut folds: Vec<Fold<'_>> = Vec::new();
    for phrase in phrases {
        let words: Vec<&str> = phrase.split(' ').collect();
        if !folds.iter_mut().any(|fold| fold.take(&words)) {
            folds.push(Fold { words, at: None, others: Vec::new() });
        }
    }
    folds.into_iter().map(|fold| (fold.text(), fold.others.len() + 1)).collect()
}

impl<'a> Fold<'a> {
    /// Takes a phrase that differs from the first one in the same word as the others.
    fn take(&mut self, words: &[&'a str]) -> bool {
        if words.len() != self.words.len() || words.len() < 3 {
            return false;
        }
        let mut differing = (0..words.len()).filter(|at| words[*at] != self.words[*at]);
        let (Some(at), None) = (differing.next(), differing.next()) else { return false };
        if at == 0 || self.at.is_some_and(|known| known != at) {
            return false;
        }
        self.at = Some(at);
        self.others.push(words[at]);
        true
    }

    fn text(&self) -> String {
        let Some(at) = self.at else { return self.words.join(" ") };
        let values: Vec<&str> = std::iter::once(self.words[at]).chain(self.others.iter().copied()).collect();
        let end = if values.iter().all(|value| value.ends_with(',')) { "," } else { "" };
        let values: Vec<&str> = values.iter().map(|value| value.trim_end_matches(',')).collect();
        let list = format!("{}{end}", values.join(", "));
        let (before, noun) = (&self.words[..at - 1], before_several(self.words[at - 1]));
        [before, &[noun, list.as_str()], &self.words[at + 1..]].concat().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_that_differ_in_one_word_are_one() {
        let fold = |phrases: &[&str]| {
            let phrases: Vec<String> = phrases.iter().map(|phrase| (*phrase).to_owned()).collect();
            folded(&phrases)
        };
        let one = |text: &str, n| vec![(text.to_owned(), n)];
        assert_eq!(fold(&["port 22 of a", "port 80 of a"]), one("ports 22, 80 of a", 2));
        assert_eq!(
            fold(&["lost base a, gone", "lost base b, gone", "lost base c, gone"]),
            one("lost base a, b, c, gone", 3)
        );
        let apart = fold(&["port 22 of a", "user b", "port 80 of c", "key 22 of a"]);
        assert_eq!(apart.len(), 4);
        assert_eq!(fold(&[]), Vec::new());
    }
}
