//! Untrusted text made visible: characters that move the cursor, reverse a line or hide are shown as `\u{202e}`.
//!
//! This is the first half of "hostile text is only text"; the second is each medium's own escaping. It must not
//! know any medium.

use std::fmt;

use unicode_width::UnicodeWidthChar;

use crate::domain::untrusted::is_hidden;

/// One line of visible text: no control, direction, zero-width or odd space character, no line break.
///
/// Every constructor cleans, and cleaning twice changes nothing, so a line may be built from other lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(String);

impl Line {
    /// The text with everything hidden made visible.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        Self(if is_plain(text) { text.to_owned() } else { visible_chars(text.chars()).concat() })
    }

    /// The same; if it is longer than about `max` characters, its length stands in place of its middle.
    #[must_use]
    pub fn short(text: impl AsRef<str>, max: usize) -> Self {
        let text = text.as_ref();
        let (for_head, for_tail) = (max - max / 3, max / 3);
        if is_plain(text) {
            return if text.len() <= max {
                Self(text.to_owned())
            } else {
                Self::cut(&text[..for_head], text.len(), &text[text.len() - for_tail..])
            };
        }
        let mut head = visible_chars(text.chars().take(max + 1));
        if shown(&head) <= max {
            return Self(head.concat());
        }
        while shown(&head) > for_head {
            head.pop();
        }
        let last: Vec<char> = text.chars().rev().take(for_tail).collect();
        let mut tail = visible_chars(last.into_iter().rev());
        while shown(&tail) > for_tail {
            tail.remove(0);
        }
        Self::cut(&head.concat(), text.chars().count(), &tail.concat())
    }

    fn cut(head: &str, total: usize, tail: &str) -> Self {
        let total = super::words::number(total as u64);
        Self(format!("{head}\u{2026}[{total} characters]\u{2026}{tail}"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether some of the text runs from right to left, so that a medium must keep it apart from the text around it.
    #[must_use]
    pub fn runs_backwards(&self) -> bool {
        self.0.chars().any(|c| {
            matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
                | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        })
    }

    /// The text in pieces, cut where a mail program would otherwise see an address and make it a link.
    #[must_use]
    pub fn pieces(&self) -> Vec<&str> {
        let mut pieces = Vec::new();
        let mut from = 0;
        let bytes = self.0.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            let next = bytes.get(at + 1).copied().unwrap_or(b' ');
            let inside = at > 0 && !bytes[at - 1].is_ascii_whitespace();
            let cut = match byte {
                b':' => next == b'/',
                b'@' => inside && next != b' ',
                b'.' => inside && (next.is_ascii_alphabetic() || !next.is_ascii()),
                _ => false,
            };
            if cut {
                pieces.push(&self.0[from..=at]);
                from = at + 1;
            }
        }
        pieces.push(&self.0[from..]);
        pieces
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text is printable ASCII, as nearly all are, so that nothing in it can hide.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// How many marks may sit on one letter before the rest are shown as escapes.
const MARKS: usize = 3;

/// Each character as a person can see it.
fn visible_chars(text: impl Iterator<Item = char>) -> Vec<String> {
    let mut marks = 0;
    text.map(|c| {
        let mark = c.width() == Some(0);
        marks = if mark { marks + 1 } else { 0 };
        match c {
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            _ if is_hidden(c) || marks > MARKS => c.escape_unicode().to_string(),
            _ => c.to_string(),
        }
    })
    .collect()
}

fn shown(pieces: &[String]) -> usize {
    pieces.iter().map(|piece| piece.chars().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_become_visible() {
        let line = Line::new("a\u{1b}[31mb\u{202e}c\nd\u{200b}e\u{feff}\u{a0}\u{e0041}");
        assert_eq!(line.as_str(), "a\\u{1b}[31mb\\u{202e}c\\nd\\u{200b}e\\u{feff}\\u{a0}\\u{e0041}");
        let heap = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(Line::new(heap).as_str(), "a\u{301}\u{301}\u{301}\\u{301}\\u{301}");
    }

    #[test]
    fn a_long_text_keeps_both_ends_and_shows_its_length() {
        let text = format!("begin{}end", "x".repeat(9_992));
        let line = Line::short(text, 30);
        assert!(line.as_str().starts_with("begin") && line.as_str().ends_with("end"), "{line}");
        assert!(line.as_str().contains("\u{2026}[10,000 characters]\u{2026}"), "{line}");
    }

    #[test]
    fn only_scripts_from_right_to_left_run_backwards() {
        for (text, is_backwards) in
            [("", false), ("Zo\u{eb} \u{6771}", false), ("a \u{5d0}", true), ("\u{fefb}", true)]
        {
            assert_eq!(Line::new(text).runs_backwards(), is_backwards, "{text}");
        }
    }

    #[test]
    fn addresses_are_cut() {
        let pieces = |text: &str| Line::new(text).pieces().into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(pieces("see https://evil.example/x now"), ["see https:", "//evil.", "example/x now"]);
        assert_eq!(pieces("me@evil.example"), ["me@", "evil.", "example"]);
        assert_eq!(pieces("198.51.100.7. Then"), ["198.51.100.7. Then"]);
    }

    proptest! {
        #[test]
        fn cleaning_is_idempotent_and_complete(text in any::<String>(), max in 20usize..80) {
            let line = Line::new(&text);
            prop_assert!(!line.as_str().chars().any(is_hidden));
            prop_assert_eq!(&Line::new(line.as_str()), &line);
            let short = Line::short(&text, max);
            prop_assert!(short.as_str().chars().count() <= max + 40);
            prop_assert!(!short.as_str().chars().any(is_hidden));
            prop_assert_eq!(line.pieces().concat(), line.as_str());
        }
    }
}
