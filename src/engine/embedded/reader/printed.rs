//! A struct as Athena prints it (`{type=Root, accountid=123456789012, sessioncontext={…}}`): exports of query results carry
//! identities so.

use serde_json::{Map, Value};

/// Structs inside each other deeper than this are not read.
const DEPTH: usize = 8;
/// The longest name of a field that is recognized, in bytes.
const NAME_BYTES: usize = 64;

/// The JSON text of a struct, with all values as text; `None` if the text is not one. Keys are as Athena prints them, in
/// lower case.
pub fn json(text: &str) -> Option<String> {
    let mut rest = text;
    let value = object(&mut rest, DEPTH)?;
    rest.is_empty().then(|| value.to_string())
}

/// Takes a struct off the beginning of `rest`.
fn object(rest: &mut &str, depth: usize) -> Option<Value> {
    *rest = rest.strip_prefix('{')?;
    let mut members = Map::new();
    let mut is_end = rest.starts_with('}');
    while !is_end {
        let name = &rest[..name_length(rest)?];
        *rest = &rest[name.len() + 1..];
        let value = if rest.starts_with('{') && depth > 0 {
            object(rest, depth - 1)?
        } else {
            let end = end_of_text(rest)?;
            let (text, after) = rest.split_at(end);
            *rest = after;
            Value::from(text)
        };
        if value != "null" {
            members.insert(name.to_owned(), value);
        }
        is_end = !rest.starts_with(", ");
        *rest = rest.strip_prefix(", ").unwrap_or(rest);
    }
    *rest = rest.strip_prefix('}')?;
    Some(Value::Object(members))
}

/// Where a text without quotes ends: before the next field, or the end of the struct.
fn end_of_text(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 && rest[at..].strip_prefix(", ").and_then(name_length).is_some() => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

/// How long the name of a field is that a text begins with, before its `=`; `None` if it begins with none.
fn name_length(text: &str) -> Option<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.bytes().take(NAME_BYTES).take_while(is_part).count();
    (length > 0 && text.as_bytes().get(length) == Some(&b'=')).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_identity_is_read() {
        assert_eq!(
            json(
                "{type=AssumedRole, principalid=AROAEXAMPLE:a=b,c, arn=null, accountid=123456789012, \
                 sessioncontext={attributes={mfaauthenticated=false}, sessionissuer={username=ops}}}"
            )
            .as_deref(),
            Some(
                r#"{"type":"AssumedRole","principalid":"AROAEXAMPLE:a=b,c","accountid":"123456789012","sessioncontext":{"attributes":{"mfaauthenticated":"false"},"sessionissuer":{"username":"ops"}}}"#
            )
        );
        assert_eq!(json("{}").as_deref(), Some("{}"));
        assert_eq!(
            json("{username=\"x\", other=[a, {b=c}]}").as_deref(),
            Some(r#"{"username":"\"x\"","other":"[a, {b=c}]"}"#)
        );
    }

    #[test]
    fn what_is_not_a_printed_struct_is_left_alone() {
        for text in
            ["", "Root", "{", "{type}", "{type=Root", "{type=Root} more", "{=Root}", "{a b=c}", "[type=Root]"]
        {
            assert_eq!(json(text), None, "{text}");
        }
        let deep = "{a=".repeat(100_000);
        assert_eq!(json(&deep), None);
    }
}
