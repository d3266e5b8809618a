//! `when`, `severity` and `pause` of a channel: which briefs it receives of the schedules that it takes.

use std::{fmt, str::FromStr};

use super::{Sourced, sourced};
use crate::{
    domain::{news::News, severity::Severity, time::Span},
    text::TomlTable,
};

/// When a channel receives a brief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// If it holds news.
    News,
    /// Always.
    Always,
    /// Always from schedules that run once a day or less often, never from others.
    Daily,
}

/// A text that does not say when.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not say when: use news, always or daily")]
pub struct BadWhen(String);

impl FromStr for When {
    type Err = BadWhen;

    fn from_str(text: &str) -> Result<Self, BadWhen> {
        match text {
            "news" => Ok(Self::News),
            "always" => Ok(Self::Always),
            "daily" => Ok(Self::Daily),
            other => Err(BadWhen(other.to_owned())),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::News => "news",
            Self::Always => "always",
            Self::Daily => "daily",
        })
    }
}

/// Which briefs a channel receives of the schedules that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct SendRule {
    /// `when`; without it, always from schedules that run once a day or less often, and news from others.
    pub when: Option<Sourced<When>>,
    /// `severity`: what a brief must hold of news, at least, to be sent because of it.
    pub severity: Sourced<Severity>,
    /// `pause`: how long after a brief more of the same stories waits.
    pub pause: Sourced<Span>,
}

/// The pause if nothing is configured.
const PAUSE: Span = Span::from_s(3 * 3_600);

impl SendRule {
    /// Whether it asks for briefs of a schedule with this period at all.
    #[must_use]
    pub fn takes(&self, every: Span) -> bool {
        self.when() != Some(When::Daily) || every >= Span::DAY
    }

    /// Whether it asks for a brief with this news of a schedule with this period.
    #[must_use]
    pub fn wants(&self, every: Span, news: &News) -> bool {
        match self.when() {
            Some(When::Always) => true,
            Some(When::News) => self.is_reached(news),
            Some(When::Daily) => every >= Span::DAY,
            None => every >= Span::DAY || self.is_reached(news),
        }
    }

    fn is_reached(&self, news: &News) -> bool {
        news.reaches(self.severity.value) && !news.can_wait(self.pause.value)
    }

    fn when(&self) -> Option<When> {
        self.when.as_ref().map(|when| when.value)
    }
}

/// Reads the keys of a channel's table.
pub(super) fn read(table: &TomlTable<'_>) -> SendRule {
    let when = table.take("when").and_then(|item| item.parsed::<When>()).map(sourced);
    let severity = table.take("severity").and_then(|item| item.parsed::<Severity>()).map(sourced);
    let pause = table.take("pause").and_then(|item| item.parsed::<Span>()).map(sourced);
    SendRule {
        when,
        severity: severity.unwrap_or(Sourced::default(Severity::Info)),
        pause: pause.unwrap_or(Sourced::default(PAUSE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_gets_news_of_an_hour_and_every_brief_of_a_day() {
        let rule = |when: &str| SendRule {
            when: when.parse().ok().map(Sourced::default),
            severity: Sourced::default(Severity::High),
            pause: Sourced::default(PAUSE),
        };
        let news = |worst| News { worst, ..News::default() };
        let fault = News { is_fault: true, ..News::default() };
        for (when, every, expected) in [
            ("", Span::HOUR, [false, false, true, true]),
            ("", Span::DAY, [true, true, true, true]),
            ("news", Span::HOUR, [false, false, true, true]),
            ("news", Span::DAY, [false, false, true, true]),
            ("always", Span::HOUR, [true, true, true, true]),
            ("always", Span::DAY, [true, true, true, true]),
            ("daily", Span::HOUR, [false, false, false, false]),
            ("daily", Span::DAY, [true, true, true, true]),
        ] {
            let all = [news(None), news(Some(Severity::Medium)), news(Some(Severity::High)), fault];
            let wanted = all.map(|news| rule(when).wants(every, &news));
            assert_eq!(wanted, expected, "{when} {every}");
            assert_eq!(rule(when).takes(every), (when, every) != ("daily", Span::HOUR), "{when} {every}");
        }
    }

    #[test]
    fn more_of_the_same_waits_for_a_while_after_a_brief() {
        let rule = SendRule {
            when: None,
            severity: Sourced::default(Severity::Info),
            pause: Sourced::default(PAUSE),
        };
        let more = |only_continues, since: Option<i64>| News {
            worst: Some(Severity::Critical),
            is_fault: false,
            only_continues,
            since_sent: since.map(Span::from_s),
        };
        for (news, expected) in [
            (more(true, Some(10_799)), false),
            (more(true, Some(10_800)), true),
            (more(true, None), true),
            (more(false, Some(0)), true),
        ] {
            assert_eq!(rule.wants(Span::HOUR, &news), expected, "{news:?}");
        }
        assert!(rule.wants(Span::DAY, &more(true, Some(0))), "a daily brief never waits");
    }

    #[test]
    fn when_is_read_as_it_is_shown() {
        for word in ["news", "always", "daily"] {
            assert_eq!(word.parse::<When>().unwrap().to_string(), word);
        }
        assert!("never".parse::<When>().is_err());
    }
}
