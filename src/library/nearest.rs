//! "Did you mean": the known word that is nearest to one that is not known.

/// The candidate that a person most likely meant: one few edits away, or else one that begins with the word.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let limit = (length / 3).max(1);
    let far = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let begins = length >= 4 && candidate.starts_with(&word);
        let distance = distance(&word, &candidate);
        if distance <= limit { Some(distance) } else { begins.then_some(usize::MAX) }
    };
    let near = candidates.into_iter().filter_map(|candidate| Some((far(candidate)?, candidate)));
    near.min_by_key(|(far, _)| *far).map(|(_, candidate)| candidate)
}

/// A hint that offers the nearest candidate.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Edits between two words: insert, delete, replace, or swap two neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["severity", "status", "steps", "says"];
        assert_eq!(nearest("severty", known), Some("severity"));
        assert_eq!(nearest("Severtiy", known), Some("severity"));
        assert_eq!(nearest("step", known), Some("steps"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("account", ["account_name", "account_id", "x"]), Some("account_name"));
    }
}
