//! Patterns of the table of acts: `*` stands for any text, `\*` for a star.

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<String>);

impl Pattern {
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek() == Some(&'*') => {
                    chars.next();
                    parts.last_mut().expect("there is a part").push('*');
                }
                '*' => parts.push(String::new()),
                c => parts.last_mut().expect("there is a part").push(c),
            }
        }
        Self(parts)
    }

    /// The text that alone matches; `None` if there are several.
    pub(super) fn exact(&self) -> Option<&str> {
        match self.0.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether a text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else { return self.exact() == Some(text) };
        let Some(mut rest) =
            text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
        else {
            return false;
        };
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}

/// A text in which no star is a wildcard.
pub(super) fn literal(text: &str) -> String {
    text.replace('*', r"\*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a", "a", true),
            ("a", "A", false),
            ("a*", "abc", true),
            ("*\"Principal\":\"\\*\"*", "{\"Principal\":\"*\"}", true),
            ("*\"Principal\":\"\\*\"*", "{\"Principal\":\"x\"}", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "ac", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(Pattern::parse(pattern).matches(text), expected, "{pattern} {text}");
        }
        assert_eq!(Pattern::parse(&literal("a*b")).exact(), Some("a*b"));
    }
}
