//! From the JSON of a statement's own rows to the values of an answer, as the embedded engine gives them.

use serde_json::Value as Json;

use crate::{domain::rows::Value, engine::embedded::outline::Shape};

/// One row; `None` if it does not have these columns.
pub(super) fn row(record: &[u8], columns: &[(String, Shape)]) -> Option<Vec<Value>> {
    let values: Vec<Json> = serde_json::from_slice(record).ok()?;
    (values.len() == columns.len())
        .then(|| values.into_iter().zip(columns).map(|(json, (_, shape))| value(json, shape)).collect())
}

fn value(json: Json, shape: &Shape) -> Value {
    match (json, shape) {
        (Json::Null, _) => Value::Null,
        // What JSON has no number for: `NaN`, `Infinity`.
        (Json::String(text), Shape::Number) => text.parse().map_or(Value::Text(text), Value::Number),
        (Json::String(text), _) => Value::Text(text),
        (Json::Bool(truth), _) => Value::Boolean(truth),
        (Json::Number(number), Shape::Number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        (Json::Number(number), _) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        },
        // Older engine versions return rows by position.
        (Json::Array(items), Shape::Fields(fields)) => Value::Fields(
            items
                .into_iter()
                .zip(fields)
                .map(|(item, (name, shape))| (name.clone(), value(item, shape)))
                .collect(),
        ),
        (Json::Array(items), Shape::List(item)) => {
            Value::List(items.into_iter().map(|json| value(json, item)).collect())
        }
        (Json::Array(items), _) => {
            Value::List(items.into_iter().map(|json| value(json, &Shape::Text)).collect())
        }
        (Json::Object(fields), shape) => Value::Fields(
            fields
                .into_iter()
                .map(|(name, json)| {
                    let inner = match shape {
                        Shape::Map(inner) => inner,
                        Shape::Fields(known) => known
                            .iter()
                            .find(|(known, _)| known.eq_ignore_ascii_case(&name))
                            .map_or(&Shape::Text, |(_, shape)| shape),
                        _ => &Shape::Text,
                    };
                    let json = value(json, inner);
                    (name, json)
                })
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_not_empty_text_and_a_double_stays_one() {
        let columns =
            |shapes: &[Shape]| shapes.iter().map(|shape| (String::new(), shape.clone())).collect::<Vec<_>>();
        let list = Shape::List(Box::new(Shape::Text));
        let fields = Shape::Fields(vec![("a".to_owned(), Shape::Number)]);
        let all = columns(&[Shape::Text, Shape::Text, Shape::Number, Shape::Number, list, fields]);
        let found = row(br#"[null,"",3,"Infinity",["x",null],{"a":1}]"#, &all).unwrap();
        assert_eq!(
            found,
            [
                Value::Null,
                Value::Text(String::new()),
                Value::Number(3.0),
                Value::Number(f64::INFINITY),
                Value::List(vec![Value::Text("x".to_owned()), Value::Null]),
                Value::Fields(vec![("a".to_owned(), Value::Number(1.0))]),
            ]
        );
        assert_eq!(row(b"[1]", &all), None);
        assert_eq!(row(b"[1", &all), None);
    }
}
