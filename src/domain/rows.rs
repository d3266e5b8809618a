//! What a query answers: named columns and rows of values.

/// One value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// Text, from a record or computed.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A double.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// An array.
    List(Vec<Value>),
    /// A row with named fields, or a map with its keys as text.
    Fields(Vec<(String, Value)>),
}

impl Value {
    /// The value as plain text; `None` for NULL, arrays as `[a, b]`, rows as `{a=1}`.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Boolean(truth) => Some(truth.to_string()),
            Self::List(items) => Some(format!(
                "[{}]",
                items
                    .iter()
                    .map(|item| item.text().unwrap_or_else(|| "null".to_owned()))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            Self::Fields(fields) => Some(format!(
                "{{{}}}",
                fields
                    .iter()
                    .map(|(name, value)| format!(
                        "{name}={}",
                        value.text().unwrap_or_else(|| "null".to_owned())
                    ))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }
    }
}

/// The rows a query returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Column names, in the order of the select list.
    pub columns: Vec<String>,
    /// One vector of values a row, as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_plain_text() {
        let text = |text: &str| Value::Text(text.to_owned());
        let fields = Value::Fields(vec![("a".to_owned(), Value::Integer(1)), ("b".to_owned(), Value::Null)]);
        let list = Value::List(vec![text("x"), Value::Null, Value::Boolean(true), fields.clone()]);
        for (value, shown) in [
            (Value::Null, None),
            (text(""), Some("")),
            (Value::Integer(-7), Some("-7")),
            (Value::Number(1.5), Some("1.5")),
            (Value::Boolean(false), Some("false")),
            (fields, Some("{a=1, b=null}")),
            (list, Some("[x, null, true, {a=1, b=null}]")),
        ] {
            assert_eq!(value.text().as_deref(), shown, "{value:?}");
        }
    }
}
