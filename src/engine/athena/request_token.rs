//! The client request token, which keeps a statement from being paid twice.

use sha2::{Digest as _, Sha256};

use super::Settings;
use crate::domain::hex::hex;

/// The same run, statement, workgroup, output location and attempt give the same token; nothing else does.
pub(super) fn request_token(run: &str, sql: &str, settings: &Settings, attempt: u32) -> String {
    let mut hash = Sha256::new();
    let output = settings.output.as_deref().unwrap_or_default();
    for part in [run, sql, &settings.workgroup, output, &attempt.to_string()] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_same_statement_of_the_same_run_has_the_same_token() {
        let settings = Settings {
            workgroup: "primary".to_owned(),
            output: None,
            concurrency: 1,
            partitions: 1,
            candidates: 1,
            flood_factor: 1,
            timeout: Duration::from_secs(1),
            unknown: Duration::ZERO,
            own: false,
            run_bytes: None,
            month_bytes: None,
            price_per_tb: 5.0,
        };
        let other = Settings { workgroup: "security".to_owned(), ..settings.clone() };
        let of = |run, sql, settings, attempt| request_token(run, sql, settings, attempt);
        assert_eq!(of("a", "b", &settings, 0), of("a", "b", &settings, 0));
        for different in [
            of("x", "b", &settings, 0),
            of("a", "x", &settings, 0),
            of("a", "b", &other, 0),
            of("a", "b", &settings, 1),
            of("ab", "", &settings, 0),
        ] {
            assert_ne!(different, of("a", "b", &settings, 0));
        }
        assert_eq!(of("a", "b", &settings, 0).len(), 64);
    }
}
