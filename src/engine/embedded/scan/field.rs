//! The fields of a record that can be looked at without decoding it.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::domain::cloudtrail::COLUMNS;

/// A field that can be looked at without decoding the record. As text it is the column's name, followed by `/` and the key
/// inside the column if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Field {
    /// A text column, by index.
    Top(usize),
    /// A text field of a struct column, with its key in the record.
    Nested(usize, String),
}

impl Field {
    /// The index of `eventname`.
    #[must_use]
    pub fn event_name() -> usize {
        static INDEX: LazyLock<usize> =
            LazyLock::new(|| index("eventname").expect("`eventname` is a column"));
        *INDEX
    }

    /// The index of `eventsource`.
    pub(super) fn event_source() -> usize {
        static INDEX: LazyLock<usize> =
            LazyLock::new(|| index("eventsource").expect("`eventsource` is a column"));
        *INDEX
    }
}

fn index(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.name == name)
}

impl From<Field> for String {
    fn from(field: Field) -> Self {
        match field {
            Field::Top(column) => COLUMNS[column].name.to_owned(),
            Field::Nested(column, key) => format!("{}/{key}", COLUMNS[column].name),
        }
    }
}

impl TryFrom<String> for Field {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (name, key) = text.split_once('/').map_or((text.as_str(), None), |(name, key)| (name, Some(key)));
        let column = index(name).ok_or_else(|| format!("`{name}` is an unknown column"))?;
        Ok(key.map_or(Self::Top(column), |key| Self::Nested(column, key.to_owned())))
    }
}
