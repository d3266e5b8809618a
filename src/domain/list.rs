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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_are_written_out_and_the_rest_is_counted() {
        let values: Vec<String> = (1..=10).map(|number| number.to_string()).collect();
        assert_eq!(first_few(&values[..0]), "");
        assert_eq!(first_few(&values[..8]), "1, 2, 3, 4, 5, 6, 7, 8");
        assert_eq!(first_few(&values[..9]), "1, 2, 3, 4, 5, 6, 7, 8 and 1 more");
        assert_eq!(first_few(&values), "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
    }
}
