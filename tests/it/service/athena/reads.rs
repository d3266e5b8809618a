//! What a statement reads of a table: days and accounts, for each time that it names the table.

use regex::Regex;
use trailbrief::testing::{domain::time::Timestamp, engine::embedded::source::LogFile, table::Definition};

/// One use of the table in a statement.
pub(super) struct Read {
    /// Spans of days; they share none.
    days: Vec<[String; 2]>,
    accounts: Vec<String>,
    regions: Vec<String>,
    /// Paths of files that are left out.
    without: Vec<String>,
}

impl Read {
    /// Every use of the table; the conditions of one come before the next.
    pub(super) fn all(sql: &str, named: &str, definition: &Definition) -> Vec<Self> {
        sql.split(named).skip(1).map(|conditions| Self::of(conditions, definition)).collect()
    }

    fn of(conditions: &str, definition: &Definition) -> Self {
        let listed = |name: &str| -> Vec<String> {
            definition.parameters[&format!("projection.{name}.values")]
                .split(',')
                .map(str::to_owned)
                .collect()
        };
        let days = Regex::new(r#""timestamp" BETWEEN '(\d{4}/\d\d/\d\d)' AND '(\d{4}/\d\d/\d\d)'"#).unwrap();
        let since = definition.parameters["projection.timestamp.range"].split(',').next().unwrap_or_default();
        // Days out of the projection's range have no partition.
        let span = |days: regex::Captures<'_>| [since.max(&days[1]).to_owned(), days[2].to_owned()];
        let mut days: Vec<[String; 2]> = days.captures_iter(conditions).map(span).collect();
        if days.is_empty() {
            days.push([since.to_owned(), "2026/03/12".to_owned()]);
        }
        let values = |before: &str| -> Option<Vec<String>> {
            let list = Regex::new(&format!(r"AND {before} \(([^)]*)\)")).unwrap();
            let found = list.captures(conditions)?;
            Some(found[1].split(", ").map(|value| value.trim_matches('\'').to_owned()).collect())
        };
        let chosen = |column: &str| -> Vec<String> {
            let except = values(&format!("{column} NOT IN")).unwrap_or_default();
            let some = values(&format!("{column} IN")).unwrap_or_else(|| listed(column));
            some.into_iter().filter(|value| !except.contains(value)).collect()
        };
        let without = values(r#""\$path" NOT IN"#).unwrap_or_default();
        Self { days, accounts: chosen("account"), regions: chosen("region"), without }
    }

    /// Partitions that it lists.
    pub(super) fn partitions(&self) -> u64 {
        let day = |text: &str| text.replace('/', "-").parse::<Timestamp>().unwrap().unix_s() / 86_400;
        let length = |[first, last]: &[String; 2]| u64::try_from(day(last) - day(first) + 1).unwrap_or(0);
        let days: u64 = self.days.iter().map(length).sum();
        self.accounts.len() as u64 * self.regions.len() as u64 * days
    }

    /// Whether a file lies in one of them.
    pub(super) fn holds(&self, file: &LogFile) -> bool {
        let Some(partition) = &file.partition else { return false };
        let day = partition.day.path();
        let projected =
            self.accounts.contains(&partition.account) && self.regions.contains(&partition.region);
        let left_out = self.without.iter().any(|path| path.ends_with(&file.path));
        !left_out && projected && self.days.iter().any(|[first, last]| *first <= day && day <= *last)
    }
}
