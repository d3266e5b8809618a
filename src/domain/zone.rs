//! The zone in which people read times. Everything that is compared, stored or read by programs is in UTC.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::time::Timestamp;

/// A time zone of the IANA database, UTC unless the configuration names another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

/// A text that names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone: give its name in the IANA database, such as `Europe/Zurich`")]
pub struct BadZone(pub String);

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl Zone {
    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// Whether it is UTC.
    #[must_use]
    pub fn is_utc(self) -> bool {
        self.0 == Tz::UTC
    }

    /// An instant in this zone; `None` outside of the calendar.
    #[must_use]
    pub fn at(self, instant: Timestamp) -> Option<DateTime<Tz>> {
        DateTime::<Utc>::from_timestamp(instant.unix_s(), 0).map(|time| time.with_timezone(&self.0))
    }
}

impl FromStr for Zone {
    type Err = BadZone;

    fn from_str(text: &str) -> Result<Self, BadZone> {
        text.parse().map(Self).map_err(|_| BadZone(text.to_owned()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_the_name_that_it_is_given() {
        let zurich: Zone = "Europe/Zurich".parse().unwrap();
        assert_eq!((zurich.to_string().as_str(), zurich.is_utc()), ("Europe/Zurich", false));
        assert!(Zone::default().is_utc() && "UTC".parse() == Ok(Zone::default()));
        assert_eq!("Europe/Zürich".parse::<Zone>(), Err(BadZone("Europe/Zürich".to_owned())));
        assert!(Zone::names().any(|name| name == "Asia/Kolkata"));
        assert_eq!(zurich.at(Timestamp::from_unix_s(i64::MAX)), None);
    }
}
