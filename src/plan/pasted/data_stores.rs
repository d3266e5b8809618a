//! Event data stores of CloudTrail Lake. Its statements read them by their ids, which Trino does not accept as names, and AWS's
//! samples have `<EDS ID>` there. Each becomes a name of the same length, so that places in the statement stay the same.

use super::Words;
use crate::text::sql_tokens::TokenKind;

/// The length of an id such as `8ec5e8f5-1234-4abc-9def-0123456789ab`.
const ID: usize = 36;

/// The statement with names in place of the ids and placeholders, and these names, in lower case.
pub(super) fn named(sql: &str) -> (String, Vec<String>) {
    let words = Words::of(sql);
    let (mut text, mut names) = (sql.to_owned(), Vec::new());
    for at in 1..words.tokens.len() {
        if !["from", "join"].iter().any(|word| words.is(at - 1, word)) {
            continue;
        }
        let start = words.tokens[at].range.start;
        let rest = &sql[start..];
        if words.kind(at) == Some(TokenKind::QuotedName) {
            let inner = words.text(at).trim_matches(['"', '`']);
            if inner.len() == ID && id(inner).is_some() {
                names.push(inner.to_lowercase());
            }
        } else if let Some(length) = id(rest).or_else(|| placeholder(rest)) {
            let name = format!("eds{}", "_".repeat(length - 3));
            text.replace_range(start..start + length, &name);
            names.push(name);
        } else if words.kind(at) == Some(TokenKind::Word) && means_data_store(words.text(at)) {
            names.push(words.text(at).to_lowercase());
        }
    }
    names.sort_unstable();
    names.dedup();
    (text, names)
}

/// The length of the id that a text begins with.
fn id(text: &str) -> Option<usize> {
    let found = text.get(..ID)?;
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let ends = !text[ID..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
    (ends && found.bytes().enumerate().all(fits)).then_some(ID)
}

/// The length of the placeholder of a data store that a text begins with: `$EDS_ID`, `<EDS ID>`, `<event_data_store_id>`.
fn placeholder(text: &str) -> Option<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let (inner, length) = match text.chars().next()? {
        '$' => {
            let end = text[1..].find(|c| !is_part(c)).map_or(text.len(), |end| end + 1);
            (&text[1..end], end)
        }
        '<' => {
            let end = text.find('>')?;
            (&text[1..end], end + 1)
        }
        _ => return None,
    };
    let fits = inner.chars().all(|c| is_part(c) || c == ' ') && means_data_store(inner);
    fits.then_some(length)
}

/// Whether words say that something is an event data store.
fn means_data_store(words: &str) -> bool {
    let words = words.to_lowercase().replace([' ', '-'], "_");
    words.contains("event_data_store")
        || matches!(words.as_str(), "eds" | "eds_id" | "your_eds_id" | "my_eds_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_placeholders_of_data_stores_become_names_of_their_length() {
        const UUID: &str = "8ec5e8f5-1234-4abc-9def-0123456789ab";
        for named_as in [UUID, "$EDS_ID", "<EDS ID>", "<event_data_store_id>", "$event-data-store-id"] {
            let sql = format!("SELECT 1\nFROM {named_as} AS e JOIN {named_as} ON true WHERE a < b");
            let (text, names) = named(&sql);
            assert_eq!(text.len(), sql.len(), "{named_as}");
            assert_eq!(names.len(), 1, "{named_as}");
            assert!(text.contains(&format!("FROM {} AS e JOIN {} ON", names[0], names[0])), "{text}");
        }
        assert_eq!(named("SELECT 1 FROM event_data_store_ID").1, ["event_data_store_id"]);
        let quoted = format!("SELECT 1 FROM \"{}\"", UUID.to_uppercase());
        assert_eq!(named(&quoted), (quoted.clone(), vec![UUID.to_owned()]));
        for other in [
            "SELECT 1 FROM logs",
            "SELECT '8ec5e8f5-1234-4abc-9def-0123456789ab' FROM <your table>",
            "SELECT 1 FROM a WHERE x IN ('b', '8ec5e8f5-1234-4abc-9def-0123456789ab')",
            "SELECT $EDS FROM $table",
            "SELECT extract(year FROM eventtime) FROM t",
        ] {
            assert_eq!(named(other), (other.to_owned(), Vec::new()));
        }
    }
}
