//! Habits: who usually calls what, where, from which network and with which tool. What detections call "the first time" is
//! what is not among them.
//!
//! A habit knows the days on which it was seen, so noting a call twice, or merging what a repeated run learned, changes nothing.

mod call;
mod sources;

use std::collections::BTreeMap;

pub use call::Call;
pub use sources::{EventSource, Sources};

use super::time::{Span, Timestamp};

/// For how many days a habit is remembered after it was seen.
pub const KEPT_DAYS: i64 = 90;
/// The most habits of one actor. Of more, those that were seen last stay.
pub const MOST_OF_ACTOR: usize = 500;
/// The most habits of all actors. Of more, those that were seen last stay.
pub const MOST: usize = 100_000;
/// How long a baseline may have learned nothing before its learning begins anew.
pub const LONGEST_GAP: Span = Span::from_s(7 * 86_400);
/// The columns of the relation `habits`.
pub const COLUMNS: [&str; 10] = [
    "actor",
    "account_id",
    "service",
    "action",
    "region",
    "network",
    "agent",
    "first_seen",
    "last_seen",
    "days",
];

const DAY_S: i64 = 86_400;

/// What an actor does: a call in a Region, or a network and a tool that it comes from. The fields of the other are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Habit {
    /// The principal, the id of a key of long life, or `account` and the id of a foreign account.
    pub actor: String,
    /// The account whose log has the call.
    pub account_id: Option<String>,
    /// The service without its domain.
    pub service: Option<String>,
    /// The call; none for calls that only read and reveal nothing that needs protection.
    pub action: Option<String>,
    /// The Region of the call.
    pub region: Option<String>,
    /// The network of the address.
    pub network: Option<String>,
    /// The tool, as its user agent names it.
    pub agent: Option<String>,
}

/// The days on which a habit was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The last of them, in days since 1970.
    last: i64,
    /// A bit for each day: the lowest for the last one, the next for the day before it.
    bits: u128,
}

/// The day of a time, in days since 1970.
#[must_use]
pub fn day_of(time: Timestamp) -> i64 {
    time.unix_s().div_euclid(DAY_S)
}

/// A day as `2026-03-10`.
fn date(day: i64) -> String {
    let mut text = Timestamp::from_unix_s(day * DAY_S).to_string();
    text.truncate("2026-03-10".len());
    text
}

impl Days {
    /// This day alone.
    #[must_use]
    pub const fn on(day: i64) -> Self {
        Self { last: day, bits: 1 }
    }

    /// So many days from a first to a last one, which are two of them unless they are the same.
    #[must_use]
    pub fn between(first: i64, last: i64, count: u32) -> Option<Self> {
        let span =
            u32::try_from(last.checked_sub(first)?).ok().filter(|span| i64::from(*span) < KEPT_DAYS)?;
        let fits = if span == 0 { count == 1 } else { (2..=span + 1).contains(&count) };
        let before = (1_u128 << count.saturating_sub(1)) - 1;
        fits.then_some(Self { last, bits: 1_u128 << span | before })
    }

    /// The days as they were stored.
    #[must_use]
    pub fn stored(last: i64, bits: u128) -> Option<Self> {
        (bits & 1 == 1).then_some(Self { last, bits })
    }

    /// The last day and the bits of all, to be stored.
    #[must_use]
    pub const fn to_store(self) -> (i64, u128) {
        (self.last, self.bits)
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> i64 {
        self.last - i64::from(127 - self.bits.leading_zeros())
    }

    /// The last day.
    #[must_use]
    pub const fn last(self) -> i64 {
        self.last
    }

    /// How many days.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.bits.count_ones()
    }

    /// The days of both.
    #[must_use]
    fn and(self, other: Self) -> Self {
        let (newer, older) = if self.last >= other.last { (self, other) } else { (other, self) };
        let shift = u32::try_from(newer.last - older.last).unwrap_or(u32::MAX);
        Self { last: newer.last, bits: newer.bits | older.bits.checked_shl(shift).unwrap_or(0) }
    }

