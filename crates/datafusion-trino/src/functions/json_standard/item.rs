//! JSON values as the path language sees them.

use crate::functions::json::text::{Cursor, JsonKind, quote};
use crate::functions::number::text::{java_double, sql_double};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Double(f64),
    /// A decimal, or a whole number beyond bigint, by its digits.
    Digits(String),
    /// A string.
    Text(String),
    /// `[…]`
    Array(Vec<Item>),
    /// `{…}`; the last of equal keys counts, at the place of the first.
    Object(Vec<(String, Item)>),
}

impl Item {
    /// Reads a whole document; `None` if it is malformed or something follows it.
    pub fn read(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        let item = Self::at(&mut cursor)?;
        cursor.at_end().then_some(item)
    }

    fn at(cursor: &mut Cursor<'_>) -> Option<Self> {
        Some(match cursor.kind()? {
            JsonKind::Null => {
                cursor.value()?;
                Self::Null
            }
            JsonKind::Boolean => Self::Boolean(cursor.value()? == "true"),
            JsonKind::String => Self::Text(cursor.string()?.into_owned()),
            JsonKind::Number => {
                let digits = cursor.value()?;
                match digits.parse() {
                    Ok(number) => Self::Integer(number),
                    Err(_) if digits.contains(['.', 'e', 'E']) => Self::Double(digits.parse().ok()?),
                    Err(_) => Self::Digits(digits.to_owned()),
                }
            }
            JsonKind::Array => {
                let mut items = Vec::new();
                cursor.array(|_, cursor| {
                    items.push(Self::at(cursor)?);
                    Some(true)
                })?;
                Self::Array(items)
            }
            JsonKind::Object => {
                let mut members: Vec<(String, Self)> = Vec::new();
                cursor.object(|key, cursor| {
                    let value = Self::at(cursor)?;
                    match members.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, known)) => *known = value,
                        None => members.push((key.into_owned(), value)),
                    }
                    Some(true)
                })?;
                Self::Object(members)
            }
        })
    }

    /// Appends it as JSON.
    pub fn write(&self, into: &mut String) {
        match self {
            Self::Null => into.push_str("null"),
            Self::Boolean(value) => into.push_str(if *value { "true" } else { "false" }),
            Self::Integer(number) => into.push_str(&number.to_string()),
            Self::Double(number) => into.push_str(&java_double(*number)),
            Self::Digits(digits) => into.push_str(digits),
            Self::Text(text) => quote(text, into),
            Self::Array(items) => {
                into.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        into.push(',');
                    }
                    item.write(into);
                }
                into.push(']');
            }
            Self::Object(members) => {
                into.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        into.push(',');
                    }
                    quote(key, into);
                    into.push(':');
                    value.write(into);
                }
                into.push('}');
            }
        }
    }

    /// As varchar, if it is a scalar other than null.
    pub fn as_varchar(&self) -> Option<String> {
        Some(match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Double(number) => sql_double(*number),
            Self::Text(text) | Self::Digits(text) => text.clone(),
            Self::Null | Self::Array(_) | Self::Object(_) => return None,
        })
    }

    /// The number that it is.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Double(number) => Some(*number),
            Self::Digits(digits) => digits.parse().ok(),
            _ => None,
        }
    }
}
