//! Instants, spans and windows of event time: whole seconds, UTC.
//!
//! Nothing here reads a clock; "now" is always an argument.

#[cfg(test)]
mod edges;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Utc};

/// An instant in UTC, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is not an instant of the form `2026-03-10T12:00:00Z`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time such as `2026-03-10T12:00:00Z` or a date such as `2026-03-10`")]
pub struct BadTimestamp(pub String);

impl Timestamp {
    /// The instant `seconds` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix_s(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_s(self) -> i64 {
        self.0
    }

    /// The same instant for the crate `chrono`; the start of 1970 if `chrono` cannot represent it.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or_default()
    }

    /// This instant moved by `span`; saturates at the ends of time.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant moved back by `span`; saturates at the ends of time.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The latest multiple of `span` (counted from 1970-01-01T00:00:00Z) that is not after this instant.
    #[must_use]
    pub const fn floor(self, span: Span) -> Self {
        if span.0 <= 0 {
            return self;
        }
        Self(self.0 - self.0.rem_euclid(span.0))
    }

    /// The UTC day of this instant.
    #[must_use]
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(86_400))
    }

    /// Reads `2026-03-10T12:00:00Z` with optional fraction (cut off) and offset, without allocating on success.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() == 20
            && bytes[19] == b'Z'
            && bytes[10] == b'T'
            && bytes[4] == b'-'
            && bytes[7] == b'-'
            && bytes[13] == b':'
            && bytes[16] == b':'
        {
            let number = |from: usize, to: usize| {
                bytes[from..to].iter().try_fold(0u32, |sum, byte| {
                    byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'))
                })
            };
            let date =
                NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
            let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
            if hour > 23 || minute > 59 || second > 60 {
                return None;
            }
            let days = i64::from(date.num_days_from_ce() - UNIX_EPOCH_DAYS_FROM_CE);
            return Some(Self(
                days * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second.min(59)),
            ));
        }
        DateTime::parse_from_rfc3339(text).ok().map(|instant| Self(instant.timestamp()))
    }
}

const UNIX_EPOCH_DAYS_FROM_CE: i32 = 719_163;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Utc.timestamp_opt(self.0, 0).single() {
            Some(instant) => write!(f, "{}", instant.format("%Y-%m-%dT%H:%M:%SZ")),
            None => write!(f, "@{}s", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = BadTimestamp;

    /// Reads an ISO instant, or a date as its midnight.
    fn from_str(text: &str) -> Result<Self, BadTimestamp> {
        if let Some(instant) = Self::parse_iso(text) {
            return Ok(instant);
        }
        // The time crate would take years of six digits, too.
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        date.filter(|date| (0..=9_999).contains(&date.year()))
            .and_then(|date| date.and_hms_opt(0, 0, 0))
            .map(|midnight| Self(midnight.and_utc().timestamp()))
            .ok_or_else(|| BadTimestamp(text.to_owned()))
    }
}

/// A UTC day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day with this year, month and day of month, if there is one.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        Some(Self(i64::from(date.num_days_from_ce() - UNIX_EPOCH_DAYS_FROM_CE)))
    }

    /// The day after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Midnight at the start of this day.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(86_400))
    }

    /// The day as it is written in CloudTrail's paths: `2026/03/10`.
    #[must_use]
    pub fn path(self) -> String {
        match Utc.timestamp_opt(self.0.saturating_mul(86_400), 0).single() {
            Some(instant) => instant.format("%Y/%m/%d").to_string(),
            None => String::new(),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path().replace('/', "-"))
    }
}

/// A length of time in whole seconds, not negative; written `90s`, `15m`, `24h`, `7d` or `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// A text that is not a span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a length of time such as `90s`, `15m`, `24h`, `7d` or `2w`{more}", text = .0, more = too_long(.0))]
pub struct BadSpan(pub String);

/// The longest span that a text may give: a hundred years. Every day of a window is listed, so a typing error must not
/// give millions of them.
const LONGEST_S: i64 = 36_525 * 86_400;

/// What to add to a message about a text that has the form of a span.
fn too_long(text: &str) -> &'static str {
    let text = text.trim();
    let digits = text.trim_end_matches(['s', 'm', 'h', 'd', 'w']);
    let is_span = digits.len() + 1 == text.len() && !digits.is_empty();
    if is_span && digits.bytes().all(|byte| byte.is_ascii_digit()) { " of at most 100 years" } else { "" }
}

impl Span {
    /// Zero seconds.
    pub const ZERO: Self = Self(0);
    /// One hour.
    pub const HOUR: Self = Self(3_600);
    /// One day.
    pub const DAY: Self = Self(86_400);

