//! "Did you mean": the known word that is nearest to one that is not known.

use strsim::osa_distance;

/// The candidate that a person most likely meant: one few edits away, or else one that begins with the word.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let limit = (length / 3).max(1);
    let far = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let begins = length >= 4 && candidate.starts_with(&word);
        let distance = osa_distance(&word, &candidate);
        if distance <= limit { Some(distance) } else { begins.then_some(usize::MAX) }
    };
    let near = candidates.into_iter().filter_map(|candidate| Some((far(candidate)?, candidate)));
    near.min_by_key(|(far, _)| *far).map(|(_, candidate)| candidate)
}

/// A hint that offers the nearest candidate.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
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