    /// Those from a day on.
    #[must_use]
    fn since(self, day: i64) -> Option<Self> {
        let kept = u32::try_from(self.last - day).ok()? + 1;
        let mask = 1_u128.checked_shl(kept).map_or(u128::MAX, |next| next - 1);
        Some(Self { bits: self.bits & mask, ..self })
    }
}

/// What is known of everybody's habits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Since when the baseline learns, without a longer gap.
    pub since: Option<Timestamp>,
    /// Until when it has learned.
    pub until: Option<Timestamp>,
    /// Until when every call that was delivered was learned from, or was to be. On Athena a run looks at the calls that its
    /// detections and stories select; one statement a day reads all others.
    pub read_until: Option<Timestamp>,
    /// How many habits were left out because there were too many.
    pub left_out: u64,
    /// The sources of all events, those of nobody's habits too.
    pub sources: Sources,
    seen: BTreeMap<Habit, Days>,
}

impl Habits {
    /// None yet, learned over a time.
    #[must_use]
    pub fn learned(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { since, until, ..Self::default() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// All of them, by actor.
    pub fn iter(&self) -> impl Iterator<Item = (&Habit, Days)> {
        self.seen.iter().map(|(habit, days)| (habit, *days))
    }

    /// How many actors have any.
    #[must_use]
    pub fn actors(&self) -> usize {
        let mut actors: Vec<&str> = self.seen.keys().map(|habit| habit.actor.as_str()).collect();
        actors.dedup();
        actors.len()
    }

    /// Adds days to a habit.
    pub fn note(&mut self, habit: Habit, days: Days) {
        self.seen.entry(habit).and_modify(|known| *known = known.and(days)).or_insert(days);
    }

    /// Adds what was learned over a time. If nothing was learned for `LONGEST_GAP`, the learning begins anew.
    pub fn learn(&mut self, learned: Self) {
        let (since, until) = (learned.since, learned.until);
        self.left_out = self.left_out.max(learned.left_out);
        for (habit, days) in learned.seen {
            self.note(habit, days);
        }
        (self.since, self.until) = joined((self.since, self.until), (since, until));
        self.sources.learn(learned.sources);
        self.read_until = self.read_until.max(learned.read_until);
    }

    /// Forgets what was not seen for `KEPT_DAYS` before its end, and the oldest of what is too much.
    pub fn prune(&mut self) {
        self.sources.prune();
        let Some(until) = self.until else { return };
        let oldest = day_of(until) - KEPT_DAYS;
        let old = std::mem::take(&mut self.seen);
        let kept = old.into_iter().filter_map(|(habit, days)| Some((habit, days.since(oldest)?)));
        let mut of_actor: Vec<(Habit, Days)> = Vec::new();
        let mut all: Vec<(Habit, Days)> = Vec::new();
        for (habit, days) in kept {
            if of_actor.first().is_some_and(|(first, _)| first.actor != habit.actor) {
                all.extend(newest(std::mem::take(&mut of_actor), MOST_OF_ACTOR, &mut self.left_out));
            }
            of_actor.push((habit, days));
        }
        all.extend(newest(of_actor, MOST_OF_ACTOR, &mut self.left_out));
        self.seen = newest(all, MOST, &mut self.left_out).into_iter().collect();
    }

    /// The rows of the relation `habits`, in the order of its columns.
    pub fn rows(&self) -> impl Iterator<Item = [Option<String>; COLUMNS.len()]> {
        self.iter().map(|(habit, days)| {
            let Habit { actor, account_id, service, action, region, network, agent } = habit.clone();
            let (first, last) = (Some(date(days.first())), Some(date(days.last())));
            let count = Some(days.count().to_string());
            [Some(actor), account_id, service, action, region, network, agent, first, last, count]
        })
    }

    /// Until when the baseline is too young to tell what is new, for a run up to a time: it has learned for less than
    /// `learning` by then. `None` if it can tell.
    #[must_use]
    pub fn learns_until(&self, learning: Span, time: Timestamp) -> Option<Timestamp> {
        let until = self.since.unwrap_or(time).plus(learning);
        (until > time).then_some(until)
    }

    /// Whether an actor is known before a day, and has never done this before it. `None` if the actor is not known, so that
    /// everything is new.
    #[must_use]
    pub fn is_first(&self, actor: &str, is_it: impl Fn(&Habit) -> bool, day: i64) -> Option<bool> {
        let from = Habit { actor: actor.to_owned(), ..Habit::default() };
        let own = || self.seen.range(&from..).take_while(|(habit, _)| habit.actor == actor);
        let before = || own().filter(|(_, days)| days.first() < day);
        before().next()?;
        Some(!before().any(|(habit, _)| is_it(habit)))
    }
}

/// From when until when something was learned, if it was learned over these two times. If nothing was for `LONGEST_GAP`, it
/// begins anew.
fn joined(
    (known_since, known_until): (Option<Timestamp>, Option<Timestamp>),
    (since, until): (Option<Timestamp>, Option<Timestamp>),
) -> (Option<Timestamp>, Option<Timestamp>) {
    let is_gap = |end: Option<Timestamp>, start: Option<Timestamp>| {
        end.zip(start).is_some_and(|(end, start)| end.plus(LONGEST_GAP) < start)
    };
    let first = match (known_since, since) {
        (_, Some(start)) if is_gap(known_until, Some(start)) => Some(start),
        (Some(known), _) if is_gap(until, Some(known)) => Some(known),
        (known, start) => known.into_iter().chain(start).min(),
    };
    (first, known_until.max(until))
}

/// At most so many, those that were seen last.
fn newest(mut habits: Vec<(Habit, Days)>, most: usize, left_out: &mut u64) -> Vec<(Habit, Days)> {
    if habits.len() > most {
        habits.sort_by(|a, b| b.1.last().cmp(&a.1.last()).then_with(|| a.0.cmp(&b.0)));
        *left_out += (habits.len() - most) as u64;
        habits.truncate(most);
    }
    habits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(actor: &str, region: &str) -> Habit {
        Habit { actor: actor.to_owned(), region: Some(region.to_owned()), ..Habit::default() }
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_unix_s(day * DAY_S)
    }

    /// What was learned from day to day.
    fn learned(from: i64, to: i64, seen: &[(&str, &str, i64)]) -> Habits {
        let mut habits = Habits { since: Some(at(from)), until: Some(at(to)), ..Habits::default() };
        seen.iter().for_each(|(actor, region, day)| habits.note(habit(actor, region), Days::on(*day)));
        habits
    }

    #[test]
    fn what_is_learned_twice_counts_once() {
        let nothing = Habits::learned(Some(at(100)), Some(at(101)));
        assert_eq!((nothing.since, nothing.until), (Some(at(100)), Some(at(101))));
        assert!(nothing.is_empty() && nothing.actors() == 0);
        let once = learned(100, 101, &[("a", "r", 100), ("a", "s", 100)]);
        let mut habits = once.clone();
        habits.learn(once.clone());
        habits.learn(learned(101, 102, &[("a", "r", 101), ("a", "r", 101)]));
        habits.learn(once);
        let days: Vec<_> = habits.iter().map(|(_, days)| (days.first(), days.last(), days.count())).collect();
        assert_eq!(days, [(100, 101, 2), (100, 100, 1)]);
        habits.note(habit("b", "r"), Days::on(101));
        assert_eq!((habits.is_empty(), habits.len(), habits.actors()), (false, 3, 2));
        assert_eq!((habits.since, habits.until), (Some(at(100)), Some(at(102))));
    }

    #[test]
    fn what_was_not_seen_for_ninety_days_is_forgotten() {
        let mut habits = learned(0, 190, &[("a", "r", 100), ("a", "r", 99), ("a", "s", 99), ("b", "r", 189)]);
        habits.prune();
        let kept: Vec<_> = habits.iter().map(|(habit, days)| (habit.actor.as_str(), days.first())).collect();
        assert_eq!(kept, [("a", 100), ("b", 189)]);
    }

    #[test]
    fn there_are_never_too_many_and_what_is_left_out_is_counted() {
        let mut habits = Habits { until: Some(at(1_000)), ..Habits::default() };
        for number in 0..MOST_OF_ACTOR as i64 + 7 {
            habits.note(habit("busy", &format!("r{number:06}")), Days::on(950 + i64::from(number >= 7)));
        }
        habits.note(habit("other", "r"), Days::on(920));
        habits.prune();
        assert_eq!((habits.len(), habits.left_out), (MOST_OF_ACTOR + 1, 7));
        assert!(
            habits.iter().all(|(habit, days)| habit.actor == "other" || days.last() == 951),
            "the oldest go"
        );
        for number in 0..MOST as i64 {
            habits.note(habit(&format!("a{number}"), "r"), Days::on(999));
        }
        habits.prune();
        assert_eq!(habits.len(), MOST);
        assert!(habits.left_out > 7);
    }

    #[test]
    fn a_long_gap_begins_the_learning_anew() {
        let mut habits = learned(0, 30, &[]);
        habits.learn(learned(37, 38, &[]));
        assert_eq!(habits.since, Some(at(0)), "a gap of a week");
        habits.learn(learned(46, 47, &[]));
        assert_eq!(habits.since, Some(at(46)));
        habits.learn(learned(10, 20, &[]));
        assert_eq!((habits.since, habits.until), (Some(at(46)), Some(at(47))), "what is old and apart");
        habits.learn(learned(40, 46, &[]));
        assert_eq!(habits.since, Some(at(40)), "what is rebuilt before it");
        let learning = Span::from_s(14 * DAY_S);
        assert_eq!(habits.learns_until(learning, at(53)), Some(at(54)));
        assert_eq!(habits.learns_until(learning, at(54)), None);
        assert_eq!(habits.learns_until(learning, at(20)), Some(at(54)), "it cannot tell about earlier times");
        assert_eq!(Habits::default().learns_until(learning, at(20)), Some(at(34)));
    }

    #[test]
    fn the_first_time_is_the_first_day() {
        let habits = learned(0, 30, &[("0", "s", 1), ("a", "r", 10), ("a", "s", 20), ("c", "s", 1)]);
        let first = |actor: &str, region: &str, day| {
            habits.is_first(actor, |habit| habit.region.as_deref() == Some(region), day)
        };
        assert_eq!(first("a", "r", 11), Some(false));
        assert_eq!(first("a", "s", 20), Some(true), "also in a run that is repeated after it was learned");
        assert_eq!((first("a", "r", 10), first("b", "r", 11)), (None, None), "nobody knows the actor");
    }

    #[test]
    fn days_survive_being_stored_and_shown() {
        for (first, last, count) in [(5, 5, 1), (5, 6, 2), (5, 94, 2), (5, 94, 90), (0, 60, 12)] {
            let days = Days::between(first, last, count).unwrap();
            assert_eq!((days.first(), days.last(), days.count()), (first, last, count));
            let (stored, bits) = days.to_store();
            assert_eq!(Days::stored(stored, bits), Some(days));
        }
        for (first, last, count) in [(5, 5, 2), (5, 6, 1), (5, 6, 3), (5, 95, 2), (6, 5, 1), (5, 5, 0)] {
            assert_eq!(Days::between(first, last, count), None, "{first} {last} {count}");
        }
        assert_eq!(Days::stored(5, 2), None);
        let mut habits = Habits::default();
        habits.note(habit("a", "r"), Days::between(20_520, 20_522, 2).unwrap());
        let row = habits.rows().next().unwrap();
        assert_eq!(row[7..].iter().flatten().collect::<Vec<_>>(), ["2026-03-08", "2026-03-10", "2"]);
    }
}
