//! Values from records in commands that a person pastes into a shell.

use crate::domain::untrusted::is_hidden;

/// A value as one word of a POSIX shell, which the AWS CLI takes for this value and nothing else; `None` if no quoting does
/// that: the value would be an option, a file to read, or holds characters that a person cannot see.
pub(super) fn quoted(value: &str) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    let is_read = ["file:", "fileb:", "http:", "https:"].iter().any(|scheme| lower.starts_with(scheme));
    if value.is_empty() || value.starts_with('-') || is_read || value.chars().any(is_hidden) {
        return None;
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@+-".contains(&byte);
    if value.bytes().all(is_plain) {
        return Some(value.to_owned());
    }
    Some(format!("'{}'", value.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_one_word_or_not_given() {
        for (value, word) in [
            ("support-bot", Some("support-bot")),
            ("arn:aws:iam::123456789012:role/a", Some("arn:aws:iam::123456789012:role/a")),
            ("a b", Some("'a b'")),
            ("$(reboot)", Some("'$(reboot)'")),
            ("a'; reboot; '", Some(r"'a'\''; reboot; '\'''")),
            ("~root", Some("'~root'")),
            ("--endpoint-url=https://evil.example", None),
            ("file:///etc/passwd", None),
            ("HTTP://evil.example", None),
            ("a\u{202e}b", None),
            ("a\nreboot", None),
            ("", None),
        ] {
            assert_eq!(quoted(value).as_deref(), word, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn a_shell_reads_the_value_back(value in "[ -~]{1,40}") {
            let Some(word) = quoted(&value) else { return Ok(()) };
            let mut read = String::new();
            let (mut inside, mut escaped) = (false, false);
            for c in word.chars() {
                match c {
                    _ if escaped => { read.push(c); escaped = false; }
                    '\'' => inside = !inside,
                    '\\' if !inside => escaped = true,
                    _ => {
                        prop_assert!(inside || c.is_ascii_alphanumeric() || "_./:@+-".contains(c));
                        read.push(c);
                    }
                }
            }
            prop_assert!(!inside);
            prop_assert_eq!(read, value);
        }
    }
}
