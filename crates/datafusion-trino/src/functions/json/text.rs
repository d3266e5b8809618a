//! JSON as text: a cursor over it that copies nothing, and its compact form.
//!
//! Numbers keep their digits: `1.10` stays `1.10`. This file is independent of SQL.

use std::borrow::Cow;

use crate::functions::number::text::java_double;

/// A document that nests deeper counts as malformed, so that it cannot exhaust the stack.
const MAX_DEPTH: usize = 500;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// digits
    Number,
    /// `true`, `false`
    Boolean,
    /// `null`
    Null,
}

/// A position in a JSON text.
#[derive(Clone)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn space(&mut self) {
        while matches!(self.text.as_bytes().get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let is = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    /// The kind of the value that begins here.
    pub fn kind(&mut self) -> Option<JsonKind> {
        self.space();
        Some(match self.text.as_bytes().get(self.at)? {
            b'{' => JsonKind::Object,
            b'[' => JsonKind::Array,
            b'"' => JsonKind::String,
            b'-' | b'0'..=b'9' => JsonKind::Number,
            b't' | b'f' => JsonKind::Boolean,
            b'n' => JsonKind::Null,
            _ => return None,
        })
    }

    /// Whether only white space follows.
    pub fn at_end(&mut self) -> bool {
        self.space();
        self.at == self.text.len()
    }

    /// Whether white space or the end follows.
    pub fn at_space(&self) -> bool {
        self.text[self.at..].bytes().next().is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// Skips one value and returns its text; `None` if it is malformed.
    pub fn value(&mut self) -> Option<&'a str> {
        let kind = self.kind()?;
        let start = self.at;
        match kind {
            JsonKind::Object => self.object(|_, cursor| cursor.value().map(|_| true))?,
            JsonKind::Array => self.array(|_, cursor| cursor.value().map(|_| true))?,
            JsonKind::String => drop(self.raw_string()?),
            JsonKind::Number => self.number()?,
            JsonKind::Boolean => {
                self.word(if self.text[self.at..].starts_with('t') { "true" } else { "false" })?
            }
            JsonKind::Null => self.word("null")?,
        }
        Some(&self.text[start..self.at])
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.text[self.at..].strip_prefix(word)?;
        let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$'));
        (!goes_on).then(|| self.at += word.len())
    }

    fn number(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let digits = |mut at: usize| {
            let from = at;
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            (at > from).then_some(at)
        };
        let mut at = self.at + usize::from(bytes.get(self.at) == Some(&b'-'));
        at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
        if bytes.get(at) == Some(&b'.') {
            at = digits(at + 1)?;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at = digits(at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-'))))?;
        }
        self.at = at;
        Some(())
    }

    /// Skips a string and returns its content with escapes unchanged, and whether there are any.
    fn raw_string(&mut self) -> Option<(&'a str, bool)> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            match bytes.get(at)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    at += 1;
                    match bytes.get(at)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 1,
                        b'u' => {
                            let hex = bytes.get(at + 1..at + 5)?;
                            hex.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                            at += 5;
                        }
                        _ => return None,
                    }
                }
                0..=0x1f => return None,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        Some((&self.text[start..at], escaped))
    }

    /// Skips a string and returns its value.
    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        if self.kind()? != JsonKind::String {
            return None;
        }
        let (raw, escaped) = self.raw_string()?;
        Some(if escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) })
    }

    /// Visits the members of an object; the visitor skips the value and returns whether to continue.
    /// `None` if the object is malformed.
    pub fn object(&mut self, mut visit: impl FnMut(Cow<'a, str>, &mut Self) -> Option<bool>) -> Option<()> {
        if !self.eat(b'{') || self.depth >= MAX_DEPTH {
            return None;
        }
        if self.eat(b'}') {
            return Some(());
        }
        self.depth += 1;
        loop {
            let key = self.string()?;
            self.eat(b':').then_some(())?;
            if !visit(key, self)? {
                return Some(());
            }
            if self.eat(b'}') {
                break;
            }
            self.eat(b',').then_some(())?;
        }
        self.depth -= 1;
        Some(())
    }

    /// Visits the elements of an array; the visitor skips the value and returns whether to continue.
    /// `None` if the array is malformed.
    pub fn array(&mut self, mut visit: impl FnMut(usize, &mut Self) -> Option<bool>) -> Option<()> {
        if !self.eat(b'[') || self.depth >= MAX_DEPTH {
            return None;
        }
        if self.eat(b']') {
            return Some(());
        }
        self.depth += 1;
        for index in 0.. {
            if !visit(index, self)? {
                return Some(());
            }
            if self.eat(b']') {
                break;
            }
            self.eat(b',').then_some(())?;
        }
        self.depth -= 1;
        Some(())
    }
}

fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        text.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = |text: &str| text.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let first = unit(rest).unwrap_or(0xfffd);
                rest = &rest[4..];
                let second = rest.strip_prefix("\\u").and_then(unit);
                match (first, second) {
                    (0xd800..0xdc00, Some(second @ 0xdc00..0xe000)) => {
                        rest = &rest[6..];
                        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
                    }
                    _ => char::from_u32(first),
                }
                .unwrap_or('\u{fffd}')
            }
            other => char::from(other),
        });
    }
    text.push_str(rest);
    text
}

/// Appends `text` as a JSON string.
pub fn quote(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\u{8}' => into.push_str("\\b"),
            '\u{c}' => into.push_str("\\f"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            c if c < ' ' => into.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => into.push(c),
        }
    }
    into.push('"');
}

/// How object keys are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// As in the source.
    Kept,
    /// Sorted, the last of equal ones; numbers with a fraction or exponent in one form.
    Sorted,
}

/// Appends the compact form of the value at the cursor; `None` if it is malformed.
pub fn compact(cursor: &mut Cursor, keys: Keys, into: &mut String) -> Option<()> {
    match cursor.kind()? {
        JsonKind::Object if keys == Keys::Sorted => {
            let mut members = std::collections::BTreeMap::new();
            cursor.object(|key, cursor| {
                let mut value = String::new();
                compact(cursor, keys, &mut value)?;
                members.insert(key, value);
                Some(true)
            })?;
            into.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    into.push(',');
                }
                quote(key, into);
                into.push(':');
                into.push_str(value);
            }
            into.push('}');
        }
        JsonKind::Object => {
            into.push('{');
            let mut first = true;
            cursor.object(|key, cursor| {
                if !std::mem::take(&mut first) {
                    into.push(',');
                }
                quote(&key, into);
                into.push(':');
                compact(cursor, keys, into)?;
                Some(true)
            })?;
            into.push('}');
        }
        JsonKind::Array => {
            into.push('[');
            cursor.array(|index, cursor| {
                if index > 0 {
                    into.push(',');
                }
                compact(cursor, keys, into)?;
                Some(true)
            })?;
            into.push(']');
        }
        JsonKind::String => quote(&cursor.string()?, into),
        JsonKind::Number => {
            let text = cursor.value()?;
            match text.parse::<f64>() {
                Ok(number) if keys == Keys::Sorted && text.contains(['.', 'e', 'E']) => {
                    into.push_str(&java_double(number));
                }
                _ => into.push_str(text),
            }
        }
        JsonKind::Boolean | JsonKind::Null => into.push_str(cursor.value()?),
    }
    Some(())
}

/// The canonical form of a whole document; `None` if it is malformed or something follows it.
pub fn canonical(text: &str) -> Option<String> {
    let mut cursor = Cursor::new(text);
    let mut compacted = String::with_capacity(text.len());
    compact(&mut cursor, Keys::Sorted, &mut compacted)?;
    cursor.at_end().then_some(compacted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn deep_nesting_is_malformed_and_harmless() {
        for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "[".repeat(499) + &"]".repeat(499)] {
            assert_eq!(canonical(&deep).is_some(), deep.ends_with(']'));
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,6}".prop_map(Into::into),
            "[\"\\\\\n\t/]{0,4}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec(("[a-c\"]{0,2}", inner), 0..4)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn compact_says_the_same(value in json(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.unwrap();
            let mut kept = String::new();
            compact(&mut Cursor::new(&text), Keys::Kept, &mut kept).unwrap();
            prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&kept).unwrap(), &value);
            prop_assert_eq!(kept, serde_json::to_string(&value).unwrap());
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&canonical(&text).unwrap()).unwrap(), value);
        }

        #[test]
        fn accepts_what_a_parser_accepts(text in "[\\[\\]{}:,\" 0-9a-e.truenlfs\\\\-]{0,10}") {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
            prop_assert_eq!(canonical(&text).is_some(), parsed.is_ok(), "{}", text);
        }
    }
}
