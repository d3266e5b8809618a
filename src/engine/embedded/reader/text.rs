//! JSON values as the text that SQL sees.
//!
//! Strings are unescaped, numbers and booleans stay as they are written, objects and arrays become
//! compact JSON with key order and number text kept, `null` is no text. Never fails: an invalid
//! escape stays as it is written, half a surrogate pair and invalid UTF-8 become U+FFFD.

use std::borrow::Cow;

/// The text of one JSON value; `None` for `null`.
#[must_use]
pub fn text(raw: &[u8]) -> Option<Cow<'_, str>> {
    match raw {
        [] | b"null" => None,
        [b'"', inner @ .., b'"'] => Some(unescape(inner)),
        [b'{' | b'[', ..] => Some(match compact(raw) {
            Cow::Borrowed(raw) => utf8(raw),
            Cow::Owned(bytes) => Cow::Owned(utf8(&bytes).into_owned()),
        }),
        _ => Some(utf8(raw)),
    }
}

/// As [`String::from_utf8_lossy`], which is slow on text that is valid.
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The content of a JSON string, given without its quotes.
#[must_use]
pub fn unescape(inner: &[u8]) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', inner) else { return utf8(inner) };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    let mut next = Some(first);
    while let Some(at) = next {
        out.extend_from_slice(&rest[..at]);
        rest = escape(&rest[at..], &mut out);
        next = memchr::memchr(b'\\', rest);
    }
    out.extend_from_slice(rest);
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Appends what the escape at the beginning of `bytes` stands for; returns what follows it.
fn escape<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let plain = match bytes.get(1) {
        Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => return unicode(bytes, out),
        _ => {
            out.push(b'\\');
            return &bytes[1..];
        }
    };
    out.push(plain);
    &bytes[2..]
}

fn unicode<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some(first) = unit(bytes) else {
        out.push(b'\\');
        return &bytes[1..];
    };
    let mut used = 6;
    let mut decoded = char::from_u32(first);
    if (0xd800..0xdc00).contains(&first)
        && let Some(second) = unit(&bytes[6..]).filter(|unit| (0xdc00..0xe000).contains(unit))
    {
        decoded = char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        used = 12;
    }
    let decoded = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
    &bytes[used..]
}

/// The UTF-16 unit of the `\uXXXX` that `bytes` begin with.
fn unit(bytes: &[u8]) -> Option<u32> {
    let [b'\\', b'u', hex @ ..] = bytes.get(..6)? else { return None };
    hex.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// The value without insignificant white space; the slice itself if it has none.
#[must_use]
pub fn compact(raw: &[u8]) -> Cow<'_, [u8]> {
    // Most values hold none anywhere, and that is found faster than where strings end.
    if memchr::memchr3(b' ', b'\n', b'\t', raw).is_none() && memchr::memchr(b'\r', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let Some(first) = next_space(raw, 0) else { return Cow::Borrowed(raw) };
    let mut out = Vec::with_capacity(raw.len());
    let mut kept = 0;
    let mut next = Some(first);
    while let Some(at) = next {
        out.extend_from_slice(&raw[kept..at]);
        kept = at + 1;
        next = next_space(raw, kept);
    }
    out.extend_from_slice(&raw[kept..]);
    Cow::Owned(out)
}

/// The index of the first white space outside strings from `at` on, which itself is outside of them.
fn next_space(raw: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match raw.get(at)? {
            b' ' | b'\t' | b'\r' | b'\n' => return Some(at),
            b'"' => at = super::json::string_end(raw, at + 1).ok()?,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_text() {
        let cases: &[(&str, Option<&str>)] = &[
            ("null", None),
            ("true", Some("true")),
            ("-1.50e3", Some("-1.50e3")),
            (r#""a\"b\\c\/d\b\f\n\r\t""#, Some("a\"b\\c/d\u{8}\u{c}\n\r\t")),
            (r#""\u00e9\ud83d\ude00""#, Some("é😀")),
            (r#""\ud83d x""#, Some("\u{fffd} x")),
            (r#""\ud83d\u0041""#, Some("\u{fffd}A")),
            (r#""\q \u12""#, Some(r"\q \u12")),
            (r#"{"b":1.0,"a":"\u003c x"}"#, Some(r#"{"b":1.0,"a":"\u003c x"}"#)),
            ("{ \"b\" : [ 1 ,\n2 ], \"a\": \" \\\" \" }", Some(r#"{"b":[1,2],"a":" \" "}"#)),
            ("[]", Some("[]")),
            (r#""""#, Some("")),
        ];
        for (raw, wanted) in cases {
            assert_eq!(text(raw.as_bytes()).as_deref(), *wanted, "{raw}");
        }
        assert_eq!(text(b"\"a\xffb\"").as_deref(), Some("a\u{fffd}b"));
        assert_eq!(text(b"{ \"a\xff\":1}").as_deref(), Some("{\"a\u{fffd}\":1}"));
    }
}
