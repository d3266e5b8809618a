//! Text that came out of a log record and may have been written by an attacker.

/// Text from a log record. It has no `Display`: a renderer takes it with [`Untrusted::raw`] and escapes it for
/// its medium.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Untrusted(String);

impl Untrusted {
    /// Wraps text from a record.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands in the record, for comparing, hashing or escaping.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }
}

/// The text with every character shown as an escape (`\u{202e}`) that could deceive a terminal or a reader: control
/// characters, line ends, characters that change the direction of writing or have no width.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_hidden(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// Whether a character can hide itself, reorder its neighbours or pass for a plain space.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{70f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{13455}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || matches!(c, '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{890}' | '\u{891}' | '\u{8e2}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_made_visible() {
        assert_eq!(visible("a\u{1b}[31m\nb\u{202e}c"), "a\\u{1b}[31m\\u{a}b\\u{202e}c");
        assert_eq!(visible("Zoë 東京"), "Zoë 東京");
    }

    #[test]
    fn only_a_plain_space_is_not_hidden() {
        for hidden in
            ['\t', '\u{a0}', '\u{2003}', '\u{ad}', '\u{600}', '\u{605}', '\u{8e2}', '\u{e0fff}', '\u{7f}']
        {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
        for plain in [' ', 'a', '\u{5ff}', '\u{606}', '\u{e1000}', '東'] {
            assert!(!is_hidden(plain), "{plain:?}");
        }
        assert_eq!(Untrusted::new("a\u{1b}").raw(), "a\u{1b}", "it is kept as it is");
    }
}
