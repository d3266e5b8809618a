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
    /// Reads a phrase. A brace that does not begin a hole is a brace.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            text_of(&mut pieces, before);
            let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let end = after.find(|c| !is_part(c)).filter(|end| *end > 0 && after[*end..].starts_with('}'));
            let Some(end) = end else {
                // A brace of JSON.
                text_of(&mut pieces, "{");
                rest = after;
                continue;
            };
            pieces.push(Piece::Hole(after[..end].to_owned()));
            rest = &after[end + 1..];
        }
        text_of(&mut pieces, rest);
        Self(pieces)
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

    /// Whether a hole stands between quotes of a shell.
    pub(super) fn has_quoted_hole(&self) -> bool {
        let mut open = None;
        for piece in &self.0 {
            match piece {
                Piece::Hole(_) if open.is_some() => return true,
                Piece::Hole(_) => {}
                Piece::Text(text) => {
                    for c in text.chars() {
                        match open {
                            None if matches!(c, '\'' | '"') => open = Some(c),
                            Some(quote) if quote == c => open = None,
                            _ => {}
                        }
                    }
                }
            }
        }
        false
    }
}

/// Adds text to the pieces.
fn text_of(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_or_the_phrase_is_not_there() {
        let phrase = Template::parse("created {key} for {user}");
        assert_eq!(phrase.holes().collect::<Vec<_>>(), ["key", "user"]);
        assert_eq!(phrase.fill(|name| Some(name.to_uppercase())).as_deref(), Some("created KEY for USER"));
        assert_eq!(phrase.fill(|name| (name == "key").then(String::new)), None);
        let json = Template::parse("x '{\"a\":[{}]}' {b2} {c");
        assert_eq!(json.holes().collect::<Vec<_>>(), ["b2"]);
        assert_eq!(json.fill(|_| Some("y".to_owned())).as_deref(), Some("x '{\"a\":[{}]}' y {c"));
        assert!(!json.has_quoted_hole());
        assert!(Template::parse("x '{a}'").has_quoted_hole());
    }
}
