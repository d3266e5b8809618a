//! Values of parameters: from TOML to one of the types that a header can declare.

use crate::{domain::detection::ParamValue, text::TomlValue};

/// The types that a parameter may have, as a header writes them.
pub(crate) const PARAM_TYPES: [&str; 5] = ["integer", "number", "text", "boolean", "text-list"];

/// The value as a parameter of the named type (see [`ParamValue::type_name`]); `None` if it has another type.
///
/// A whole number is a number too.
pub(crate) fn param_value(value: &TomlValue, type_name: &str) -> Option<ParamValue> {
    Some(match (type_name, value) {
        ("integer", TomlValue::Integer(number)) => ParamValue::Integer(*number),
        ("number", value) => ParamValue::Number(value.as_number()?),
        ("text", TomlValue::Text(text)) => ParamValue::Text(text.clone()),
        ("boolean", TomlValue::Boolean(value)) => ParamValue::Boolean(*value),
        ("text-list", TomlValue::List(items)) => ParamValue::TextList(
            items
                .iter()
                .map(|item| match item {
                    TomlValue::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}
