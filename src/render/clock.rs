//! Times as people read them, in the zone of the brief: the only place that writes one.
//!
//! In UTC a time has no name of its zone where the brief's window names it. In another zone a time has the zone's
//! abbreviation, which tells summer from winter, and a time that others hang on has UTC beside it.

use chrono::{Datelike as _, Timelike};

use crate::domain::{
    brief::Brief,
    time::{Span, Timestamp, Window},
    zone::Zone,
};

const UTC: &str = "UTC";

/// How the times of a brief are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    zone: Zone,
    /// The year that goes without saying.
    year: i32,
}

impl Clock {
    /// That of a brief: the year of its window's end goes without saying.
    pub(super) fn of(brief: &Brief) -> Self {
        Self::new(brief.run.zone, brief.run.window.end())
    }

    /// A zone's clock, which leaves out the year of an instant.
    fn new(zone: Zone, now: Timestamp) -> Self {
        Self { zone, year: zone.at(now).map_or(0, |time| time.year()) }
    }

    /// The same clock in UTC.
    pub(super) fn utc(now: Timestamp) -> Self {
        Self::new(Zone::default(), now)
    }

    /// The date, without its year if that goes without saying, and the time of day in this form.
    fn dated(self, at: Timestamp, form: &str) -> String {
        match self.zone.at(at) {
            Some(time) if time.year() == self.year => time.format(&format!("%m-%d {form}")).to_string(),
            Some(time) => time.format(&format!("%Y-%m-%d {form}")).to_string(),
            None => at.to_string(),
        }
    }

    /// The zone's name at an instant: `UTC`, `CET`, `CEST`, `-03`.
    fn name(self, at: Timestamp) -> String {
        if self.zone.is_utc() {
            return UTC.to_owned();
        }
        self.zone.at(at).map_or_else(|| UTC.to_owned(), |time| time.format("%Z").to_string())
    }

    /// A time with the zone's name, unless the zone is UTC.
    fn or_utc(self, text: String, at: Timestamp) -> String {
        if self.zone.is_utc() { text } else { format!("{text} {}", self.name(at)) }
    }

    /// An instant to the second: `03-10 04:12:07`.
    pub(super) fn instant(self, at: Timestamp) -> String {
        self.or_utc(self.dated(at, "%H:%M:%S"), at)
    }

    /// From when to when, to the second.
    pub(super) fn instants(self, first: Timestamp, last: Timestamp) -> String {
        if first == last {
            return self.instant(first);
        }
        format!("{} – {}", self.instant(first), self.instant(last))
    }

    /// An instant to the minute, with its day: `03-10 04:12`.
    pub(super) fn minute(self, at: Timestamp) -> String {
        self.or_utc(self.dated(at, "%H:%M"), at)
    }

    /// An instant to the minute with its zone, also where that is UTC: `03-10 04:12 UTC`.
    pub(super) fn minute_in_zone(self, at: Timestamp) -> String {
        format!("{} {}", self.dated(at, "%H:%M"), self.name(at))
    }

    /// An instant to the minute, with its day and year, or to the second if it does not begin a minute: `2026-03-10 04:12`.
    pub(super) fn full(self, at: Timestamp) -> String {
        self.or_utc(self.whole(at), at)
    }

    /// The same with its zone, also where that is UTC.
    pub(super) fn full_in_zone(self, at: Timestamp) -> String {
        format!("{} {}", self.whole(at), self.name(at))
    }

