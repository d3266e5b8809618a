//! Long lists in one line.

/// How many values are written out; the rest is counted.
const SHOWN: usize = 8;

/// The first of these values, and how many more there are.
#[must_use]
pub fn first_few(values: &[String]) -> String {
    let shown = values.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match values.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