    /// A span of this many seconds; a negative number counts as zero.
    #[must_use]
    pub const fn from_s(seconds: i64) -> Self {
        Self(if seconds < 0 { 0 } else { seconds })
    }

    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Span {
    type Err = BadSpan;

    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan(text.to_owned());
        let text = text.trim();
        let unit = text.chars().next_back().ok_or_else(bad)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(bad()),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        let count: i64 = digits.parse().map_err(|_| bad())?;
        count.checked_mul(factor).filter(|seconds| *seconds <= LONGEST_S).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (factor, unit) in [(86_400, 'd'), (3_600, 'h'), (60, 'm')] {
            if self.0 != 0 && self.0 % factor == 0 {
                return write!(f, "{}{unit}", self.0 / factor);
            }
        }
        write!(f, "{}s", self.0)
    }
}

/// A half-open span of event time, `[start, end)`, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    start: Timestamp,
    end: Timestamp,
}

/// A window that would be empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the window is empty: it starts at {start} and ends at {end}")]
pub struct EmptyWindow {
    /// Where it would start.
    pub start: Timestamp,
    /// Where it would end.
    pub end: Timestamp,
}

impl Window {
    /// The window `[start, end)`.
    ///
    /// # Errors
    ///
    /// If `end` is not after `start`.
    pub const fn new(start: Timestamp, end: Timestamp) -> Result<Self, EmptyWindow> {
        if start.0 < end.0 { Ok(Self { start, end }) } else { Err(EmptyWindow { start, end }) }
    }

    /// Its first instant.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// The first instant after it.
    #[must_use]
    pub const fn end(self) -> Timestamp {
        self.end
    }

    /// Its length.
    #[must_use]
    pub const fn span(self) -> Span {
        Span(self.end.0.saturating_sub(self.start.0))
    }

    /// Whether it holds this instant.
    #[must_use]
    pub fn contains(self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }

    /// The same end with an earlier start; a later `start` changes nothing.
    #[must_use]
    pub fn starting_by(self, start: Timestamp) -> Self {
        Self { start: self.start.min(start), end: self.end }
    }

    /// Its first and its second half; `None` if it is a second long.
    #[must_use]
    pub fn halves(self) -> Option<[Self; 2]> {
        let middle = self.start.plus(Span(self.span().0 / 2));
        Some([Self::new(self.start, middle).ok()?, Self::new(middle, self.end).ok()?])
    }

    /// The smallest window that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} … {}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_instant_survives_its_text(seconds in 0i64..253_402_300_799) {
            let instant = Timestamp::from_unix_s(seconds);
            prop_assert_eq!(instant.to_string().parse::<Timestamp>(), Ok(instant));
        }

        #[test]
        fn floor_is_the_last_multiple(seconds in -4_000_000_000i64..4_000_000_000, span in 1i64..1_000_000) {
            let floored = Timestamp(seconds).floor(Span(span));
            prop_assert!(floored.0 <= seconds && seconds - floored.0 < span);
            prop_assert_eq!(floored.0.rem_euclid(span), 0);
        }

        #[test]
        fn a_span_survives_its_text(seconds in 0i64..1_000_000_000) {
            prop_assert_eq!(Span(seconds).to_string().parse::<Span>(), Ok(Span(seconds)));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC*") {
            let _ = text.parse::<Timestamp>();
            let _ = text.parse::<Span>();
        }
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        let at = |text: &str| Timestamp::parse_iso(text).map(|t| t.to_string());
        assert_eq!(at("2026-03-10T12:00:00.999Z").as_deref(), Some("2026-03-10T12:00:00Z"));
        assert_eq!(at("2026-03-10T12:00:00+02:00").as_deref(), Some("2026-03-10T10:00:00Z"));
        assert_eq!(at("2026-13-10T12:00:00Z"), None);
        assert_eq!(at("2026-03-10T25:00:00Z"), None);
    }

    #[test]
    fn times_and_spans_have_an_end() {
        assert_eq!("36525d".parse::<Span>(), Ok(Span(LONGEST_S)));
        for long in ["36526d", "999999999999d", "9999999999999999999999s"] {
            let shown = long.parse::<Span>().unwrap_err().to_string();
            assert!(shown.ends_with("of at most 100 years"), "{shown}");
        }
        assert!(!"24".parse::<Span>().unwrap_err().to_string().contains("years"));
        for date in ["+12026-03-10", "-0001-03-10", "262000-01-01"] {
            assert!(date.parse::<Timestamp>().is_err(), "{date}");
        }
    }

    #[test]
    fn an_empty_window_is_refused() {
        let instant = Timestamp(5);
        assert!(Window::new(instant, instant).is_err());
    }
}
