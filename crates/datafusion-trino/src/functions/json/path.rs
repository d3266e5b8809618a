//! The path language of `json_extract`: `$`, `.name`, `[name-or-number]`, `["any text"]`, and nothing else.

use super::text::{Cursor, JsonKind};
use crate::functions::error::FunctionError;

/// A path: keys to follow; one that is a number also counts array elements from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<String>,
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    /// INVALID_FUNCTION_ARGUMENT for anything the grammar lacks, `$.a-b`, `$.*` and `$['a']` among it.
    pub fn parse(text: &str) -> Result<Self, FunctionError> {
        Self::steps(text)
            .map(|steps| Self { steps })
            .ok_or_else(|| FunctionError::argument(format!("Invalid JSON path: '{text}'")))
    }

    fn steps(text: &str) -> Option<Vec<String>> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, used) = if let Some(name) = rest.strip_prefix('.') {
                let end = name.find(|c| !is_plain(c)).unwrap_or(name.len());
                (name[..end].to_string(), end + 1)
            } else if let Some(quoted) = rest.strip_prefix("[\"") {
                let (step, end) = quoted_step(quoted)?;
                quoted[end..].starts_with(']').then_some(())?;
                (step, end + 3)
            } else {
                let name = rest.strip_prefix('[')?;
                let end = name.find(|c| !is_plain(c) || c == ':')?;
                name[end..].starts_with(']').then_some(())?;
                (name[..end].to_string(), end + 2)
            };
            if step.is_empty() && !rest.starts_with("[\"") {
                return None;
            }
            steps.push(step);
            rest = &rest[used..];
        }
        Some(steps)
    }

    /// The value the path leads to, as its source text; `None` if there is none or the text is malformed
    /// before its end.
    pub fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut cursor = Cursor::new(text);
        let found = follow(&mut cursor, &self.steps)?;
        // As in Athena: a number that stands alone ends at a space or not at all.
        let is_alone = self.steps.is_empty() && found.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        (!is_alone || cursor.at_space()).then_some(found)
    }
}

/// The text up to the closing quote, and where what follows the quote begins.
fn quoted_step(text: &str) -> Option<(String, usize)> {
    let mut step = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((step, at + 1)),
            '\\' => match chars.next()?.1 {
                c @ ('"' | '\\') => step.push(c),
                _ => return None,
            },
            c => step.push(c),
        }
    }
    None
}

fn follow<'a>(cursor: &mut Cursor<'a>, steps: &[String]) -> Option<&'a str> {
    let Some((step, rest)) = steps.split_first() else { return cursor.value() };
    let mut found = None;
    match cursor.kind()? {
        JsonKind::Object => cursor.object(|key, cursor| {
            if key == step.as_str() {
                found = follow(cursor, rest);
                return Some(false);
            }
            cursor.value().map(|_| true)
        })?,
        JsonKind::Array => {
            let wanted: usize = step.parse().ok()?;
            cursor.array(|index, cursor| {
                if index == wanted {
                    found = follow(cursor, rest);
                    return Some(false);
                }
                cursor.value().map(|_| true)
            })?;
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::JsonPath;

    #[test]
    fn refuses_what_only_newer_functions_know() {
        for path in ["$.a-b", "$.*", "$['a']", "$.", "$..a", "$.a b", "$[", "$[]", "", "$[\"a]", ".a"] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn finds_any_key_in_quotes(key in "\\PC{0,8}", before in "[a-c]{0,3}", n in 0_usize..3) {
            let path = format!("$[\"{}\"][{n}]", key.replace('\\', "\\\\").replace('"', "\\\""));
            let mut object = serde_json::Map::new();
            object.insert(before, serde_json::json!(["no"]));
            object.insert(key, serde_json::json!([0, 1, 2]));
            let text = serde_json::Value::Object(object).to_string();
            let n = n.to_string();
            prop_assert_eq!(JsonPath::parse(&path).unwrap().find(&text), Some(n.as_str()));
        }

        #[test]
        fn never_panics(path in "[$.\\[\\]\"a\\\\0é-]{0,8}", text in "[{}\\[\\]\":,a0\\\\é]{0,12}") {
            if let Ok(path) = JsonPath::parse(&path) {
                path.find(&text);
            }
        }
    }
}
