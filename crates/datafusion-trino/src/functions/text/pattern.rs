//! Patterns as Athena reads them: `\w`, `\d` and `\s` know ASCII only, `[[:alpha:]]` and the like all of
//! Unicode; the
//! `regex` crate does the opposite.

use std::borrow::Cow;

/// The pattern in the `regex` crate's language.
pub(super) fn translate(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains('\\') && !pattern.contains("[:") {
        return Cow::Borrowed(pattern);
    }
    let mut translated = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    let mut depth = 0_usize;
    while let Some(c) = rest.chars().next() {
        if let Some((class, length)) = (depth > 0).then(|| named(rest)).flatten() {
            translated.push_str(class);
            rest = &rest[length..];
            continue;
        }
        let mut length = c.len_utf8();
        match c {
            '\\' => {
                let escaped = rest[length..].chars().next();
                length += escaped.map_or(0, char::len_utf8);
                translated.push_str(escaped.and_then(ascii).unwrap_or(&rest[..length]));
            }
            _ => {
                depth = match c {
                    '[' => depth + 1,
                    ']' => depth.saturating_sub(1),
                    _ => depth,
                };
                translated.push(c);
            }
        }
        rest = &rest[length..];
    }
    Cow::Owned(translated)
}

/// What `\w` and the like stand for, inside and outside of brackets.
const fn ascii(escaped: char) -> Option<&'static str> {
    Some(match escaped {
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => r"[\t\n\x0B\f\r ]",
        'S' => r"[^\t\n\x0B\f\r ]",
        _ => return None,
    })
}

/// The class at the beginning of the text, and its length in bytes.
fn named(text: &str) -> Option<(&'static str, usize)> {
    let classes = [
        ("[:alpha:]", r"\p{Alphabetic}"),
        ("[:digit:]", r"\p{Nd}"),
        ("[:alnum:]", r"\p{Alphabetic}\p{Nd}"),
        ("[:upper:]", r"\p{Uppercase}"),
        ("[:lower:]", r"\p{Lowercase}"),
        ("[:space:]", r"\p{White_Space}"),
    ];
    classes.iter().find(|(name, _)| text.starts_with(name)).map(|(name, class)| (*class, name.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::translate;

    #[test]
    fn escapes_are_ascii_and_names_are_not() {
        for (pattern, text, found) in [
            (r"\w+", "Äa1_ß", "a1_"),
            (r"\W+", "aÄß b", "Äß "),
            (r"[^\w]+", "aÄßb", "Äß"),
            (r"[\w.-]+", "Äa.b-c", "a.b-c"),
            (r"\d+", "٣12", "12"),
            (r"\s", "\u{2003} x", " "),
            (r"[[:alpha:]]+", "1Äa2", "Äa"),
            (r"[^[:alpha:]]+", "Ä12a", "12"),
            (r"\\w", r"a\w", r"\w"),
            (r"\[:alpha:]", "[:alpha:]", "[:alpha:]"),
        ] {
            let regex = Regex::new(&translate(pattern)).unwrap();
            assert_eq!(regex.find(text).map(|found| found.as_str()), Some(found), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn ascii_texts_match_as_before(pattern in r"(\\[wdsWDS]|\[\^?\\[wds]\.?\]|[ab.]|\(|\)|\+){1,8}", text in "[ -~]{0,12}") {
            if let Ok(regex) = Regex::new(&pattern) {
                let translated = Regex::new(&translate(&pattern)).unwrap();
                prop_assert_eq!(translated.find(&text), regex.find(&text));
            }
        }
    }
}
