//! Times in the answers of services.

use chrono::NaiveDateTime;

use crate::domain::{normal::event_time, time::Timestamp};

/// A time as answers write it: `Mar 10, 2026, 1:00:00 PM` in UTC, also without the second comma, or as events have it.
pub(super) fn parsed(text: &str) -> Option<Timestamp> {
    let plain = text.replace(['\u{202f}', '\u{a0}'], " ");
    let forms = ["%b %d, %Y, %I:%M:%S %p", "%b %d, %Y %I:%M:%S %p"];
    let of_answer = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok());
    match of_answer {
        Some(time) => Some(Timestamp::from_unix_s(time.and_utc().timestamp())),
        None => event_time(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_write_times_in_two_ways() {
        for text in [
            "Mar 10, 2026, 1:00:00 PM",
            "Mar 10, 2026 1:00:00 PM",
            "Mar 10, 2026, 1:00:00\u{202f}PM",
            "2026-03-10T13:00:00Z",
        ] {
            let time = parsed(text).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some("2026-03-10T13:00:00Z"), "{text}");
        }
        assert_eq!(parsed("soon"), None);
    }
}
