//! Values as they stand in TOML, before anything requires a type.

use toml::de::DeValue;

/// A TOML value that owns its text.
#[derive(Clone, Debug, PartialEq)]
pub enum TomlValue {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or exponent.
    Number(f64),
    /// Text, or a date or time as text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// An array.
    List(Vec<TomlValue>),
    /// A table, in the order of its keys.
    Table(Vec<(String, TomlValue)>),
    /// A number that does not fit 64 bits.
    TooBig(String),
}

impl TomlValue {
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

    /// The value as a number, whole or not; `None` if it is not one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "a double is what the caller needs")]
            Self::Integer(number) => Some(*number as f64),
            _ => None,
        }
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
