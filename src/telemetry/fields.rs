//! The fields of an event or a span, and the line that they make.

use std::fmt::{Debug, Write as _};

use serde_json::{Map, Value, json};
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

/// The name of the field that holds further fields, as the text of a JSON object.
const MORE: &str = "fields";

/// Fields in the order in which they were recorded.
#[derive(Debug, Default)]
pub(super) struct Fields {
    message: String,
    values: Map<String, Value>,
}

impl Fields {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut fields = Self::default();
        event.record(&mut fields);
        fields
    }

    /// Adds the fields of another one.
    #[cfg(feature = "aws")]
    pub(super) fn extend(&mut self, other: &Self) {
        self.values.extend(other.values.clone());
    }

    /// The line for a person.
    pub(super) fn text(&self, level: &Level) -> String {
        let mut line = format!("{}: {}", level.as_str().to_lowercase(), self.message);
        for (name, value) in &self.values {
            let _ = write!(line, " {name}={value}");
        }
        line
    }

    /// The line for a program; `outer` are the fields of the spans around the event.
    #[cfg(feature = "aws")]
    pub(super) fn object(self, level: &Level, outer: Self) -> Value {
        let time = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), json!(time));
        line.insert("level".to_owned(), json!(level.as_str()));
        line.insert("message".to_owned(), json!(self.message));
        line.extend(outer.values);
        line.extend(self.values);
        Value::Object(line)
    }

    fn insert(&mut self, field: &Field, value: Value) {
        self.values.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            MORE => match serde_json::from_str(&text) {
                Ok(Value::Object(more)) => self.values.extend(more),
                _ => self.insert(field, json!(text)),
            },
            _ => self.insert(field, json!(text)),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, json!(value));
    }
}
