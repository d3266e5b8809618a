//! Differences that are meant: `known.csv`, each with its reason.

use std::path::Path;

use regex::Regex;

/// One kind of difference.
struct Known {
    /// The statements it concerns.
    sql: Regex,
    /// What the difference must say.
    difference: Regex,
    /// Why it is meant.
    reason: String,
}

/// All of them, from `known.csv`.
pub struct KnownDifferences(Vec<Known>);

impl KnownDifferences {
    /// Reads the list.
    ///
    /// # Errors
    ///
    /// If the list cannot be read, or a pattern in it is none.
    pub fn read() -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("known.csv");
        let mut list =
            csv::Reader::from_path(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut all = Vec::new();
        for record in list.records() {
            let record = record.map_err(|error| format!("{}: {error}", path.display()))?;
            let pattern = |at: usize| {
                Regex::new(&format!("(?is){}", &record[at]))
                    .map_err(|error| format!("{}: {error}", path.display()))
            };
            all.push(Known { sql: pattern(0)?, difference: pattern(1)?, reason: record[2].to_owned() });
        }
        Ok(Self(all))
    }

    /// Why this difference is meant, if it is.
    #[must_use]
    pub fn reason(&self, sql: &str, difference: &str) -> Option<&str> {
        let known =
            self.0.iter().find(|known| known.sql.is_match(sql) && known.difference.is_match(difference));
        known.map(|known| known.reason.as_str())
    }
}
