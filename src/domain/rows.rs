//! What a query answers: named columns and rows of values.

use std::cmp::Ordering;

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

impl Value {
    /// A total order: by type first, then by value.
    fn total_cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => cmp_each(a, b, Self::total_cmp),
            (Self::Fields(a), Self::Fields(b)) => cmp_fields(a, b),
            _ => self.type_rank().cmp(&other.type_rank()),
        }
    }

    const fn type_rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Text(_) => 1,
            Self::Integer(_) => 2,
            Self::Number(_) => 3,
            Self::Boolean(_) => 4,
            Self::List(_) => 5,
            Self::Fields(_) => 6,
        }
    }
}

/// A total order of named values: name by name and value by value, the shorter list first.
#[must_use]
pub fn cmp_fields(a: &[(String, Value)], b: &[(String, Value)]) -> Ordering {
    cmp_each(a, b, |(a_name, a), (b_name, b)| a_name.cmp(b_name).then_with(|| a.total_cmp(b)))
}

fn cmp_each<T>(a: &[T], b: &[T], cmp: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let first = a.iter().zip(b).map(|(a, b)| cmp(a, b)).find(|order| order.is_ne());
    first.unwrap_or_else(|| a.len().cmp(&b.len()))
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

    #[test]
    fn values_have_a_total_order() {
        let field = |value: Value| vec![("a".to_owned(), value)];
        let ascending = [
            vec![],
            field(Value::Null),
            field(Value::Text("10".to_owned())),
            field(Value::Text("9".to_owned())),
            field(Value::Integer(9)),
            field(Value::Integer(10)),
            field(Value::Number(0.5)),
            field(Value::Number(f64::NAN)),
            field(Value::Boolean(true)),
            field(Value::List(vec![])),
            field(Value::List(vec![Value::Null])),
            field(Value::Fields(field(Value::Null))),
            vec![("b".to_owned(), Value::Null)],
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(cmp_fields(a, b), at.cmp(&other), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn values_are_ordered_by_type_and_then_by_value() {
        let text = |text: &str| Value::Text(text.to_owned());
        let fields = |name: &str, value| Value::Fields(vec![(name.to_owned(), value)]);
        let ascending = [
            Value::Null,
            text("a"),
            text("b"),
            Value::Integer(-1),
            Value::Integer(2),
            Value::Number(-0.5),
            Value::Number(0.5),
            Value::Boolean(false),
            Value::Boolean(true),
            Value::List(vec![]),
            Value::List(vec![Value::Integer(1)]),
            Value::List(vec![Value::Integer(1), Value::Null]),
            Value::List(vec![Value::Integer(2)]),
            fields("a", Value::Integer(2)),
            fields("a", Value::Integer(3)),
            fields("b", Value::Integer(1)),
        ];
        let named = |value: &Value| [("x".to_owned(), value.clone())];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(cmp_fields(&named(a), &named(b)), at.cmp(&other), "{a:?} {b:?}");
            }
        }
    }
}