    fn whole(self, at: Timestamp) -> String {
        match self.zone.at(at) {
            Some(time) if time.second() == 0 => time.format("%Y-%m-%d %H:%M").to_string(),
            Some(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
            None => at.to_string(),
        }
    }

    /// An instant to the minute: `04:12`; with its day if that is not the day of `before`: `03-11 04:12`. In a zone other than
    /// UTC its name stands where it changes, and at the first time.
    pub(super) fn minute_after(self, at: Timestamp, before: Option<Timestamp>) -> String {
        let text = self.dated(at, "%H:%M");
        let day = |text: &str| text.rsplit_once(' ').map(|(day, _)| day.to_owned());
        let is_same_day = before.is_some_and(|before| day(&self.dated(before, "%H:%M")) == day(&text));
        let short = match text.rsplit_once(' ') {
            Some((_, time)) if is_same_day => time.to_owned(),
            _ => text,
        };
        let is_same_zone = before.is_some_and(|before| self.name(before) == self.name(at));
        if is_same_zone { short } else { self.or_utc(short, at) }
    }

    /// From when to when, the second day only if it differs: `03-10 04:12 – 05:30 UTC`.
    pub(super) fn minutes(self, first: Timestamp, last: Timestamp) -> String {
        let (start, end) = (self.dated(first, "%H:%M"), self.dated(last, "%H:%M"));
        self.between((first, start), (last, end))
    }

    /// The same, with UTC beside the first time in another zone: `03-10 05:12 – 06:30 CET (04:12 UTC)`.
    pub(super) fn minutes_and_utc(self, first: Timestamp, last: Timestamp) -> String {
        let text = self.minutes(first, last);
        if self.zone.is_utc() {
            return text;
        }
        let (own, utc) = (self.dated(first, "%H:%M"), Self { zone: Zone::default(), ..self }.minute(first));
        let utc = match (own.rsplit_once(' '), utc.rsplit_once(' ')) {
            (Some((own, _)), Some((day, time))) if own == day => time.to_owned(),
            _ => utc,
        };
        format!("{text} ({utc} {UTC})")
    }

    /// A window, the second date only if it differs: `2026-03-10 14:00 – 15:00 UTC`.
    pub(super) fn window(self, of: Window) -> String {
        let (start, end) = (self.whole(of.start()), self.whole(of.end()));
        self.between((of.start(), start), (of.end(), end))
    }

    /// The same, with UTC beside it in another zone.
    pub(super) fn window_and_utc(self, of: Window) -> String {
        let text = self.window(of);
        if self.zone.is_utc() {
            return text;
        }
        format!("{text} ({})", Self { zone: Zone::default(), ..self }.window(of))
    }

    /// Two times with what they name alike named once.
    fn between(self, (first, start): (Timestamp, String), (last, end): (Timestamp, String)) -> String {
        let (one, other) = (self.name(first), self.name(last));
        if start == end && one == other {
            return format!("{start} {one}");
        }
        let end = match (start.rsplit_once(' '), end.rsplit_once(' ')) {
            (Some((a, _)), Some((b, time))) if a == b => time.to_owned(),
            _ => end,
        };
        let one = if one == other { String::new() } else { format!(" {one}") };
        format!("{start}{one} \u{2013} {end} {other}")
    }

    /// A window as briefly as can be: a whole day as its date.
    pub(super) fn brief_window(self, of: Window) -> String {
        let midnight = |at| self.zone.at(at).is_some_and(is_midnight);
        let next = self.zone.at(of.start()).map(|time| time.date_naive()).and_then(|day| day.succ_opt());
        let is_day = next.is_some() && next == self.zone.at(of.end()).map(|time| time.date_naive());
        if midnight(of.start()) && midnight(of.end()) && is_day {
            return self.whole(of.start())[.."2026-03-10".len()].to_owned();
        }
        let is_utc_day = of.span() == Span::DAY && of.start() == of.start().floor(Span::DAY);
        if is_utc_day { format!("{} {UTC}", day(of.start())) } else { self.window(of) }
    }
}

fn is_midnight(time: impl Timelike) -> bool {
    time.num_seconds_from_midnight() == 0
}

/// The day of an instant in UTC, as configurations give days: `2026-03-10`.
pub(super) fn day(at: Timestamp) -> String {
    at.day().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn clock(zone: &str) -> Clock {
        Clock::new(zone.parse().unwrap(), at("2026-03-10"))
    }

    fn span(a: &str, b: &str) -> Window {
        Window::new(at(a), at(b)).unwrap()
    }

    #[test]
    fn times_in_utc_read_well() {
        let clock = clock("UTC");
        assert_eq!(clock.window(span("2026-03-10", "2026-03-11")), "2026-03-10 00:00 – 2026-03-11 00:00 UTC");
        let odd = span("2026-03-10T14:00:00Z", "2026-03-10T15:00:09Z");
        assert_eq!(clock.window_and_utc(odd), "2026-03-10 14:00 – 15:00:09 UTC");
        assert_eq!(clock.brief_window(odd), "2026-03-10 14:00 – 15:00:09 UTC");
        assert_eq!(clock.brief_window(span("2026-03-10", "2026-03-11")), "2026-03-10");
        let first = at("2026-03-10T14:00:00Z");
        assert_eq!(
            (clock.instant(first), clock.minute(first)),
            ("03-10 14:00:00".into(), "03-10 14:00".into())
        );
        assert_eq!(clock.minute_in_zone(first), "03-10 14:00 UTC");
        assert_eq!(
            (clock.full(first), clock.full_in_zone(first)),
            ("2026-03-10 14:00".into(), "2026-03-10 14:00 UTC".into())
        );
        assert_eq!(clock.minutes(first, at("2026-03-10T14:00:59Z")), "03-10 14:00 UTC");
        assert_eq!(clock.minutes_and_utc(first, at("2026-03-10T15:30:00Z")), "03-10 14:00 – 15:30 UTC");
        let long = clock.minutes(at("2025-12-31T14:00:00Z"), at("2026-03-10T15:30:00Z"));
        assert_eq!(long, "2025-12-31 14:00 – 03-10 15:30 UTC");
        assert_eq!(clock.instant(at("2025-12-31T23:59:59Z")), "2025-12-31 23:59:59");
        assert_eq!(clock.instants(first, first), "03-10 14:00:00");
    }

    #[test]
    fn a_day_is_said_only_when_it_changes() {
        let clock = clock("UTC");
        let (first, same, next) =
            (at("2026-03-10T18:31:00Z"), at("2026-03-10T23:59:00Z"), at("2026-03-11T00:10:00Z"));
        assert_eq!(clock.minute_after(first, None), "03-10 18:31");
        assert_eq!(clock.minute_after(same, Some(first)), "23:59");
        assert_eq!(clock.minute_after(next, Some(same)), "03-11 00:10");
    }

    #[test]
    fn another_zone_is_named_and_has_utc_beside_what_others_hang_on() {
        let clock = clock("Europe/Zurich");
        let (first, last) = (at("2026-03-10T18:31:00Z"), at("2026-03-10T23:05:00Z"));
        assert_eq!(clock.instant(first), "03-10 19:31:00 CET");
        assert_eq!(clock.minutes(first, last), "03-10 19:31 – 03-11 00:05 CET");
        assert_eq!(clock.minutes_and_utc(first, last), "03-10 19:31 – 03-11 00:05 CET (18:31 UTC)");
        assert_eq!(clock.minutes_and_utc(last, last), "03-11 00:05 CET (03-10 23:05 UTC)");
        assert_eq!(clock.minute_after(first, None), "03-10 19:31 CET");
        assert_eq!(clock.minute_after(last, Some(first)), "03-11 00:05");
        assert_eq!(clock.full_in_zone(last), "2026-03-11 00:05 CET");
        assert_eq!(
            clock.window_and_utc(span("2026-03-10T22:00:00Z", "2026-03-10T23:00:00Z")),
            "2026-03-10 23:00 – 2026-03-11 00:00 CET (2026-03-10 22:00 – 23:00 UTC)"
        );
        // A day of UTC, a day of the zone, and one of 23 hours.
        assert_eq!(clock.brief_window(span("2026-03-10", "2026-03-11")), "2026-03-10 UTC");
        let own = span("2026-03-09T23:00:00Z", "2026-03-10T23:00:00Z");
        assert_eq!(clock.brief_window(own), "2026-03-10");
        let short = span("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(clock.brief_window(short), "2026-03-29");
        // New Year comes earlier.
        let new_year = Clock::new("Asia/Tokyo".parse().unwrap(), at("2025-12-31T20:00:00Z"));
        assert_eq!(new_year.minute(at("2025-12-31T15:00:00Z")), "01-01 00:00 JST");
        assert_eq!(Clock::new("America/Sao_Paulo".parse().unwrap(), first).minute(first), "03-10 15:31 -03");
    }

    #[test]
    fn the_days_on_which_clocks_change_have_no_two_readings() {
        let clock = clock("Europe/Zurich");
        // 2026-03-29: after 01:59 comes 03:00.
        let (before, after) = (at("2026-03-29T00:59:00Z"), at("2026-03-29T01:00:00Z"));
        assert_eq!(clock.instant(before), "03-29 01:59:00 CET");
        assert_eq!(clock.instant(after), "03-29 03:00:00 CEST");
        assert_eq!(clock.minutes(before, after), "03-29 01:59 CET – 03:00 CEST");
        assert_eq!(clock.minute_after(after, Some(before)), "03:00 CEST");
        // 2026-10-25: the hour from 02:00 comes twice.
        let (once, again) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        assert_eq!(
            (clock.minute(once), clock.minute(again)),
            ("10-25 02:30 CEST".into(), "10-25 02:30 CET".into())
        );
        assert_eq!(clock.minutes(once, again), "10-25 02:30 CEST – 02:30 CET");
        assert_eq!(clock.minute_after(again, Some(once)), "02:30 CET");
        assert_eq!(clock.minute_after(at("2026-10-25T01:40:00Z"), Some(again)), "02:40");
        let long = span("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        assert_eq!(clock.brief_window(long), "2026-10-25", "25 hours are a day");
    }
}
