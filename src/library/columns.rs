//! Whether a dotted path names something in `events`.

use super::nearest::did_you_mean;
use crate::domain::cloudtrail::{COLUMNS, Column, ColumnKind, PARTITION_COLUMNS};

/// A path that leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownColumn {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// Follows a path such as `useridentity.sessioncontext.attributes` through the columns of `events`.
pub(crate) fn find(path: &str) -> Result<(), UnknownColumn> {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    if PARTITION_COLUMNS.contains(&first) {
        return if parts.next().is_some() { Err(no_fields(first, ColumnKind::Text)) } else { Ok(()) };
    }
    let mut fields: &[Column] = COLUMNS;
    let mut inside = String::new();
    for part in std::iter::once(first).chain(parts) {
        let Some(column) = fields.iter().find(|column| column.name == part) else {
            let partitions = if inside.is_empty() { &PARTITION_COLUMNS[..] } else { &[] };
            let names = fields.iter().map(|column| column.name).chain(partitions.iter().copied());
            let place = if inside.is_empty() { "events" } else { inside.as_str() };
            return Err(UnknownColumn {
                message: format!("`{place}` has no column `{part}`"),
                hint: did_you_mean(part, names),
            });
        };
        if !inside.is_empty() {
            inside.push('.');
        }
        inside.push_str(part);
        fields = match column.kind {
            ColumnKind::Struct(fields) => fields,
            // Elements and keys are looked up by number and name, which only the engine can follow.
            ColumnKind::StructArray(_) | ColumnKind::TextMap => return Ok(()),
            ColumnKind::Text | ColumnKind::Json if inside.len() == path.len() => return Ok(()),
            ColumnKind::Text | ColumnKind::Json => return Err(no_fields(&inside, column.kind)),
        };
    }
    Ok(())
}

fn no_fields(column: &str, kind: ColumnKind) -> UnknownColumn {
    let hint = matches!(kind, ColumnKind::Json)
        .then(|| format!("it is JSON text: use json_extract_scalar({column}, '$.…')"));
    UnknownColumn { message: format!("`{column}` has no fields"), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_followed() {
        for good in
            ["eventname", "region", "useridentity", "useridentity.sessioncontext.attributes.mfaauthenticated"]
        {
            assert_eq!(find(good), Ok(()), "{good}");
        }
        assert_eq!(find("evenname").unwrap_err().hint.as_deref(), Some("did you mean `eventname`?"));
        assert_eq!(find("useridentity.typ").unwrap_err().hint.as_deref(), Some("did you mean `type`?"));
        assert!(find("requestparameters.name").unwrap_err().hint.is_some());
        assert!(find("region.x").is_err());
    }
}
