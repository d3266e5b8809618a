//! The type in `CAST(x AS type)`, from its text.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};

use crate::functions::types;

/// A type to cast to.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its Arrow type.
    pub data_type: DataType,
    /// Length of a `varchar(n)`.
    pub length: Option<usize>,
}

/// Reads a type; `None` if there is no such type.
pub fn parse(text: &str) -> Option<Target> {
    let mut tokens = tokens(text);
    tokens.reverse();
    let target = one(&mut tokens)?;
    tokens.is_empty().then_some(target)
}

fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '(' | ')' | '<' | '>' | ',' => found.push(match c {
                '<' => "(".into(),
                '>' => ")".into(),
                c => c.to_string(),
            }),
            '"' => {
                found.push(chars.by_ref().take_while(|c| *c != '"').flat_map(char::to_lowercase).collect())
            }
            c => {
                let mut word: String = c.to_lowercase().collect();
                while let Some(next) = chars.next_if(|c| !c.is_whitespace() && !"()<>,\"".contains(*c)) {
                    word.extend(next.to_lowercase());
                }
                found.push(word);
            }
        }
    }
    found
}

fn eat(tokens: &mut Vec<String>, word: &str) -> bool {
    let is = tokens.last().is_some_and(|token| token == word);
    if is {
        tokens.pop();
    }
    is
}

fn numbers(tokens: &mut Vec<String>) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    if eat(tokens, "(") {
        loop {
            found.push(tokens.pop()?.parse().ok()?);
            if !eat(tokens, ",") {
                break;
            }
        }
        eat(tokens, ")").then_some(())?;
    }
    Some(found)
}

fn one(tokens: &mut Vec<String>) -> Option<Target> {
    let name = tokens.pop()?;
    let mut length = None;
    let data_type = match name.as_str() {
        "boolean" => DataType::Boolean,
        "tinyint" => DataType::Int8,
        "smallint" => DataType::Int16,
        "integer" | "int" => DataType::Int32,
        "bigint" => DataType::Int64,
        "real" => DataType::Float32,
        "double" => {
            eat(tokens, "precision");
            DataType::Float64
        }
        "decimal" => {
            let digits = numbers(tokens)?;
            let precision = u8::try_from(digits.first().copied().unwrap_or(38)).ok()?;
            let scale = i8::try_from(digits.get(1).copied().unwrap_or(0)).ok()?;
            DataType::Decimal128(precision, scale)
        }
        "varchar" | "char" => {
            length = numbers(tokens)?.first().copied();
            DataType::Utf8
        }
        "json" => types::JSON,
        "ipaddress" => types::IPADDRESS,
        "uuid" => types::UUID,
        "varbinary" => DataType::Binary,
        "unknown" => DataType::Null,
        "date" => DataType::Date32,
        "time" => {
            let digits = numbers(tokens)?;
            if digits.first() == Some(&0) { types::WHOLE_TIME } else { types::TIME }
        }
        "timestamp" => {
            numbers(tokens)?;
            if eat(tokens, "with") {
                (eat(tokens, "time") && eat(tokens, "zone")).then(|| types::zoned("UTC"))?
            } else {
                types::TIMESTAMP
            }
        }
        "interval" => {
            let from = tokens.pop()?;
            eat(tokens, "to").then_some(())?;
            match (from.as_str(), tokens.pop()?.as_str()) {
                ("day", "second") => types::DAY_SECOND,
                ("year", "month") => types::YEAR_MONTH,
                _ => return None,
            }
        }
        "array" => types::list(arguments(tokens, |tokens| Some(one(tokens)?.data_type))?.into_iter().next()?),
        "map" => {
            let of = arguments(tokens, |tokens| Some(one(tokens)?.data_type))?;
            let [key, value] = <[DataType; 2]>::try_from(of).ok()?;
            types::map(key, value)
        }
        "row" => DataType::Struct(fields(tokens)?.into()),
        _ => return None,
    };
    Some(Target { data_type, length })
}

fn arguments<T>(
    tokens: &mut Vec<String>,
    mut read: impl FnMut(&mut Vec<String>) -> Option<T>,
) -> Option<Vec<T>> {
    eat(tokens, "(").then_some(())?;
    let mut found = vec![read(tokens)?];
    while eat(tokens, ",") {
        found.push(read(tokens)?);
    }
    eat(tokens, ")").then_some(found)
}

/// `name type` or `type`; unnamed fields are called `field0`, `field1`, …
fn fields(tokens: &mut Vec<String>) -> Option<Vec<Arc<Field>>> {
    let mut index = 0;
    arguments(tokens, |tokens| {
        let mut attempt = tokens.clone();
        let bare =
            one(&mut attempt).filter(|_| attempt.last().is_some_and(|next| next == "," || next == ")"));
        let field = if let Some(target) = bare {
            *tokens = attempt;
            Field::new(format!("field{index}"), target.data_type, true)
        } else {
            let name = tokens.pop()?;
            Field::new(name, one(tokens)?.data_type, true)
        };
        index += 1;
        Some(Arc::new(field))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_types() {
        let json = types::JSON;
        assert_eq!(parse("ARRAY(JSON)").unwrap().data_type, types::list(json.clone()));
        assert_eq!(
            parse("map(varchar, array<json>)").unwrap().data_type,
            types::map(DataType::Utf8, types::list(json))
        );
        assert_eq!(parse("varchar(10)").unwrap().length, Some(10));
        assert!(
            matches!(parse("row(a bigint, varchar)").unwrap().data_type, DataType::Struct(f) if f[1].name() == "field1")
        );
        for bad in ["", "text", "array", "map(json)", "array(json", "timestamp with zone"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
