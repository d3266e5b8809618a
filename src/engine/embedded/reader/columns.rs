//! One growing Arrow column per kind of value, fed with JSON text.
//!
//! A value of the wrong type is NULL and never an error.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayBuilder, ArrayRef, BooleanBufferBuilder, ListArray, MapArray, StringBuilder, StructArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{DataType, Field};

use super::{json, schema, text};
use crate::domain::cloudtrail::{Column, ColumnKind};

/// No struct of `COLUMNS` has more fields than this.
const MAX_FIELDS: usize = 16;

/// A column while it grows.
pub(super) enum Growing {
    /// Text and JSON.
    Text(StringBuilder),
    /// A struct.
    Struct(StructColumn),
    /// An array of structs.
    List { offsets: Vec<i32>, valid: BooleanBufferBuilder, items: StructColumn },
    /// A map from text to text.
    Map { offsets: Vec<i32>, valid: BooleanBufferBuilder, keys: StringBuilder, values: StringBuilder },
}

/// A struct while it grows.
pub(super) struct StructColumn {
    columns: &'static [Column],
    fields: Vec<Growing>,
    valid: BooleanBufferBuilder,
}

impl Growing {
    /// An empty column of this kind.
    pub fn new(kind: ColumnKind) -> Self {
        let valid = || BooleanBufferBuilder::new(0);
        match kind {
            ColumnKind::Text | ColumnKind::Json => Self::Text(StringBuilder::new()),
            ColumnKind::Struct(columns) => Self::Struct(StructColumn::new(columns)),
            ColumnKind::StructArray(columns) => {
                Self::List { offsets: vec![0], valid: valid(), items: StructColumn::new(columns) }
            }
            ColumnKind::TextMap => Self::Map {
                offsets: vec![0],
                valid: valid(),
                keys: StringBuilder::new(),
                values: StringBuilder::new(),
            },
        }
    }

    /// Adds one value, given as JSON text; returns how many bytes of text it took.
    pub fn append(&mut self, raw: Option<&[u8]>) -> usize {
        match self {
            Self::Text(column) => append_text(column, raw.and_then(text::text)),
            Self::Struct(row) => row.append(raw),
            Self::List { offsets, valid, items } => {
                let raw = raw.filter(|raw| raw.first() == Some(&b'['));
                valid.append(raw.is_some());
                let bytes =
                    raw.map_or(0, |raw| json::elements(raw).map(|item| items.append(Some(item))).sum());
                offsets.push(items.valid.len() as i32);
                bytes
            }
            Self::Map { offsets, valid, keys, values } => {
                let raw = raw.filter(|raw| raw.first() == Some(&b'{'));
                valid.append(raw.is_some());
                let bytes = raw.map_or(0, |raw| append_entries(raw, keys, values));
                offsets.push(keys.len() as i32);
                bytes
            }
        }
    }

    /// Adds plain text, for columns that do not come from a record; NULL unless the column is text.
    pub fn append_plain(&mut self, value: &str) -> usize {
        match self {
            Self::Text(column) => append_text(column, Some(Cow::Borrowed(value))),
            _ => self.append(None),
        }
    }

    /// The column as an array; empty again afterwards.
    pub fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) => Arc::new(column.finish()),
            Self::Struct(row) => Arc::new(row.finish()),
            Self::List { offsets, valid, items } => {
                let item = Field::new_list_field(DataType::Struct(schema::fields(items.columns)), true);
                let items = Arc::new(items.finish());
                Arc::new(ListArray::new(Arc::new(item), take_offsets(offsets), items, nulls(valid)))
            }
            Self::Map { offsets, valid, keys, values } => {
                let columns: Vec<ArrayRef> = vec![Arc::new(keys.finish()), Arc::new(values.finish())];
                let entries = StructArray::new(schema::entry_fields(), columns, None);
                let field = Field::new("entries", entries.data_type().clone(), false);
                Arc::new(MapArray::new(Arc::new(field), take_offsets(offsets), entries, nulls(valid), false))
            }
        }
    }
}

/// JSON objects as maps from text to text; anything else is NULL.
#[must_use]
pub fn text_maps<'a>(objects: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    let mut column = Growing::new(ColumnKind::TextMap);
    for object in objects {
        column.append(object.map(str::as_bytes));
    }
    column.finish()
}

impl StructColumn {
    fn new(columns: &'static [Column]) -> Self {
        debug_assert!(columns.len() <= MAX_FIELDS, "raise MAX_FIELDS");
        let fields = columns.iter().map(|column| Growing::new(column.kind)).collect();
        Self { columns, fields, valid: BooleanBufferBuilder::new(0) }
    }

    fn append(&mut self, raw: Option<&[u8]>) -> usize {
        // Exports of other tools carry objects as text.
        let unpacked = raw.and_then(|raw| match raw {
            [b'"', inner @ .., b'"'] => json::object_in_text(inner),
            _ => None,
        });
        let raw = unpacked.as_deref().or(raw).filter(|raw| raw.first() == Some(&b'{'));
        self.valid.append(raw.is_some());
        let mut values: [Option<&[u8]>; MAX_FIELDS] = [None; MAX_FIELDS];
        for (name, value) in raw.into_iter().flat_map(json::members) {
            // The last of equal keys wins.
            if let Some(slot) = field_of(self.columns, name).and_then(|at| values.get_mut(at)) {
                *slot = Some(value);
            }
        }
        self.fields.iter_mut().zip(values).map(|(field, value)| field.append(value)).sum()
    }

    fn finish(&mut self) -> StructArray {
        let arrays = self.fields.iter_mut().map(Growing::finish).collect();
        StructArray::new(schema::fields(self.columns), arrays, nulls(&mut self.valid))
    }
}

/// The field of a key, given as written between its quotes.
fn field_of(columns: &[Column], name: &[u8]) -> Option<usize> {
    let find = |name: &[u8]| columns.iter().position(|it| it.json_key.as_bytes().eq_ignore_ascii_case(name));
    find(name).or_else(|| memchr::memchr(b'\\', name).and_then(|_| find(text::unescape(name).as_bytes())))
}

fn append_text(column: &mut StringBuilder, value: Option<Cow<'_, str>>) -> usize {
    match value {
        Some(value) => {
            column.append_value(&value);
            value.len()
        }
        None => {
            column.append_null();
            0
        }
    }
}

/// Adds the entries of a map; the last of equal keys wins, at the position of the first.
fn append_entries(raw: &[u8], keys: &mut StringBuilder, values: &mut StringBuilder) -> usize {
    let mut entries: Vec<(Cow<'_, str>, Option<Cow<'_, str>>)> = Vec::new();
    for (name, value) in json::members(raw) {
        let (name, value) = (text::unescape(name), text::text(value));
        match entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => entries.push((name, value)),
        }
    }
    let append = |(name, value): (Cow<'_, str>, _)| {
        keys.append_value(&name);
        name.len() + append_text(values, value)
    };
    entries.into_iter().map(append).sum()
}

fn take_offsets(offsets: &mut Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(offsets, vec![0])))
}

fn nulls(valid: &mut BooleanBufferBuilder) -> Option<NullBuffer> {
    Some(NullBuffer::new(valid.finish())).filter(|nulls| nulls.null_count() > 0)
}
