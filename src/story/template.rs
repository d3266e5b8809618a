//! Phrases with holes, such as `created access key {key} for {user}`.

/// A phrase with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(String),
}

impl Template {
    /// Reads a phrase; `None` if a brace is not closed or a hole has no plain name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (name, after) = after.split_once('}')?;
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            pieces.push(Piece::Hole(is_name.then(|| name.to_owned())?));
            rest = after;
        }
        if rest.contains('}') {
            return None;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Some(Self(pieces))
    }

    /// The names of its holes.
    pub(super) fn holes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The phrase with its holes filled; `None` if there is nothing to fill one with.
    pub(super) fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Hole(name) => filled.push_str(&value(name)?),
            }
        }
        Some(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_or_the_phrase_is_not_there() {
        let phrase = Template::parse("created {key} for {user}").unwrap();
        assert_eq!(phrase.holes().collect::<Vec<_>>(), ["key", "user"]);
        assert_eq!(phrase.fill(|name| Some(name.to_uppercase())).as_deref(), Some("created KEY for USER"));
        assert_eq!(phrase.fill(|name| (name == "key").then(String::new)), None);
        for bad in ["{", "}", "a {b", "{B}", "{}", "{a b}"] {
            assert_eq!(Template::parse(bad), None, "{bad}");
        }
    }
}
