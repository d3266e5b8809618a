//! Values as somebody gave them in TOML, before a type is asked of them.

use toml::de::DeValue;

use crate::domain::detection::ParamValue;

/// A TOML value that owns its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or exponent.
    Number(f64),
    /// Text, or a date or time as text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// An array.
    List(Vec<Given>),
    /// A table, in the order of its keys.
    Table(Vec<(String, Given)>),
    /// A number that does not fit 64 bits.
    TooBig(String),
}

impl Given {
    pub(crate) fn of(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Datetime(time) => Self::Text(time.to_string()),
            DeValue::Boolean(value) => Self::Boolean(*value),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Self::TooBig(number.as_str().to_owned()), Self::Integer),
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(value) if value.is_finite() => Self::Number(value),
                _ => Self::TooBig(number.as_str().to_owned()),
            },
            DeValue::Array(items) => Self::List(items.iter().map(|item| Self::of(item.get_ref())).collect()),
            DeValue::Table(entries) => Self::Table(
                entries
                    .iter()
                    .map(|(key, value)| (key.get_ref().to_string(), Self::of(value.get_ref())))
                    .collect(),
            ),
        }
    }

    /// What it is, with an article, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Boolean(_) => "a boolean",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
            Self::TooBig(_) => "a number beyond 64 bits",
        }
    }

    /// The value as a parameter of the named type (see [`ParamValue::type_name`]); `None` if it is of another.
    ///
    /// A whole number is a number too.
    #[must_use]
    pub fn as_param(&self, type_name: &str) -> Option<ParamValue> {
        Some(match (type_name, self) {
            ("integer", Self::Integer(number)) => ParamValue::Integer(*number),
            ("number", Self::Number(number)) => ParamValue::Number(*number),
            #[expect(clippy::cast_precision_loss, reason = "a double is what was asked for")]
            ("number", Self::Integer(number)) => ParamValue::Number(*number as f64),
            ("text", Self::Text(text)) => ParamValue::Text(text.clone()),
            ("boolean", Self::Boolean(value)) => ParamValue::Boolean(*value),
            ("text-list", Self::List(items)) => ParamValue::TextList(
                items
                    .iter()
                    .map(|item| match item {
                        Self::Text(text) => Some(text.clone()),
                        _ => None,
                    })
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        })
    }

    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Integer(number) => Value::from(*number),
            Self::Number(number) => Value::from(*number),
            Self::Text(text) | Self::TooBig(text) => Value::from(text.as_str()),
            Self::Boolean(value) => Value::from(*value),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Table(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }
}

/// The types that a parameter may have, as a header writes them.
pub(crate) const PARAM_TYPES: [&str; 5] = ["integer", "number", "text", "boolean", "text-list"];
